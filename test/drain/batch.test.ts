/** New events gathered over pages: which are kept, when there are enough of them, and what is told of them. */
import { describe, expect, it } from "vitest";
import { lineFingerprint } from "../../lambda/archive/archived-ids.ts";
import { createBatch } from "../../lambda/drain/batch.ts";
import { emptyCheckpoint } from "../../lambda/drain/checkpoint.ts";
import { createDayBatch } from "../../lambda/drain/commit.ts";
import type { Instant } from "../../lambda/event/instant.ts";
import { eventAt, NOON_MS, scriptedRun } from "./scripted-run.ts";

const [one, two, three] = [eventAt("1", "09:01"), eventAt("2", "09:02"), eventAt("3", "09:03")];
const dayAt = (gid: string, day: string) => eventAt(gid, `${day}T09:00:00.000Z`);
const MANY = 1_000_000;
const keyDay = (key: string): string => /dt=([\d-]+)/.exec(key)![1]!;

async function batchOf(options: Parameters<typeof scriptedRun>[1] = {}, maxBytes = MANY, countsLate = true) {
  const world = await scriptedRun([], options);
  return { ...world, batch: createBatch(world.run, maxBytes, countsLate) };
}

describe("a batch", () => {
  it("becomes a segment a day, days in order, whichever came first", async () => {
    const created: string[] = [];
    const { batch, archived, run, deps } = await batchOf();
    const { create } = deps.archive;
    deps.archive.create = (key, bytes) => {
      created.push(keyDay(key));
      return create(key, bytes);
    };
    await batch.add([dayAt("b", "2026-05-02"), one, dayAt("c", "2026-05-02")]);
    await batch.add([two]);
    expect(await archived()).toEqual([]);
    await batch.commit();
    expect(await archived()).toEqual(["2026-05-01/1: 1 2", "2026-05-02/1: b c"]);
    expect(created).toEqual(["2026-05-01", "2026-05-02"]);
    expect(run.report).toMatchObject({ archived: 4, segments: 2 });
  });

  it("that was committed is empty, and the next goes on behind it", async () => {
    const { batch, archived } = await batchOf();
    await batch.add([one]);
    await batch.commit();
    await batch.commit();
    await batch.add([two]);
    await batch.commit();
    expect(await archived()).toEqual(["2026-05-01/1: 1", "2026-05-01/2: 2"]);
  });

  it("of nothing new writes nothing, and every commit is told as progress", async () => {
    const { batch, archived, run, progressed } = await batchOf();
    await batch.add([one, two]);
    await batch.commit();
    await batch.add([one, two]);
    await batch.commit();
    expect(await archived()).toHaveLength(1);
    expect(run.report).toMatchObject({ repeats: 2, archived: 2, conflicts: 0 });
    expect(progressed()).toBe(2);
  });

  it("holds an event once that is shown twice, on one page or on two", async () => {
    const { batch, archived, run, said } = await batchOf();
    await batch.add([one, one]);
    await batch.add([one, two]);
    await batch.commit();
    expect(await archived()).toEqual(["2026-05-01/1: 1 2"]);
    expect(run.report).toMatchObject({ repeats: 2, conflicts: 0 });
    expect(said).toEqual([]);
  });

  it("keeps the first of one gid with two contents, and tells the other without its content", async () => {
    const other = eventAt("1", "09:01", { changed: "canary" });
    const { batch, archived, run, said } = await batchOf();
    await batch.add([one, other]);
    await batch.commit();
    await batch.add([other]);
    expect(await archived()).toEqual(["2026-05-01/1: 1"]);
    expect(run.report).toMatchObject({ repeats: 2, conflicts: 2 });
    const told = {
      level: "error",
      message: "one gid with two contents; the first stays",
      workspace: run.workspace,
      day: "2026-05-01",
      gid: "1",
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    };
    expect(said).toEqual([told, told]);
  });
});

