/** What a writer knows of a day's log, what it costs to know it, and what makes it stop. */
import { describe, expect, it } from "vitest";
import { openDayLog } from "../../lambda/archive/day-log.ts";
import { createSegmentIds } from "../../lambda/archive/segment-ids.ts";
import type { SourceEvent } from "../../lambda/event/event.ts";
import type { Instant } from "../../lambda/event/instant.ts";
import type { DayHint } from "../../lambda/ports.ts";
import { MAX_SEGMENT_BYTES } from "../../lambda/segment/bounds.ts";
import { MANIFEST_RANGE } from "../../lambda/segment/reader.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { codec, DAY, sampleEvent, sampleEvents, sampleLog, WORKSPACE } from "../segment/sample.ts";
import { hintOf, keyOf, objectsOf } from "./sample-archive.ts";

/** The third segment holds late events, so its own newest is older than the log's. */
const BATCHES = [sampleEvents(5), sampleEvents(4, 10), sampleEvents(2, 6), sampleEvents(3, 20)];
const at = (second: number): Instant => `${DAY}T00:00:${String(second).padStart(2, "0")}.000Z` as Instant;
const spanAt = (from: number, to = from) => ({ oldest: at(from), newest: at(to) });
const ANY = { oldest: null, newest: null };

async function sample(batches: readonly (readonly SourceEvent[])[] = BATCHES) {
  const segments = await sampleLog(batches);
  const objects = objectsOf(segments);
  const stored = createMemoryArchive(objects);
  const calls: string[] = [];
  const short = (key: string) => Number(key.slice(-16, -10));
  const archive: typeof stored = {
    ...stored,
    list: (prefix, startAfter) => {
      calls.push(startAfter === undefined ? "list" : `list after ${short(startAfter)}`);
      return stored.list(prefix, startAfter);
    },
    get: (key, range) => {
      calls.push(`${range === MANIFEST_RANGE ? "manifest" : "ids"} ${short(key)}`);
      return stored.get(key, range);
    },
  };
  const deps = { archive, ids: createSegmentIds(archive, codec, 1000) };
  return {
    segments,
    objects,
    calls,
    open: (hint: DayHint | null = null) => openDayLog(deps, WORKSPACE, DAY, hint),
  };
}

const halted = (invariant: string, key = "") => ({
  kind: "halted",
  message: expect.stringMatching(new RegExp(`${key.replaceAll(".", "\\.")}.*\\(${invariant}\\)`)),
});
const firsts = async (ids: AsyncIterable<ReadonlyMap<string, number>>): Promise<(string | undefined)[]> =>
  (await Array.fromAsync(ids)).map((map) => [...map.keys()][0]);
const first = (batch: number): string => BATCHES[batch - 1]![0]!.id;

