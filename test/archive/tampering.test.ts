/**
 * Each way of damaging an archive, and the promise that verify says is broken. What only a signature could show is at
 * the end: it is not found, and the documentation says so.
 */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { verify } from "../../lambda/archive/verify.ts";
import { scanEvent } from "../../lambda/event/event-scanner.ts";
import { ODD_DAY } from "../../lambda/event/instant.ts";
import { encodeHeader } from "../../lambda/segment/header.ts";
import type { Manifest } from "../../lambda/segment/manifest.ts";
import { readHeader } from "../../lambda/segment/reader.ts";
import { createDirectoryArchive } from "../../lambda/stores/directory-archive.ts";
import { codec, sampleEvent, sampleEvents, sampleLog, sampleSegment, WORKSPACE } from "../segment/sample.ts";
import { rebuild } from "../segment/tamper.ts";
import { putObject } from "./put-object.ts";
import {
  DAYS,
  describeViolation,
  faultsOf,
  hintOf,
  keyOf,
  LOGS,
  type Objects,
  objectsOf,
  sampleArchive,
  stateOf,
  verifyObjects,
} from "./sample-archive.ts";

const [DAY, NEXT_DAY] = DAYS;
const NO_OBJECTS = ["42", '"text"', "[1]", "[]", "null", "true"];
const { objects: good, logs } = await sampleArchive();
const damaged = (change: (objects: Objects) => void): Objects => {
  const objects = new Map(good);
  change(objects);
  return objects;
};
const set = (key: string, bytes: Buffer) => damaged((objects) => objects.set(key, bytes));
const bytesOf = (key: string): Buffer => good.get(key)!;
const manifestOf = (key: string): Manifest => readHeader(bytesOf(key)).manifest;
const linesOf = (key: string): string[] => gunzipSync(bytesOf(key)).toString().split("\n").slice(0, -1);
/** The segment at `key` with other lines, all hashes made anew to fit. */
const relined = (key: string, lines: readonly string[], change: Partial<Manifest> = {}): Objects =>
  set(key, rebuild({ ...manifestOf(key), ...change }, Buffer.from(lines.map((line) => `${line}\n`).join(""))));

const FIRST = keyOf(1);
const SECOND = keyOf(2);
const LAST = keyOf(4);

describe("I5: a segment that is not as it was written", () => {
  it("bits flipped anywhere", async () => {
    const bytes = bytesOf(SECOND);
    for (let bit = 0; bit < bytes.length * 8; bit += 13) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      const faults = await faultsOf(set(SECOND, flipped));
      expect(faults[0], `bit ${bit}`).toMatch(new RegExp(`^I5 ${DAY}/000002 `));
    }
  });

  it.each<[string, Buffer]>([
    ["truncated", bytesOf(SECOND).subarray(0, -20)],
    ["empty", Buffer.alloc(0)],
    ["followed by another member", Buffer.concat([bytesOf(SECOND), gzipSync("{}\n")])],
    ["followed by zeros", Buffer.concat([bytesOf(SECOND), Buffer.alloc(512)])],
    ["compressed again without its manifest", gzipSync(gunzipSync(bytesOf(SECOND)))],
    ["stored without compression", gunzipSync(bytesOf(SECOND))],
  ])("%s", async (_, bytes) => {
    expect(await faultsOf(set(SECOND, bytes))).toEqual([expect.stringMatching(new RegExp(`^I5 ${DAY}/000002 `))]);
  });

  it("its manifest edited, and its hash not", async () => {
    const edited = Buffer.from(bytesOf(SECOND).toString("latin1").replace('"run":"test"', '"run":"tesT"'), "latin1");
    expect(await faultsOf(set(SECOND, edited))).toEqual([expect.stringMatching(/^I5 .*its hash differs$/)]);
  });

  it("lines dropped and hashes made anew, but not the count", async () => {
    const faults = await faultsOf(relined(SECOND, linesOf(SECOND).slice(1)));
    expect(faults).toContain(`I5 ${DAY}/000002 the content does not match its manifest or trailer: its count`);
  });

  it("lines added and hashes made anew, but not the count", async () => {
    const faults = await faultsOf(relined(SECOND, [...linesOf(SECOND), linesOf(SECOND)[0]!.replace("gid", "Gid")]));
    expect(faults).toContain(`I5 ${DAY}/000002 it holds more lines than its manifest counts`);
  });

  it("times that its events do not have, which would hide them from a lookup by time", async () => {
    const later = { oldest: `${DAY}T00:00:11.000Z`, newest: `${DAY}T00:00:14.000Z`, logNewest: `${DAY}T00:00:14.000Z` };
    const faults = await faultsOf(relined(SECOND, linesOf(SECOND), later as Partial<Manifest>));
    expect(faults).toContain(
      `I5 ${DAY}/000002 its oldest event is from ${DAY}T00:00:10.000Z, but \`oldest\` is ${DAY}T00:00:11.000Z`,
    );
    expect(faults).toContain(
      `I5 ${DAY}/000002 its newest event is from ${DAY}T00:00:13.000Z, but \`newest\` is ${DAY}T00:00:14.000Z`,
    );
  });

  it("a format that this version does not know", async () => {
    const later = Buffer.concat([encodeHeader(Buffer.from('{"format":2}')), Buffer.alloc(100)]);
    expect(await faultsOf(set(LAST, later))).toEqual([
      `I5 ${DAY}/000004 manifest of format 2; this version reads format 1`,
    ]);
  });
});

