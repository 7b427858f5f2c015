import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  type CoverageEntry,
  encodeEntry,
  entryHash,
  MAX_ENTRY_BYTES,
  parseEntry,
} from "../../lambda/coverage/entry.ts";
import type { Instant } from "../../lambda/event/instant.ts";

const at = (text: string) => text as Instant;

const ENTRY: CoverageEntry = {
  format: 1,
  workspace: "1201",
  day: "2026-11-20",
  number: 2,
  prev: "a".repeat(64),
  purpose: "aged",
  run: "4b1d:7/x@y+z",
  writer: "1.4.0",
  began: at("2026-11-21T06:00:11.000Z"),
  ended: at("2026-11-21T06:00:14.000Z"),
  requests: 2,
  complete: true,
  reason: null,
  unread: [],
  seen: 3,
  had: 2,
  added: 1,
  gone: 2,
  goneIds: ["120001", "sha256:00"],
  conflicts: 0,
  odd: 0,
  segments: 2,
  manifest: "b".repeat(64),
};
const PARTS = [
  [at("2026-11-20T00:00:00.000Z"), at("2026-11-20T01:00:00.000Z")],
  [at("2026-11-20T01:00:00.000Z"), at("2026-11-21T00:00:00.000Z")],
] as const;
const INCOMPLETE: CoverageEntry = { ...ENTRY, complete: false, reason: "source-refused", unread: PARTS };

it.each([
  ENTRY,
  INCOMPLETE,
  { ...INCOMPLETE, reason: "source-forgot", purpose: "settled" } as const,
  { ...INCOMPLETE, reason: "scan-incomplete", purpose: "asked" } as const,
  { ...ENTRY, number: 1, prev: null },
  { ...ENTRY, segments: 0, manifest: null, seen: 0, had: 0, added: 0, gone: 0, goneIds: [] },
  { ...ENTRY, ended: ENTRY.began, goneIds: ["", 'with "quotes"', "é"], gone: 3 },
])("a coverage entry is read as it was written: %#", (entry) => {
  expect(parseEntry(encodeEntry(entry))).toEqual(entry);
});

it("an entry is one line of JSON, spelled in one way whatever the order of the record's keys", () => {
  const reversed = Object.fromEntries(Object.entries(ENTRY).reverse()) as unknown as CoverageEntry;
  expect(encodeEntry(reversed).toString()).toBe(
    '{"format":1,"workspace":"1201","day":"2026-11-20","number":2,"prev":"' +
      `${"a".repeat(64)}","purpose":"aged","run":"4b1d:7/x@y+z","writer":"1.4.0",` +
      '"began":"2026-11-21T06:00:11.000Z","ended":"2026-11-21T06:00:14.000Z","requests":2,"complete":true,' +
      '"reason":null,"unread":[],"seen":3,"had":2,"added":1,"gone":2,"goneIds":["120001","sha256:00"],' +
      `"conflicts":0,"odd":0,"segments":2,"manifest":"${"b".repeat(64)}"}\n`,
  );
});

it("an entry's hash is that of its bytes, so that anybody can compute it from the file", () => {
  const bytes = encodeEntry(ENTRY);
  expect(entryHash(bytes)).toBe(createHash("sha256").update(bytes).digest("hex"));
});

it("the longest entry fits its bound", () => {
  const late = (hour: number) => at(`2026-11-20T${String(hour).padStart(2, "0")}:00:00.${"1".repeat(64)}Z`);
  const longest: CoverageEntry = {
    ...INCOMPLETE,
    workspace: "9".repeat(20),
    number: 999_999,
    run: "r".repeat(128),
    writer: "w".repeat(128),
    began: late(9),
    ended: late(9),
    requests: Number.MAX_SAFE_INTEGER,
    reason: "scan-incomplete",
    unread: Array.from({ length: 20 }, (_, hour) => [late(hour), late(hour + 1)] as const),
    seen: Number.MAX_SAFE_INTEGER,
    had: Number.MAX_SAFE_INTEGER,
    added: 0,
    gone: Number.MAX_SAFE_INTEGER,
    goneIds: Array.from({ length: 20 }, () => "事".repeat(200)),
    conflicts: Number.MAX_SAFE_INTEGER,
    odd: Number.MAX_SAFE_INTEGER,
    segments: 999_999,
  };
  expect(encodeEntry(longest).length).toBeLessThanOrEqual(MAX_ENTRY_BYTES);
});

const kindOf = (text: string): unknown => {
  try {
    return parseEntry(Buffer.from(text));
  } catch (error) {
    return (error as { kind?: string }).kind;
  }
};

