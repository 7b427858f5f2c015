/**
 * Each way of damaging an archive, and what verify says of it. `test/hostile/tampering.test.ts` does the same to many
 * archives at random places; what no look at an archive alone can show is there, too.
 */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { createRandom } from "../../feed/random.ts";
import { verify } from "../../lambda/archive/verify.ts";
import { scanEvent } from "../../lambda/event/event-scanner.ts";
import { ODD_DAY } from "../../lambda/event/instant.ts";
import type { Manifest } from "../../lambda/segment/manifest.ts";
import { readHeader } from "../../lambda/segment/reader.ts";
import { createDirectoryArchive } from "../../lambda/stores/directory-archive.ts";
import { noEvents } from "../hostile/damages/appended.ts";
import { strangeKeys } from "../hostile/damages/places.ts";
import { DAMAGES } from "../hostile/damages/seen.ts";
import { readArchive } from "../hostile/segments.ts";
import { rebuild } from "../segment/forge.ts";
import { codec, sampleEvent, sampleEvents, sampleLog, sampleSegment, WORKSPACE } from "../segment/sample.ts";
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
const linesOf = (key: string): string[] => gunzipSync(good.get(key)!).toString().split("\n").slice(0, -1);
/** The segment at `key` with other lines, all hashes computed to fit. */
const relined = (key: string, lines: readonly string[], change: Partial<Manifest> = {}): Objects => {
  const { manifest } = readHeader(good.get(key)!);
  return set(key, rebuild({ ...manifest, ...change }, Buffer.from(lines.map((line) => `${line}\n`).join(""))));
};

const FIRST = keyOf(1);
const SECOND = keyOf(2);
const LAST = keyOf(4);
/** The last segment with one more line. */
const withLine = (line: string): Objects => relined(LAST, [...linesOf(LAST), line], { count: 4, logCount: 15 });

/** One with which the sample archive offers a place for each damage. */
const SEED = 3;
/**
 * Of each damage in the catalogue, done once: the fault that names its invariant. Where a random place in compressed
 * bytes is hit, what it is called depends on the machine's zlib.
 */
const SAID: Readonly<Record<string, string | RegExp>> = {
  "bit flip": /^I5 2026-05-01\/000004 /,
  "bytes overwritten": /^I5 2026-05-01\/000004 /,
  "bytes removed": /^I5 2026-05-01\/000004 /,
  truncated: /^I5 2021-10-07\/000001 /,
  emptied: "I5 2026-05-01/000001 it ends inside the gzip header",
  "bytes behind": "I5 2026-05-01/000004 the compressed bytes are not those that were written: their hash differs",
  "second member": "I5 2026-05-02/000001 the compressed bytes are not those that were written: their hash differs",
  "member in front": "I5 2026-05-01/000003 its gzip header is not that of a segment",
  "same segment twice": "I5 2026-05-02/000001 the compressed bytes are not those that were written: their hash differs",
  "compressed without manifest": "I5 2026-05-01/000001 its gzip header is not that of a segment",
  "compressed otherwise":
    "I5 2026-05-04/000002 the compressed bytes are not those that were written: their hash differs",
  uncompressed: "I5 2021-10-07/000001 its gzip header is not that of a segment",
  "line edited, hashes kept":
    "I5 2026-05-02/000001 the compressed bytes are not those that were written: their hash differs",
  trailer: "I5 2026-05-01/000004 the content does not match its manifest or trailer: its length",
  "gzip header": "I5 2026-05-04/000002 its gzip header is not that of a segment",
  "manifest edited": "I5 2026-05-01/000001 the manifest is not the one that was written: its hash differs",
  "manifest respelled":
    "I5 2026-05-01/000001 the manifest is damaged: its JSON is not spelled the way writers spell it",
  "unknown format": "I5 2026-05-01/000001 manifest of format 7; this version reads format 1",
  "bytes behind the stream": "I5 2026-05-01/000004 there are bytes after the end of its content",
  "lines dropped, count kept": "I5 2026-05-01/000001 the content does not match its manifest or trailer: its count",
  "line dropped": "I3 2026-05-04/000002 continues a different segment than the one before it",
  "line added": "I3 2026-05-01/000004 continues a different segment than the one before it",
  "lines swapped": "I3 2026-05-01/000004 continues a different segment than the one before it",
  "line edited": "I3 2026-05-04/000002 continues a different segment than the one before it",
  "white space added": "I3 2026-05-01/000003 continues a different segment than the one before it",
  "manifest: count": "I5 2026-05-01/000002 it holds more lines than its manifest counts",
  "manifest: oldest":
    "I5 2026-05-01/000004 its oldest event is from 2026-05-01T00:00:20.000Z, but `oldest` is 2026-05-01T00:00:00.000Z",
  "manifest: newest":
    "I5 2026-05-04/000001 its newest event is from 2026-05-04T00:00:01.000Z, but `newest` is 2026-05-04T00:00:01.0001Z",
  "manifest: sha256": "I5 2026-05-01/000003 the content does not match its manifest or trailer: its content hash",
  "manifest: deflated": "I5 2021-10-07/000001 the compressed bytes are not those that were written: their hash differs",
  "manifest: root": "I5 2026-05-02/000001 the content does not match its manifest or trailer: its Merkle root",
  "manifest: previous": "I3 2026-05-01/000001 names a previous segment although it is number 1",
  "manifest: logCount": "I3 2026-05-01/000002 its `logCount` is 16, but the log has 9 events up to here",
  "manifest: logNewest":
    "I3 2026-05-01/000004 its `logNewest` is 2026-05-01T00:00:22.0001Z, but the log's newest event up to here is from 2026-05-01T00:00:22.000Z",
  "manifest: number": "I3 2026-05-04/000002 was written as number 6",
  "manifest: day": "I6 2026-05-02/000001 says that it holds an event from 2026-05-02",
  "manifest: workspace": "I6 2026-05-01/000004 was written for workspace 12010",
  "manifest: run": "I3 2026-05-04/000002 continues a different segment than the one before it",
  "segment deleted": "I3 2026-05-01/000002 is missing",
  renumbered: "I3 2021-10-07/000001 is missing, as are all up to number 29",
  "closed up": "I3 2026-05-01/000001 its `logCount` is 9, but the log has 4 events up to here",
  swapped: "I3 2026-05-01/000002 continues a different segment than the one before it",
  "copied behind": "I3 2026-05-02/000002 its `logCount` is 6, but the log has 12 events up to here",
  "moved to another day": "I6 2023-10-27/000001 was written for day 2021-10-07",
  "moved to another day, made anew": "I6 2026-10-02/000001 says that it holds an event from 2026-05-02",
  "moved to another workspace": "I6 events/workspace=77/dt=2026-05-02/000001 was written for workspace 1201",
  "put in another's place": "I6 2026-05-01/000002 was written for day 2026-05-04",
  "extra object": "I6 events/.x is not a segment, but queries would read it as one",
  "chain made anew up to the last": "I3 2026-05-01/000004 continues a different segment than the one before it",
  "event twice in a log":
    "I2 2026-05-02/000002:1 event 20260502000003 is also in line 4 of events/workspace=1201/dt=2026-05-02/000001.ndjson.gz",
  "gid of another day":
    "I2 2026-05-02/000001:4 event 20260502000003 is also in line 1 of events/workspace=1201/dt=2026-05-01/000005.ndjson.gz",
  "event of another day": "I6 2026-05-01/000005:2 is an event of 2031-05-01",
  "no event": "I7 2026-05-02/000002:1 is not exactly one event",
  "empty line": "I5 2026-05-01/000005 it holds a line that cannot be an event",
};

