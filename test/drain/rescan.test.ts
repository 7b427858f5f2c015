/** Protocol: "Late events". */
import { expect, it } from "vitest";
import { emptyCheckpoint } from "../../lambda/drain/checkpoint.ts";
import type { Instant } from "../../lambda/event/instant.ts";
import type { EventSource, Page } from "../../lambda/ports.ts";
import { createWorld, WORKSPACE, type World } from "./world.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const at = (text: string) => text as Instant;

/** An event behind the cursor: made at `createdAt`, visible from `visibleAt`, after the first drain at noon. */
async function worldWithLateEvent(createdAt: string, visibleAt: string): Promise<World> {
  const world = createWorld();
  world.emit("2026-05-01T11:59:00.000Z");
  world.emit(createdAt, { visibleAt });
  await world.drain();
  return world;
}

it("a rescan archives what was missing, counts it as late and says how late", async () => {
  const world = await worldWithLateEvent("2026-05-01T11:30:00.000Z", "2026-05-01T12:10:00.000Z");
  await world.pass(600_000);
  const report = await world.rescan({ kind: "last", ms: HOUR_MS });
  expect(report).toMatchObject({ outcome: "caught-up", archived: 1, late: 1, latestMs: 40 * 60_000, gone: 0 });
  await world.expectComplete();
});

it("a rescan of what is archived already writes nothing and moves no checkpoint", async () => {
  const world = await worldWithLateEvent("2026-05-01T11:30:00.000Z", "2026-05-01T11:30:00.000Z");
  const before = await world.checkpoint();
  const window = {
    kind: "window",
    startAt: at("2026-05-01T00:00:00.000Z"),
    endAt: at("2026-05-02T00:00:00.000Z"),
  } as const;
  expect(await world.rescan(window)).toMatchObject({ archived: 0, segments: 0, spans: 1 });
  expect(await world.checkpoint()).toEqual(before);
});

it("a window is half-open and reads nothing outside it", async () => {
  const world = createWorld();
  for (const second of ["00", "01", "02"]) world.emit(`2026-05-01T09:00:${second}.000Z`);
  const window = {
    kind: "window",
    startAt: at("2026-05-01T09:00:00.000Z"),
    endAt: at("2026-05-01T09:00:02.000Z"),
  } as const;
  expect(await world.rescan(window)).toMatchObject({ archived: 2 });
});

it("an open window ends at the source's now", async () => {
  const world = createWorld();
  world.emit("2026-05-01T11:00:00.000Z");
  expect(await world.rescan({ kind: "window", startAt: at("2026-04-01T00:00:00.000Z"), endAt: null })).toMatchObject({
    archived: 1,
  });
  expect(world.feed.requests.at(-1)?.query["end_at"]).toBe("2026-05-01T12:00:00.000Z");
});

/** What is on the list, without what is only in doubt since this hour. */
const openSpans = async (world: World) =>
  (await world.checkpoint())!.state.spans.filter(({ doubtedAt }) => doubtedAt === null);
const scheduledOf = async (world: World) => (await world.checkpoint())!.state.scheduled;

it("after a first drain nothing counts as settled: each day that the source keeps gets its look, and the recent day", async () => {
  const world = await worldWithLateEvent("2026-05-01T11:30:00.000Z", "2026-05-01T12:10:00.000Z");
  await world.pass(600_000);
  expect(await world.rescan({ kind: "due" })).toMatchObject({ outcome: "caught-up", archived: 1 });
  expect(await scheduledOf(world)).toEqual({
    recentUntil: "2026-05-01T12:10:00.000Z",
    settledThrough: "2026-04-30",
    agedThrough: "2026-02-10",
  });
  expect(await openSpans(world)).toEqual([]);
  const asked = new Set(world.feed.requests.map(({ query }) => query["end_at"]).filter((end) => end !== undefined));
  expect(asked.size).toBe(90 + 1);
});

it("a window that begins in the future has nothing to read yet, with or without an end", async () => {
  const world = await worldWithLateEvent("2026-05-01T11:30:00.000Z", "2026-05-01T12:10:00.000Z");
  const startAt = "2026-06-01T00:00:00.000Z" as Instant;
  const endAt = "2026-06-02T00:00:00.000Z" as Instant;
  for (const end of [null, endAt]) {
    const report = await world.rescan({ kind: "window", startAt, endAt: end });
    expect(report).toMatchObject({ outcome: "caught-up", events: 0, archived: 0 });
  }
});