const WRONG: { readonly [Name in keyof CoverageEntry]: readonly unknown[] } = {
  format: [undefined, null, "1", 0, -1, 1.5],
  workspace: [undefined, null, 1201, "", "12a", "../1"],
  day: [undefined, null, "2026-5-1", "2026-02-30", "2021-10-06"],
  number: [undefined, null, "3", 0, -1, 1.5, 1_000_000],
  prev: [undefined, 0, "", "A".repeat(64), "a".repeat(63)],
  purpose: [undefined, null, "", "recent", "new", ["aged"]],
  run: [undefined, null, "", "a b", "r".repeat(129)],
  writer: [undefined, null, 1, "", 'a"b'],
  began: [undefined, null, 0, "", "2026-11-21", "2026-11-21T06:00:11Z"],
  ended: [undefined, null, "2026-11-21 06:00:11.000Z"],
  requests: [undefined, null, "2", -1, 1.5, 2 ** 53],
  complete: [undefined, null, 1, "true"],
  reason: [undefined, "", "before-first-scan", ["source-forgot"]],
  unread: [
    undefined,
    null,
    "",
    {},
    [1],
    [[]],
    [[at("2026-11-20T01:00:00.000Z")]],
    [["a", "b"]],
    Array(21).fill(PARTS[0]),
  ],
  seen: [undefined, null, -1],
  had: [undefined, null, -1],
  added: [undefined, null, 1.5],
  gone: [undefined, null, -1],
  goneIds: [undefined, null, "120001", [1], ["a\nb"], ["\u202e"], ["x".repeat(201)], Array(21).fill("1")],
  conflicts: [undefined, null, -1],
  odd: [undefined, null, "0"],
  segments: [undefined, null, -1, 1_000_000],
  manifest: [undefined, "", "B".repeat(64), 0],
};

describe.each(Object.entries(WRONG))("an entry is damaged and cannot be written", (name, values) => {
  it.each(values)(`with ${name} %j`, (value) => {
    const wrong = { ...ENTRY, [name]: value } as CoverageEntry;
    expect(() => encodeEntry(wrong)).toThrow("not a valid coverage entry: invalid");
    expect(kindOf(`${JSON.stringify(wrong)}\n`)).toBe("damaged");
  });
});

it.each<[Partial<CoverageEntry>, string]>([
  [{ prev: null }, "`prev` must be null in number 1, and in no other"],
  [{ number: 1 }, "`prev` must be null in number 1, and in no other"],
  [{ began: at("2026-11-21T06:00:15.000Z") }, "`began` is later than `ended`"],
  [{ reason: "source-forgot" }, "`reason` must be null in a complete look, and in no other"],
  [{ ...INCOMPLETE, reason: null }, "`reason` must be null in a complete look, and in no other"],
  [{ unread: PARTS }, "`unread` must be empty in a complete look, and in no other"],
  [{ ...INCOMPLETE, unread: [] }, "`unread` must be empty in a complete look, and in no other"],
  [{ ...INCOMPLETE, unread: PARTS.toReversed() }, "`unread` has parts outside the day, or not in order"],
  [{ ...INCOMPLETE, unread: [PARTS[0], PARTS[0]] }, "`unread` has parts outside the day, or not in order"],
  [{ ...INCOMPLETE, unread: [[PARTS[0][0], PARTS[0][0]]] }, "`unread` has parts outside the day, or not in order"],
  [{ ...INCOMPLETE, day: "2026-11-19" }, "`unread` has parts outside the day, or not in order"],
  [{ ...INCOMPLETE, day: "2026-11-21" }, "`unread` has parts outside the day, or not in order"],
  [{ seen: 4 }, "`seen` is not `had` and `added`"],
  [{ gone: 1 }, "`goneIds` has more ids than events are gone"],
  [{ segments: 0 }, "`manifest` must be null without segments, and only then"],
  [{ manifest: null }, "`manifest` must be null without segments, and only then"],
])("%j: %s", (change, problem) => {
  const wrong = { ...ENTRY, ...change };
  expect(() => encodeEntry(wrong)).toThrow(`not a valid coverage entry: ${problem}`);
  expect(() => parseEntry(Buffer.from(`${JSON.stringify(wrong)}\n`))).toThrow(
    expect.objectContaining({ kind: "damaged", message: `the coverage entry is damaged: ${problem}` }),
  );
});

const TEXT = encodeEntry(ENTRY).toString();
it.each([
  ["a space", TEXT.replace(":", ": ")],
  ["no line feed", TEXT.trimEnd()],
  ["a second line feed", `${TEXT}\n`],
  ["a carriage return", TEXT.replace("\n", "\r\n")],
  ["another order", `${JSON.stringify(Object.fromEntries(Object.entries(ENTRY).reverse()))}\n`],
  ["a field of its own", TEXT.replace("{", '{"x":1,')],
  ["a field given twice", TEXT.replace('"seen":3', '"seen":1,"seen":3')],
  ["an escape", TEXT.replace("2026-11-20", "\\u0032026-11-20")],
  ["a number spelled otherwise", TEXT.replace('"seen":3', '"seen":3e0')],
  ["a prototype", TEXT.replace("{", '{"__proto__":{"seen":1},')],
])("an entry spelled with %s is damaged", (_, text) => {
  expect(kindOf(text)).toBe("damaged");
});

it.each([["{"], ["1"], ["null"], ["[]"], ['"text"'], [""], [" ".repeat(MAX_ENTRY_BYTES + 1)]])(
  "%j is no entry",
  (text) => {
    expect(kindOf(text)).toBe("damaged");
  },
);

it("inherited values are no fields of an entry", () => {
  expect(() => encodeEntry(Object.create(ENTRY) as CoverageEntry)).toThrow("not a valid coverage entry");
});

it("an entry of a later format is told from a damaged one", () => {
  expect(kindOf('{"format":2,"anything":true}\n')).toBe("unknown-format");
});