describe("the catalogue of damages", () => {
  it("is said in full below", () => {
    expect(Object.keys(SAID)).toEqual(DAMAGES.map(({ name }) => name));
  });

  it.each(DAMAGES.map((damage) => [damage.name, damage] as const))("%s", async (name, { invariant, apply }) => {
    const objects = new Map(good);
    expect(apply({ objects, segments: readArchive(good), random: createRandom(name, SEED) })).not.toBeNull();
    const said = (await faultsOf(objects)).find((fault) => fault.startsWith(invariant));
    expect(said).toEqual(typeof SAID[name] === "string" ? SAID[name] : expect.stringMatching(SAID[name]!));
  });
});

describe("I3: a log that is not 1 to n, each continuing the one before", () => {
  it("several segments deleted from the middle", async () => {
    const objects = damaged((all) => all.delete(SECOND) && all.delete(keyOf(3)));
    expect(await faultsOf(objects)).toEqual([`I3 ${DAY}/000002 is missing, as are all up to number 3`]);
  });

  it.each<[string, string, string | null, string]>([
    ["a last segment that names none before it", LAST, null, "names no previous segment"],
    ["a last segment that names another", LAST, "0".repeat(64), "continues a different segment than the one before it"],
    [
      "a first segment that names one before it",
      keyOf(1, NEXT_DAY),
      "0".repeat(64),
      "names a previous segment although it is number 1",
    ],
  ])("%s", async (_, key, previous, message) => {
    const faults = await faultsOf(relined(key, linesOf(key), { previous }));
    expect(faults).toEqual([expect.stringMatching(new RegExp(`^I3 .* ${message}$`))]);
  });
});

describe("I6: what is not where it belongs", () => {
  it.each([
    ...strangeKeys({ workspace: WORKSPACE, day: DAY, number: 5 }),
    "events/workspace=1201/dt=2020-01-01/000001.ndjson.gz",
  ])("an object that is no segment: %s", async (key) => {
    const objects = set(key, good.get(FIRST)!);
    const faults = await faultsOf(objects);
    expect(faults).toEqual([expect.stringMatching(/^I6 .* is not a segment, but queries would read it as one$/)]);
    const directory = await mkdtemp(join(tmpdir(), "archive-"));
    for (const [path, bytes] of objects) await putObject(directory, path, bytes);
    const report = await verify({ archive: createDirectoryArchive(directory), codec }, {});
    expect(report.faults).toMatchObject([{ invariant: "I6", key }]);
  });

  it("an event without a readable time, or no object, in a day's segment rebuilt to fit", async () => {
    for (const line of [...NO_OBJECTS, `${sampleEvent("x", "yesterday").line}`]) {
      expect(await faultsOf(withLine(line))).toEqual([`I6 ${DAY}/000004:4 is an event of ${ODD_DAY}`]);
    }
  });
});

describe("I2: an event in two lines", () => {
  it("in two lines of a segment", async () => {
    const events = sampleEvents(3);
    const { key, bytes } = await sampleSegment([...events, events[1]!]);
    expect(await faultsOf(new Map([[key, bytes]]))).toEqual([
      `I2 ${DAY}/000001:4 event 20260501000001 is also in line 2 of ${FIRST}`,
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
  it.each(noEvents('{"gid":"a"}', '{"gid":"b"}'))("%j", async (line) => {
    expect(await faultsOf(withLine(line))).toContain(`I7 ${DAY}/000004:4 is not exactly one event`);
  });

  it("but what is no object, or not UTF-8, is an event of the odd day", async () => {
    const odd = [...NO_OBJECTS.map((text) => Buffer.from(text)), Buffer.from('{"\xff":1}', "latin1")];
    expect(await faultsOf(objectsOf(await sampleLog([odd.map(scanEvent)])))).toEqual([]);
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
