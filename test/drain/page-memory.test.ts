import fc from "fast-check";
import { expect, it } from "vitest";
import { defaultLimits } from "../../lambda/drain/limits.ts";
import { createPageMemory, MAX_PAGE_BYTES, type PageRoom } from "../../lambda/drain/page-memory.ts";
import { NEVER } from "../fakes/run.ts";

const MIB = 1024 * 1024;
const LEAST = 4 * MIB;
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Rooms until there are no more. */
function takeAll(memory: ReturnType<typeof createPageMemory>): PageRoom[] {
  const rooms: PageRoom[] = [];
  for (let room = memory.tryTake(); room !== null; room = memory.tryTake()) rooms.push(room);
  return rooms;
}
const sizes = (rooms: readonly PageRoom[]) => rooms.map(({ bytes }) => bytes / MIB);

it.each<[totalMiB: number, rooms: number[]]>([
  [16, [4, 4, 4, 4]],
  [19.9, [4, 4, 4, 4]],
  [3, [3]],
])("of %d MiB, ordinary pages get their rooms up to the total", (totalMiB, rooms) => {
  expect(sizes(takeAll(createPageMemory(totalMiB * MIB)))).toEqual(rooms);
});

it("a page that is there holds only what it needs, and nothing once it is freed, however often", () => {
  const memory = createPageMemory(8 * MIB);
  const [first, second] = takeAll(memory);
  first?.fill(MIB);
  expect(memory.tryTake()).toBeNull();
  second?.fill(3 * MIB);
  expect(takeAll(memory)).toHaveLength(1);
  for (let times = 0; times < 3; times += 1) second?.free();
  second?.fill(3 * MIB); // too late: it is in memory no more
  expect(takeAll(memory)).toHaveLength(0);
  first?.free();
  expect(takeAll(memory)).toHaveLength(1);
});

it("a run's memory has room for ordinary pages of all readers and the tail, both read and on their way, but for one page of 50 MB at a time", () => {
  const chains = defaultLimits.readers + 1;
  const memory = createPageMemory(defaultLimits.pageBytes);
  for (let reader = 0; reader < chains; reader += 1) memory.tryTake()!.fill(MIB);
  expect(takeAll(memory).length).toBeGreaterThanOrEqual(chains);
  const largePages = createPageMemory(defaultLimits.pageBytes);
  largePages.tryTake()!.fill(50_000_000);
  expect(largePages.tryTake()).toBeNull();
});

it("a page that is larger than all memory is let through by itself", () => {
  const memory = createPageMemory(8 * MIB);
  const [first] = takeAll(memory);
  first?.fill(20 * MIB);
  takeAll(memory)[0]?.free();
  expect(memory.tryTake()).toBeNull();
});

it("pages after a large one get room for one like it and a quarter more, and less with each that needs less", () => {
  const memory = createPageMemory(128 * MIB);
  const next = (bytes: number) => {
    const room = memory.tryTake()!;
    room.fill(bytes);
    room.free();
    return room.bytes / MIB;
  };
  expect([16, 1, 1, 1].map((mib) => next(mib * MIB))).toEqual([4, 20, 18, expect.closeTo(16.2)]);
  for (let page = 0; page < 50; page += 1) next(0);
  expect(next(0) * MIB).toBe(LEAST);
});

it.each<[totalMiB: number, rooms: number[]]>([
  [128, [4, 8, 16, 32, 64]],
  [40, [4, 8, 16, 32, 40]],
  [3, [3]],
])("where pages of %d MiB in all do not fit, room doubles until there is no more", (totalMiB, expected) => {
  const memory = createPageMemory(totalMiB * MIB);
  const rooms: number[] = [];
  for (let grows = true; grows; ) {
    const room = memory.tryTake()!;
    rooms.push(room.bytes / MIB);
    grows = room.overflow();
    room.free();
  }
  expect(rooms).toEqual(expected);
  expect(memory.tryTake()!.bytes).toBe(Math.min(MAX_PAGE_BYTES, totalMiB * MIB));
});

it("who waits gets room as soon as it is free, first come first served", async () => {
  const memory = createPageMemory(LEAST);
  const order: number[] = [];
  const room = memory.tryTake()!;
  const waiting = [1, 2, 3].map(async (place) => {
    const taken = await memory.take(NEVER);
    order.push(place);
    return taken;
  });
  await settled();
  expect(order).toEqual([]);
  room.free();
  await settled();
  expect(order).toEqual([1]);
  (await waiting[0])?.fill(0);
  await settled();
  expect(order).toEqual([1, 2]);
});

it("an abort wakes who waits, and gives no room to who comes later", async () => {
  const memory = createPageMemory(LEAST);
  const room = memory.tryTake()!;
  const stop = new AbortController();
  const waiting = [memory.take(stop.signal), memory.take(stop.signal)];
  const other = memory.take(NEVER);
  stop.abort(new Error("time is up"));
  for (const each of [...waiting, memory.take(stop.signal)]) await expect(each).rejects.toThrow("time is up");
  room.free();
  expect((await other).bytes).toBe(LEAST);
});

it("readers never hold more than the total, and all of them come to their end", async () => {
  const pages = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 * MIB }), fc.integer({ min: 0, max: 3 })), {
    maxLength: 8,
  });
  const readers = fc.array(pages, { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(readers, fc.integer({ min: 1, max: 20 * MIB }), async (all, totalBytes) => {
      const memory = createPageMemory(totalBytes);
      let held = 0;
      let done = 0;
      const hold = (bytes: number) => {
        held += bytes;
        expect(held).toBeLessThanOrEqual(totalBytes);
      };
      const reading = all.map(async (sizesAndTurns) => {
        for (const [bytes, turns] of sizesAndTurns) {
          const room = await memory.take(NEVER);
          hold(room.bytes);
          for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
          if (bytes <= room.bytes) {
            room.fill(bytes);
            hold(bytes - room.bytes);
            await Promise.resolve();
            held -= bytes;
          } else {
            room.overflow();
            held -= room.bytes;
          }
          room.free();
          done += 1;
        }
      });
      await Promise.race([Promise.all(reading), settled()]);
      expect(done).toBe(all.flat().length);
      expect(held).toBe(0);
    }),
  );
});
