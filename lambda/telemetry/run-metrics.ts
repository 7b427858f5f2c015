import type { METRICS, Task } from "../contract.ts";
import type { RunReport } from "../drain/report.ts";
import type { ErrorKind } from "../errors.ts";
import { instantToMs } from "../event/instant.ts";

export type MetricValues = Partial<Record<keyof typeof METRICS, number>>;

/** How a run ended. `failure` null: well. `report` null: it failed before it had one. */
export interface RunEnd {
  readonly task: Task;
  readonly report: RunReport | null;
  /** Kind of the error; "unexpected" for one that is a fault of this program. */
  readonly failure: ErrorKind | "unexpected" | null;
}

/**
 * What is told of a run. Progress is the stored watermark's only: a run that failed does not report what it hoped to
 * store. `nowMs` is our clock, for runs to which the source never told its own.
 */
export function runMetrics({ task, report, failure }: RunEnd, nowMs: number): MetricValues {
  const behind = task === "drain" ? behindSeconds(report, failure, nowMs) : null;
  return {
    [task === "drain" ? "drainFailed" : "rescanFailed"]: failure === null ? 0 : 1,
    refused: failure === "refused" ? 1 : 0,
    halted: failure === "halted" ? 1 : 0,
    ...(behind === null ? {} : { behind }),
    ...(report === null ? {} : countsOf(report, task)),
  };
}

const countsOf = ({ archived, late, conflicts, blankRuns }: RunReport, task: Task): MetricValues => ({
  archived,
  late,
  conflicts,
  ...(task === "drain" ? { blankRuns } : {}),
});

/** Null: nobody can tell, since nothing has been archived yet or the checkpoint could not be read. */
export function behindSeconds(report: RunReport | null, failure: RunEnd["failure"], nowMs: number): number | null {
  if (report === null) return null;
  // A source that suddenly shows nothing is not believed.
  const isAtEnd = failure === null && report.outcome === "caught-up" && report.blankRuns === 0;
  if (isAtEnd) return 0;
  if (report.watermark === null) return null;
  const sourceNowMs = report.servedAt === null ? nowMs : instantToMs(report.servedAt);
  return Math.max(0, Math.round((sourceNowMs - instantToMs(report.watermark)) / 1000));
}
