/** ARCHITECTURE.md is what somebody new reads first, so it is kept true by these. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..");
const text = readFileSync(join(ROOT, "ARCHITECTURE.md"), "utf8");

/** Directories that have one job, whatever they have inside. */
const WHOLE = ["examples", "feed", "test", "bench", "docs"];
const DIVIDED = ["lambda", "cli", "infra", "sql", "package"];

const foldersIn = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [`${folder}/${entry.name}`] : [],
  );

it("every directory has a line in the table, and every line is about a directory", () => {
  const named = [...text.matchAll(/^\| `([a-z/]+)\/` \| \S.*\. ?(?:\(\[.*\))?.*\|$/gm)].map(([, folder]) => folder);
  expect(named.sort()).toEqual([...WHOLE, ...DIVIDED, ...DIVIDED.flatMap(foldersIn)].sort());
});

it("what a link names is declared in the file that it leads to", () => {
  const links = [...text.matchAll(/\[`([A-Za-z]+)`\]\(([\w/.-]+\.ts)\)/g)];
  expect(links.length).toBeGreaterThan(40);
  for (const [, name = "", path = ""] of links) {
    const declared = new RegExp(`(?:function\\*?|const|class|interface|type) ${name}\\b|^ +${name}\\(`, "m");
    expect({ name, path, declared: declared.test(readFileSync(join(ROOT, path), "utf8")) }).toEqual({
      name,
      path,
      declared: true,
    });
  }
});

it("no two files of lambda/ have the same name: an editor's file picker and a review name files without folders", () => {
  const names = readdirSync(join(ROOT, "lambda"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => basename(name));
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
