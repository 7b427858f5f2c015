/** Pure judgements: may this event be archived already, as far as times tell? */
import type { SourceEvent } from "../event/event.ts";
import { compareInstants, type Instant } from "../event/instant.ts";

/** Times of the events in one segment or page; null in the odd day, where any segment may hold any event. */
export interface Span {
  readonly oldest: Instant | null;
  readonly newest: Instant | null;
}

/** What a log's last segment says of the whole log; what the next segment continues. */
export interface LogEnd {
  readonly number: number;
  /** SHA-256 of the last manifest. */
  readonly hash: string;
  readonly logCount: number;
  /** null in the odd day. */
  readonly logNewest: Instant | null;
  /** Ids of the events at `logNewest`; null when not known. */
  readonly idsAtNewest: ReadonlySet<string> | null;
  /** Of the last segment's object. */
  readonly sizeBytes: number | null;
}

/** Without a read: an event newer than the log is new, and so is one at its newest instant if the ids there are known. */
export function isSurelyNew(event: SourceEvent, end: LogEnd | null): boolean {
  if (end === null) return true;
  if (event.at === null || end.logNewest === null) return false;
  const order = compareInstants(event.at, end.logNewest);
  return order > 0 || (order === 0 && end.idsAtNewest !== null && !end.idsAtNewest.has(event.id));
}

export function mayOverlap(a: Span, b: Span): boolean {
  if (a.oldest === null || a.newest === null || b.oldest === null || b.newest === null) return true;
  return compareInstants(a.oldest, b.newest) <= 0 && compareInstants(a.newest, b.oldest) >= 0;
}

export function spanOf(events: readonly SourceEvent[]): Span {
  let oldest: Instant | null = null;
  let newest: Instant | null = null;
  for (const { at } of events) {
    if (at === null) return { oldest: null, newest: null };
    // Stryker disable next-line EqualityOperator: equal instants are equal strings, so either may be kept
    if (oldest === null || compareInstants(at, oldest) < 0) oldest = at;
    // Stryker disable next-line EqualityOperator: equal instants are equal strings, so either may be kept
    if (newest === null || compareInstants(at, newest) > 0) newest = at;
  }
  return { oldest, newest };
}
