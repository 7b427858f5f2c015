/** ARCHITECTURE.md is what somebody new reads first, so it is kept true by these. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..");
const text = readFileSync(join(ROOT, "ARCHITECTURE.md"), "utf8");

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

function codeFiles(folder: string): string[] {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" });
  return names.filter((name) => /\.(ts|js)$/.test(name)).map((name) => join(folder, name));
}

/** Paths of the files in the trees: two spaces a level, folders end in a slash. */
function namedFiles(): string[] {
  const files: string[] = [];
  for (const [, tree = ""] of text.matchAll(/^```\n((?:lambda|cli|infra|sql)\/[^`]*)^```/gm)) {
    const folders: string[] = [];
    for (const line of tree.trimEnd().split("\n")) {
      const [, indent = "", name = ""] = /^( *)(\S+)/.exec(line) ?? [];
      folders.length = indent.length / 2;
      if (name.endsWith("/")) folders.push(name);
      else files.push(join(...folders, name));
    }
  }
  return files;
}

it("every file of the product is in the tree, and every file in the tree is there", () => {
  expect(namedFiles().sort()).toEqual(["lambda", "cli", "infra", "sql"].flatMap(codeFiles).sort());
});

it("no two files of lambda/ have the same name: an editor's file picker and a review name files without folders", () => {
  const names = codeFiles("lambda").map((path) => basename(path));
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

it("links between the documents lead somewhere", () => {
  const documents = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    ...readdirSync(join(ROOT, "docs")).map((name) => `docs/${name}`),
  ].filter((name) => name.endsWith(".md"));
  for (const document of documents) {
    for (const [, target = ""] of read(document).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
      if (/^https?:/.test(target)) continue;
      expect({ document, target, exists: existsSync(join(ROOT, document, "..", target)) }).toMatchObject({
        exists: true,
      });
    }
  }
});
