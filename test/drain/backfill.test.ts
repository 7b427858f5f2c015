/** A long history is read as spans side by side, and ends like a serial one. */
import { expect, it } from "vitest";
import { createWorld, type World, type WorldOptions } from "./world.ts";

const DAY_MS = 86_400_000;
const NOW = "2026-05-01T12:00:00.000Z";

/** 60 days with an event every two hours or so, 10 a page. */
function longWorld(options: WorldOptions = {}): World {
  const world = createWorld({
    defaultLimit: 10,
    ...options,
    runLimits: { longFromPages: 10, sharePages: 5, ...options.runLimits },
  });
  const start = Date.parse(NOW) - 60 * DAY_MS;
  for (let index = 0; index < 720; index += 1) world.emit(new Date(start + index * 7_199_000).toISOString());
  return world;
}

it("many readers and one archive the same events", async () => {
  const [parallel, serial] = [longWorld(), longWorld({ runLimits: { readers: 1 } })];
  expect(await parallel.drain()).toMatchObject({ outcome: "caught-up", archived: 720 });
  expect(await serial.drain()).toMatchObject({ outcome: "caught-up", archived: 720, repeats: 0 });
  await parallel.expectComplete();
  expect((await parallel.lines()).sort()).toEqual((await serial.lines()).sort());
  expect((await parallel.checkpoint())!.state.watermark).toBe((await serial.checkpoint())!.state.watermark);
});

it("spans that the source cuts off are read on from there", async () => {
  const world = longWorld({ truncateAfter: 20 });
  expect(await world.drain()).toMatchObject({ outcome: "caught-up", archived: 720 });
  await world.expectComplete();
});

it("beside them the run reads to the end of the stream and saves an offset", async () => {
  const world = longWorld();
  world.emit("2026-05-01T11:30:00.000Z");
  await world.drain();
  expect((await world.checkpoint())?.state.tail.offset).not.toBeNull();
  const before = world.requests();
  expect(await world.drain()).toMatchObject({ archived: 0, segments: 0 });
  expect(world.requests() - before).toBe(1);
});

it("never are more spans read at once than there are readers", async () => {
  const world = longWorld({ runLimits: { readers: 3 } });
  const { source } = world.deps();
  let open = 0;
  let most = 0;
  const page = async (...args: Parameters<typeof source.page>) => {
    const isSpan = args[0].endAt !== undefined;
    if (isSpan) most = Math.max(most, ++open);
    try {
      return await source.page(...args);
    } finally {
      if (isSpan) open -= 1;
    }
  };
  await world.drain({ source: { page } });
  expect(most).toBe(3);
  await world.expectComplete();
});

it("an interrupted history goes on where each reader was", async () => {
  const world = longWorld();
  const stop = new AbortController();
  const onProgress = ({ archived }: { archived: number }) => archived > 300 && stop.abort();
  const first = await world.drain({ onProgress }, stop.signal);
  expect(first.outcome).toBe("out-of-time");
  const watermark = (await world.checkpoint())?.state.watermark;
  expect(watermark).not.toBeNull();
  const second = await world.drain();
  expect(second).toMatchObject({ outcome: "caught-up" });
  expect(second.repeats).toBeLessThan(first.archived);
  await world.expectComplete();
});

it("one reader's failure stops the others, and keeps their finished work", async () => {
  const world = longWorld();
  const { source } = world.deps();
  let pages = 0;
  const page = async (...args: Parameters<typeof source.page>) => {
    if (++pages >= 40) throw new Error("power cut");
    return await source.page(...args);
  };
  await expect(world.drain({ source: { page } })).rejects.toThrow("power cut");
  expect((await world.lines()).length).toBeGreaterThan(0);
  expect(await world.drain()).toMatchObject({ outcome: "caught-up" });
  await world.expectComplete();
});

it("several readers of one day write to one log without losing an event", async () => {
  const world = createWorld({
    defaultLimit: 10,
    runLimits: { longFromPages: 10, sharePages: 2 },
  });
  const start = Date.parse(NOW) - 3 * DAY_MS;
  for (let index = 0; index < 1000; index += 1) world.emit(new Date(start + index * 250_000).toISOString());
  expect(await world.drain()).toMatchObject({ archived: 1000 });
  await world.expectComplete();
  expect(await world.drain()).toMatchObject({ archived: 0 });
});

it("a span cut short by a missing next_page is in doubt from there on, and read to its end by later runs, however often it is cut", async () => {
  const world = longWorld();
  const { source } = world.deps();
  let pages = 0;
  const page = async (...args: Parameters<typeof source.page>) => {
    const answer = await source.page(...args);
    const isCut =
      args[0].endAt !== undefined && answer.kind === "page" && answer.events.length > 0 && pages++ % 3 === 0;
    return isCut ? { ...answer, offset: null } : answer;
  };
  expect(await world.drain({ source: { page } })).toMatchObject({ outcome: "caught-up" });
  expect((await world.lines()).length).toBeLessThan(720);
  for (let hours = 0; hours < 5; hours += 1) {
    await world.pass(3_600_000);
    expect(await world.drain({ source: { page } })).toMatchObject({ outcome: "caught-up", gone: 0 });
  }
  await world.expectComplete();
  expect((await world.checkpoint())!.state.spans).toEqual([]);
});

it("a quiet workspace is read in one scan, however old its few events are", async () => {
  const world = createWorld();
  world.emit("2026-03-01T09:00:00.000Z");
  world.emit("2026-03-01T09:00:00.001Z");
  expect(await world.drain()).toMatchObject({ outcome: "caught-up", archived: 2 });
  expect(world.requests()).toBe(2);
  await world.pass(3_600_000); // the offset has grown old
  expect(await world.drain()).toMatchObject({ outcome: "caught-up", archived: 0 });
  expect(world.requests()).toBe(4);
});