it("a day is rescanned once when it is settled, and what was done is remembered", async () => {
  const world = await worldWithLateEvent("2026-05-01T06:00:00.000Z", "2026-05-01T20:00:00.000Z");
  await world.pass(DAY_MS + 6 * HOUR_MS - 12 * HOUR_MS - 1000); // 05:59:59 of the next day but one
  await world.rescan({ kind: "due" });
  expect(await scheduledOf(world)).toMatchObject({ settledThrough: "2026-04-30" });
  await world.pass(1000 + 12 * HOUR_MS);
  await world.rescan({ kind: "due" });
  expect(await scheduledOf(world)).toMatchObject({ settledThrough: "2026-05-01" });
  await world.expectComplete();
  await world.pass(HOUR_MS);
  await world.rescan({ kind: "due" });
  expect((await world.checkpoint())!.state.spans.every(({ purpose }) => purpose === "recent")).toBe(true);
});

it("a day is read once more at its 80th day, before the source forgets it", async () => {
  const world = await worldWithLateEvent("2026-05-01T06:00:00.000Z", "2026-07-01T00:00:00.000Z");
  await world.pass(70 * DAY_MS);
  await world.rescan({ kind: "due" });
  expect(await scheduledOf(world)).toMatchObject({ settledThrough: "2026-07-09", agedThrough: "2026-04-21" });
  await world.pass(10 * DAY_MS);
  await world.rescan({ kind: "due" });
  expect((await scheduledOf(world)).agedThrough).toBe("2026-05-01");
  await world.expectComplete();
});

it("what was scheduled while the source's clock was months ahead is not taken for done", async () => {
  const world = await worldWithLateEvent("2026-05-01T06:00:00.000Z", "2026-05-01T20:00:00.000Z");
  const { page } = world.deps().source;
  const ahead: EventSource = {
    page: async (...args) => ({ ...(await page(...args)), servedAt: "2026-09-01T12:00:00.000Z" }) as Page,
  };
  await world.rescan({ kind: "due" }, { source: ahead });
  expect((await scheduledOf(world)).settledThrough).toBe("2026-08-31");
  await world.pass(2 * DAY_MS);
  expect(await world.rescan({ kind: "due" })).toMatchObject({ archived: 1 });
  expect(await scheduledOf(world)).toEqual({
    recentUntil: "2026-05-03T12:00:00.000Z",
    settledThrough: "2026-05-02",
    agedThrough: "2026-02-12",
  });
  await world.expectComplete();
});

it("rescans go on where an interrupted one stopped", async () => {
  const world = await worldWithLateEvent("2026-05-01T06:00:00.000Z", "2026-05-01T20:00:00.000Z");
  await world.pass(5 * DAY_MS);
  let pages = 0;
  const source = world.deps().source;
  const failing = {
    page: async (...args: Parameters<typeof source.page>) => {
      if (++pages > 20) throw new Error("power cut");
      return await source.page(...args);
    },
  };
  await expect(world.rescan({ kind: "due" }, { source: failing })).rejects.toThrow("power cut");
  const left = (await openSpans(world)).length;
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThan(90);
  const before = world.requests();
  expect(await world.rescan({ kind: "due" })).toMatchObject({ outcome: "caught-up" });
  expect(await openSpans(world)).toEqual([]);
  expect(world.requests() - before).toBeLessThan(2 * (left + 5) + 1);
  await world.expectComplete();
});

it("silence is believed an hour later, and the list is empty then but for the recent hour", async () => {
  const world = await worldWithLateEvent("2026-05-01T06:00:00.000Z", "2026-05-01T06:00:00.000Z");
  expect((await world.rescan({ kind: "due" })).doubted).toBeGreaterThan(0);
  await world.pass(HOUR_MS);
  expect(await world.rescan({ kind: "due" })).toMatchObject({ gone: 0 });
  const left = (await world.checkpoint())!.state.spans;
  expect(new Set(left.map(({ purpose, doubtedAt }) => `${purpose} ${doubtedAt}`))).toEqual(
    new Set(["recent 2026-05-01T13:00:00.000Z"]),
  );
});

it("a rescan that knows of none before it looks back a day, not an hour: what came late since may be missing", async () => {
  const world = createWorld();
  const scheduled = { recentUntil: null, settledThrough: "2026-04-30", agedThrough: "2026-02-10" };
  await world.checkpoints.move(WORKSPACE, { ...emptyCheckpoint, scheduled }, null);
  world.emit("2026-05-01T11:59:00.000Z");
  world.emit("2026-05-01T11:50:00.000Z", { visibleAt: "2026-05-01T12:10:00.000Z" });
  await world.drain();
  await world.pass(8 * HOUR_MS);
  expect(await world.rescan({ kind: "due" })).toMatchObject({ archived: 1, late: 1 });
});