describe("opening a log", () => {
  it("with an object that is larger than any segment halts before anything of it is read", async () => {
    const { open, objects, calls } = await sample();
    const key = keyOf(2);
    objects.set(key, Object.defineProperty(Buffer.from(objects.get(key)!), "length", { value: MAX_SEGMENT_BYTES + 1 }));
    await expect(open()).rejects.toMatchObject(halted("I5", "000002.ndjson.gz is larger than any segment"));
    expect(calls).toEqual(["list"]);
    objects.set(key, Object.defineProperty(Buffer.from(objects.get(key)!), "length", { value: MAX_SEGMENT_BYTES }));
    expect((await open()).number).toBe(4);
  });

  it("that is empty costs a list", async () => {
    const { open, calls } = await sample([]);
    expect(await open()).toMatchObject({ number: 0, end: null });
    expect(calls).toEqual(["list"]);
  });

  it("costs a list and the last manifest, however long it is", async () => {
    const { open, calls, segments } = await sample();
    const { number, end } = await open();
    expect(number).toBe(4);
    expect(end).toEqual({
      number: 4,
      hash: segments[3]!.manifestHash,
      logCount: 14,
      logNewest: at(22),
      idsAtNewest: null,
      sizeBytes: segments[3]!.bytes.length,
    });
    expect(calls).toEqual(["list", "manifest 4"]);
  });

  it("with a hint that is current costs a list from there on", async () => {
    const { open, calls, segments } = await sample();
    const { end } = await open(hintOf(segments[3]!, ["a", "b"]));
    expect(end).toMatchObject({ number: 4, hash: segments[3]!.manifestHash, idsAtNewest: new Set(["a", "b"]) });
    expect(calls).toEqual(["list after 3"]);
  });

  it("with a hint whose ids are not known, knows them not", async () => {
    const { open, segments } = await sample();
    expect((await open(hintOf(segments[3]!, null))).end?.idsAtNewest).toBeNull();
  });

  it("with a hint of an earlier version, that knows no size, compares none, and knows it from then on", async () => {
    const { open, segments } = await sample();
    const hint = hintOf(segments[3]!);
    expect((await open({ ...hint, sizeBytes: null })).end?.sizeBytes).toBe(hint.sizeBytes);
  });

  it("with a hint that is behind reads the manifest after it and the last", async () => {
    const { open, calls, segments } = await sample();
    expect((await open(hintOf(segments[0]!, ["a"]))).end).toMatchObject({ number: 4, idsAtNewest: null });
    expect(calls).toEqual(["list", "manifest 2", "manifest 4"]);
  });

  it("passes over what is no segment", async () => {
    const { open, objects } = await sample();
    objects.set(keyOf(2).replace(".ndjson.gz", ".txt"), Buffer.from("note"));
    expect((await open()).number).toBe(4);
  });
});

describe("a writer stops", () => {
  it("when the log has a gap", async () => {
    const { open, objects } = await sample();
    objects.delete(keyOf(2));
    await expect(open()).rejects.toMatchObject(halted("I3", keyOf(2)));
  });

  it("when the hinted segment is not there: the checkpoint claims more than is archived", async () => {
    const { open, objects, segments } = await sample();
    objects.delete(keyOf(4));
    await expect(open(hintOf(segments[3]!))).rejects.toMatchObject(halted("I4"));
  });

  it("when the hinted segment has another size than the checkpoint knows, before it could write, with no request more", async () => {
    const { open, calls, segments } = await sample();
    const hint = hintOf(segments[3]!);
    const other = open({ ...hint, sizeBytes: hint.sizeBytes! + 1 });
    await expect(other).rejects.toMatchObject(halted("I4", keyOf(4)));
    expect(calls).toEqual(["list after 3"]);
  });

  it("when what follows the hinted segment names another one", async () => {
    const { open, segments } = await sample();
    const other = { ...hintOf(segments[0]!), manifestHash: "0".repeat(64) };
    await expect(open(other)).rejects.toMatchObject(halted("I3", keyOf(2)));
  });

  it("when a segment says that it is another one", async () => {
    const { open, objects } = await sample();
    objects.set(keyOf(4), objects.get(keyOf(3))!);
    await expect(open()).rejects.toMatchObject(halted("I3", keyOf(4)));
  });

  it("when a first segment has a segment before it", async () => {
    const { open, objects } = await sample();
    const [, second] = await sampleLog([sampleEvents(1), sampleEvents(1, 1)]);
    objects.clear();
    objects.set(keyOf(1), second!.bytes);
    await expect(open()).rejects.toMatchObject({ kind: "halted" });
  });

  it("when a manifest cannot be read, with the reason", async () => {
    const { open, objects } = await sample();
    objects.set(keyOf(4), Buffer.from("not gzip"));
    const failure = await open().catch((error) => error);
    expect(failure).toMatchObject({ ...halted("I5", keyOf(4)), cause: expect.any(Error) });
    expect(failure.message).toContain("cannot be read");
  });

  it("when a segment is gone that was there", async () => {
    const { open, objects } = await sample();
    const log = await open();
    objects.delete(keyOf(3));
    const gone = expect(Array.fromAsync(log.idsAfter(0, ANY))).rejects;
    await gone.toMatchObject({ ...halted("I5", keyOf(3)), message: expect.stringContaining("was listed and is gone") });
  });

  it("when it walks back to a segment that its successor does not name", async () => {
    const { open, objects } = await sample();
    const other = await sampleLog([BATCHES[0]!, BATCHES[1]!, sampleEvents(2, 7)]);
    objects.set(keyOf(3), other[2]!.bytes);
    const log = await open();
    await expect(Array.fromAsync(log.idsAfter(0, ANY))).rejects.toMatchObject(halted("I3", keyOf(4)));
  });

  it("when the hinted segment is another one than the checkpoint knows", async () => {
    const { open, objects, segments } = await sample();
    const other = await sampleLog([BATCHES[0]!, BATCHES[1]!, BATCHES[2]!, sampleEvents(3, 20).reverse()]);
    objects.set(keyOf(4), other[3]!.bytes);
    const log = await open(hintOf(segments[3]!));
    await expect(Array.fromAsync(log.idsAfter(0, ANY))).rejects.toMatchObject(halted("I4"));
  });

  it("when it walks back from a known segment to a first one that is none", async () => {
    const { open, objects, segments } = await sample(BATCHES.slice(0, 2));
    const log = await open(hintOf(segments[1]!));
    const [, second] = await sampleLog([sampleEvents(1), sampleEvents(1, 1)]);
    objects.set(keyOf(1), second!.bytes);
    await expect(Array.fromAsync(log.idsAfter(0, ANY))).rejects.toMatchObject({ kind: "halted" });
  });
});