describe("I3: a log that is not 1 to n, each continuing the one before", () => {
  it("its first segment deleted", async () => {
    expect(await faultsOf(damaged((objects) => objects.delete(FIRST)))).toEqual([`I3 ${DAY}/000001 is missing`]);
  });

  it("one deleted from the middle", async () => {
    expect(await faultsOf(damaged((objects) => objects.delete(SECOND)))).toEqual([`I3 ${DAY}/000002 is missing`]);
  });

  it("several deleted from the middle", async () => {
    const objects = damaged((all) => all.delete(SECOND) && all.delete(keyOf(3)));
    expect(await faultsOf(objects)).toEqual([`I3 ${DAY}/000002 is missing, as are all up to number 3`]);
  });

  it("renumbered", async () => {
    const faults = await faultsOf(
      damaged((objects) => objects.set(keyOf(5), objects.get(LAST)!) && objects.delete(LAST)),
    );
    expect(faults).toContain(`I3 ${DAY}/000004 is missing`);
    expect(faults).toContain(`I3 ${DAY}/000005 was written as number 4`);
  });

  it("two swapped", async () => {
    const objects = damaged((all) => all.set(SECOND, bytesOf(keyOf(3))).set(keyOf(3), bytesOf(SECOND)));
    const faults = await faultsOf(objects);
    expect(faults).toContain(`I3 ${DAY}/000002 was written as number 3`);
    expect(faults).toContain(`I3 ${DAY}/000003 was written as number 2`);
    expect(faults).toContain(`I3 ${DAY}/000002 continues a different segment than the one before it`);
  });

  const edited = linesOf(SECOND).with(0, linesOf(SECOND)[0]!.replace("succeeded", "failed"));
  it.each<[string, readonly string[], Partial<Manifest>]>([
    ["a line edited", edited, {}],
    ["two lines swapped", linesOf(SECOND).toReversed(), {}],
    ["a line dropped", linesOf(SECOND).slice(0, 3), { count: 3, logCount: 8, newest: null }],
    [
      "a line added",
      [...linesOf(SECOND), sampleEvent("x", `${DAY}T00:00:12Z`).line.toString()],
      { count: 5, logCount: 10 },
    ],
    ["only its run renamed", linesOf(SECOND), { run: "other" }],
  ])("%s, and everything in that segment made anew: the next one names another", async (_, lines, change) => {
    const newest = change.newest === null ? { newest: `${DAY}T00:00:12.000Z`, logNewest: `${DAY}T00:00:12.000Z` } : {};
    const faults = await faultsOf(relined(SECOND, lines, { ...change, ...newest } as Partial<Manifest>));
    expect(faults).toContain(`I3 ${DAY}/000003 continues a different segment than the one before it`);
    expect(faults.every((fault) => fault.startsWith("I3"))).toBe(true);
  });

  it.each<[string, Partial<Manifest>, string]>([
    ["events so far", { logCount: 15 }, "its `logCount` is 15, but the log has 14 events up to here"],
    [
      "the newest so far",
      { logNewest: `${DAY}T00:00:23.000Z` } as Partial<Manifest>,
      `its \`logNewest\` is ${DAY}T00:00:23.000Z, but the log's newest event up to here is from ${DAY}T00:00:22.000Z`,
    ],
    ["nothing before it", { previous: null }, "names no previous segment"],
    ["another one before it", { previous: "0".repeat(64) }, "continues a different segment than the one before it"],
  ])("its last segment made anew, saying wrongly: %s", async (_, change, message) => {
    expect(await faultsOf(relined(LAST, linesOf(LAST), change))).toEqual([`I3 ${DAY}/000004 ${message}`]);
  });

  it("a first segment that names one before it", async () => {
    const faults = await faultsOf(
      relined(keyOf(1, NEXT_DAY), linesOf(keyOf(1, NEXT_DAY)), { previous: "0".repeat(64) }),
    );
    expect(faults).toEqual([`I3 ${NEXT_DAY}/000001 names a previous segment although it is number 1`]);
  });
});

