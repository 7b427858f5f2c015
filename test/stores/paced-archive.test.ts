import { expect, it } from "vitest";
import type { CreateOutcome } from "../../lambda/ports.ts";
import { createPacedArchive } from "../../lambda/stores/paced-archive.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";

/** A store whose creates end when the test says so. */
function open() {
  let nowMs = 0;
  const underWay: ((outcome: CreateOutcome | Error) => void)[] = [];
  const store = {
    ...createMemoryArchive(),
    create: () =>
      new Promise<CreateOutcome>((resolve, reject) =>
        underWay.push((outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome))),
      ),
  };
  const archive = createPacedArchive(store, { now: () => nowMs });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    start: (count: number) =>
      Promise.allSettled(Array.from({ length: count }, () => archive.create("events/1", Buffer.of(1)))),
    /** Ends all creates under way after `ms`; gives how many there were. */
    endAll: async (ms: number, outcome: CreateOutcome | Error = "created") => {
      nowMs += ms;
      const ending = underWay.splice(0);
      for (const end of ending) end(outcome);
      await settle();
      return ending.length;
    },
  };
}

it("a fast store is given eight objects at once, one for each reader", async () => {
  const { start, endAll } = open();
  void start(20);
  expect([await endAll(100), await endAll(100), await endAll(100)]).toEqual([8, 8, 4]);
});

it("while creates are slow, half as many are made at once each time, down to one", async () => {
  const { start, endAll } = open();
  void start(20);
  const atOnce: number[] = [];
  for (let round = 0; round < 6; round += 1) atOnce.push(await endAll(10_000));
  expect(atOnce).toEqual([8, 4, 2, 1, 1, 1]);
});

it("a create that was given up counts as slow, and one that fails at once does not count as fast", async () => {
  const { start, endAll } = open();
  void start(20);
  expect([await endAll(20_000, "unknown"), await endAll(20_000, new Error("gone"))]).toEqual([8, 4]);
  expect([await endAll(0, "unknown"), await endAll(0, "unknown")]).toEqual([2, 2]);
});

it("once creates are fast again, each of them allows one more at once", async () => {
  const { start, endAll } = open();
  void start(60);
  for (const atOnce of [8, 4, 2, 1]) expect(await endAll(10_000)).toBe(atOnce);
  expect([await endAll(100), await endAll(100), await endAll(100), await endAll(100)]).toEqual([1, 2, 4, 8]);
});

it("all of them are done, however many wait", async () => {
  const { start, endAll } = open();
  const done = start(50);
  while ((await endAll(10_000)) > 0);
  expect(await done).toHaveLength(50);
});
