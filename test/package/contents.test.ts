/** What is in the packed file, and that it is the same whoever makes it. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { FUNCTION_NAMES } from "../../infra/bundle/function-name.ts";
import { describePackage, PAGES } from "../documents/reference.ts";
import { ROOT, readManifest, unpack } from "./outsider.ts";
import { VERSION } from "./pack.ts";

let folder: string;
let files: readonly string[];
beforeAll(() => {
  folder = unpack();
  files = filesIn(folder);
});

const filesIn = (of: string): string[] =>
  readdirSync(of, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(of.length + 1));

const read = (path: string): string => readFileSync(join(folder, path), "utf8");

describe("the package", () => {
  it("holds what was built and documents, and nothing else: no test, no bench, no source, no settings of a machine", () => {
    const outside = files.filter((path) => !path.startsWith("dist/"));
    const documents = readdirSync(join(ROOT, "docs")).filter((name) => /\.(md|py)$/.test(name));
    expect(outside.sort()).toEqual(
      [
        "CHANGELOG.md",
        "LICENSE",
        "README.md",
        "package.json",
        ...documents.map((name) => `docs/${name}`),
        ...PAGES,
      ].sort(),
    );
    const built = files.filter((path) => path.startsWith("dist/"));
    expect(built.filter((path) => !/\.(js|js\.map|d\.ts|sql|json|zip)$/.test(path))).toEqual([]);
    expect(built.filter((path) => /(^|\/)(test|bench|demo|apps|checks)\/|\.test\./.test(path))).toEqual([]);
    expect(built.filter((path) => path.endsWith(".json")).sort()).toEqual([
      "dist/cli/cost/fixed.json",
      "dist/feed/event-types.json",
    ]);
  });

  it("holds no path of the machine that built it, and nothing that has the form of a key", () => {
    const folders = [ROOT, ...inject("tarballs").map((file) => join(file, ".."))];
    for (const path of files) {
      const text = read(path);
      expect(folders.filter((one) => text.includes(one)).map((one) => ({ path, one }))).toEqual([]);
      expect({
        path,
        key: /-----BEGIN [A-Z ]*PRIVATE KEY-----\n[A-Za-z0-9+/=\n]{40}|AKIA[0-9A-Z]{16}/.exec(text)?.[0],
      }).toEqual({ path });
    }
  });

  it("has a file for everything that it exports and starts, with types where somebody imports it", () => {
    const { exports, bin } = readManifest(folder);
    const named = Object.values(exports).flatMap((one) => (typeof one === "string" ? [one] : Object.values(one)));
    for (const path of [...named, ...Object.values(bin)]) expect(files).toContain(path.replace(/^\.\//, ""));
    const untyped = Object.entries(exports).filter(([, one]) => typeof one === "string" || !("types" in one));
    expect(untyped.map(([name]) => name)).toEqual(["./package.json"]);
  });

  it("has a map with its source for each file of JavaScript, so that a debugger shows what was written", () => {
    const built = files.filter((path) => path.endsWith(".js"));
    expect(built.length).toBeGreaterThan(200);
    for (const path of built) {
      const { sourcesContent } = JSON.parse(read(`${path}.map`)) as { sourcesContent?: string[] };
      expect({ path, lengths: sourcesContent?.map(({ length }) => length > 0) }).toEqual({ path, lengths: [true] });
    }
  });

  it("declares each package that its code imports, and asks for none that it does not import", () => {
    const { dependencies, peerDependencies } = readManifest(folder);
    const imported = new Set<string>();
    for (const path of files.filter((one) => /^dist\/.*\.js$/.test(one))) {
      for (const [, name = ""] of read(path).matchAll(/\b(?:from|import\() ?"((?:@[\w.-]+\/)?[\w.-]+)(?:\/[^"]*)?"/g))
        if (!/^\.|^node$|^asana-audit-archive$/.test(name)) imported.add(name);
    }
    const declared = { ...dependencies, ...peerDependencies };
    expect([...imported].filter((name) => !Object.hasOwn(declared, name) && !name.startsWith("node:"))).toEqual([]);
    expect(Object.keys(declared).filter((name) => !imported.has(name))).toEqual([]);
  });

  it("installs less than 25 MB, dependencies included", () => {
    const sizes = installedBytes(folder);
    const total = [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
    const duckDb = join(ROOT, "node_modules/@duckdb");
    const more = filesIn(duckDb).reduce((sum, path) => sum + statSync(join(duckDb, path)).size, 0);
    console.log(
      `installed: ${(total / 1e6).toFixed(1)} MB in ${sizes.size} packages; DuckDB adds ${(more / 1e6).toFixed(1)} MB`,
    );
    expect(total).toBeLessThan(25e6);
  });

  it("is the same, byte for byte, from another folder, at another time, in another locale, by a stricter umask", () => {
    const [one, other] = inject("tarballs").map((file) => unpack(file));
    for (const path of filesIn(one!)) {
      const same = readFileSync(join(one!, path)).equals(readFileSync(join(other!, path)));
      expect({ path, same }).toEqual({ path, same: true });
    }
    const [packed, again] = inject("tarballs").map((file) => readFileSync(file));
    expect(packed!.equals(again!)).toBe(true);
  });
});

describe("a release", () => {
  const beside = (tarball: string, name: string): string => readFileSync(join(tarball, "..", name), "utf8");

  it("gives the package its version, and what was unreleased its heading", () => {
    expect(readManifest(folder).version).toBe(VERSION);
    expect(read("CHANGELOG.md")).toMatch(new RegExp(`^## Unreleased\n\n## ${VERSION}\n\n- `, "m"));
    expect(read("dist/infra/bundle/prebuilt/archiver.zip")).toContain(`"${VERSION}"`);
  });

  it("has notes with what changed, and the SHA-256 of the package, its components and the functions' code", () => {
    const notes = beside(inject("tarballs")[0], "notes.md");
    expect(notes).toContain("- The package `asana-audit-archive`");
    const [, page = ""] = /How to upgrade, and how to go back: (\S+) in the package\./.exec(notes)!;
    expect(files).toContain(page);
    const hashes = Object.fromEntries(
      [...notes.matchAll(/^\| `(.*)` \| `(.*)` \|$/gm)].map(([, name, hash]) => [name, hash]),
    );
    const inRelease = (name: string) => join(inject("tarballs")[0], "..", name);
    const paths = {
      [`asana-audit-archive-${VERSION}.tgz`]: inject("tarballs")[0],
      [`asana-audit-archive-${VERSION}.cdx.json`]: inRelease(`asana-audit-archive-${VERSION}.cdx.json`),
      ...Object.fromEntries(
        FUNCTION_NAMES.map((name) => [`${name}.zip`, join(folder, `dist/infra/bundle/prebuilt/${name}.zip`)]),
      ),
    };
    const expected = Object.entries(paths).map(([name, path]) => [
      name,
      createHash("sha256").update(readFileSync(path)).digest("hex"),
    ]);
    expect(hashes).toEqual(Object.fromEntries(expected));
  });

  it("lists every package that it brings or has bundled, and none that only development needs", () => {
    const list = JSON.parse(beside(inject("tarballs")[0], `asana-audit-archive-${VERSION}.cdx.json`));
    expect(list).toMatchObject({ bomFormat: "CycloneDX", metadata: { component: { name: "asana-audit-archive" } } });
    const names: string[] = list.components.map(({ name }: { name: string }) => name);
    const bundled = ["@aws-lambda-powertools/logger", "@middy/core", "@smithy/core"];
    expect(names).toEqual(expect.arrayContaining([...Object.keys(readManifest(folder).dependencies), ...bundled]));
    for (const name of ["vitest", "typescript", "esbuild", "aws-cdk-lib"]) expect(names).not.toContain(name);
  });

  it("is the same in all its files, whoever makes it", () => {
    const [one, other] = inject("tarballs");
    const names = readdirSync(join(one, ".."));
    expect(names).toHaveLength(3);
    for (const name of names)
      expect({ name, same: beside(one, name) === beside(other, name) }).toEqual({ name, same: true });
  });
});

it("docs/api says what the declarations say: if not, `npm run docs:api` writes it", () => {
  const pages = describePackage(join(inject("tarballs")[0], "../.."));
  for (const [page, text] of pages) expect(readFileSync(join(ROOT, page), "utf8"), page).toBe(text);
});

/** By folder, what npm would install: the package and all that it depends on, as the checkout has it. */
function installedBytes(packageFolder: string): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  const add = (at: string, resolveFrom: string): void => {
    if (sizes.has(at)) return;
    const own = filesIn(at).filter((path) => !path.startsWith("node_modules/"));
    sizes.set(
      at,
      own.reduce((sum, path) => sum + statSync(join(at, path)).size, 0),
    );
    for (const name of Object.keys(readManifest(at).dependencies ?? {})) {
      const paths = createRequire(join(resolveFrom, "package.json")).resolve.paths(name) ?? [];
      const found = paths.map((path) => join(path, name)).find((path) => statSync(path, { throwIfNoEntry: false }));
      if (found === undefined) throw new Error(`${name}, which ${at} needs, is not installed`);
      add(realpathSync(found), realpathSync(found));
    }
  };
  add(packageFolder, ROOT);
  return sizes;
}

it("publint finds nothing to say", async () => {
  const { messages, pkg } = await publint({ pkgDir: folder, strict: true });
  expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
});

it("its types are resolved from everywhere, but for a resolution that knows no exports and `require` before node could", async () => {
  const result = await checkPackage(createPackageFromTarballData(readFileSync(inject("tarballs")[0])));
  if (result.types === false) throw new Error("there are no types");
  expect(Object.keys(result.entrypoints).sort()).toEqual([".", "./aws", "./cdk", "./package.json", "./testing"]);
  const problems = result.problems.filter(
    (problem) =>
      problem.kind !== "CJSResolvesToESM" && !("resolutionKind" in problem && problem.resolutionKind === "node10"),
  );
  expect(problems).toEqual([]);
});
