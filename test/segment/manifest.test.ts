import { describe, expect, it } from "vitest";
import type { Instant } from "../../lambda/event/instant.ts";
import { encodeManifest, type Manifest, parseManifest } from "../../lambda/segment/manifest.ts";

const at = (hour: number) => `2026-05-01T${String(hour).padStart(2, "0")}:00:00.000Z` as Instant;
const instant = (text: string) => text as Instant;
const MANIFEST: Manifest = {
  format: 1,
  workspace: "1201",
  day: "2026-05-01",
  number: 3,
  count: 412,
  oldest: at(9),
  newest: instant("2026-05-01T09:30:00.1234567Z"),
  sha256: "a".repeat(64),
  deflated: "d".repeat(64),
  root: "b".repeat(64),
  previous: "c".repeat(64),
  logCount: 9120,
  logNewest: at(10),
  writer: "1.0.0",
  run: "4b1d:7/x@y+z",
};
const ODD = { day: "2021-10-07", oldest: null, newest: null, logNewest: null };

it.each([MANIFEST, { ...MANIFEST, ...ODD }, { ...MANIFEST, number: 1, previous: null }])(
  "a manifest is read as it was written",
  (manifest) => {
    expect(parseManifest(encodeManifest(manifest))).toEqual(manifest);
  },
);

it("a manifest is spelled in one way, whatever the order of the record's keys", () => {
  const reversed = Object.fromEntries(Object.entries(MANIFEST).reverse()) as unknown as Manifest;
  expect(encodeManifest(reversed).equals(encodeManifest(MANIFEST))).toBe(true);
});

it("the longest manifest fits 2 KB, and so the range that is read of a segment", () => {
  const longInstant = instant(`2026-05-01T09:00:00.${"1".repeat(64)}Z`);
  const longest = {
    ...MANIFEST,
    workspace: "9".repeat(20),
    number: 999_999,
    count: 10_000_000,
    logCount: Number.MAX_SAFE_INTEGER,
    oldest: longInstant,
    newest: longInstant,
    logNewest: longInstant,
    writer: "w".repeat(128),
    run: "r".repeat(128),
  };
  expect(encodeManifest(longest).length).toBeLessThanOrEqual(2048);
});

const WRONG: { readonly [Name in keyof Manifest]: readonly unknown[] } = {
  format: [undefined, null, "1", 0, -1, 1.5],
  workspace: [undefined, null, 1201, "", "12a", "../1", "1\n", "9".repeat(33)],
  day: [undefined, null, 20260501, "2026-5-1", "2026-02-30", "2021-10-06", "2026-05-01T00:00:00.000Z"],
  number: [undefined, null, "3", 0, -1, 1.5, 1_000_000],
  count: [undefined, null, "412", 0, -1, 1.5, 10_000_001],
  oldest: [undefined, 0, "", "2026-05-01", ...["Z", ".000+00:00", ".0000Z"].map((end) => `2026-05-01T09:00:00${end}`)],
  newest: [undefined, 0, "2026-05-01 09:30:00.000Z", "2026-05-01T09:30:00.1234500Z"],
  sha256: [undefined, null, "", "A".repeat(64), "a".repeat(63), "a".repeat(65), "g".repeat(64)],
  deflated: [undefined, null, "A".repeat(64), "a".repeat(63)],
  root: [undefined, null, "B".repeat(64), "b".repeat(63)],
  previous: [undefined, 0, "", "C".repeat(64), "c".repeat(63)],
  logCount: [undefined, null, "9120", 0, 411, 2 ** 53],
  logNewest: [undefined, 0, "2026-05-01"],
  writer: [undefined, null, 1, "", "a b", 'a"b', "a\u001b[31m", "w".repeat(129)],
  run: [undefined, null, 1, "", "\u0000", "r".repeat(129)],
};

describe.each(Object.entries(WRONG))("a manifest is damaged and cannot be written", (name, values) => {
  it.each(values)(`with ${name} %j`, (value) => {
    const wrong = { ...MANIFEST, [name]: value } as Manifest;
    expect(() => encodeManifest(wrong)).toThrow("not a valid manifest");
    expect(kindOf(JSON.stringify(wrong))).toBe("damaged");
  });
});

const TEXT = JSON.stringify(MANIFEST);
it.each([
  ["a space", TEXT.replace(":", ": ")],
  ["a line feed after it", `${TEXT}\n`],
  ["another order", JSON.stringify(Object.fromEntries(Object.entries(MANIFEST).reverse()))],
  ["a field of its own", TEXT.replace("{", '{"x":1,')],
  ["a field given twice", TEXT.replace('"count":412', '"count":1,"count":412')],
  ["an escape", TEXT.replace("2026-05-01", "\\u0032026-05-01")],
  ["a number spelled otherwise", TEXT.replace("412", "4.12e2")],
  ["a prototype", TEXT.replace("{", '{"__proto__":{"count":1},')],
])("a manifest spelled with %s is damaged", (_, text) => {
  expect(kindOf(text)).toBe("damaged");
});

it("inherited values are no fields", () => {
  const inherited = Object.create({ ...MANIFEST }) as Manifest;
  expect(() => encodeManifest(inherited)).toThrow("not a valid manifest");
});

const spelled = (change: object): Buffer => Buffer.from(JSON.stringify({ ...MANIFEST, ...change }));

it("one event in one segment is the least, and a very long log is none too long", () => {
  const least = { ...MANIFEST, number: 1, count: 1, previous: null, logCount: 1 };
  expect(parseManifest(encodeManifest(least))).toEqual(least);
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
  [{ count: 9121 }, "`count` is greater than `logCount`"],
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

it("a later format is an error of its own that names it, whatever else the manifest says", () => {
  const message = "manifest of format 2; this version reads format 1";
  for (const wrong of [spelled({ format: 2 }), Buffer.from('{"format":2,"blocks":[]}')]) {
    expect(() => parseManifest(wrong)).toThrow(expect.objectContaining({ kind: "unknown-format", message }));
  }
});

function kindOf(text: string): unknown {
  try {
    return parseManifest(Buffer.from(text));
  } catch (error) {
    return (error as { kind?: unknown }).kind ?? error;
  }
}
