import fc from "fast-check";
import { expect, it } from "vitest";
import {
  bucketStarts,
  createFingerprintList,
  findDoubles,
  findStoredDoubles,
  fingerprintOf,
  hasAny,
} from "../../lambda/archive/fingerprints.ts";
import { tries } from "../tries.ts";

const fingerprintsOf = (ids: readonly string[]) => {
  const list = createFingerprintList();
  for (const id of ids) list.add(id);
  return list.finish();
};
const ids = fc.oneof(fc.nat(40).map(String), fc.string(), fc.stringMatching(/^1[0-9]{15}$/));

it("ids that are there twice, on one day or on two, are always found, and no others among small sets", () => {
  fc.assert(
    fc.property(fc.array(fc.array(ids, { maxLength: 40 }), { maxLength: 5 }), (days) => {
      const seen = new Set<string>();
      const twice = new Set<bigint>();
      for (const id of days.flat()) {
        if (seen.has(id)) twice.add(fingerprintOf(id));
        seen.add(id);
      }
      expect(findDoubles(days.map(fingerprintsOf), 1000)).toEqual(twice);
    }),
    tries(100),
  );
});

it("fingerprints of a day are sorted and complete, however many there are", () => {
  const many = Array.from({ length: 5000 }, (_, index) => String(1_200_000_000_000_000 + index));
  const sorted = fingerprintsOf(many);
  expect(sorted).toEqual(BigUint64Array.from(many, fingerprintOf).sort());
});

it("as many gids as Asana gives have as many fingerprints", () => {
  const list = createFingerprintList();
  for (let index = 0; index < 100_000; index += 1) list.add(String(1_200_000_000_000_000 + index * 7));
  expect(findDoubles([list.finish()], 10).size).toBe(0);
});

it("all bits of a fingerprint are used", () => {
  const buckets = new Set<bigint>();
  for (const shift of [0n, 20n, 40n, 56n]) {
    buckets.clear();
    for (let index = 0; index < 5000; index += 1) buckets.add((fingerprintOf(String(index)) >> shift) & 0xffn);
    expect(buckets.size).toBe(256);
  }
});

it("no more doubles are found than asked for", () => {
  const day = fingerprintsOf(Array.from({ length: 100 }, (_, index) => String(index)));
  for (let max = 0; max <= 100; max += 1) expect(findDoubles([day, day], max).size).toBe(max);
});

it("fingerprints that share one half only are not the same", () => {
  const sameLow = BigUint64Array.of(7n, 7n + (1n << 32n), 7n + (2n << 32n));
  const sameHigh = BigUint64Array.of(1n << 33n, (1n << 33n) + 1n, (1n << 33n) + 2n);
  expect(findDoubles([sameLow], 10)).toEqual(new Set());
  expect(findDoubles([sameHigh], 10)).toEqual(new Set());
  expect(findDoubles([sameLow, sameLow.subarray(1, 2)], 10)).toEqual(new Set([7n + (1n << 32n)]));
});

it("tells whether a day holds any of them", () => {
  const day = fingerprintsOf(["a", "b", "c"]);
  expect(hasAny(day, [fingerprintOf("x"), fingerprintOf("b")])).toBe(true);
  expect(hasAny(day, [fingerprintOf("x"), 2n ** 64n - 1n, 0n])).toBe(false);
  expect(hasAny(fingerprintsOf([]), [fingerprintOf("x")])).toBe(false);
});

it("fingerprints that are kept elsewhere and read in parts, however small, give the same doubles, and the days that hold one", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(ids, { maxLength: 40 }), { maxLength: 5 }),
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: 20 }),
      async (lists, mostAtOnce, max) => {
        const days = lists.map(fingerprintsOf);
        const stored = days.map((day) => ({
          starts: bucketStarts(day),
          read: async (from: number, to: number) => day.slice(from, to),
        }));
        const { doubles, holders } = await findStoredDoubles(stored, max, mostAtOnce);
        expect(doubles).toEqual(findDoubles(days, max));
        expect(holders).toEqual(new Set(days.keys().filter((index) => hasAny(days[index]!, doubles))));
      },
    ),
    tries(100),
  );
});

it("of fingerprints that are kept elsewhere no more are in memory at a time than was asked for, or those of one bucket", async () => {
  const day = fingerprintsOf(Array.from({ length: 5000 }, (_, index) => `e${index}`));
  const asked: number[] = [];
  const read = async (from: number, to: number) => {
    asked.push(to - from);
    return day.slice(from, to);
  };
  await findStoredDoubles([{ starts: bucketStarts(day), read }], 10, 1000);
  expect(Math.max(...asked)).toBeLessThan(1200);
  expect(asked.reduce((sum, count) => sum + count, 0)).toBe(5000);
  expect(asked.length).toBeLessThan(10);
});
