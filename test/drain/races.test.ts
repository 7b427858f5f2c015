/** Protocol: "Crash table", and what a create may answer. After each fault calm runs reach the right archive. */
import { expect, it } from "vitest";
import type { Instant } from "../../lambda/event/instant.ts";
import { createFaults, type Fault, script } from "../fakes/faults.ts";
import { createFaultyArchive } from "../fakes/faulty-archive.ts";
import { createFaultyCheckpoint } from "../fakes/faulty-checkpoint.ts";
import { createWorld, WORKSPACE, type World } from "./world.ts";

const DAY = "2026-05-01";

function worldWithEvents(): World {
  const world = createWorld();
  for (let minute = 10; minute < 20; minute += 1) world.emit(`${DAY}T09:${minute}:00.000Z`);
  return world;
}

/** Runs a drain whose n-th create goes wrong; resolves to the report or the error. */
async function drainWith(world: World, fault: Fault) {
  let creates = 0;
  const faults = createFaults((effect) => (effect.operation === "create" && ++creates === 1 ? fault : null));
  const outcome = await world.drain({ archive: createFaultyArchive(world.archive, faults) }).catch((error) => error);
  return { outcome, faults };
}

/** The archive of a run whose first create comes second: `rival` runs just before it. */
function archiveWithRival(world: World, rival: () => Promise<unknown>) {
  let isPlanted = false;
  const create = async (key: string, bytes: Uint8Array) => {
    if (!isPlanted) {
      isPlanted = true;
      await rival();
    }
    return await world.archive.create(key, bytes);
  };
  return { ...world.archive, create };
}

it("a run that loses a race to one that wrote all of its events writes nothing", async () => {
  const world = worldWithEvents();
  const archive = archiveWithRival(world, () => world.drain());
  expect(await world.drain({ archive })).toMatchObject({ lostRaces: 1, archived: 0, repeats: 10, segments: 0 });
  await world.expectComplete();
  expect(await world.keys()).toHaveLength(1);
});

it("a run that loses a race keeps the events that the winner did not have, as the next segment", async () => {
  const world = worldWithEvents();
  const [startAt, endAt] = [`${DAY}T09:12:00.000Z` as Instant, `${DAY}T09:15:00.000Z` as Instant];
  const archive = archiveWithRival(world, () => world.rescan({ kind: "window", startAt, endAt }));
  expect(await world.drain({ archive })).toMatchObject({ lostRaces: 1, archived: 7, repeats: 3, segments: 1 });
  await world.expectComplete();
  expect(await world.keys()).toHaveLength(2);
});

it("a run that loses a race finds a gid that the winner archived under an earlier time", async () => {
  const world = createWorld();
  const minute = (time: string) => ({
    kind: "window" as const,
    startAt: `${DAY}T${time}:00.000Z` as Instant,
    endAt: `${DAY}T${time}:01.000Z` as Instant,
  });
  world.emit(`${DAY}T09:10:00.000Z`, { gid: "moved" });
  world.emit(`${DAY}T10:00:00.000Z`, { gid: "moved" });
  const archive = archiveWithRival(world, () => world.rescan(minute("09:10")));
  expect(await world.rescan(minute("10:00"), { archive })).toMatchObject({ lostRaces: 1, archived: 0 });
  expect(await world.lines()).toHaveLength(1);
});

it.each<[string, Fault]>([
  ["a create that took effect and answered exists", { kind: "answer", outcome: "exists", took: true }],
  ["a create that took effect and answered nothing", { kind: "answer", outcome: "unknown", took: true }],
  ["a create that failed and answered nothing", { kind: "answer", outcome: "unknown", took: false }],
  ["a create that lands after the next list", { kind: "late", afterEffects: 2 }],
  ["a create that lands after the run", { kind: "late", afterEffects: 1000 }],
])("%s: the run ends with every event archived once", async (_, fault) => {
  const world = worldWithEvents();
  const { outcome, faults } = await drainWith(world, fault);
  expect(outcome).toMatchObject({ outcome: "caught-up" });
  await world.expectComplete();
  await faults.landAll();
  await world.expectComplete();
  expect(await world.drain()).toMatchObject({ archived: 0 });
  await world.expectComplete();
});

it.each<[string, Fault]>([
  ["before a create", { kind: "crash", took: false }],
  ["after a create", { kind: "crash", took: true }],
])("a run that dies %s is made good by the next", async (_, fault) => {
  const world = worldWithEvents();
  expect((await drainWith(world, fault)).outcome).toMatchObject({ name: "SimulatedCrash" });
  expect(await world.drain()).toMatchObject({ outcome: "caught-up" });
  await world.expectComplete();
});

it("a run that dies between two days of one page is made good by the next", async () => {
  const world = createWorld();
  world.emit("2026-04-30T23:59:00.000Z");
  world.emit("2026-05-01T00:01:00.000Z");
  let creates = 0;
  const faults = createFaults(({ operation }) =>
    operation === "create" && ++creates === 2 ? { kind: "crash", took: false } : null,
  );
  await expect(world.drain({ archive: createFaultyArchive(world.archive, faults) })).rejects.toThrow();
  expect(await world.lines()).toHaveLength(1);
  expect(await world.drain()).toMatchObject({ archived: 1, repeats: 1 });
  await world.expectComplete();
});

