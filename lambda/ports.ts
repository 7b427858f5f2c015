/**
 * Every effect of the archiver goes through one of these five ports. The core (`segment/`, `archive/`, `drain/`) is
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
  /** Documented as 1 to 100; left out, the source gives up to 1,000 a page. */
  readonly limit?: number;
  /** A token of an earlier page of the same filters. */
  readonly offset?: string;
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

export interface EventSource {
  /**
   * Reads one page. Retries what is worth it, within the run's time; waits out `Retry-After`.
   * Throws ArchiverError: refused, unavailable, invalid-response; and `signal.reason` when aborted.
   */
  page(request: PageRequest, signal: AbortSignal): Promise<Page | OffsetRefused>;
  /** Resolves once the requests made so far have left this process, so that work on this thread cannot delay them. */
  sent?(): Promise<void>;
}

export interface StoredObject {
  readonly key: string;
  readonly sizeBytes: number;
}

/** Bytes `start` to `end`, both inclusive, as in an HTTP range. A range past the end gives what there is. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * `created`: this call made the object. `exists`: the key is taken, perhaps by our own earlier try. `unknown`: it may
 * have been made, may still be made later, or never. For `exists` and `unknown` alike: look at the log again.
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
}

/** What is known of a day's log, to save reads; checked against the archive, never trusted over it. */
export interface DayHint {
  /** Number of the last segment known. */
  readonly number: number;
  /** SHA-256 of its manifest, lower-case hex. */
  readonly manifestHash: string;
  readonly logCount: number;
  /** null in the odd day. */
  readonly logNewest: Instant | null;
  /** Ids of the events at `logNewest`, so that a tie at a page border needs no read; null when they are too many. */
  readonly idsAtNewest: readonly string[] | null;
  /** Of the last segment's object, so that a listing tells it from another; null in a hint of an earlier version. */
  readonly sizeBytes: number | null;
}

export interface SavedOffset {
  readonly token: string;
  /** The window the token was issued for; it is asked again with exactly these. */
  readonly startAt: Instant | null;
  /** When it was obtained, on the source's clock. */
  readonly obtainedAt: Instant | null;
}

/** The content of a checkpoint. Losing it costs time, never an event. */
export interface CheckpointState {
  readonly offset: SavedOffset | null;
  /** The newest created_at up to which everything the source showed has been archived. */
  readonly watermark: Instant | null;
  readonly hints: Readonly<Record<string, DayHint>>;
  /** A run before this instant of our clock makes no request; null when there is no such order. */
  readonly notBefore: Instant | null;
  /** Runs in a row that met `next_page: null` without events although events were seen before. */
  readonly blankRuns: number;
  readonly rescans: RescanState;
}

/** What rescans need not be done again. Null: none that we know of. */
export interface RescanState {
  /** End of the last rescan of the recent hour, on the source's clock. */
  readonly recentUntil: Instant | null;
  /** Every day up to and with this one was read after it was settled: by a rescan, or first by a drain. */
  readonly settledThrough: string | null;
  /** Every day up to and with this one was read in its 80th day or later. */
  readonly agedThrough: string | null;
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
  /** Milliseconds since 1970, on our clock. Used for waiting and telling, never for what is archived. */
  now(): number;
  /** Resolves after `delayMs`; rejects with `signal.reason` if it aborts first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

/** Gids, counts, days and sizes only: never an event's content, a token or an offset. */
export type Log = (
  level: "debug" | "info" | "warn" | "error",
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;
