import type { Instant } from "../event/instant.ts";
import type { Overdue } from "./schedule.ts";

/** What a run did so far. Counts only; no event content. */
export interface RunReport {
  readonly workspace: string;
  readonly run: string;
  /** `caught-up`: the end of the stream was seen. `out-of-time`: there is more, the next run goes on. */
  outcome: "caught-up" | "out-of-time";
  pages: number;
  /** Events the source showed, repeats included. */
  events: number;
  archived: number;
  /** Events that were archived already, or shown twice. */
  repeats: number;
  /** Archived in the odd day: no readable `created_at`, or one before the log began. */
  odd: number;
  /** Dated more than a minute ahead of the source's clock. */
  ahead: number;
  /** One gid with two contents: the first stays. */
  conflicts: number;
  /** Archived although older than the watermark this run began with: a cursor alone would have missed them. */
  late: number;
  /** How long after its `created_at` the latest of them was seen, milliseconds. */
  latestMs: number;
  segments: number;
  /** Bytes of the segments written. */
  bytes: number;
  /** Times another writer was first, or the store did not say; each was looked at again. */
  lostRaces: number;
  checkpointMoves: number;
  /** The watermark stored, not the one hoped for. */
  watermark: Instant | null;
  /** The source's clock when it answered last. */
  servedAt: Instant | null;
  /** The newest event reading has come to; with windows side by side, of the furthest one. Null when nothing was seen. */
  position: Instant | null;
  /** The source showed nothing where events were seen before: runs in a row. An alarm from the third on. */
  blankRuns: number;
  /** Spans that were read to their end. */
  spans: number;
  /** Spans that showed nothing in this run, or less than is archived, and are asked for again an hour later. */
  doubted: number;
  /** Archived events that the source did not show when it was asked for the second time. */
  gone: number;
  /** Spans that could not be read in three runs or more. */
  unreadable: number;
  /** Spans that the source has forgotten before they could be read: those that this run noted. */
  lost: number;
  /** Seconds since the oldest span was due that is not done, by purpose, except those that cannot be read. */
  overdueSeconds: Overdue;
  /** Where the oldest span of new events begins that is due and can be read. Null: none. */
  oldestUnread: Instant | null;
}

export function emptyReport(workspace: string, run: string): RunReport {
  return {
    workspace,
    run,
    outcome: "out-of-time",
    pages: 0,
    events: 0,
    archived: 0,
    repeats: 0,
    odd: 0,
    ahead: 0,
    conflicts: 0,
    late: 0,
    latestMs: 0,
    segments: 0,
    bytes: 0,
    lostRaces: 0,
    checkpointMoves: 0,
    watermark: null,
    servedAt: null,
    position: null,
    blankRuns: 0,
    spans: 0,
    doubted: 0,
    gone: 0,
    unreadable: 0,
    lost: 0,
    overdueSeconds: { new: 0, recent: 0, settled: 0, aged: 0 },
    oldestUnread: null,
  };
}