it.each([[false], [true]])(
  "a checkpoint that cannot be moved (took effect: %s) does not fail the run",
  async (took) => {
    const world = worldWithEvents();
    const faults = createFaults(({ operation }) => (operation === "move" ? { kind: "fail", took } : null));
    const checkpoints = createFaultyCheckpoint(world.checkpoints, faults);
    expect(await world.drain({ checkpoints })).toMatchObject({
      outcome: "caught-up",
      archived: 10,
      checkpointMoves: 0,
    });
    expect(await world.drain()).toMatchObject({ outcome: "caught-up", archived: 0 });
    await world.expectComplete();
  },
);

it("a checkpoint that cannot be read ends the run before the source is asked", async () => {
  const world = worldWithEvents();
  const checkpoints = createFaultyCheckpoint(
    world.checkpoints,
    createFaults(script({ 1: { kind: "fail", took: false } })),
  );
  await expect(world.drain({ checkpoints })).rejects.toMatchObject({ kind: "unavailable" });
  expect(world.requests()).toBe(0);
});

it("a checkpoint put back from a backup costs repeats only", async () => {
  const world = worldWithEvents();
  await world.drain();
  const old = await world.checkpoint();
  world.emit(`${DAY}T11:00:00.000Z`);
  await world.drain();
  const keys = await world.keys();
  const restored = createWorld().checkpoints;
  await restored.move(WORKSPACE, old!.state, null);
  expect(await world.drain({ checkpoints: restored })).toMatchObject({ archived: 0, segments: 0 });
  expect(await world.keys()).toEqual(keys);
});

it("an archive that has been emptied halts the run before the source is asked, and nothing is written", async () => {
  const world = worldWithEvents();
  await world.drain();
  const empty = createWorld().archive;
  const before = world.requests();
  await expect(world.drain({ archive: empty })).rejects.toMatchObject({ kind: "halted" });
  expect(world.requests()).toBe(before);
  expect(await Array.fromAsync(empty.list(""))).toEqual([]);
});

/** An archive with as many segments on the day, of other events. */
async function otherArchive() {
  const other = createWorld();
  other.emit(`${DAY}T09:30:00.000Z`, { gid: "9" });
  await other.drain();
  return other;
}

it("another archive than the checkpoint's halts the run before the source is asked, and nothing is written", async () => {
  const world = worldWithEvents();
  await world.drain();
  const other = await otherArchive();
  const keys = await other.keys();
  expect(keys).toEqual(await world.keys());
  const before = world.requests();
  world.emit(`${DAY}T11:00:00.000Z`);
  const drained = world.drain({ archive: other.archive });
  await expect(drained).rejects.toMatchObject({ kind: "halted", message: expect.stringContaining("(I4)") });
  expect(world.requests()).toBe(before);
  expect(await other.keys()).toEqual(keys);
});

it("another archive whose segment has the same size halts the run as soon as that segment is read", async () => {
  const world = worldWithEvents();
  await world.drain();
  const other = await otherArchive();
  const keys = await other.keys();
  const { sizeBytes } = (await Array.fromAsync(other.archive.list(""))).at(-1)!;
  const { state, version } = (await world.checkpoint())!;
  const hints = { [DAY]: { ...state.hints[DAY]!, sizeBytes } };
  await world.checkpoints.move(WORKSPACE, { ...state, hints }, version);
  const late = { gid: "late", visibleAt: `${DAY}T12:00:00.000Z` };
  world.emit(`${DAY}T09:05:00.000Z`, late);
  const rescanned = world.rescan({ kind: "last", ms: 36_000_000 }, { archive: other.archive });
  await expect(rescanned).rejects.toMatchObject({ kind: "halted", message: expect.stringContaining("(I4)") });
  expect(await other.keys()).toEqual(keys);
});

it("a checkpoint knows the size of each day's last segment, whether it was written or listed", async () => {
  const world = worldWithEvents();
  const sizes = async () => [
    (await Array.fromAsync(world.archive.list(""))).at(-1)!.sizeBytes,
    (await world.checkpoint())!.state.hints[DAY]!.sizeBytes,
  ];
  await world.drain();
  const [written, known] = await sizes();
  expect(known).toBe(written);
  const { checkpoints } = createWorld();
  await world.drain({ checkpoints });
  expect((await checkpoints.read(WORKSPACE))!.state.hints[DAY]!.sizeBytes).toBe(written);
});

it("two runs at once archive each event once", async () => {
  const world = createWorld({ defaultLimit: 7, settings: { batchEvents: 20 } });
  for (let index = 0; index < 200; index += 1) {
    world.emit(`${DAY}T${String(index % 12).padStart(2, "0")}:${String(index % 60).padStart(2, "0")}:00.000Z`);
  }
  await Promise.all([world.drain(), world.drain(), world.rescan({ kind: "last", ms: 36_000_000 })]);
  await world.expectComplete();
});

it("a store that never says what it did ends the run as unavailable", async () => {
  const world = worldWithEvents();
  const faults = createFaults(({ operation }) =>
    operation === "create" ? { kind: "answer", outcome: "unknown", took: false } : null,
  );
  await expect(world.drain({ archive: createFaultyArchive(world.archive, faults) })).rejects.toMatchObject({
    kind: "unavailable",
  });
  expect(world.clock.now() - Date.parse(`${DAY}T12:00:00.000Z`)).toBeLessThan(15_000); // 0.2 + 0.4 + ... + 6.4 s
  expect(await world.drain()).toMatchObject({ archived: 10 });
});
