/** The commit point: what is written, what each answer of the store leads to, and what is remembered of it. */
import { describe, expect, it } from "vitest";
import { createIdMemory } from "../../lambda/archive/archived-ids.ts";
import { openDayLog } from "../../lambda/archive/day-log.ts";
import { commitDay, createDayBatch, type DayBatch } from "../../lambda/drain/commit.ts";
import type { SourceEvent } from "../../lambda/event/event.ts";
import type { CreateOutcome, LogEnd } from "../../lambda/ports.ts";
import { readHeader } from "../../lambda/segment/reader.ts";
import { hintOf, keyOf, objectsOf } from "../archive/sample-archive.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { codec, DAY, readLines, sampleEvent, sampleEvents, sampleLog, WORKSPACE } from "../segment/sample.ts";
import { scriptedRun } from "./scripted-run.ts";

type Answer = (key: string, create: () => Promise<CreateOutcome>) => Promise<CreateOutcome>;

/** A run over an archive that holds the batches, and whose creates are answered by `answer`. */
async function stage(batches: readonly (readonly SourceEvent[])[] = [], answer: Answer = (_, create) => create()) {
  const segments = await sampleLog(batches);
  const objects = objectsOf(segments);
  const stored = createMemoryArchive(objects);
  const created: string[] = [];
  const create: typeof stored.create = (key, bytes) => {
    created.push(key);
    return answer(key, () => stored.create(key, bytes));
  };
  const archive = { ...stored, create };
  const sleeps: number[] = [];
  const move = () => Promise.reject(new Error("committing moves no checkpoint"));
  const clock = { now: () => 0, sleep: async (ms: number) => void sleeps.push(ms) };
  const checkpoints = { read: async () => null, move };
  const { run, said } = await scriptedRun([], { deps: { archive, checkpoints, clock } });
  const openIds = createIdMemory(1000);
  const open = (hint: LogEnd | null = null) =>
    openDayLog({ archive: stored, codec, ids: openIds(), isExpirable: false }, WORKSPACE, DAY, hint);
  const batch = async (events: readonly SourceEvent[], hint: LogEnd | null = null): Promise<DayBatch> => {
    const made = createDayBatch(run, DAY, await open(hint));
    for (const event of events) made.add(event);
    await made.flush();
    return made;
  };
  return { run, objects, segments, created, sleeps, said, batch };
}

const texts = (events: readonly SourceEvent[]): string[] => events.map(({ line }) => line.toString());
const manifestOf = (bytes: Buffer | undefined) => readHeader(bytes!).manifest;

/** Puts another writer's segment where ours was to go, just before our create. */
function rivalOf(objects: () => Map<string, Buffer>, segments: readonly (readonly [string, Buffer])[]): Answer {
  const left = [...segments];
  return async (_, create) => {
    const next = left.shift();
    if (next) objects().set(next[0], next[1]);
    return await create();
  };
}

describe("a batch becomes the next segment of its log", () => {
  it("number 1 of an empty one, and what was written is counted", async () => {
    const { run, objects, batch } = await stage();
    await commitDay(run, await batch(sampleEvents(3)));
    const bytes = objects.get(keyOf(1))!;
    expect(await readLines(bytes)).toEqual(texts(sampleEvents(3)));
    expect(manifestOf(bytes)).toMatchObject({
      workspace: WORKSPACE,
      day: DAY,
      number: 1,
      previous: null,
      writer: "0.1.0",
      run: "run-1",
    });
    expect(run.report).toMatchObject({ archived: 3, segments: 1, bytes: bytes.length, lostRaces: 0, repeats: 0 });
  });

  it("the one after the last, naming it", async () => {
    const { run, objects, segments, batch } = await stage([sampleEvents(2)]);
    await commitDay(run, await batch(sampleEvents(3, 5)));
    expect(manifestOf(objects.get(keyOf(2)))).toMatchObject({
      number: 2,
      previous: segments[0]!.manifestHash,
      logCount: 5,
    });
  });

  it("and counts go on over segments", async () => {
    const { run, objects, batch } = await stage();
    const first = await batch(sampleEvents(3));
    await commitDay(run, first);
    const second = await batch(sampleEvents(2, 5));
    await commitDay(run, second);
    const bytes = [...objects.values()].reduce((sum, { length }) => sum + length, 0);
    expect(run.report).toMatchObject({ archived: 5, segments: 2, bytes });
  });

  it("two batches of one log take turns, even after one that failed", async () => {
    let calls = 0;
    const { run, objects, batch } = await stage([], async (_, create) => {
      calls += 1;
      if (calls === 1) throw new Error("store broken");
      return await create();
    });
    const one = await batch(sampleEvents(3));
    const others = [await batch(sampleEvents(2, 5)), await batch(sampleEvents(1, 9))].map((other) => ({
      ...other,
      dayLog: one.dayLog,
    }));
    const outcomes = await Promise.allSettled([one, ...others].map((each) => commitDay(run, each)));
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
    expect(run.report).toMatchObject({ segments: 2, lostRaces: 0 });
    expect([...objects.keys()]).toEqual([keyOf(1), keyOf(2)]);
  });
});

