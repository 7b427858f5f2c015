/** What a writer knows of a day's log, what it costs to know it, and what makes it stop. */
import { describe, expect, it } from "vitest";
import { createIdMemory, type IdMap, lineFingerprint } from "../../lambda/archive/archived-ids.ts";
import { openDayLog } from "../../lambda/archive/day-log.ts";
import { writeRecentIds } from "../../lambda/archive/overlap.ts";
import type { SourceEvent } from "../../lambda/event/event.ts";
import { type Instant, shiftDay, startOfDay } from "../../lambda/event/instant.ts";
import type { ArchiveStore, LogEnd } from "../../lambda/ports.ts";
import { MAX_SEGMENT_BYTES } from "../../lambda/segment/bounds.ts";
import { MANIFEST_RANGE } from "../../lambda/segment/reader.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { codec, DAY, sampleEvent, sampleEvents, sampleLog, WORKSPACE } from "../segment/sample.ts";
import { hintOf, keyOf, objectsOf } from "./sample-archive.ts";

/** The third segment holds late events, so its own newest is older than the log's. */
const BATCHES = [sampleEvents(5), sampleEvents(4, 10), sampleEvents(2, 6), sampleEvents(3, 20)];
const at = (second: number): Instant => `${DAY}T00:00:${String(second).padStart(2, "0")}.000Z` as Instant;

interface SampleOptions {
  readonly maxIds?: number;
  readonly isExpirable?: boolean;
  readonly day?: string;
}

async function sample(
  batches: readonly (readonly SourceEvent[])[] = BATCHES,
  { maxIds = 1000, isExpirable = false, day = DAY }: SampleOptions = {},
) {
  const segments = await sampleLog(batches);
  const objects = objectsOf(segments);
  const stored = createMemoryArchive(objects);
  const calls: string[] = [];
  const reads = { now: 0, most: 0 };
  const short = (key: string) => Number(key.slice(-16, -10));
  const archive: ArchiveStore = {
    ...stored,
    list: (prefix, startAfter) => {
      calls.push(startAfter === undefined ? "list" : `list after ${short(startAfter)}`);
      return stored.list(prefix, startAfter);
    },
    get: async (key, range) => {
      calls.push(`${range === MANIFEST_RANGE ? "manifest" : "ids"} ${short(key)}`);
      reads.now += 1;
      reads.most = Math.max(reads.most, reads.now);
      await new Promise(setImmediate);
      reads.now -= 1;
      return await stored.get(key, range);
    },
  };
  const openIds = createIdMemory(maxIds);
  const open = (hint: LogEnd | null = null) =>
    openDayLog({ archive, codec, ids: openIds(), isExpirable }, WORKSPACE, day, hint);
  return { segments, objects, archive, calls, reads, open };
}

const halted = (invariant: string, key = "") => ({
  kind: "halted",
  day: DAY,
  message: expect.stringMatching(new RegExp(`${key.replaceAll(".", "\\.")}.*\\(${invariant}\\)`)),
});
const idsOf = (...batches: readonly (readonly SourceEvent[])[]): IdMap =>
  new Map(batches.flat().map(({ id, line }) => [id, lineFingerprint(line)]));
const ALL = idsOf(...BATCHES);
/** An event without a time makes every segment of the log one that may hold it. */
const anywhere = sampleEvent("nowhere", "yesterday");
/** So many segments with two events each, ten seconds apart. */
const longLog = (segments: number) => Array.from({ length: segments }, (_, index) => sampleEvents(2, index * 10));

