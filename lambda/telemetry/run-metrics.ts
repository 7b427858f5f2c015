import type { METRICS, Task } from "../contract.ts";
import type { RunReport } from "../drain/report.ts";
import type { ErrorKind } from "../errors.ts";
import { instantToMs } from "../event/instant.ts";

export type MetricValues = Partial<Record<keyof typeof METRICS, number>>;

/** How a run ended. `failure` null: well. `report` null: it failed before it had one. */
export interface RunEnd {
  readonly task: Task;
  readonly report: RunReport | null;
  /** Kind of the error; "unexpected" for a bug in this program. */
  readonly failure: ErrorKind | "unexpected" | null;
}

/**
 * The metrics of a run. Progress is what the checkpoint says: a run that failed does not report what it hoped to store.
 * `nowMs` is our clock, for runs that never learned the source's.
 */
export function runMetrics({ task, report, failure }: RunEnd, nowMs: number): MetricValues {
  const behind = task === "drain" ? behindSeconds(report, failure, nowMs) : null;
  return {
    ...(task === "drain" ? { drainFailed: failure === null ? 0 : 1 } : {}),
    refused: failure === "refused" ? 1 : 0,
    halted: failure === "halted" ? 1 : 0,
    ...(behind === null ? {} : { behind }),
    ...(report === null ? {} : countsOf(report, task)),
  };
}

const countsOf = (report: RunReport, task: Task): MetricValues => {
  const { archived, late, conflicts, blankRuns, unreadable, gone, lost, overdueSeconds } = report;
  const { recent, settled, aged } = overdueSeconds;
  return {
    archived,
    late,
    conflicts,
    unreadable,
    gone,
    lost,
    ...(task === "drain" ? { blankRuns } : { recentOverdue: recent, settledOverdue: settled, agedOverdue: aged }),
  };
};

/** Null: unknown, since nothing has been archived yet or the checkpoint could not be read. */
export function behindSeconds(report: RunReport | null, failure: RunEnd["failure"], nowMs: number): number | null {
  if (report === null) return null;
  // A source that suddenly shows nothing is not believed.
  const isAtEnd = failure === null && report.outcome === "caught-up" && report.blankRuns === 0;
  const places = [report.oldestUnread, isAtEnd ? null : report.watermark].filter((place) => place !== null);
  if (places.length === 0) return isAtEnd ? 0 : null;
  const sourceNowMs = report.servedAt === null ? nowMs : instantToMs(report.servedAt);
  const oldestMs = Math.min(...places.map(instantToMs));
  return Math.max(0, Math.round((sourceNowMs - oldestMs) / 1000));
}