describe("I6: what is not where it belongs", () => {
  it("a segment moved to another day", async () => {
    const key = keyOf(1, "2026-05-03");
    const faults = await faultsOf(damaged((objects) => objects.set(key, bytesOf(keyOf(1, NEXT_DAY)))));
    expect(faults).toContain(`I6 2026-05-03/000001 was written for day ${NEXT_DAY}`);
    expect(faults).toContain(`I6 2026-05-03/000001:1 is an event of ${NEXT_DAY}`);
  });

  it("a segment moved to another day and its manifest made anew", async () => {
    const key = keyOf(1, "2026-05-03");
    const old = keyOf(1, NEXT_DAY);
    const moved = rebuild({ ...manifestOf(old), day: "2026-05-03" }, gunzipSync(bytesOf(old)));
    const faults = await faultsOf(damaged((objects) => objects.delete(old) && objects.set(key, moved)));
    expect(faults).toContain(`I6 2026-05-03/000001 says that it holds an event from ${NEXT_DAY}`);
    expect(faults).toContain(`I6 2026-05-03/000001:6 is an event of ${NEXT_DAY}`);
    expect(faults.every((fault) => fault.startsWith("I6"))).toBe(true);
  });

  it("a segment moved to another workspace", async () => {
    const key = keyOf(1, NEXT_DAY, "77");
    const faults = await faultsOf(damaged((objects) => objects.set(key, bytesOf(keyOf(1, NEXT_DAY)))));
    expect(faults).toEqual([`I6 ${key.replace(".ndjson.gz", "")} was written for workspace 1201`]);
  });

  it.each([
    `events/workspace=1201/dt=${DAY}/notes.txt`,
    `events/workspace=1201/dt=${DAY}/000005.ndjson`,
    `events/workspace=1201/dt=${DAY}/5.ndjson.gz`,
    `events/workspace=1201/dt=${DAY}/x/000001.ndjson.gz`,
    "events/workspace=1201/dt=2026-02-30/000001.ndjson.gz",
    "events/workspace=1201/dt=2020-01-01/000001.ndjson.gz",
    "events/workspace=abc/dt=2026-05-01/000001.ndjson.gz",
    "events/readme",
    "events/workspace=1201/zzz",
    "events/.x.ndjson.gz",
    "events/.hidden/000001.ndjson.gz",
    `events/workspace=1201/dt=${DAY}/.x.ndjson.gz`,
    `events/workspace=1201/dt=${DAY}/.hidden/000001.ndjson.gz`,
  ])("an object that is no segment: %s", async (key) => {
    const faults = await faultsOf(set(key, bytesOf(FIRST)));
    expect(faults).toEqual([expect.stringMatching(/^I6 .* is not a segment, but queries would read it as one$/)]);
    const directory = await mkdtemp(join(tmpdir(), "archive-"));
    for (const [path, bytes] of set(key, bytesOf(FIRST))) await putObject(directory, path, bytes);
    const report = await verify({ archive: createDirectoryArchive(directory), codec }, {});
    expect(report.faults).toMatchObject([{ invariant: "I6", key }]);
  });

  it("an event of another day in a segment made anew", async () => {
    const stranger = sampleEvent("x", `${NEXT_DAY}T00:00:01Z`);
    const faults = await faultsOf(relined(LAST, [...linesOf(LAST), `${stranger.line}`], { count: 4, logCount: 15 }));
    expect(faults).toContain(`I6 ${DAY}/000004:4 is an event of ${NEXT_DAY}`);
  });

  it("an event without a readable time in a day's segment made anew", async () => {
    const odd = sampleEvent("x", "yesterday");
    const faults = await faultsOf(relined(LAST, [...linesOf(LAST), `${odd.line}`], { count: 4, logCount: 15 }));
    expect(faults).toEqual([`I6 ${DAY}/000004:4 is an event of 2021-10-07`]);
  });
});