it("a batch that failed once never counts as archived, however well the archive is then", async () => {
  const { batch, archived, deps } = await batchOf();
  const { create } = deps.archive;
  const failure = new Error("no");
  deps.archive.create = () => Promise.reject(failure);
  await batch.add([one, dayAt("b", "2026-05-02")]);
  await expect(batch.commit()).rejects.toBe(failure);
  deps.archive.create = create;
  await batch.add([two]);
  await expect(batch.commit()).rejects.toBe(failure);
  expect(await archived()).toEqual([]);
});

describe("adding a page gives what is archived, or will be, as the source showed it", () => {
  const other = (event: typeof one) => eventAt(event.id, event.at!, { changed: true });

  it.each<[string, held: (typeof one)[], shown: (typeof one)[], given: (typeof one)[]]>([
    ["all of what is new", [], [one, two], [one, two]],
    ["repeats too, of the archive and of the batch", [one], [one, two, two], [one, two, two]],
    ["but not one with another content than the archived", [one], [other(one), two], [two]],
    ["but not one with another content than one before it", [], [two, other(two), three], [two, three]],
  ])("%s", async (_, held, shown, given) => {
    const { batch } = await batchOf();
    await batch.add(held);
    await batch.commit();
    expect(await batch.add(shown)).toEqual(given);
  });

  it("over all its days", async () => {
    const events = [dayAt("b", "2026-05-02"), one, dayAt("c", "2026-05-02")];
    expect(new Set(await (await batchOf()).batch.add(events))).toEqual(new Set(events));
  });

  it("and heeds the signal where it has to read", async () => {
    const { batch, run } = await batchOf();
    await batch.add([one]);
    await batch.commit();
    const log = await run.dayLog(one.day);
    log.sortOut = async (_, signal) => Promise.reject(signal?.reason);
    await expect(batch.add([one], AbortSignal.abort(new Error("time is up")))).rejects.toThrow("time is up");
  });
});

describe("a batch is full", () => {
  it("when it holds enough events, over all its days", async () => {
    const { batch } = await batchOf({ settings: { batchEvents: 3 } });
    expect(batch.isFull()).toBe(false);
    await batch.add([one, dayAt("b", "2026-05-02")]);
    expect(batch.isFull()).toBe(false);
    await batch.add([two]);
    expect(batch.isFull()).toBe(true);
    await batch.commit();
    expect(batch.isFull()).toBe(false);
  });

  it("when it holds enough bytes, over all its days", async () => {
    const other = dayAt("b", "2026-05-02");
    const exact = one.line.length + other.line.length + 2;
    for (const [maxBytes, isFull] of [
      [exact, true],
      [exact + 1, false],
    ] as const) {
      const { batch } = await batchOf({}, maxBytes);
      await batch.add([one, other]);
      expect(batch.isFull()).toBe(isFull);
    }
  });

  it("when it is old enough, counted from its first event", async () => {
    const { batch, clock } = await batchOf({ settings: { batchMinutes: 1 / 60 } });
    clock.ms += 5000;
    expect(batch.isFull()).toBe(false);
    await batch.add([one]);
    clock.ms += 999;
    await batch.add([dayAt("b", "2026-05-02")]);
    expect(batch.isFull()).toBe(false);
    clock.ms += 1;
    expect(batch.isFull()).toBe(true);
    await batch.commit();
    expect(batch.isFull()).toBe(false);
  });

  it("never when it holds nothing new, however long", async () => {
    const { batch, clock } = await batchOf({ settings: { batchMinutes: 1 / 60 } });
    await batch.add([one]);
    await batch.commit();
    await batch.add([one]);
    clock.ms += 5000;
    expect(batch.isFull()).toBe(false);
  });
});

it("no more days are open than set: before the next is opened, all are committed", async () => {
  const { batch, archived } = await batchOf({ limits: { batchDays: 2 } });
  await batch.add([one, dayAt("b", "2026-05-02")]);
  await batch.add([two]);
  expect(await archived()).toEqual([]);
  await batch.add([dayAt("c", "2026-05-03")]);
  expect(await archived()).toEqual(["2026-05-01/1: 1 2", "2026-05-02/1: b"]);
});

