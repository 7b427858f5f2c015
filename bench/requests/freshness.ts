/** How long it takes from the time of an event until its object exists. */
import type { ArchiveStore } from "../../lambda/ports.ts";
import { EVENTS_PREFIX } from "../../lambda/segment/key.ts";
import { segmentLines } from "../../lambda/segment/reader.ts";
import { createSyncCodec } from "../../test/fakes/sync-codec.ts";
import type { Scale } from "../harness/bench.ts";
import { openLife } from "./virtual-life.ts";

/** The 95th percentile, in minutes. */
export async function minutesToObject(scale: Scale): Promise<number> {
  const everyMs = 60_000;
  const life = openLife({ daysBefore: 1, daysAfter: 1, eventsPerDay: scale.pick(25_000, 500), latencyMs: 300 });
  await life.drain();
  const seen = new Set<string>();
  await newLines(life.archive, seen);
  const agesMs: number[] = [];
  for await (const _ of life.drains(everyMs, scale.pick(240, 30) * everyMs)) {
    for (const line of await newLines(life.archive, seen)) agesMs.push(ageMs(line, life.clock.now()));
  }
  return percentile95(agesMs) / 60_000;
}

export const ageMs = (line: Buffer, nowMs: number): number =>
  nowMs - Date.parse(JSON.parse(line.toString()).created_at);

export function percentile95(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * 0.95)] ?? 0;
}

/** The lines of all segments that were not seen before; adds their keys to `seen`. */
export async function newLines(archive: ArchiveStore, seen: Set<string>): Promise<Buffer[]> {
  const found: Buffer[] = [];
  for await (const { key } of archive.list(EVENTS_PREFIX)) {
    if (seen.has(key)) continue;
    seen.add(key);
    for await (const lines of segmentLines((await archive.get(key))!, createSyncCodec())) found.push(...lines);
  }
  return found;
}