describe("opening a log", () => {
  it("with an object that is larger than a segment can be halts before anything of it is read", async () => {
    const { open, objects, calls } = await sample();
    const key = keyOf(2);
    objects.set(key, Object.defineProperty(Buffer.from(objects.get(key)!), "length", { value: MAX_SEGMENT_BYTES + 1 }));
    await expect(open()).rejects.toMatchObject(halted("I5", "000002.ndjson.gz is larger than a segment can be"));
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
      manifestHash: segments[3]!.manifestHash,
      logCount: 14,
      logNewest: at(22),
      idsAtNewest: null,
      recentIds: null,
      sizeBytes: segments[3]!.bytes.length,
    });
    expect(calls).toEqual(["list", "manifest 4"]);
  });

  it("with a hint that is current costs a list from there on", async () => {
    const { open, calls, segments } = await sample();
    const { end } = await open(hintOf(segments[3]!, ["a", "b"]));
    expect(end).toMatchObject({ number: 4, manifestHash: segments[3]!.manifestHash, idsAtNewest: ["a", "b"] });
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
  it("when the log has a gap, and has it still when it is listed for the third time", async () => {
    const { open, objects, calls } = await sample();
    objects.delete(keyOf(2));
    await expect(open()).rejects.toMatchObject(halted("I3", keyOf(2)));
    expect(calls).toEqual(["list", "list", "list"]);
  });

  it("not when a listing shows a number before the one below it, as one of a folder may that is written to", async () => {
    const { open, objects, archive, calls } = await sample();
    const [key, bytes] = [keyOf(2), objects.get(keyOf(2))!];
    objects.delete(key);
    const { list } = archive;
    archive.list = (...args) => {
      if (calls.length === 2) objects.set(key, bytes);
      return list(...args);
    };
    expect((await open()).number).toBe(4);
    expect(calls).toEqual(["list", "list", "list", "manifest 4"]);
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
    await expect(open()).rejects.toMatchObject(halted("I3", keyOf(1)));
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
    const gone = expect(log.archivedAfter(0, ALL)).rejects;
    await gone.toMatchObject({ ...halted("I5", keyOf(3)), message: expect.stringContaining("was listed but is gone") });
  });

  it("when it walks back to a segment that its successor does not name", async () => {
    const { open, objects } = await sample();
    const other = await sampleLog([BATCHES[0]!, BATCHES[1]!, sampleEvents(2, 7)]);
    objects.set(keyOf(3), other[2]!.bytes);
    const log = await open();
    await expect(log.archivedAfter(0, ALL)).rejects.toMatchObject(halted("I3", keyOf(4)));
  });

  it("when the hinted segment is another one than the checkpoint knows", async () => {
    const { open, objects, segments } = await sample();
    const other = await sampleLog([BATCHES[0]!, BATCHES[1]!, BATCHES[2]!, sampleEvents(3, 20).reverse()]);
    objects.set(keyOf(4), other[3]!.bytes);
    const log = await open(hintOf(segments[3]!));
    await expect(log.archivedAfter(0, ALL)).rejects.toMatchObject(halted("I4"));
  });

  it("when it walks back from a known segment to a first one that is none", async () => {
    const { open, objects, segments } = await sample(BATCHES.slice(0, 2));
    const log = await open(hintOf(segments[1]!));
    const [, second] = await sampleLog([sampleEvents(1), sampleEvents(1, 1)]);
    objects.set(keyOf(1), second!.bytes);
    await expect(log.archivedAfter(0, ALL)).rejects.toMatchObject({ kind: "halted" });
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
    expect(log.end).toMatchObject({ number: 4, manifestHash: segments[3]!.manifestHash });
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

  it("knows what this run appended, its events too, without a read", async () => {
    const { open, objects, calls, segments } = await sample();
    objects.delete(keyOf(4));
    const log = await open();
    objects.set(keyOf(4), segments[3]!.bytes);
    const content = { ids: idsOf(BATCHES[3]!), times: BATCHES[3]!.map((event) => event.at!) };
    log.appended(segments[3]!, content, ["a"]);
    expect(log.end).toEqual({
      number: 4,
      manifestHash: segments[3]!.manifestHash,
      logCount: 14,
      logNewest: at(22),
      idsAtNewest: ["a"],
      recentIds: writeRecentIds(new Set(), [...content.ids.keys()]),
      sizeBytes: segments[3]!.bytes.length,
    });
    calls.length = 0;
    expect(await log.archivedAfter(3, ALL)).toEqual(content.ids);
    expect(calls).toEqual([]);
  });

  it("remembers the ids of what was appended in its place, be it by an earlier try of its own", async () => {
    const { open, objects, segments } = await sample();
    objects.delete(keyOf(4));
    const log = await open();
    objects.set(keyOf(4), segments[3]!.bytes);
    await log.refresh();
    await log.archivedAfter(3, ALL);
    expect(log.end!.recentIds).toBe(writeRecentIds(new Set(), [...idsOf(BATCHES[3]!).keys()]));
  });

  it("remembers the ids of what was appended after its hint, once it has read them", async () => {
    const { open, segments } = await sample();
    const log = await open(hintOf(segments[2]!));
    expect(log.end!.recentIds).toBeNull();
    await log.sortOut(BATCHES[3]!);
    expect(log.end!.recentIds).toBe(writeRecentIds(new Set(), [...idsOf(BATCHES[3]!).keys()]));
  });
});

describe("events are sorted out", () => {
  it("without a read where they are newer than the log", async () => {
    const { open, calls } = await sample();
    const log = await open();
    const events = sampleEvents(3, 23);
    expect(await log.sortOut(events)).toEqual({ fresh: events, repeats: [], conflicts: new Set() });
    expect(calls).toEqual(["list", "manifest 4"]);
  });

  it("without a read at the newest instant too, where the hint knows the ids there", async () => {
    const { open, calls, segments } = await sample();
    const log = await open(hintOf(segments[3]!, [sampleEvents(1, 22)[0]!.id]));
    const tie = sampleEvent("another", at(22));
    expect(await log.sortOut([tie])).toMatchObject({ fresh: [tie], repeats: [] });
    expect(calls).toEqual(["list after 3"]);
  });

  it("into those that are archived, wherever they are, and the others, each in their order", async () => {
    const log = await (await sample()).open();
    const events = [sampleEvents(1, 30), sampleEvents(1, 11), sampleEvents(1, 8), sampleEvents(1, 2)].flat();
    const sorted = { fresh: [events[0], events[2]], repeats: [events[1], events[3]], conflicts: new Set() };
    expect(await log.sortOut(events)).toEqual(sorted);
  });

  it("with one of another content among the repeats, and named as a conflict", async () => {
    const log = await (await sample()).open();
    const [same] = sampleEvents(1, 11);
    const other = sampleEvent(same!.id, at(11), { changed: true });
    expect(await log.sortOut([same!, other])).toEqual({
      fresh: [],
      repeats: [same, other],
      conflicts: new Set([other]),
    });
  });

  it("with one whose time has changed since, as far as its segment is in memory", async () => {
    const { open } = await sample();
    const log = await open();
    const moved = sampleEvent(sampleEvents(1, 11)[0]!.id, at(40));
    expect((await log.sortOut([moved])).fresh).toEqual([moved]); // newer than the log: nothing is read for it
    await log.sortOut(sampleEvents(1, 11));
    expect(await log.sortOut([moved])).toEqual({ fresh: [], repeats: [moved], conflicts: new Set([moved]) });
  });

  it("with one whose time has changed since, where it was archived last, in a later run too", async () => {
    const { open, segments } = await sample();
    const moved = sampleEvent(sampleEvents(1, 21)[0]!.id, at(40));
    const recentIds = writeRecentIds(new Set(), [moved.id]);
    const log = await open({ ...hintOf(segments[3]!), recentIds });
    expect((await log.sortOut([sampleEvent("another", at(41))])).repeats).toEqual([]);
    expect(await log.sortOut([moved])).toEqual({ fresh: [], repeats: [moved], conflicts: new Set([moved]) });
  });

  it("with one whose time has changed since to one that the log is beyond, in a later run too", async () => {
    const { open, segments } = await sample();
    const moved = sampleEvent(sampleEvents(1, 11)[0]!.id, segments[3]!.manifest.newest!);
    const log = await open({ ...hintOf(segments[3]!), recentIds: writeRecentIds(new Set(), [moved.id]) });
    expect(await log.sortOut([moved])).toEqual({ fresh: [], repeats: [moved], conflicts: new Set([moved]) });
  });

  it("with one whose time has changed since, where another of its page has its segment read", async () => {
    const log = await (await sample()).open();
    const [old] = sampleEvents(1, 12);
    const moved = sampleEvent(sampleEvents(1, 11)[0]!.id, at(40));
    const fresh = sampleEvent("another", at(41));
    expect(await log.sortOut([old!, moved, fresh])).toEqual({
      fresh: [fresh],
      repeats: [old, moved],
      conflicts: new Set([moved]),
    });
  });

  it("with one that is archived twice counted once", async () => {
    const log = await (await sample([sampleEvents(1), sampleEvents(1)])).open();
    expect(await log.sortOut(sampleEvents(1))).toMatchObject({ fresh: [], repeats: sampleEvents(1) });
  });

  it("in an empty log as new, all of them", async () => {
    const log = await (await sample([])).open();
    expect(await log.sortOut(sampleEvents(2))).toMatchObject({ fresh: sampleEvents(2), repeats: [] });
  });

  it("without forgetting a repeat, however little is remembered", async () => {
    const batches = longLog(12);
    for (const maxIds of [1, 3, 80]) {
      const log = await (await sample(batches, { maxIds })).open();
      for (let look = 0; look < 2; look += 1) {
        const shown = [...batches.flat(), anywhere];
        expect(await log.sortOut(shown)).toMatchObject({ fresh: [anywhere], repeats: batches.flat() });
      }
    }
  });
});

describe("what is looked for in a log", () => {
  const wanted = (calls: readonly string[], what: string) => calls.filter((call) => call.startsWith(what));

  it("reads the segments that overlap it only, behind late ones too", async () => {
    for (const [second, segment] of [
      [11, 2],
      [7, 3],
      [2, 1],
    ] as const) {
      const { open, calls } = await sample();
      await (await open()).sortOut(sampleEvents(1, second));
      expect(wanted(calls, "ids")).toEqual([`ids ${segment}`]);
    }
  });

  it("reads none behind a segment up to which the log is older, and manifests in blocks", async () => {
    const { open, calls } = await sample(longLog(70));
    await (await open()).sortOut([sampleEvents(1, 68 * 10)[0]!]);
    expect(wanted(calls, "ids")).toEqual(["ids 69"]);
    expect(wanted(calls, "manifest").length).toBe(32);
  });

  it("includes where the log's newest is the oldest that is looked for", async () => {
    const log = await (await sample()).open();
    const sorted = await log.sortOut([sampleEvents(1, 13)[0]!, sampleEvent("new", at(15))]);
    expect(sorted.repeats).toEqual(sampleEvents(1, 13));
  });

  it("is read many at a time, manifests and segments, and each at most once per run", async () => {
    const batches = longLog(40);
    const { open, calls, reads } = await sample(batches);
    const log = await open();
    reads.most = 0;
    await log.sortOut([...batches.flat(), anywhere]);
    expect(reads.most).toBe(32);
    await log.sortOut(batches[3]!);
    await log.archivedAfter(0, idsOf(...batches));
    await log.countIn(at(1), at(41));
    expect([wanted(calls, "ids").length, wanted(calls, "manifest").length]).toEqual([40, 40]);
    expect(new Set(calls).size).toBe(calls.length);
  });

  it("is read in groups of no more events than memory has room for", async () => {
    const big = [sampleEvents(30_000), sampleEvents(20_001, 30_000), sampleEvents(1, 50_001), sampleEvents(1, 50_002)];
    const { open, reads } = await sample(big, { maxIds: 1e6 });
    const log = await open();
    reads.most = 0;
    await log.archivedAfter(0, new Map());
    expect(reads.most).toBe(3);
  });

  it("is not read on when time is up", async () => {
    const stop = new AbortController();
    const { open, calls, archive } = await sample(longLog(70));
    const { get } = archive;
    archive.get = (...args) => {
      if (calls.length > 40) stop.abort(new Error("time is up"));
      return get(...args);
    };
    const log = await open();
    await expect(log.sortOut([anywhere], stop.signal)).rejects.toThrow("time is up");
    await expect(log.countIn(at(1), at(41), stop.signal)).rejects.toThrow("time is up");
    expect(calls.length).toBeLessThan(80);
  });

  it("costs the log's end nothing of what the hint knows of it", async () => {
    const { open, segments } = await sample();
    const log = await open(hintOf(segments[3]!, ["a"]));
    await log.archivedAfter(0, ALL);
    expect(log.end?.idsAtNewest).toEqual(["a"]);
  });
});

describe("of ids, those that were archived after a number", () => {
  it.each([
    [0, BATCHES],
    [2, BATCHES.slice(2)],
    [4, []],
  ] as const)("%i come from the segments behind it, with the fingerprints they have there", async (after, batches) => {
    const log = await (await sample()).open();
    expect(await log.archivedAfter(after, ALL)).toEqual(idsOf(...batches));
  });

  it("are only those that are asked for, and none of an empty log", async () => {
    const log = await (await sample()).open();
    expect(await log.archivedAfter(0, idsOf(sampleEvents(7, 3)))).toEqual(
      idsOf(sampleEvents(2, 3), sampleEvents(2, 6)),
    );
    expect(await (await (await sample([])).open()).archivedAfter(0, ALL)).toEqual(new Map());
  });

  it("are found however little is remembered", async () => {
    const batches = longLog(12);
    const log = await (await sample(batches, { maxIds: 2 })).open();
    expect(await log.archivedAfter(0, idsOf(...batches))).toEqual(idsOf(...batches));
  });
});

describe("how many archived events lie in a span", () => {
  const whole = [startOfDay(DAY), startOfDay(shiftDay(DAY, 1))] as const;
  const counting = async (from: Instant, until: Instant, options: SampleOptions = {}) => {
    const { open, calls } = await sample(BATCHES, options);
    const count = await (await open()).countIn(from, until);
    return { count, reads: calls.filter((call) => call.startsWith("ids")) };
  };

  it("is said by the log's end for the whole day", async () => {
    expect(await counting(...whole)).toEqual({ count: 14, reads: [] });
  });

  it.each<[from: number, until: number, count: number, reads: string[]]>([
    [0, 23, 14, []],
    [0, 22, 13, ["ids 4"]],
    [10, 14, 4, []],
    [10, 13, 3, ["ids 2"]],
    [4, 7, 2, ["ids 3", "ids 1"]],
    [5, 6, 0, ["ids 3"]],
    [23, 30, 0, []],
  ])(
    "is counted from second %i to before %i by manifests, and read where a segment straddles",
    async (from, until, count, reads) => {
      expect(await counting(at(from), at(until))).toEqual({ count, reads });
    },
  );

  it("is the same whatever is remembered, and for every span that the calendar may cut", async () => {
    const seconds = BATCHES.flat().map((event) => Number(event.at!.slice(17, 19)));
    for (const maxIds of [1, 6, 1000]) {
      const { open } = await sample(BATCHES, { maxIds });
      const log = await open();
      for (let from = 0; from < 24; from += 1) {
        for (const until of [from, from + 1, from + 5, 24]) {
          const expected = seconds.filter((second) => second >= from && second < until).length;
          expect(await log.countIn(at(from), at(until))).toBe(expected);
        }
      }
    }
  });

  it("is none in an empty log", async () => {
    expect(await (await (await sample([])).open()).countIn(...whole)).toBe(0);
  });
});

describe("a log whose first segments the bucket's lifecycle may have deleted", () => {
  const expired = async (gone: number, options: SampleOptions = { isExpirable: true }) => {
    const world = await sample(BATCHES, options);
    for (let number = 1; number <= gone; number += 1) world.objects.delete(keyOf(number));
    return world;
  };

  it.each([1, 2, 3])(
    "begins where it does, %i being gone, and its last manifest says what was before",
    async (gone) => {
      const { open, calls } = await expired(gone);
      const log = await open();
      expect(log.end).toMatchObject({ number: 4, logCount: 14, logNewest: at(22) });
      expect(await log.archivedAfter(0, ALL)).toEqual(idsOf(...BATCHES.slice(gone)));
      expect(calls.filter((call) => call.startsWith("ids")).length).toBe(4 - gone);
    },
  );

  it("counts what is still there, not what its manifests say of the whole", async () => {
    const log = await (await expired(1)).open();
    expect(await log.countIn(startOfDay(DAY), startOfDay(shiftDay(DAY, 1)))).toBe(9);
  });

  it("goes on behind its hint where all of it is gone", async () => {
    const { open, segments } = await expired(4);
    const log = await open(hintOf(segments[3]!));
    expect(log.end).toMatchObject({ number: 4, logCount: 14 });
    expect(await log.sortOut(sampleEvents(2))).toMatchObject({ fresh: sampleEvents(2) });
    expect(await log.countIn(startOfDay(DAY), startOfDay(shiftDay(DAY, 1)))).toBe(0);
  });

  it("goes on behind a hint whose segment is gone, where later ones are there", async () => {
    const { open, segments } = await expired(2);
    expect((await open(hintOf(segments[1]!))).number).toBe(4);
  });

  it("has its end all the same: where something is left before the hint, that was cut off", async () => {
    const { open, segments, objects } = await expired(1);
    objects.delete(keyOf(4));
    await expect(open(hintOf(segments[3]!))).rejects.toMatchObject(halted("I4", keyOf(4)));
  });

  it("has no gap in the middle all the same", async () => {
    const { open, objects } = await expired(1);
    objects.delete(keyOf(3));
    await expect(open()).rejects.toMatchObject(halted("I3", keyOf(3)));
  });

  it("is damaged where nothing expires, or not yet", async () => {
    const { open } = await expired(1, {});
    await expect(open()).rejects.toMatchObject(halted("I3", keyOf(1)));
  });
});

describe("appends to one log", () => {
  it("take turns, even after one that failed", async () => {
    const log = await (await sample([])).open();
    const order: string[] = [];
    const gate = Promise.withResolvers<void>();
    const first = log.inTurn(async () => {
      await gate.promise;
      order.push("first");
      throw new Error("power cut");
    });
    const second = log.inTurn(async () => order.push("second"));
    await new Promise(setImmediate);
    expect(order).toEqual([]);
    gate.resolve();
    await expect(first).rejects.toThrow("power cut");
    expect(await second).toBe(2);
    expect(order).toEqual(["first", "second"]);
  });
});
