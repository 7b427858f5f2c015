/** What a reader says is wrong with a manifest, in words that lead to it. */
import { expect, it } from "vitest";
import type { Instant } from "../../lambda/event/instant.ts";
import { encodeManifest, type Manifest, parseManifest } from "../../lambda/segment/manifest.ts";

const at = (hour: number): Instant => `2026-05-01T${String(hour).padStart(2, "0")}:00:00.000Z` as Instant;
const MANIFEST: Manifest = {
  format: 1,
  workspace: "1201",
  day: "2026-05-01",
  number: 1,
  count: 1,
  oldest: at(9),
  newest: at(9),
  sha256: "a".repeat(64),
  deflated: "d".repeat(64),
  root: "b".repeat(64),
  previous: null,
  logCount: 1,
  logNewest: at(9),
  writer: "1.0.0",
  run: "r",
};
const ODD = { day: "2021-10-07", oldest: null, newest: null, logNewest: null };
const spelled = (change: object): Buffer => Buffer.from(JSON.stringify({ ...MANIFEST, ...change }));

it("one event in one segment is the least, and a very long log is none too long", () => {
  expect(parseManifest(encodeManifest(MANIFEST))).toEqual(MANIFEST);
  expect(parseManifest(spelled({ count: 10_000_000, logCount: Number.MAX_SAFE_INTEGER }))).toBeDefined();
});

it.each<[object, string]>([
  [{ count: 10_000_001, logCount: 10_000_001 }, "invalid `count`"],
  [{ count: 0 }, "invalid `count`"],
  [{ logCount: 0 }, "invalid `logCount`"],
  [{ workspace: "x" }, "invalid `workspace`"],
  [{ day: ["2026-05-01"] }, "invalid `day`"],
  [{ workspace: [1201] }, "invalid `workspace`"],
  [{ sha256: ["a".repeat(64)] }, "invalid `sha256`"],
  [{ writer: ["1.0.0"] }, "invalid `writer`"],
  [{ count: 2 }, "`count` is greater than `logCount`"],
  [{ ...ODD, oldest: at(9) }, "`oldest`, `newest` and `logNewest` must be null for the odd day"],
  [{ ...ODD, newest: at(9) }, "`oldest`, `newest` and `logNewest` must be null for the odd day"],
  [{ ...ODD, logNewest: at(9) }, "`oldest`, `newest` and `logNewest` must be null for the odd day"],
  [{ ...ODD, oldest: at(9), newest: at(9) }, "`oldest`, `newest` and `logNewest` must be null for the odd day"],
  [{ oldest: null }, "`oldest`, `newest` or `logNewest` is null"],
  [{ newest: null }, "`oldest`, `newest` or `logNewest` is null"],
  [{ logNewest: null }, "`oldest`, `newest` or `logNewest` is null"],
  [{ oldest: at(10) }, "`oldest` is later than `newest`"],
  [{ logNewest: at(8) }, "`newest` is later than `logNewest`"],
])("%j: %s", (change, problem) => {
  const error = { kind: "damaged", message: `the manifest is damaged: ${problem}` };
  expect(() => parseManifest(spelled(change))).toThrow(expect.objectContaining(error));
  expect(() => encodeManifest({ ...MANIFEST, ...change } as Manifest)).toThrow(`not a valid manifest: ${problem}`);
});

it.each<[string, string]>([
  [`${" ".repeat(2048)}1`, "it is too long"],
  [" ".repeat(2048), "it is not JSON"],
  ["{", "it is not JSON"],
  ["1", "it is not an object"],
  ['"text"', "it is not an object"],
  ["null", "it is not an object"],
  ["[]", "it is not an object"],
  ["{}", "invalid `format`"],
  [`${JSON.stringify(MANIFEST)} `, "its JSON is not spelled the way writers spell it"],
])("%j: %s", (text, problem) => {
  const error = { kind: "damaged", message: `the manifest is damaged: ${problem}` };
  expect(() => parseManifest(Buffer.from(text))).toThrow(expect.objectContaining(error));
});

it("what JSON.parse said of it is kept as the cause", () => {
  expect(() => parseManifest(Buffer.from("{"))).toThrow(expect.objectContaining({ cause: expect.any(SyntaxError) }));
});

it("a later format is named, with the one that is read", () => {
  const message = "manifest of format 2; this version reads format 1";
  expect(() => parseManifest(spelled({ format: 2 }))).toThrow(
    expect.objectContaining({ kind: "unknown-format", message }),
  );
});
