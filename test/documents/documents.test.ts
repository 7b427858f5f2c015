/** The documents say what the code and the recorded data say, and lead somewhere. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { plotsOf } from "../../bench/harness/page.ts";
import { readResults } from "../../bench/harness/record.ts";
import { loadQuestions } from "../../sql/questions.ts";
import { DOCUMENT_PATHS, DOCUMENTS, ROOT, render } from "./parts.ts";

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

it.each(DOCUMENTS)("%s has the parts that are made for it: if not, `npm run docs` writes them", (document) => {
  const { before, after } = render(document);
  expect(before).toBe(after);
});

it("the plots are those of the recorded benches: if not, `npm run docs` writes them", () => {
  for (const [file, svg] of plotsOf(readResults())) expect(read(`docs/plots/${file}`)).toBe(svg);
});

it.each(DOCUMENT_PATHS)("links of %s lead to a file, and to a heading where they name one", (document) => {
  for (const [, target = "", , heading] of read(document).matchAll(/\]\(([^)#\s]*)(#([^)\s]*))?\)/g)) {
    if (/^https?:/.test(target)) continue;
    const path = target === "" ? document : join(document, "..", target);
    expect({ target, exists: existsSync(join(ROOT, path)) }).toEqual({ target, exists: true });
    if (heading !== undefined) expect(headingsOf(read(path)), `${target}#`).toContain(heading);
  }
});

it("no document runs a TypeScript file with another node than the repository's own", () => {
  for (const document of DOCUMENT_PATHS) {
    const commands = [...read(document).matchAll(/(?<!npx )\bnode [\w/.-]+\.ts\b/g)].map(([command]) => command);
    expect({ document, commands }).toEqual({ document, commands: [] });
  }
});

it("no document says how many questions there are: another one would make it wrong", () => {
  const counts = new RegExp(`\\b(${loadQuestions().length}|forty) questions\\b`, "i");
  for (const document of DOCUMENT_PATHS)
    expect({ document, found: counts.exec(read(document)) }).toEqual({ document, found: null });
});

/** As GitHub makes anchors of headings. */
function headingsOf(text: string): string[] {
  const plain = text.replaceAll(/^```.*?^```/gms, "");
  return [...plain.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
