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

/** Somebody is told after so many runs in a row in which the source showed nothing where it had shown events. */
const BLANK_RUNS = 3;

/** How long something that rescans have to read may be due. Every rescan reads the recent hour; the source keeps an older day for weeks. */
export const OVERDUE_HOURS = { recent: 3, settled: 24, aged: 48 } as const;

/**
 * The metrics of a run. Progress is what the checkpoint says: a run that failed does not report what it hoped to store.
 * `nowMs` is our clock, for runs that never learned the source's.
 */
export function runMetrics({ task, report, failure }: RunEnd, nowMs: number): MetricValues {
  const behind = task === "drain" ? behindSeconds(report, failure, nowMs) : null;
  const isStopped = failure === "refused" || failure === "halted" || (report?.blankRuns ?? 0) >= BLANK_RUNS;
  return {
    ...(task === "drain" ? { drainFailed: failure === null ? 0 : 1 } : {}),
    ...(behind === null ? {} : { behind }),
    stopped: isStopped ? 1 : 0,
    ...(report === null ? {} : countsOf(report)),
  };
}

const countsOf = ({ conflicts, gone, late, lost, overdueSeconds, unreadable }: RunReport): MetricValues => ({
  rescansOverdue: Object.entries(OVERDUE_HOURS).filter(
    ([purpose, hours]) => overdueSeconds[purpose as keyof typeof OVERDUE_HOURS] >= hours * 3600,
  ).length,
  missing: unreadable + lost,
  contradictions: conflicts + gone,
  late,
});

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