describe("I2: an event in two lines", () => {
  it("in two segments of a day", async () => {
    const [first, ...rest] = LOGS[0]!;
    const segments = await sampleLog([first!, ...rest, [first![2]!]]);
    expect(await faultsOf(objectsOf(segments))).toEqual([
      `I2 ${DAY}/000005:1 event 20260501000002 is also in line 3 of ${FIRST}`,
    ]);
  });

  it("in two lines of a segment", async () => {
    const events = sampleEvents(3);
    const { key, bytes } = await sampleSegment([...events, events[1]!]);
    expect(await faultsOf(new Map([[key, bytes]]))).toEqual([
      `I2 ${DAY}/000001:4 event 20260501000001 is also in line 2 of ${FIRST}`,
    ]);
  });

  it("on two days, which no writer can see", async () => {
    const [first, second] = [sampleEvent("same", `${DAY}T00:00:00Z`), sampleEvent("same", `${NEXT_DAY}T00:00:00Z`)];
    const segments = [...(await sampleLog([[first]])), ...(await sampleLog([[second]]))];
    expect(await faultsOf(objectsOf(segments))).toEqual([
      `I2 ${NEXT_DAY}/000001:1 event same is also in line 1 of ${FIRST}`,
    ]);
  });

  it("three times: each further line is named", async () => {
    const event = sampleEvent("same", `${DAY}T00:00:00Z`);
    const segments = await sampleLog([[event], [event], [event]]);
    expect(await faultsOf(objectsOf(segments))).toHaveLength(2);
  });

  it("without a gid, by the bytes of its line", async () => {
    const event = sampleEvent("", `${DAY}T00:00:00Z`);
    const segments = await sampleLog([[event, sampleEvent("", `${DAY}T00:00:00Z`, { other: 1 })], [event]]);
    expect(await faultsOf(objectsOf(segments))).toEqual([expect.stringMatching(/^I2 .*000002:1 event sha256:/)]);
  });

  it("a whole day copied: all are counted, some are listed", async () => {
    const events = Array.from({ length: 300 }, (_, index) => sampleEvent(`e${index}`, `${DAY}T00:00:00Z`));
    const segments = await sampleLog([events, events]);
    expect(await faultsOf(objectsOf(segments))).toHaveLength(20);
  });
});

