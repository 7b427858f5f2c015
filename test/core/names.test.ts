/** One word, one meaning: names that would have two are found here, and so are circles of imports. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

const codeFiles = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));

const DECLARATION =
  /^export (?:declare |abstract |async )*(?:function\*?|const|let|class|interface|type|enum|namespace) (\w+)/gm;

const declared = (text: string): string[] => [...text.matchAll(DECLARATION)].map(([, name]) => name!);

/** Names that several of the files export, with the files. */
function sharedNames(texts: ReadonlyMap<string, string>): Record<string, string[]> {
  const all = [...texts].flatMap(([path, text]) => [...new Set(declared(text))].map((name) => ({ name, path })));
  const byName = Object.entries(Object.groupBy(all, ({ name }) => name));
  return Object.fromEntries(
    byName.filter(([, uses]) => uses!.length > 1).map(([name, uses]) => [name, uses!.map(({ path }) => path)]),
  );
}

/** The files of the first circle of imports, imports of types included; null if there is none. */
function findCircle(texts: ReadonlyMap<string, string>): string[] | null {
  const done = new Set<string>();
  const visit = (path: string, above: readonly string[]): string[] | null => {
    const start = above.indexOf(path);
    if (start >= 0) return above.slice(start);
    if (done.has(path)) return null;
    for (const [, target] of (texts.get(path) ?? "").matchAll(/\bfrom "(\.[^"]+)"/g)) {
      const circle = visit(join(path, "..", target!), [...above, path]);
      if (circle !== null) return circle;
    }
    done.add(path);
    return null;
  };
  for (const path of texts.keys()) {
    const circle = visit(path, []);
    if (circle !== null) return circle;
  }
  return null;
}

const textsOf = (...folders: readonly string[]) =>
  new Map(folders.flatMap(codeFiles).map((path) => [path, read(path)] as const));

it("no name is exported by two files of the product: it would have two meanings, or one meaning two places", () => {
  expect(sharedNames(textsOf("lambda", "cli", "infra", "feed", "sql"))).toEqual({});
});

it("a name that two files export is found, whatever it names", () => {
  const one = "export interface Fault {}\nexport const at = 1;\nexport async function* read() {}\n";
  const other = "export type Fault = 1;\nexport function at() {}\nexport const read = 1;\nconst own = 1;\n";
  const texts = new Map([
    ["a.ts", one],
    ["b.ts", other],
  ]);
  expect(Object.keys(sharedNames(texts)).sort()).toEqual(["Fault", "at", "read"]);
});

it("the imports of lambda/ have no circle: its files can be read one after the other", () => {
  expect(findCircle(textsOf("lambda"))).toBeNull();
});

it("a circle of imports is found, also one of types only", () => {
  const texts = new Map([
    ["x/a.ts", 'import { b } from "./b.ts";'],
    ["x/b.ts", 'import {\n  type C,\n} from "../y/c.ts";'],
    ["y/c.ts", 'export type { A } from "../x/a.ts";'],
  ]);
  expect(findCircle(texts)).toEqual(["x/a.ts", "x/b.ts", "y/c.ts"]);
});

it("the glossary has a row for every type of the ports", () => {
  const rows = new Set(
    [...read("docs/glossary.md").matchAll(/^\|.*\|$/gm)].flatMap(([row]) => row.match(/\w+/g) ?? []),
  );
  expect(declared(read("lambda/ports.ts")).filter((name) => !rows.has(name))).toEqual([]);
});