describe("what is strange is counted", () => {
  it("events of the odd day", async () => {
    const { batch, run } = await batchOf();
    await batch.add([one, eventAt("odd", "yesterday"), eventAt("old", "2020-01-01T00:00:00.000Z")]);
    expect(run.report).toMatchObject({ odd: 2, late: 0, latestMs: 0 });
  });

  it("new events older than the watermark the run began with, and how late the latest was seen", async () => {
    const state = { ...emptyCheckpoint, watermark: "2026-05-01T09:02:00.000Z" as Instant };
    const { batch, run } = await batchOf({ state });
    run.report.servedAt = "2026-05-01T10:00:00.000Z" as Instant;
    await batch.add([two, three, eventAt("odd", "yesterday")]);
    expect(run.report).toMatchObject({ late: 0, latestMs: 0 });
    await batch.add([one, eventAt("0", "09:00")]);
    await batch.add([eventAt("1.5", "09:01")]);
    expect(run.report).toMatchObject({ late: 3, latestMs: 60 * 60_000 });
  });

  it("on our clock where the source told none", async () => {
    const state = { ...emptyCheckpoint, watermark: "2026-05-01T09:02:00.000Z" as Instant };
    const { batch, run } = await batchOf({ state });
    await batch.add([one]);
    expect(run.report.latestMs).toBe(NOON_MS - Date.parse(one.at!));
  });

  it("none is late where what is older was left to be read later", async () => {
    const state = { ...emptyCheckpoint, watermark: "2026-05-01T09:02:00.000Z" as Instant };
    const { batch, run } = await batchOf({ state }, MANY, false);
    await batch.add([one, eventAt("odd", "yesterday")]);
    expect(run.report).toMatchObject({ late: 0, latestMs: 0, odd: 1 });
  });

  it("none is late in a first run", async () => {
    const { batch, run } = await batchOf();
    await batch.add([one]);
    expect(run.report.late).toBe(0);
  });
});

describe("a day's new events", () => {
  const [older, newer] = [eventAt("1", "09:01"), eventAt("2", "09:02")];
  const tied = (gid: string, to: typeof one) => eventAt(gid, to.at!);
  const odd = eventAt("x", "yesterday");
  const dayOf = async (...events: readonly (typeof one)[]) => {
    const { run } = await scriptedRun();
    const batch = createDayBatch(run, older.day, await run.dayLog(older.day));
    for (const event of events) batch.add(event);
    await batch.flush();
    return batch;
  };

  it("know how many and how large they are, line feeds included, their instants, and the fingerprint of each", async () => {
    const batch = await dayOf(older, newer);
    expect(batch).toMatchObject({ count: 2, sizeBytes: older.line.length + newer.line.length + 2, sortedAt: 0 });
    expect([...batch.index.ids]).toEqual([older, newer].map(({ id, line }) => [id, lineFingerprint(line)]));
    expect(batch.index.times).toEqual([older.at, newer.at]);
    expect(await batch.finish()).toMatchObject({ count: 2, oldest: older.at, newest: newer.at });
  });

  it.each<[string, (typeof one)[], string[]]>([
    ["in order", [older, newer], ["2"]],
    ["out of order", [newer, older], ["2"]],
    ["with a tie", [newer, older, tied("3", newer)], ["2", "3"]],
    ["with ties that are not the newest", [older, tied("4", older), newer, tied("5", older)], ["2"]],
  ])("know their newest instant and all ids there, shown %s", async (_, events, ids) => {
    expect((await dayOf(...events)).newest).toEqual({ at: newer.at, ids });
  });

  it("have no newest where there are none, or none with a time", async () => {
    for (const events of [[], [odd]]) {
      const batch = await dayOf(...events);
      expect(batch.newest).toEqual({ at: null, ids: [] });
      expect([batch.index.ids.size, batch.index.times.length]).toEqual([events.length, 0]);
    }
  });
});