describe("looking again", () => {
  it("takes in what others appended, with a list from there on", async () => {
    const { open, objects, calls, segments } = await sample();
    const later = [...objects].slice(2);
    for (const [key] of later) objects.delete(key);
    const log = await open();
    expect(log.number).toBe(2);
    calls.length = 0;
    await log.refresh();
    expect(calls).toEqual(["list after 2"]);
    for (const [key, bytes] of later) objects.set(key, bytes);
    await log.refresh();
    expect(log.end).toMatchObject({ number: 4, hash: segments[3]!.manifestHash });
    expect(calls).toEqual(["list after 2", "list after 2", "manifest 3", "manifest 4"]);
  });

  it("at an empty log lists it whole", async () => {
    const { open, objects, calls } = await sample();
    const all = [...objects];
    objects.clear();
    const log = await open();
    for (const [key, bytes] of all) objects.set(key, bytes);
    await log.refresh();
    expect(log.number).toBe(4);
    expect(calls).toEqual(["list", "list", "manifest 4"]);
  });

  it("stops where the next segment does not continue what was known", async () => {
    const { open, objects } = await sample(BATCHES.slice(0, 2));
    const log = await open();
    const other = await sampleLog([sampleEvents(5), sampleEvents(4, 9), sampleEvents(2, 30)]);
    objects.set(keyOf(3), other[2]!.bytes);
    await expect(log.refresh()).rejects.toMatchObject(halted("I3", keyOf(3)));
  });

  it("knows what this run appended without a read", async () => {
    const { open, objects, calls, segments } = await sample();
    objects.delete(keyOf(4));
    const log = await open();
    objects.set(keyOf(4), segments[3]!.bytes);
    log.appended(segments[3]!, new Set(["a"]));
    expect(log.end).toEqual({
      number: 4,
      hash: segments[3]!.manifestHash,
      logCount: 14,
      logNewest: at(22),
      idsAtNewest: new Set(["a"]),
      sizeBytes: segments[3]!.bytes.length,
    });
    calls.length = 0;
    expect(await firsts(log.idsAfter(3, ANY))).toEqual([first(4)]);
    expect(calls).toEqual(["ids 4"]);
  });
});

