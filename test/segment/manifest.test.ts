import { describe, expect, it } from "vitest";
import type { Instant } from "../../lambda/event/instant.ts";
import { encodeManifest, type Manifest, parseManifest } from "../../lambda/segment/manifest.ts";

const instant = (text: string) => text as Instant;
const MANIFEST: Manifest = {
  format: 1,
  workspace: "1201",
  day: "2026-05-01",
  number: 3,
  count: 412,
  oldest: instant("2026-05-01T09:00:00.000Z"),
  newest: instant("2026-05-01T09:30:00.1234567Z"),
  sha256: "a".repeat(64),
  deflated: "d".repeat(64),
  root: "b".repeat(64),
  previous: "c".repeat(64),
  logCount: 9120,
  logNewest: instant("2026-05-01T10:00:00.000Z"),
  writer: "1.0.0",
  run: "4b1d:7/x@y+z",
};
const ODD = { ...MANIFEST, day: "2021-10-07", oldest: null, newest: null, logNewest: null };

it.each([MANIFEST, ODD, { ...MANIFEST, number: 1, previous: null }])(
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
  oldest: [
    undefined,
    0,
    "",
    "2026-05-01",
    "2026-05-01T09:00:00Z",
    "2026-05-01T09:00:00.000+00:00",
    "2026-05-01T09:00:00.0000Z",
  ],
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

it.each([
  ["an oldest event younger than the newest", { oldest: "2026-05-01T09:30:00.12345671Z" }],
  ["a newest event younger than the log's", { logNewest: "2026-05-01T09:30:00.123456Z" }],
  ["more events than its log", { count: 9121 }],
  ["no oldest instant on an ordinary day", { oldest: null }],
  ["no newest instant on an ordinary day", { newest: null }],
  ["no newest instant of its log on an ordinary day", { logNewest: null }],
  ["instants on the odd day", { day: "2021-10-07" }],
])("a manifest with %s is damaged", (_, change) => {
  expect(kindOf(JSON.stringify({ ...MANIFEST, ...change }))).toBe("damaged");
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
  ["nothing", ""],
  ["no JSON", TEXT.slice(0, -1)],
  ["an array", "[1]"],
  ["null", "null"],
  ["more than 2 KB", TEXT.replace("{", `{"x":"${"x".repeat(2048)}",`)],
])("a manifest spelled with %s is damaged", (_, text) => {
  expect(kindOf(text)).toBe("damaged");
});

it("inherited values are no fields", () => {
  const inherited = Object.create({ ...MANIFEST }) as Manifest;
  expect(() => encodeManifest(inherited)).toThrow("not a valid manifest");
});

it("a later format is an error of its own, whatever else it says", () => {
  expect(kindOf('{"format":2,"blocks":[]}')).toBe("unknown-format");
  expect(kindOf(JSON.stringify({ ...MANIFEST, format: 7 }))).toBe("unknown-format");
});

function kindOf(text: string): unknown {
  try {
    return parseManifest(Buffer.from(text));
  } catch (error) {
    return (error as { kind?: unknown }).kind ?? error;
  }
}