describe("when the number is taken", () => {
  const world: { objects?: Map<string, Buffer> } = {};
  const staged = async (
    rivals: readonly (readonly SourceEvent[])[],
    before: readonly (readonly SourceEvent[])[] = [],
  ) => {
    const log = await sampleLog([...before, ...rivals]);
    const puts = log.slice(before.length).map(({ key, bytes }) => [key, bytes] as const);
    const all = await stage(
      before,
      rivalOf(() => world.objects!, puts),
    );
    world.objects = all.objects;
    return all;
  };

  it("by somebody who wrote all of it, nothing is written, and all are repeats", async () => {
    const { run, objects, batch, created } = await staged([sampleEvents(3)]);
    await commitDay(run, await batch(sampleEvents(3)));
    expect(run.report).toMatchObject({ archived: 0, repeats: 3, segments: 0, lostRaces: 1, conflicts: 0 });
    expect([objects.size, created.length]).toEqual([1, 1]);
  });

  it("by somebody whose segment ends the log, the ids at its newest instant are not known, and what is written of ours does not change that", async () => {
    const { run, batch } = await staged([sampleEvents(1, 4)]);
    const made = await batch(sampleEvents(5));
    await commitDay(run, made);
    const [{ at: logNewest }] = sampleEvents(1, 4) as [SourceEvent];
    expect(made.dayLog.end).toMatchObject({ number: 2, logCount: 5, logNewest, idsAtNewest: null });
  });

  it("by somebody who wrote some of it, the rest becomes the next segment, in its order", async () => {
    const { run, objects, batch } = await staged([sampleEvents(2, 1)]);
    await commitDay(run, await batch(sampleEvents(5)));
    const rest = sampleEvents(5).filter((_, index) => index !== 1 && index !== 2);
    expect(await readLines(objects.get(keyOf(2))!)).toEqual(texts(rest));
    expect(run.report).toMatchObject({ archived: 3, repeats: 2, segments: 1, lostRaces: 1 });
  });

  it("by somebody who wrote none of it, all of it becomes the next segment", async () => {
    const { run, objects, batch, said } = await staged([sampleEvents(2, 10)]);
    await commitDay(run, await batch(sampleEvents(3)));
    expect(await readLines(objects.get(keyOf(2))!)).toEqual(texts(sampleEvents(3)));
    expect(run.report).toMatchObject({ archived: 3, repeats: 0, segments: 1 });
    const message = "segment number taken, or its fate unknown: looking again";
    expect(said).toEqual([{ level: "info", message, key: keyOf(1), outcome: "exists" }]);
  });

  it("again and again, each winner's events are dropped once", async () => {
    const { run, objects, batch, sleeps } = await staged(
      [sampleEvents(1), sampleEvents(1, 1), sampleEvents(1, 2)],
      [sampleEvents(1, 30)],
    );
    await commitDay(run, await batch(sampleEvents(5)));
    expect(await readLines(objects.get(keyOf(5))!)).toEqual(texts(sampleEvents(2, 3)));
    expect(run.report).toMatchObject({ archived: 2, repeats: 3, lostRaces: 3 });
    expect(sleeps).toEqual([]);
  });

  it("segments that were there when the batch was sorted out are not read again", async () => {
    const { run, objects, batch } = await staged([sampleEvents(1, 10)], [sampleEvents(3)]);
    const sorted = await batch(sampleEvents(2));
    await commitDay(run, sorted);
    expect(await readLines(objects.get(keyOf(3))!)).toEqual(texts(sampleEvents(2)));
  });

  it("a batch sorted out before others appended is compared before it is written", async () => {
    const { run, objects, batch, created } = await stage([sampleEvents(3)]);
    await commitDay(run, { ...(await batch(sampleEvents(4))), sortedAt: 0 });
    expect(created).toEqual([keyOf(2)]);
    expect(await readLines(objects.get(keyOf(2))!)).toEqual(texts(sampleEvents(1, 3)));
    expect(run.report).toMatchObject({ repeats: 3, lostRaces: 0 });
  });

  it("by the same gid with another content, the first stays and the other is told", async () => {
    const [event] = sampleEvents(1);
    const { run, batch, said } = await staged([[sampleEvent(event!.id, event!.at!, { changed: true })]]);
    await commitDay(run, await batch([event!]));
    expect(run.report).toMatchObject({ archived: 0, repeats: 1, conflicts: 1 });
    expect(said).toContainEqual(expect.objectContaining({ level: "error" }));
  });
});

