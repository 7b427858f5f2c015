/** The lists beside the mutation runner name files and lines of the product, so they are kept true by these. */
import { existsSync, readFileSync } from "node:fs";
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

it("the mutants of each file of the core have tests: those of the file's name, or others that are listed for it", () => {
  const missing = suites.filter((suite) => !suite.every((file) => existsSync(join(ROOT, file))));
  const told = missing.map(
    ([file, ...tests]) =>
      `test/mutation/suites.ts: of ${file} and its tests (${tests.join(", ")}), one does not exist.`,
  );
  expect(told).toEqual([]);
  expect(WITHOUT_LOGIC.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});