describe("I7: a line that is not exactly one event", () => {
  it.each([
    ["no JSON", "{oops"],
    ["half an array", "[1"],
    ["half a text", '"text'],
    ["two numbers", "4 2"],
    ["two events", '{"gid":"a"}{"gid":"b"}'],
    ["a raw carriage return, where query engines cut", '{"gid":\r"a"}'],
    ["the byte 0x01, where query engines cut", '{"gid":"a\u0001"}'],
    ["spaces around", ' {"gid":"a"} '],
  ])("%s", async (_, line) => {
    const faults = await faultsOf(relined(LAST, [...linesOf(LAST), line], { count: 4, logCount: 15 }));
    expect(faults).toContain(`I7 ${DAY}/000004:4 is not exactly one event`);
  });

  it("but what is no object, or not UTF-8, is an event of the odd day, and I6 elsewhere", async () => {
    const odd = [
      ...NO_OBJECTS.map((text) => Buffer.from(text)),
      Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
    ];
    expect(await faultsOf(objectsOf(await sampleLog([odd.map(scanEvent)])))).toEqual([]);
    for (const line of NO_OBJECTS) {
      const faults = await faultsOf(relined(LAST, [...linesOf(LAST), line], { count: 4, logCount: 15 }));
      expect(faults).toEqual([`I6 ${DAY}/000004:4 is an event of ${ODD_DAY}`]);
    }
    const twice = await sampleLog([[scanEvent(odd[0]!)], [scanEvent(odd[0]!)]]);
    expect(await faultsOf(objectsOf(twice))).toEqual([expect.stringMatching(/^I2 2021-10-07\/000002:1 event sha256:/)]);
  });
});

