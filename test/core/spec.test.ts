/** docs/spec.md maps the specification's actions to the product's functions; these keep the map true. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const page = read("docs/spec.md");
const spec = read("test/spec/daylog.qnt");

const section = (title: string): string => page.split(`## ${title}`)[1]!.split("\n## ")[0]!;
const rows = (title: string): string[][] =>
  [...section(title).matchAll(/^\|(.+)\|$/gm)]
    .slice(2)
    .map(([, row = ""]) => row.split("|").map((cell) => cell.trim()));
const quoted = (cell: string): string[] => [...cell.matchAll(/`(\w+)`/g)].map((match) => match[1]!);
const mapped = rows("Actions and the code that does them");

it("every action of the specification with arguments is in the table, and each in the table is in the specification", () => {
  const actions = [...spec.matchAll(/^ {2}action (\w+)\(/gm)].map((match) => match[1]!);
  const named = mapped.flatMap(([action = ""]) => quoted(action));
  expect(named).toEqual(expect.arrayContaining(actions));
  for (const name of named) expect(spec).toMatch(new RegExp(`^ {2}(action|def) ${name}\\b`, "m"));
});

it("every function that stands for an action is in the file that is named", () => {
  const places = mapped.flatMap(([, cell = ""]) =>
    [...cell.matchAll(/((?:`\w+`(?:, | and )?)+) in ([\w/-]+\.ts)/g)].map(([, names = "", file = ""]) => ({
      names,
      file,
    })),
  );
  expect(places.length).toBeGreaterThanOrEqual(mapped.length);
  for (const { names, file } of places) {
    for (const name of quoted(names)) expect(read(file)).toMatch(new RegExp(`\\b(function\\*?|const) ${name}\\b`));
  }
});

it("every rule that the specification breaks is in the list, and no other", () => {
  const broken = [...spec.matchAll(/isCaught\("([^"]+)"\)/g)].map((match) => match[1]!);
  expect(rows("Rules that are broken, and caught").map(([rule]) => rule)).toEqual(broken);
});
