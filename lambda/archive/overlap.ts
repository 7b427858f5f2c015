/** Pure judgements: may this event be archived already, judging by its time? */
import { crc32 } from "node:zlib";
import type { SourceEvent } from "../event/event.ts";
import { compareInstants, type Instant } from "../event/instant.ts";
import type { LogEnd } from "../ports.ts";

/** Oldest and newest of the events in one segment or page; null in the odd day, where any segment may hold any event. */
export interface Extent {
  readonly oldest: Instant | null;
  readonly newest: Instant | null;
}

/**
 * Without a read: an event newer than the log is new, and so is one at its newest instant if the ids there are known;
 * unless its id is among those that were archived last, for a source may show a gid again with a later time.
 */
export function isSurelyNew(event: SourceEvent, end: LogEnd | null, recent: ReadonlySet<number>): boolean {
  if (end === null) return true;
  if (isRecent(event, recent)) return false;
  if (event.at === null || end.logNewest === null) return false;
  const order = compareInstants(event.at, end.logNewest);
  return order > 0 || (order === 0 && end.idsAtNewest !== null && !end.idsAtNewest.includes(event.id));
}

/** Whether the event's id is among those that were archived last. */
export const isRecent = ({ id }: SourceEvent, recent: ReadonlySet<number>): boolean =>
  recent.size > 0 && recent.has(idFingerprint(id));

/** Ids archived last that are remembered from run to run, for each of two days: 3 KB of a checkpoint in all. */
export const MAX_RECENT_IDS = 300;

const idFingerprint = (id: string): number => crc32(id);

export function readRecentIds(text: string | null): ReadonlySet<number> {
  const bytes = Buffer.from(text ?? "", "base64");
  return new Set(Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) => bytes.readUInt32LE(4 * index)));
}

/** `before` and then the ids, as text again; the last of them. Null: none. */
export const writeRecentIds = (before: ReadonlySet<number>, ids: readonly string[]): string | null =>
  spellFingerprints([...before, ...ids.map(idFingerprint)]);

/** What two runs remember of one day, `after` archived last; the last of them. Null: none. */
export function mergeRecentIds(before: string | null, after: string | null): string | null {
  if (before === null || after === null || before === after) return after ?? before;
  return spellFingerprints([...readRecentIds(before), ...readRecentIds(after)]);
}

function spellFingerprints(fingerprints: Iterable<number>): string | null {
  const recent = [...new Set(fingerprints)].slice(-MAX_RECENT_IDS);
  if (recent.length === 0) return null;
  const bytes = Buffer.alloc(4 * recent.length);
  for (const [index, fingerprint] of recent.entries()) bytes.writeUInt32LE(fingerprint, 4 * index);
  return bytes.toString("base64");
}

export function mayOverlap(a: Extent, b: Extent): boolean {
  if (a.oldest === null || a.newest === null || b.oldest === null || b.newest === null) return true;
  return compareInstants(a.oldest, b.newest) <= 0 && compareInstants(a.newest, b.oldest) >= 0;
}

export function extentOf(events: readonly SourceEvent[]): Extent {
  let oldest: Instant | null = null;
  let newest: Instant | null = null;
  for (const { at } of events) {
    if (at === null) return { oldest: null, newest: null };
    if (oldest === null || compareInstants(at, oldest) < 0) oldest = at;
    if (newest === null || compareInstants(at, newest) > 0) newest = at;
  }
  return { oldest, newest };
}
