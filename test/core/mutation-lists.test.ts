/** The lists beside the mutation runner name files and lines of the product, so they are kept true by these. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { equivalents } from "../mutation/equivalents.ts";
import { suites, WITHOUT_LOGIC } from "../mutation/suites.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const linesOf = (file: string) => readFileSync(join(ROOT, file), "utf8").split("\n");

it("a mutant that changes nothing is listed with a line that its file has exactly once", () => {
  const problems = equivalents.flatMap(({ file, line }) => {
    const count = existsSync(join(ROOT, file)) ? linesOf(file).filter((text) => text.trim() === line).length : 0;
    if (count === 1) return [];
    return [`test/mutation/equivalents.ts: ${file} has this line ${count} times instead of once: ${line}`];
  });
  expect(problems).toEqual([]);
});

it("each file of the core has a suite that judges its mutants", () => {
  const named = new Set([...suites.map(([file]) => file), ...WITHOUT_LOGIC]);
  const unnamed = globSync("lambda/*/*.ts", { cwd: ROOT }).filter((file) => !named.has(file));
  expect(unnamed.map((file) => `test/mutation/suites.ts names no tests for ${file}: add a line for it.`)).toEqual([]);
});

it("a suite names files that exist", () => {
  const missing = [...suites.flat(), ...WITHOUT_LOGIC].filter((file) => !existsSync(join(ROOT, file)));
  expect(missing.map((file) => `test/mutation/suites.ts names ${file}, which does not exist.`)).toEqual([]);
});
