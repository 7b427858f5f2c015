/** Pure judgements: may this event be archived already, as far as times tell? */
import type { SourceEvent } from "../event/event.ts";
import { compareInstants, type Instant } from "../event/instant.ts";
import type { LogEnd } from "../ports.ts";

/** Oldest and newest of the events in one segment or page; null in the odd day, where any segment may hold any event. */
export interface Extent {
  readonly oldest: Instant | null;
  readonly newest: Instant | null;
}

/** Without a read: an event newer than the log is new, and so is one at its newest instant if the ids there are known. */
export function isSurelyNew(event: SourceEvent, end: LogEnd | null): boolean {
  if (end === null) return true;
  if (event.at === null || end.logNewest === null) return false;
  const order = compareInstants(event.at, end.logNewest);
  return order > 0 || (order === 0 && end.idsAtNewest !== null && !end.idsAtNewest.includes(event.id));
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
