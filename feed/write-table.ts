import type { Draft } from "./oddities.ts";
import type { Random } from "./random.ts";
import type { Hour } from "./rhythm.ts";
import type { RecordEvent } from "./shift.ts";
import type { EventTable } from "./table.ts";

export interface Lateness {
  readonly lateRate?: number;
  readonly lateMaxMs?: number;
}

/** Sixteen digits, growing with the event's place in the log, with gaps. */
const FIRST_GID = 1_210_000_000_000_000;
const GID_STEP = 89;
/** Share of events that swap gids with another of their hour: gids need not follow time. */
const SWAPPED_GIDS = 0.01;
const HALF_HOUR_MS = 1_800_000;
/** More than one UTF-16 unit ever takes in UTF-8. */
const BYTES_PER_UNIT = 3;

/** Lets `fill` record the events of an hour, puts them in order and writes them as bytes. */
export function buildTable(
  hour: Hour,
  random: Random,
  lateness: Lateness,
  fill: (record: RecordEvent) => void,
): EventTable {
  const offsets: number[] = [];
  const tails: string[] = [];
  fill((offsetMs, draft) => {
    offsets.push(offsetMs);
    tails.push(tailOf(draft));
  });
  const count = offsets.length;
  const gids = assignGids(hour.before, count, random);
  const byTime = Uint32Array.from(offsets.keys()).sort((a, b) => offsets[a]! - offsets[b]! || a - b);
  sortTies(gids, (row) => offsets[byTime[row]!]!);

  const atMs = Float64Array.from(byTime, (event) => hour.startMs + offsets[event]!);
  const visibleAtMs = Float64Array.from(atMs, (ms) => ms + delayOf(random, lateness));
  const { bytes, ends } = writeRows(count, (row) => headOf(gids[row]!, atMs[row]!) + tails[byTime[row]!]!);
  const allVisibleAtMs = visibleAtMs.reduce((a, b) => Math.max(a, b), 0);
  return { count, bytes, ends, atMs, gids, visibleAtMs, allVisibleAtMs };
}

const headOf = (gid: number, atMs: number) => `{"gid":"${gid}","created_at":"${new Date(atMs).toISOString()}",`;

const tailOf = (draft: Draft) =>
  `"event_type":"${draft.type}","event_category":"${draft.category}","actor":${draft.actor},"resource":${draft.resource},"details":${draft.details},"context":${draft.context}${draft.more}}`;

function assignGids(before: number, count: number, random: Random): Float64Array {
  const gids = Float64Array.from(
    { length: count },
    (_, row) => FIRST_GID + (before + row) * GID_STEP + random.int(GID_STEP),
  );
  for (let swaps = Math.floor(count * SWAPPED_GIDS); swaps > 0; swaps--) {
    const a = random.int(count);
    const b = random.int(count);
    [gids[a], gids[b]] = [gids[b]!, gids[a]!];
  }
  return gids;
}

/** Puts the gids of each instant in ascending order. */
function sortTies(gids: Float64Array, offsetOf: (row: number) => number): void {
  for (let from = 0; from < gids.length; ) {
    let to = from + 1;
    while (to < gids.length && offsetOf(to) === offsetOf(from)) to++;
    if (to - from > 1) gids.subarray(from, to).sort();
    from = to;
  }
}

function delayOf(random: Random, { lateRate = 0.001, lateMaxMs = HALF_HOUR_MS }: Lateness): number {
  return random.chance(lateRate) ? random.int(lateMaxMs + 1) : 0;
}

/** A reused buffer for rows whose length is not yet known, so that millions of events leave little garbage. */
let scratch = Buffer.allocUnsafe(1_048_576);

function writeRows(count: number, rowOf: (row: number) => string): { bytes: Buffer; ends: Uint32Array } {
  const ends = new Uint32Array(count);
  let length = 0;
  for (let row = 0; row < count; row++) {
    const text = row === 0 ? rowOf(row) : `,${rowOf(row)}`;
    const room = length + text.length * BYTES_PER_UNIT;
    if (room > scratch.length) {
      const larger = Buffer.allocUnsafe(Math.max(room, scratch.length * 2));
      scratch.copy(larger, 0, 0, length);
      scratch = larger;
    }
    length += scratch.write(text, length);
    ends[row] = length;
  }
  return { bytes: Buffer.from(scratch.subarray(0, length)), ends };
}
