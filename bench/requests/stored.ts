/** What many small segments cost in bytes. */
import { gzipSync } from "node:zlib";
import { DAY_MS } from "../../lambda/event/instant.ts";
import type { ArchiveStore } from "../../lambda/ports.ts";
import { EVENTS_PREFIX, parseSegmentKey } from "../../lambda/segment/key.ts";
import { segmentLines } from "../../lambda/segment/reader.ts";
import { createSyncCodec } from "../../test/fakes/sync-codec.ts";
import type { Scale } from "../harness/bench.ts";
import { EVERY_MS, openLife } from "./virtual-life.ts";

/** A day whose runs find 750 events each. */
export const BUSY_EVENTS = 216_000;

/** The first day is read as history, the second every five minutes. */
export async function storedOfBusyDay(scale: Scale): Promise<number> {
  const eventsPerDay = scale.pick(BUSY_EVENTS, 500);
  const life = openLife({ daysBefore: 0.5, daysAfter: 2, eventsPerDay, latencyMs: 300, level: 6 });
  await life.drain();
  await Array.fromAsync(life.drains(EVERY_MS, DAY_MS));
  return await storedOver(life.archive);
}

/** Bytes stored for the second day, which is complete, over those of one gzip of all its lines. */
export async function storedOver(archive: ArchiveStore): Promise<number> {
  const days = new Map<string, { stored: number; lines: Buffer[] }>();
  for await (const { key, sizeBytes } of archive.list(EVENTS_PREFIX)) {
    const { day } = parseSegmentKey(key)!;
    const of = days.get(day) ?? { stored: 0, lines: [] };
    days.set(day, of);
    of.stored += sizeBytes;
    for await (const lines of segmentLines((await archive.get(key))!, createSyncCodec())) of.lines.push(...lines);
  }
  const { stored, lines } = [...days].sort(([a], [b]) => (a < b ? -1 : 1))[1]![1];
  return stored / gzipSync(Buffer.from(`${lines.join("\n")}\n`), { level: 6 }).length;
}
