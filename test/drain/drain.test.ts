/** Protocol: "One run". */
import { describe, expect, it } from "vitest";
import { emptyCheckpoint } from "../../lambda/drain/checkpoint.ts";
import type { Instant } from "../../lambda/event/instant.ts";
import { createWorld, WORKSPACE } from "./world.ts";

const HOUR_MS = 3_600_000;
const key = (day: string, number: number) =>
  `events/workspace=${WORKSPACE}/dt=${day}/${String(number).padStart(6, "0")}.ndjson.gz`;

describe("a first run", () => {
  it("archives everything the source keeps, one segment a day, and stores where it got to", async () => {
    const world = createWorld();
    world.emit("2026-04-29T10:00:00.000Z");
    world.emit("2026-05-01T09:00:00.000Z");
    const report = await world.drain();
    expect(report).toMatchObject({ outcome: "caught-up", archived: 2, repeats: 0, segments: 2, lostRaces: 0 });
    expect(await world.keys()).toEqual([key("2026-04-29", 1), key("2026-05-01", 1)]);
    expect((await world.checkpoint())?.state).toMatchObject({ watermark: "2026-05-01T09:00:00.000Z" });
    await world.expectComplete();
  });

  it("of a workspace without events asks once and stores nothing", async () => {
    const world = createWorld();
    expect(await world.drain()).toMatchObject({ outcome: "caught-up", archived: 0 });
    expect(world.requests()).toBe(1);
    expect(await world.keys()).toEqual([]);
    expect(await world.checkpoint()).toBeNull();
  });
});

it("a run calls itself out of time until it has seen the end of the stream", async () => {
  const world = createWorld();
  world.emit("2026-05-01T09:00:00.000Z");
  const told: string[] = [];
  const report = await world.drain({ onProgress: ({ outcome }) => told.push(outcome) });
  expect([...new Set(told)]).toEqual(["out-of-time", "caught-up"]);
  expect(report.outcome).toBe("caught-up");
});

describe("the next run", () => {
  it("goes on from the saved offset, with one request when nothing is new, and writes no segment", async () => {
    const world = createWorld();
    world.emit("2026-05-01T09:00:00.000Z");
    await world.drain();
    const before = world.requests();
    expect(await world.drain()).toMatchObject({ outcome: "caught-up", events: 0, segments: 0, checkpointMoves: 1 });
    expect(world.requests() - before).toBe(1);
    expect(world.feed.requests.at(-1)?.query).toHaveProperty("offset");
  });

  it("archives only what is new, as the next segment of its day", async () => {
    const world = createWorld();
    world.emit("2026-05-01T09:00:00.000Z");
    await world.drain();
    const second = world.emit("2026-05-01T11:00:00.000Z");
    const before = world.requests();
    expect(await world.drain()).toMatchObject({ archived: 1, repeats: 0, segments: 1 });
    expect(world.requests() - before).toBe(2);
    expect(await world.keys()).toEqual([key("2026-05-01", 1), key("2026-05-01", 2)]);
    expect((await world.lines()).at(-1)).toBe(second);
  });

  it("scans by time with an overlap when the offset has grown old, in two requests, and drops what is there", async () => {
    const world = createWorld();
    world.emit("2026-05-01T11:30:00.000Z");
    await world.drain();
    await world.pass(HOUR_MS);
    const before = world.requests();
    expect(await world.drain()).toMatchObject({ events: 1, repeats: 1, archived: 0, segments: 0 });
    expect(world.requests() - before).toBe(2);
    expect(world.feed.requests.at(-2)?.query).toEqual({ start_at: "2026-05-01T10:30:00.000Z" });
  });

  it("scans by time when the source no longer takes the offset", async () => {
    const world = createWorld({ offsetLifeMs: 60_000 });
    world.emit("2026-05-01T11:30:00.000Z");
    await world.drain();
    world.emit("2026-05-01T12:01:00.000Z");
    await world.pass(120_000);
    expect(await world.drain()).toMatchObject({ outcome: "caught-up", archived: 1, repeats: 1 });
    await world.expectComplete();
  });

  it("is a scan when the checkpoint is gone, and writes no segment", async () => {
    const world = createWorld();
    for (let minute = 10; minute < 40; minute += 1) world.emit(`2026-05-01T09:${minute}:00.000Z`);
    await world.drain();
    const keys = await world.keys();
    const lost = createWorld();
    const report = await world.drain({ checkpoints: lost.checkpoints });
    expect(report).toMatchObject({ outcome: "caught-up", archived: 0, repeats: 30, segments: 0 });
    expect(await world.keys()).toEqual(keys);
    expect(await lost.checkpoint()).not.toBeNull();
  });
});

