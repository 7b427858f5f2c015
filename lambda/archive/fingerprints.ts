import { inLanes } from "./lanes.ts";

/**
 * Whether an id is there twice, over any number of days, in eight bytes an event. Two ids may share a fingerprint, so
 * what is found here is only suspected and must be looked at; what is not found is not there twice.
 */

/** 64-bit fingerprints of the ids of one day log, in ascending order. Plain data: a worker can hand it over. */
export type Fingerprints = BigUint64Array;

export interface FingerprintList {
  add(id: string): void;
  /** Sorted; the list takes no more after it. */
  finish(): Fingerprints;
}

const FIRST_CAPACITY = 1024;

export function createFingerprintList(): FingerprintList {
  let words = new Uint32Array(2 * FIRST_CAPACITY);
  let used = 0;
  return {
    add(id) {
      if (used === words.length) {
        const larger = new Uint32Array(2 * words.length);
        larger.set(words);
        words = larger;
      }
      writeFingerprint(id, words, used);
      used += 2;
    },
    finish: () => new BigUint64Array(words.slice(0, used).buffer).sort(),
  };
}

const scratch = new Uint32Array(2);
const scratchValue = new BigUint64Array(scratch.buffer);

export function fingerprintOf(id: string): bigint {
  writeFingerprint(id, scratch, 0);
  return scratchValue[0]!;
}

/** Two rounds of multiply and shift with different constants; good enough to spread, and not meant to be secret. */
function writeFingerprint(id: string, words: Uint32Array, at: number): void {
  let a = 0x9e3779b9;
  let b = 0x85ebca6b;
  for (let i = 0; i < id.length; i += 1) {
    const code = id.charCodeAt(i);
    a = Math.imul(a ^ code, 0x9e3779b1);
    b = Math.imul(b ^ code, 0x5f356495);
  }
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35);
  b = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
  words[at] = a;
  words[at + 1] = b;
}

/** Fingerprints are merged by their first bits, so that only this fraction of them is copied at a time. */
const BUCKET_BITS = 6;
const BUCKETS = 2 ** BUCKET_BITS;
const BUCKET_SHIFT = BigInt(64 - BUCKET_BITS);

/** Where each bucket begins among the fingerprints of a day, and at the end how many these are. */
export function bucketStarts(day: Fingerprints): number[] {
  const starts = [0];
  for (let bucket = 1; bucket < BUCKETS; bucket += 1)
    starts.push(lowerBound(day, BigInt(bucket) << BUCKET_SHIFT, starts.at(-1)!));
  return [...starts, day.length];
}

/** Fingerprints that are there more than once, within a day or across days; at most `max` of them. */
export function findDoubles(days: readonly Fingerprints[], max: number): Set<bigint> {
  const doubles = new Set<bigint>();
  const starts = days.map(bucketStarts);
  for (let bucket = 0; bucket < BUCKETS && doubles.size < max; bucket += 1) {
    const slices = days.map((day, index) => day.subarray(starts[index]![bucket]!, starts[index]![bucket + 1]!));
    addDoubles(merge(slices), doubles, max);
  }
  return doubles;
}

/** The fingerprints of a day log that are kept elsewhere. */
export interface StoredFingerprints {
  /** As `bucketStarts` gives them. */
  readonly starts: readonly number[];
  /** From one index on and before another. */
  read(from: number, to: number): Promise<Fingerprints>;
}

const READS_AT_ONCE = 32;

/**
 * As `findDoubles`, and which of the days hold one, by index. In memory are at most `mostAtOnce` fingerprints at a time,
 * or those of one bucket.
 */
export async function findStoredDoubles(
  days: readonly StoredFingerprints[],
  max: number,
  mostAtOnce: number,
): Promise<{ readonly doubles: ReadonlySet<bigint>; readonly holders: ReadonlySet<number> }> {
  const doubles = new Set<bigint>();
  const holders = new Set<number>();
  const total = days.reduce((sum, { starts }) => sum + starts.at(-1)!, 0);
  const step = Math.max(1, Math.min(BUCKETS, Math.floor((BUCKETS * mostAtOnce) / Math.max(1, total))));
  for (let first = 0; first < BUCKETS && doubles.size < max; first += step) {
    const slices = await inLanes(days, READS_AT_ONCE, ({ starts, read }) =>
      read(starts[first]!, starts[Math.min(first + step, BUCKETS)]!),
    );
    const found = new Set<bigint>();
    addDoubles(merge(slices), found, max - doubles.size);
    for (const value of found) doubles.add(value);
    for (const [index, slice] of slices.entries()) if (hasAny(slice, found)) holders.add(index);
  }
  return { doubles, holders };
}

export const hasAny = (day: Fingerprints, wanted: Iterable<bigint>): boolean => {
  for (const value of wanted) if (day[lowerBound(day, value, 0)] === value) return true;
  return false;
};

function merge(slices: readonly Fingerprints[]): Fingerprints {
  const merged = new BigUint64Array(slices.reduce((length, slice) => length + slice.length, 0));
  let end = 0;
  for (const slice of slices) {
    merged.set(slice, end);
    end += slice.length;
  }
  return merged.sort();
}

/** Compared as words: reading an element as a bigint makes an object of it. */
function addDoubles(sorted: Fingerprints, doubles: Set<bigint>, max: number): void {
  const words = new Uint32Array(sorted.buffer);
  for (let at = 2; at < words.length && doubles.size < max; at += 2) {
    if (words[at] === words[at - 2] && words[at + 1] === words[at - 1]) doubles.add(sorted[at / 2]!);
  }
}

function lowerBound(sorted: Fingerprints, value: bigint, start: number): number {
  let low = start;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
