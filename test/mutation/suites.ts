/**
 * Which tests judge which file's mutants: those that test the file directly and take milliseconds. A mutant that only a
 * test of something else finds counts as survived; the score is the harder for it, and a run the shorter.
 */
export const suites: readonly (readonly [file: string, ...tests: string[]])[] = [
  ["lambda/archive/day-log.ts", "test/archive/day-log.test.ts"],
  ["lambda/archive/judge.ts", "test/archive/judge.test.ts"],
  ["lambda/drain/batch.ts", "test/drain/batch.test.ts"],
  ["lambda/drain/conflict.ts", "test/drain/batch.test.ts"],
  ["lambda/drain/day-content.ts", "test/drain/day-content.test.ts"],
  ["lambda/drain/checkpoint.ts", "test/drain/checkpoint.test.ts", "test/drain/mover.test.ts"],
  ["lambda/drain/commit.ts", "test/drain/commit.test.ts"],
  ["lambda/drain/due.ts", "test/drain/due.test.ts"],
  ["lambda/drain/pages.ts", "test/drain/pages.test.ts"],
  ["lambda/drain/drain.ts", "test/drain/run-ends.test.ts", "test/drain/drain.test.ts"],
  ["lambda/drain/run.ts", "test/drain/run-ends.test.ts", "test/drain/drain.test.ts", "test/drain/races.test.ts"],
  ["lambda/drain/rescan.ts", "test/drain/run-ends.test.ts", "test/drain/rescan.test.ts"],
  ["lambda/drain/scan.ts", "test/drain/drain.test.ts", "test/drain/rescan.test.ts", "test/drain/backfill.test.ts"],
  ["lambda/drain/windows.ts", "test/drain/windows.test.ts", "test/drain/backfill.test.ts"],
  ["lambda/drain/pass.ts", "test/drain/pass.test.ts"],
  ["lambda/instant.ts", "test/core/instant.test.ts", "test/core/instant-order.test.ts"],
  ["lambda/segment/header.ts", "test/segment/header.test.ts"],
  ["lambda/segment/key.ts", "test/segment/key.test.ts"],
  ["lambda/segment/lines.ts", "test/segment/lines.test.ts"],
  ["lambda/segment/manifest.ts", "test/segment/manifest.test.ts", "test/segment/manifest-problems.test.ts"],
  ["lambda/segment/merkle.ts", "test/segment/merkle.test.ts"],
  ["lambda/source/json-bytes.ts", "test/source/json-scanner.test.ts"],
  ["lambda/source/json-object.ts", "test/source/json-scanner.test.ts"],
  ["lambda/source/json-scalar.ts", "test/source/json-scanner.test.ts"],
  ["lambda/source/json-scanner.ts", "test/source/json-scanner.test.ts"],
  ["lambda/source/json-string.ts", "test/source/json-scanner.test.ts"],
];
