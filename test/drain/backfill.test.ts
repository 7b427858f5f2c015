/** A long history is read as windows side by side, and ends like a serial one. */
import { expect, it } from "vitest";
import { createWorld, type World, type WorldOptions } from "./world.ts";

const DAY_MS = 86_400_000;
const NOW = "2026-05-01T12:00:00.000Z";

/** 60 days with an event every two hours or so, 10 a page. */
function longWorld(options: WorldOptions = {}): World {
  const world = createWorld({
    defaultLimit: 10,
    ...options,
    runLimits: { windowsFromPages: 10, windowsFromEvents: 10, windowPages: 5, ...options.runLimits },
  });
  const start = Date.parse(NOW) - 60 * DAY_MS;
  for (let index = 0; index < 720; index += 1) world.emit(new Date(start + index * 7_199_000).toISOString());
  return world;
}

it("windows and one scan archive the same events", async () => {
  const [parallel, serial] = [longWorld(), longWorld({ runLimits: { windows: 1 } })];
  expect(await parallel.drain()).toMatchObject({ outcome: "caught-up", archived: 720 });
  expect(await serial.drain()).toMatchObject({ outcome: "caught-up", archived: 720, repeats: 0 });
  await parallel.expectComplete();
  expect((await parallel.lines()).sort()).toEqual((await serial.lines()).sort());
  expect((await parallel.checkpoint())!.state.watermark).toBe((await serial.checkpoint())!.state.watermark);
});

it("windows that the source cuts off are read on from there", async () => {
  const world = longWorld({ truncateAfter: 20, runLimits: { windowPages: 20 } });
  expect(await world.drain()).toMatchObject({ outcome: "caught-up", archived: 720 });
  await world.expectComplete();
});

it("after windows the run goes on to the end of the stream and saves an offset", async () => {
  const world = longWorld();
  await world.drain();
  expect((await world.checkpoint())?.state.offset).not.toBeNull();
  const before = world.requests();
  expect(await world.drain()).toMatchObject({ archived: 0, segments: 0 });
  expect(world.requests() - before).toBe(1);
});

it("never are more windows read at once than set", async () => {
  const world = longWorld({ runLimits: { windows: 3 } });
  const { source } = world.deps();
  let open = 0;
  let most = 0;
  const page = async (...args: Parameters<typeof source.page>) => {
    most = Math.max(most, ++open);
    try {
      return await source.page(...args);
    } finally {
      open -= 1;
    }
  };
  await world.drain({ source: { page } });
  expect(most).toBe(3);
  await world.expectComplete();
});

it("an interrupted history goes on behind the windows that were done", async () => {
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

it("one window's failure stops the others, keeps their finished work and is told", async () => {
  const world = longWorld();
  const { source } = world.deps();
  let pages = 0;
  const page = async (...args: Parameters<typeof source.page>) => {
    if (++pages === 40) throw new Error("power cut");
    return await source.page(...args);
  };
  await expect(world.drain({ source: { page } })).rejects.toThrow("power cut");
  expect((await world.lines()).length).toBeGreaterThan(0);
  expect(await world.drain()).toMatchObject({ outcome: "caught-up" });
  await world.expectComplete();
});

it("several windows of one day write to one log without losing an event", async () => {
  const world = createWorld({
    defaultLimit: 10,
    runLimits: { windowsFromPages: 10, windowsFromEvents: 10, windowPages: 2 },
  });
  const start = Date.parse(NOW) - 3 * DAY_MS;
  for (let index = 0; index < 1000; index += 1) world.emit(new Date(start + index * 250_000).toISOString());
  expect(await world.drain()).toMatchObject({ archived: 1000 });
  await world.expectComplete();
  expect(await world.drain()).toMatchObject({ archived: 0 });
});

it("a window cut short by a missing next_page is read on from its last event, even one at its very start", async () => {
  const world = longWorld();
  const { source } = world.deps();
  let pages = 0;
  const page = async (...args: Parameters<typeof source.page>) => {
    const answer = await source.page(...args);
    const isCut =
      args[0].endAt !== undefined && answer.kind === "page" && answer.events.length > 0 && pages++ % 3 === 0;
    return isCut ? { ...answer, offset: null } : answer;
  };
  expect(await world.drain({ source: { page } })).toMatchObject({ outcome: "caught-up", archived: 720 });
  await world.expectComplete();
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