describe("I4: a checkpoint that claims more than is archived", () => {
  const state = stateOf({ [DAY]: hintOf(logs[0]![3]!, ["20260501000022"]) }, `${DAY}T00:00:22.000Z`);

  it("is clean when all of it is there, also when the log has grown since", async () => {
    expect(await faultsOf(good, state)).toEqual([]);
    const older = stateOf({ [DAY]: hintOf(logs[0]![1]!, ["20260501000013"]) }, `${DAY}T00:00:13.000Z`);
    expect(await faultsOf(good, older)).toEqual([]);
    expect(await faultsOf(good, stateOf({ [DAY]: hintOf(logs[0]![1]!, null) }))).toEqual([]);
  });

  it("the last segments cut off", async () => {
    expect(
      await faultsOf(
        damaged((objects) => objects.delete(LAST)),
        state,
      ),
    ).toEqual([
      `I4 ${DAY}/ the checkpoint's watermark is ${DAY}T00:00:22.000Z, but the newest event here is from ${DAY}T00:00:13.000Z`,
      `I4 ${DAY}/000004 is in the checkpoint but does not exist`,
    ]);
  });

  it("is not charged with the damage of a segment whose manifest is the one it knows", async () => {
    const cut = damaged((objects) => objects.set(LAST, objects.get(LAST)!.subarray(0, -9)));
    const faults = await faultsOf(cut, state);
    expect(faults).toEqual([expect.stringMatching(/^I5 /)]);
    expect(await faultsOf(cut)).toEqual(faults);
  });

  it("a whole day gone", async () => {
    const gone = damaged((objects) => {
      for (const number of [1, 2, 3, 4]) objects.delete(keyOf(number));
    });
    expect(await faultsOf(gone, state)).toContain(`I4 ${DAY}/000004 is in the checkpoint but does not exist`);
  });

  it("a whole workspace gone, if it is asked for by name", async () => {
    const { faults, ...report } = await verifyObjects(new Map(), { workspace: WORKSPACE }, state);
    expect(faults.map(describeViolation)).toContain(`I4 ${DAY}/000004 is in the checkpoint but does not exist`);
    expect(report).toMatchObject({ outcome: "faulty", faultCount: 2, workspaces: [{ segments: 0, faultCount: 2 }] });
  });

  it("everything made anew from the damage on, so that the archive alone looks right", async () => {
    const [first, second, ...rest] = LOGS[0]!;
    const remade = await sampleLog([first!, second!.slice(1), ...rest]);
    const objects = new Map([...good, ...objectsOf(remade)]);
    expect(await faultsOf(objects)).toEqual([]);
    expect(await faultsOf(objects, state)).toEqual([`I4 ${DAY}/000004 is not the segment that the checkpoint names`]);
  });

  it("is clean when others have appended at the very instant that it knows", async () => {
    const at = `${DAY}T12:00:00.000Z`;
    const segments = await sampleLog([[sampleEvent("a", at), sampleEvent("b", at)], [sampleEvent("c", at)]]);
    const known = stateOf({ [DAY]: hintOf(segments[0]!, ["b", "a"]) }, at);
    expect(await faultsOf(objectsOf(segments), known)).toEqual([]);
  });

  it("is not judged outside of the range that is read", async () => {
    const range = { workspace: WORKSPACE, from: NEXT_DAY };
    const gone = damaged((objects) => objects.delete(LAST));
    expect(await verifyObjects(gone, range, state)).toMatchObject({ outcome: "clean" });
  });

  it("ids at the newest instant that are not the archived ones", async () => {
    const wrong = stateOf({ [DAY]: hintOf(logs[0]![3]!, ["20260501000022", "another"]) });
    expect(await faultsOf(good, wrong)).toEqual([`I4 ${DAY}/000004 is not the segment that the checkpoint names`]);
  });

  it("ids that are not the archived ones, though a later segment cannot be read", async () => {
    const wrong = stateOf({ [DAY]: hintOf(logs[0]![1]!, ["another"]) });
    expect(await faultsOf(set(keyOf(3), Buffer.alloc(10)), wrong)).toContain(
      `I4 ${DAY}/000002 is not the segment that the checkpoint names`,
    );
  });

  it.each([
    [1000, 200, "is", ["I4 2026-05-01/000001 is not the segment that the checkpoint names"]],
    [1001, 200, "is not", []],
    [1002, 200, "is not", []],
    [1, 201, "is not", []],
  ])("of ids at one instant, %i of them of %i characters, %s judged", async (count, length, _, expected) => {
    const at = `${DAY}T12:00:00.000Z`;
    const ids = Array.from({ length: count }, (_, index) => `${index}`.padStart(length, "x"));
    const segments = await sampleLog([ids.map((id) => sampleEvent(id, at))]);
    const wrong = stateOf({ [DAY]: hintOf(segments[0]!, ["another"]) });
    expect(await faultsOf(objectsOf(segments), wrong)).toEqual(expected);
  });

  it("a watermark on a day without a log", async () => {
    expect(await faultsOf(good, stateOf({}, "2026-05-03T00:00:00.000Z"))).toEqual([
      "I4 2026-05-03/ the checkpoint's watermark is 2026-05-03T00:00:00.000Z, but the newest event here is from null",
    ]);
  });

  it("is not charged with ids that may be in a segment before the hinted one that cannot be read", async () => {
    const at = `${DAY}T12:00:00.000Z`;
    const segments = await sampleLog([[sampleEvent("a", at)], [sampleEvent("b", at)]]);
    const known = stateOf({ [DAY]: hintOf(segments[1]!, ["a", "b"]) }, at);
    const objects = objectsOf(segments);
    expect(await faultsOf(objects, known)).toEqual([]);
    objects.set(FIRST, Buffer.alloc(10));
    expect(await faultsOf(objects, known)).toEqual([`I5 ${DAY}/000001 it ends inside the gzip header`]);
  });

  it("is counted as well as told", async () => {
    const claim = stateOf({}, "2026-05-03T00:00:00.000Z");
    expect(await verifyObjects(good, {}, claim)).toMatchObject({ faultCount: 1, workspaces: [{ faultCount: 1 }] });
  });

  it("says nothing of segments that cannot be read: that is another fault", async () => {
    const older = stateOf({ [DAY]: hintOf(logs[0]![1]!) });
    for (const [key, claim] of [
      [LAST, state],
      [SECOND, older],
    ] as const) {
      expect(await faultsOf(set(key, Buffer.alloc(10)), claim)).toEqual([expect.stringMatching(/^I5 /)]);
    }
  });
});

describe("what an archive alone cannot show", () => {
  it("the last segments of a day cut off", async () => {
    expect(await faultsOf(damaged((objects) => objects.delete(LAST)))).toEqual([]);
  });

  it("a whole day deleted", async () => {
    expect(await faultsOf(damaged((objects) => objects.delete(keyOf(1, NEXT_DAY))))).toEqual([]);
  });

  it("the last segment made anew in all its parts", async () => {
    const lines = linesOf(LAST).with(0, linesOf(LAST)[0]!.replace("succeeded", "failed"));
    expect(await faultsOf(relined(LAST, lines))).toEqual([]);
  });
});
