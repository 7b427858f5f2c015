/** What the next format of a checkpoint holds of work still to be done, as far as `status` tells of it. */
import type { Instant } from "../event/instant.ts";

export type SpanPurpose = "new" | "recent" | "settled" | "aged" | "asked";

/** A span of the source's time that is still to be read, `[from, until)`. */
export interface Span {
  readonly purpose: SpanPurpose;
  /** How far it is read; null: from the oldest event that the source keeps. */
  readonly from: Instant | null;
  readonly until: Instant;
  /** Since when it is due, on the source's clock. */
  readonly dueAt: Instant;
  /** When the source first showed nothing here, or less than the archive holds; null: it did not. */
  readonly doubtedAt: Instant | null;
  /** Runs in a row that could not read the page at `from`, although the source answered other requests. */
  readonly failedRuns: number;
}

/** A span that the source has forgotten before it could be read. */
export interface LostSpan {
  readonly purpose: SpanPurpose;
  readonly from: Instant | null;
  readonly until: Instant;
  readonly notedAt: Instant;
}

/** Up to where the rules have put spans on the list. Null: not yet. */
export interface Schedule {
  readonly recentUntil: Instant | null;
  readonly settledThrough: string | null;
  readonly agedThrough: string | null;
}

export interface SpanState {
  readonly spans: readonly Span[];
  readonly scheduled: Schedule;
  readonly lost: readonly LostSpan[];
}
