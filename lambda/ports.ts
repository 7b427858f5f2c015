/**
 * Every effect of the archiver goes through one of these five ports. The core (`segment/`, `archive/`, `coverage/`, `drain/`) is
 * given them and knows no other way out; adapters live in `source/` and `stores/`, and are wired by whoever starts a
 * run (the Lambda handler, the command line, a test).
 */

import type { SourceEvent } from "./event/event.ts";
import type { Instant } from "./event/instant.ts";

/** The parameters of Asana's audit log operation. Windows are half-open: `startAt` inclusive, `endAt` exclusive. */
export interface PageRequest {
  readonly workspace: string;
  readonly startAt?: Instant;
  readonly endAt?: Instant;
  readonly eventType?: string;
  readonly actorType?: string;
  readonly actorGid?: string;
  readonly resourceGid?: string;
  /** Documented as 1 to 100; omitted, the source returns up to 1,000 per page. */
  readonly limit?: number;
  /** A token of an earlier page of the same filters. */
  readonly offset?: string;
  /** The most bytes that the answer may have after decompression. Not sent. Omitted: the transport's own limit. */
  readonly maxBytes?: number;
  /** How many attempts the source makes before it gives up. Not sent. Omitted: the source's own setting. */
  readonly attempts?: number;
}

/** One page as received: events in source order, and the only thing taken from `next_page`. */
export interface Page {
  readonly kind: "page";
  readonly events: readonly SourceEvent[];
  /** `next_page.offset`; null when `next_page` is null. Never a sign of the end: the end is an empty page. */
  readonly offset: string | null;
  /** The source's clock when it answered (`Date` header, whole seconds); null when it sent none. */
  readonly servedAt: Instant | null;
}

/** The source no longer takes this offset, or has given as much as it gives at a time (truncated): go on by time. */
export interface OffsetRefused {
  readonly kind: "offset-refused";
  readonly reason: "expired" | "invalid" | "truncated";
}

/** The answer exceeds `maxBytes`. Asking again would not help: ask for fewer events per page, or allow more bytes. */
export interface PageTooLarge {
  readonly kind: "too-large";
}

export type PageAnswer = Page | OffsetRefused | PageTooLarge;

export interface EventSource {
  /**
   * Reads one page. Retries where that may help, within the run's time, and waits for `Retry-After`.
   * Throws ArchiverError: refused, unavailable, invalid-response; and `signal.reason` when aborted.
   */
  page(request: PageRequest, signal: AbortSignal): Promise<PageAnswer>;
  /** Resolves once the requests made so far have left this process, so that work on this thread cannot delay them. */
  sent?(): Promise<void>;
}

export interface StoredObject {
  readonly key: string;
  readonly sizeBytes: number;
}

/** One of the versions of an object, in a store that keeps them. A marker hides the versions before it from `list`. */
export interface ObjectVersion {
  readonly key: string;
  readonly isMarker: boolean;
}

/** Bytes `start` to `end`, both inclusive, as in an HTTP range. A range past the end gives what there is. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * `created`: this call created the object. `exists`: the key is taken, perhaps by our own earlier attempt. `unknown`: it
 * may have been created, may still be created later, or never. For `exists` and `unknown` alike: look at the log again.
 */
export type CreateOutcome = "created" | "exists" | "unknown";

/** Where segments live. The record: creating a segment is the commit point. */
export interface ArchiveStore {
  /** All objects whose key starts with `prefix` and sorts after `startAfter`, in ascending key order. */
  list(prefix: string, startAfter?: string): AsyncIterable<StoredObject>;
  /** The bytes of an object, or null if there is none. */
  get(key: string, range?: ByteRange): Promise<Buffer | null>;
  /** Creates the object only if the key is free. Never overwrites, never half-writes. */
  create(key: string, bytes: Uint8Array): Promise<CreateOutcome>;
  /** All versions of the objects whose key starts with `prefix`; those that are no markers in key order. Omitted: it keeps none. */
  versions?(prefix: string): AsyncIterable<ObjectVersion>;
}

/**
 * Where a day's log ends: what its last segment says of the whole log, and what the next segment continues. Kept in the
 * checkpoint to save reads; there it is compared with the archive, never trusted over it.
 */
export interface LogEnd {
  /** Number of the last segment. */
  readonly number: number;
  /** SHA-256 of its manifest, lower-case hex. */
  readonly manifestHash: string;
  readonly logCount: number;
  /** null in the odd day. */
  readonly logNewest: Instant | null;
  /** Ids of the events at `logNewest`, so that a tie at a page border needs no read; null when they are not known. */
  readonly idsAtNewest: readonly string[] | null;
  /**
   * Fingerprints of the ids archived last, a bounded number, newest last: base64 of 4 bytes each. An id among them is
   * compared with the segments even where its event is newer than the log; null when they are not known.
   */
  readonly recentIds: string | null;
  /** Of the last segment's object, so that a listing shows whether it is the same; null if an earlier version wrote it. */
  readonly sizeBytes: number | null;
}