describe("events", () => {
  it("of several days on one page go to one segment a day", async () => {
    const world = createWorld();
    for (const time of ["2026-04-30T23:59:59.999Z", "2026-05-01T00:00:00.000Z", "2026-05-01T00:00:00.001Z"])
      world.emit(time);
    await world.drain();
    expect(await world.lines("2026-04-30")).toHaveLength(1);
    expect(await world.lines("2026-05-01")).toHaveLength(2);
  });

  it("of one instant are told apart by gid, at a page border and across runs", async () => {
    const world = createWorld({ defaultLimit: 2 });
    for (let index = 0; index < 5; index += 1) world.emit("2026-05-01T09:00:00.000Z");
    await world.drain();
    for (let index = 0; index < 3; index += 1) world.emit("2026-05-01T09:00:00.000Z");
    await world.pass(HOUR_MS);
    expect(await world.drain()).toMatchObject({ archived: 3, repeats: 5 });
    await world.expectComplete();
  });

  it("that become visible behind the cursor are found by the next scan with an overlap, and counted as late", async () => {
    const world = createWorld();
    world.emit("2026-05-01T11:50:00.000Z");
    world.emit("2026-05-01T11:40:00.000Z", { visibleAt: "2026-05-01T12:01:00.000Z" });
    await world.drain();
    await world.pass(120_000);
    expect(await world.drain()).toMatchObject({ archived: 0 }); // the tail cannot see it
    await world.pass(HOUR_MS / 2);
    expect(await world.drain()).toMatchObject({ archived: 1, late: 1 });
    await world.expectComplete();
  });

  it("without a readable time, or from before the log began, are archived in the odd day and counted", async () => {
    const world = createWorld();
    world.emit("2026-05-01T09:00:00.000Z");
    world.feed.append(WORKSPACE, '{"gid":"7","created_at":"soon"}', Date.parse("2026-05-01T09:30:00.000Z"));
    world.feed.append(WORKSPACE, '{"created_at":12}', Date.parse("2026-05-01T09:31:00.000Z"));
    expect(await world.drain()).toMatchObject({ archived: 3, odd: 2 });
    await world.pass(HOUR_MS);
    expect(await world.drain()).toMatchObject({ archived: 0, repeats: 3 });
    expect(await world.lines("2021-10-07")).toHaveLength(2);
    expect((await world.checkpoint())?.state.watermark).toBe("2026-05-01T09:00:00.000Z");
  });

  it("dated ahead of the source's clock are archived in their day and move neither watermark nor offset", async () => {
    const world = createWorld();
    world.emit("2026-05-01T11:00:00.000Z");
    world.feed.append(
      WORKSPACE,
      '{"gid":"9","created_at":"2030-01-01T00:00:00.000Z"}',
      Date.parse("2026-05-01T11:30:00.000Z"),
    );
    expect(await world.drain()).toMatchObject({ archived: 2, ahead: 1, watermark: "2026-05-01T11:00:00.000Z" });
    expect(await world.lines("2030-01-01")).toHaveLength(1);
    expect((await world.checkpoint())?.state.tail.offset).toBeNull();
    world.emit("2026-05-01T12:05:00.000Z");
    await world.pass(600_000);
    await world.drain();
    await world.expectComplete();
  });

  it("with one gid and two contents: the first stays, the other is counted and reported without its content", async () => {
    const world = createWorld();
    const first = world.emit("2026-05-01T11:00:00.000Z", { gid: "5" });
    await world.drain();
    world.emit("2026-05-01T11:00:00.000Z", { gid: "5", extra: { secret: "canary" } });
    await world.pass(HOUR_MS);
    expect(await world.drain()).toMatchObject({ archived: 0, conflicts: 1 });
    expect(await world.lines()).toEqual([first]);
    expect(JSON.stringify(world.said)).not.toContain("canary");
  });

  it("shown twice on one page are archived once", async () => {
    const world = createWorld();
    world.emit("2026-05-01T11:00:00.000Z", { gid: "5" });
    world.emit("2026-05-01T11:00:00.000Z", { gid: "5" });
    expect(await world.drain()).toMatchObject({ archived: 1, repeats: 1, conflicts: 0 });
  });
});