describe("when the store does not say what it did", () => {
  it("it is asked seven times, after longer and longer waits, and then the run ends as unavailable", async () => {
    const { run, batch, sleeps, created } = await stage([], async () => "unknown");
    await expect(commitDay(run, await batch(sampleEvents(1)))).rejects.toMatchObject({
      kind: "unavailable",
      message: `The archive did not take a segment of day ${DAY} after many attempts.`,
      advice: "The next run tries again; if it persists, look at the store's health and permissions.",
    });
    expect(sleeps).toEqual([200, 400, 800, 1600, 3200, 6400]);
    expect(created).toHaveLength(7);
  });

  it("a put that took effect is found, and not written again", async () => {
    const { run, objects, batch } = await stage([], async (_, create) => {
      await create();
      return "unknown";
    });
    await commitDay(run, await batch(sampleEvents(2)));
    expect(run.report).toMatchObject({ archived: 0, repeats: 2, lostRaces: 1 });
    expect(objects.size).toBe(1);
  });

  it("a store that says that all is taken, and shows nothing, is a fault after 51 tries", async () => {
    const { run, batch, created, sleeps } = await stage([], async () => "exists");
    await expect(commitDay(run, await batch(sampleEvents(1)))).rejects.toMatchObject({ kind: "unavailable" });
    expect(created).toHaveLength(51);
    expect(sleeps).toEqual([]);
  });
});

describe("the ids at the log's newest instant", () => {
  const tied = (count: number, prefix = "t"): SourceEvent[] =>
    Array.from({ length: count }, (_, index) => sampleEvent(`${prefix}${index}`, `${DAY}T12:00:00.000Z`));
  const idsAfter = async (
    events: readonly SourceEvent[],
    before: readonly SourceEvent[] = [],
    ids?: string[] | null,
  ) => {
    const { run, batch, segments } = await stage(before.length === 0 ? [] : [before]);
    const hint = ids === undefined ? null : hintOf(segments[0]!, ids);
    const made = await batch(events, hint);
    await commitDay(run, made);
    return made.dayLog.end?.idsAtNewest;
  };

  it("are those of the batch where the batch is newer", async () => {
    expect(await idsAfter([...sampleEvents(2), ...tied(2)])).toEqual(["t0", "t1"]);
    expect(await idsAfter(tied(2), sampleEvents(2))).toEqual(["t0", "t1"]);
  });

  it("are those of both where they meet in one instant", async () => {
    expect(await idsAfter(tied(1, "u"), tied(2), ["t0", "t1"])).toEqual(["t0", "t1", "u0"]);
  });

  it("stay as they were where the batch is older", async () => {
    expect(await idsAfter(sampleEvents(2), tied(2), ["t0", "t1"])).toEqual(["t0", "t1"]);
  });

  it("are not known where they were not before", async () => {
    expect(await idsAfter(tied(1, "u"), tied(2))).toBeNull();
    expect(await idsAfter(sampleEvents(1), tied(2))).toBeNull();
  });

  it("are not kept when there are more than 100", async () => {
    expect(await idsAfter(tied(100))).toHaveLength(100);
    expect(await idsAfter(tied(101))).toBeNull();
    const ids = tied(60).map(({ id }) => id);
    expect(await idsAfter(tied(40, "u"), tied(60), ids)).toHaveLength(100);
    expect(await idsAfter(tied(41, "u"), tied(60), ids)).toBeNull();
  });

  it("are not kept when one is longer than 200 characters", async () => {
    const long = (length: number) => [sampleEvent("x".repeat(length), `${DAY}T12:00:00.000Z`), ...tied(1)];
    expect(await idsAfter(long(200))).toHaveLength(2);
    expect(await idsAfter(long(201))).toBeNull();
  });
});