/** A token of the source, to be asked again with exactly the filters it was issued for. */
export interface SavedOffset {
  readonly token: string;
  readonly startAt: Instant | null;
  readonly endAt: Instant | null;
  /** When it was obtained, on the source's clock. */
  readonly obtainedAt: Instant | null;
  /** The newest event before it; null: none had a time. */
  readonly newest: Instant | null;
}

/**
 * Why a span is read. `new`: it was never read. `recent`, `settled`, `aged`: it is read again, for what became visible
 * late: the last hour, a day that has ended, a day that the source will soon forget. `asked`: somebody asked for it;
 * only such a span is never stored.
 */
export type SpanPurpose = "new" | "recent" | "settled" | "aged" | "asked";

/** A span of the source's time that is still to be read, `[from, until)`. */
export interface Span {
  readonly purpose: SpanPurpose;
  /** How far it is read; null: from the oldest event that the source keeps. */
  readonly from: Instant | null;
  readonly until: Instant;
  /** Since when it is due, on the source's clock: alarms look at this age. */
  readonly dueAt: Instant;
  /** When the source first showed nothing here, or less than the archive holds; null: it did not. */
  readonly doubtedAt: Instant | null;
  /** Runs in a row that could not read the page at `from`, although the source answered other requests. */
  readonly failedRuns: number;
  /** A quick way back to `from`. */
  readonly offset: SavedOffset | null;
}

/** The end of the stream, which is always still to be read. */
export interface Tail {
  /** Where reading begins when there is no offset to continue from; null: at the oldest event that the source keeps. */
  readonly from: Instant | null;
  readonly offset: SavedOffset | null;
  readonly failedRuns: number;
}

/** A span that the source has forgotten before it could be read. */
export interface LostSpan {
  readonly purpose: SpanPurpose;
  readonly from: Instant | null;
  readonly until: Instant;
  readonly notedAt: Instant;
}

/**
 * What was found so far of a whole day that is read again. What leaves the list of spans, read and believed, is counted
 * here by the same move; when nothing of the day is left on the list, the survey becomes a coverage entry.
 */
export interface Survey {
  readonly day: string;
  /** Only what somebody asked for is not stored. */
  readonly purpose: "settled" | "aged" | "asked";
  readonly began: Instant;
  /** When something was counted last. */
  readonly ended: Instant;
  /** Pages that the source gave; one with events of two days counts for both. */
  readonly requests: number;
  /** Events that the source showed, and how many of them the survey archived. */
  readonly seen: number;
  readonly added: number;
  /** Archived events that the source did not show at the second look, and the ids of the first of them. */
  readonly gone: number;
  readonly goneIds: readonly string[];
  readonly conflicts: number;
  /** Archived in the odd day. */
  readonly odd: number;
  /** Parts that left the list although the source had forgotten them, or may have, oldest first. */
  readonly unread: readonly (readonly [Instant, Instant])[];
}

/** Up to where the rules have put spans on the list. Null: not yet. */
export interface Schedule {
  readonly recentUntil: Instant | null;
  readonly settledThrough: string | null;
  readonly agedThrough: string | null;
}

/** The content of a checkpoint. Losing it costs time, never an event. */
export interface CheckpointState {
  readonly tail: Tail;
  /** Everything the source showed up to this `created_at` is archived, but for the spans. It never falls. */
  readonly watermark: Instant | null;
  readonly spans: readonly Span[];
  readonly scheduled: Schedule;
  readonly surveys: readonly Survey[];
  readonly lost: readonly LostSpan[];
  /** Ends of the newest days' logs. */
  readonly hints: Readonly<Record<string, LogEnd>>;
  /** A run before this instant of our clock makes no request; null when it may at any time. */
  readonly notBefore: Instant | null;
  /** Runs in a row that met `next_page: null` without events although events were seen before. */
  readonly blankRuns: number;
}

export interface Checkpoint {
  /** Changes with every move and never comes back. */
  readonly version: string;
  readonly state: CheckpointState;
}

export type MoveOutcome =
  | { readonly kind: "moved"; readonly version: string }
  | { readonly kind: "conflict"; readonly current: Checkpoint | null };

export interface CheckpointStore {
  /** Strongly consistent. Null when there is none. */
  read(workspace: string): Promise<Checkpoint | null>;
  /**
   * Replaces the checkpoint if its version is still `from` (null: if there is none) and the watermark does not fall.
   * Throws ArchiverError `unavailable` when the store did not answer; the move may or may not have happened.
   */
  move(workspace: string, state: CheckpointState, from: string | null): Promise<MoveOutcome>;
}

export interface Clock {
  /** Milliseconds since 1970, on our clock. Used for waiting and reporting, never for what is archived. */
  now(): number;
  /** Resolves after `delayMs`; rejects with `signal.reason` if it aborts first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

/** Gids, counts, days and sizes only: never an event's content, a token or an offset. */
export type Logger = (
  level: "debug" | "info" | "warn" | "error",
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;