describe("the end", () => {
  it("is an empty page, never a short one", async () => {
    const world = createWorld({ shortPageRate: 1, defaultLimit: 4 });
    for (let minute = 10; minute < 40; minute += 1) world.emit(`2026-05-01T09:${minute}:00.000Z`);
    expect(await world.drain()).toMatchObject({ outcome: "caught-up", archived: 30 });
  });

  it("a source that shows nothing where it showed events is not believed, and reported each time", async () => {
    const world = createWorld();
    world.emit("2026-05-01T11:00:00.000Z");
    await world.drain();
    await world.pass(200 * 24 * HOUR_MS); // all is forgotten
    for (const blankRuns of [1, 2, 3]) expect(await world.drain()).toMatchObject({ blankRuns, archived: 0 });
    expect((await world.checkpoint())?.state).toMatchObject({ watermark: "2026-05-01T11:00:00.000Z", blankRuns: 3 });
    world.emit("2026-11-17T11:00:00.000Z");
    expect(await world.drain()).toMatchObject({ archived: 1, blankRuns: 0 });
  });
});

it("a source that cuts every long result off is read to its end in one run, by time from cut to cut", async () => {
  const world = createWorld({ defaultLimit: 10, truncateAfter: 30 });
  for (let index = 0; index < 300; index += 1) {
    world.emit(
      `2026-05-01T${String(9 + Math.floor(index / 120)).padStart(2, "0")}:${String(index % 60).padStart(2, "0")}:00.${index + 100}Z`,
    );
  }
  expect(await world.drain()).toMatchObject({ outcome: "caught-up", archived: 300 });
  await world.expectComplete();
});

describe("an order not to ask before some time", () => {
  const barred = async (notBefore: string) => {
    const world = createWorld();
    world.emit("2026-05-01T11:00:00.000Z");
    await world.checkpoints.move(WORKSPACE, { ...emptyCheckpoint, notBefore: notBefore as Instant }, null);
    return world;
  };

  it("is kept by the runs until then, without a word to the source", async () => {
    const world = await barred("2026-05-01T12:59:00.000Z");
    await expect(world.drain()).rejects.toMatchObject({ kind: "unavailable" });
    expect(world.requests()).toBe(0);
    await world.pass(3_600_000);
    expect(await world.drain()).toMatchObject({ archived: 1 });
  });

  it("of more than an hour is of a clock that was wrong, and stops nobody", async () => {
    const world = await barred("2036-05-01T12:00:00.000Z");
    expect(await world.drain()).toMatchObject({ archived: 1 });
  });
});

describe("a signal that time is up", () => {
  it("before the first page ends the run without a word to the source", async () => {
    const world = createWorld();
    world.emit("2026-05-01T11:00:00.000Z");
    expect(await world.drain({}, AbortSignal.abort())).toMatchObject({ outcome: "out-of-time", archived: 0 });
    expect(world.requests()).toBe(0);
  });

  it("in the middle keeps all that was read, and the next run goes on from there", async () => {
    const world = createWorld({ defaultLimit: 10 });
    for (let minute = 10; minute < 60; minute += 1) world.emit(`2026-05-01T09:${minute}:00.000Z`);
    const stop = new AbortController();
    const onProgress = ({ pages }: { pages: number }) => pages === 2 && stop.abort();
    expect(await world.drain({ onProgress }, stop.signal)).toMatchObject({ outcome: "out-of-time", archived: 30 });
    expect(await world.drain()).toMatchObject({ outcome: "caught-up", archived: 20, repeats: 0 });
    await world.expectComplete();
  });
});