describe("the ids that may hold events of a span", () => {
  it("come from the newest segment to the oldest", async () => {
    const log = await (await sample()).open();
    expect(await firsts(log.idsAfter(0, ANY))).toEqual([4, 3, 2, 1].map(first));
  });

  it("come from segments after a number only", async () => {
    const log = await (await sample()).open();
    expect(await firsts(log.idsAfter(2, ANY))).toEqual([4, 3].map(first));
    expect(await firsts(log.idsAfter(4, ANY))).toEqual([]);
  });

  it("come from segments that overlap it only, behind late ones too", async () => {
    const { open, calls } = await sample();
    const log = await open();
    expect(await firsts(log.idsAfter(0, spanAt(11)))).toEqual([first(2)]);
    expect(await firsts(log.idsAfter(0, spanAt(7)))).toEqual([first(3)]);
    expect(calls).toEqual(["list", "manifest 4", "manifest 3", "manifest 2", "ids 2", "manifest 1", "ids 3"]);
  });

  it("are not looked for behind a segment up to which the log is older", async () => {
    const { open, calls } = await sample();
    const log = await open();
    expect(await firsts(log.idsAfter(0, spanAt(21)))).toEqual([first(4)]);
    expect(calls).toEqual(["list", "manifest 4", "ids 4", "manifest 3"]);
  });

  it("are none in an empty log", async () => {
    const log = await (await sample([])).open();
    expect(await firsts(log.idsAfter(0, ANY))).toEqual([]);
  });

  it("cost the log's end nothing of what the hint knows of it", async () => {
    const { open, segments } = await sample();
    const log = await open(hintOf(segments[3]!, ["a"]));
    expect(await firsts(log.idsAfter(0, ANY))).toEqual([4, 3, 2, 1].map(first));
    expect(log.end?.idsAtNewest).toEqual(new Set(["a"]));
  });

  it("are looked for where the log's newest is the span's oldest", async () => {
    const log = await (await sample()).open();
    expect(await firsts(log.idsAfter(0, spanAt(13, 15)))).toEqual([first(2)]);
  });
});

describe("judging events", () => {
  it("reads nothing for those that are newer than the log", async () => {
    const { open, calls } = await sample();
    const log = await open();
    const events = sampleEvents(3, 23);
    expect(await log.judge(events)).toEqual({ fresh: events, repeats: 0, conflicts: [] });
    expect(calls).toEqual(["list", "manifest 4"]);
  });

  it("reads nothing at the newest instant either, where the hint knows the ids there", async () => {
    const { open, calls, segments } = await sample();
    const log = await open(hintOf(segments[3]!, [sampleEvents(1, 22)[0]!.id]));
    const tie = sampleEvent("another", at(22));
    expect(await log.judge([tie])).toEqual({ fresh: [tie], repeats: 0, conflicts: [] });
    expect(calls).toEqual(["list after 3"]);
  });

  it("finds those that are archived, wherever they are, and keeps the order of the others", async () => {
    const log = await (await sample()).open();
    const events = [sampleEvents(1, 30), sampleEvents(1, 11), sampleEvents(1, 8), sampleEvents(1, 2)].flat();
    expect(await log.judge(events)).toEqual({ fresh: [events[0], events[2]], repeats: 2, conflicts: [] });
  });

  it("tells a repeat with another content, once", async () => {
    const log = await (await sample()).open();
    const [same] = sampleEvents(1, 11);
    const other = sampleEvent(same!.id, at(11), { changed: true });
    expect(await log.judge([same!, other])).toEqual({ fresh: [], repeats: 2, conflicts: [other] });
  });

  it("counts an event once that is archived twice", async () => {
    const twice = await sample([sampleEvents(1), sampleEvents(1)]);
    const log = await twice.open();
    expect(await log.judge(sampleEvents(1))).toEqual({ fresh: [], repeats: 1, conflicts: [] });
  });

  it("in an empty log finds all new", async () => {
    const log = await (await sample([])).open();
    expect(await log.judge(sampleEvents(2))).toMatchObject({ repeats: 0, fresh: sampleEvents(2) });
  });
});
