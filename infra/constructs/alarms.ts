import { Duration } from "aws-cdk-lib";
import {
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Metric,
  Stats,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { DIMENSIONS, METRICS, METRICS_NAMESPACE } from "../../lambda/contract.ts";
import { RESCAN_EVERY_MINUTES } from "./schedules.ts";

/** One thing that somebody has to know. */
export interface AlarmDefinition {
  /** Its heading in docs/runbook.md. */
  readonly heading: string;
  /** One sentence: what is wrong. */
  readonly wrong: string;
  /** One sentence: what to do about it. */
  readonly todo: string;
  readonly metric: IMetric;
  readonly threshold: number;
  /** Default: at or above the threshold. */
  readonly comparison?: ComparisonOperator;
  readonly evaluationPeriods?: number;
  readonly missing: TreatMissingData;
}

export interface WatchedWorkspace {
  readonly archiveName: string;
  readonly workspace: string;
  readonly drainEveryMinutes: number;
  readonly lagAlarmHours: number;
}

/** Intervals without a run, or with failing runs only, before it is more than a hiccup that the next run makes up for. */
const PATIENCE = 3;

/** How long rescans may be overdue: the recent hour is done by each of them; a day has weeks until the source forgets it. */
const OVERDUE_HOURS = { recent: 3, settled: 24, aged: 48 };
const HOUR = Duration.hours(1);
const days = (count: number): number => Duration.days(count).toSeconds();

export function workspaceMetric(
  { archiveName, workspace }: Pick<WatchedWorkspace, "archiveName" | "workspace">,
  metric: keyof typeof METRICS,
  statistic: string,
  period: Duration,
): Metric {
  return new Metric({
    namespace: METRICS_NAMESPACE,
    metricName: METRICS[metric].name,
    dimensionsMap: { [DIMENSIONS.archive]: archiveName, [DIMENSIONS.workspace]: workspace },
    statistic,
    period,
  });
}

/** Missing data are decided one by one: the absence of runs is one alarm's business, and not that of all others too. */
export function workspaceAlarms(watched: WatchedWorkspace): AlarmDefinition[] {
  const { workspace, drainEveryMinutes, lagAlarmHours } = watched;
  const patience = Duration.minutes(PATIENCE * drainEveryMinutes);
  const rescanPatience = Duration.minutes(PATIENCE * RESCAN_EVERY_MINUTES);
  const longer = patience.toSeconds() > HOUR.toSeconds() ? patience : HOUR;
  const metric = (name: keyof typeof METRICS, statistic: string, period: Duration) =>
    workspaceMetric(watched, name, statistic, period);
  return [
    {
      heading: "Failing",
      wrong: `Every run of workspace ${workspace} failed for ${patience.toMinutes()} minutes.`,
      todo: "Read the error in the function's log: it says what to do.",
      metric: metric("drainFailed", Stats.MINIMUM, patience),
      threshold: 1,
      missing: TreatMissingData.NOT_BREACHING, // "Not running" tells of that.
    },
    {
      heading: "Not running",
      wrong: `No run of workspace ${workspace} has ended for ${patience.toMinutes()} minutes, well or badly.`,
      todo: "Look whether the schedule is enabled, whether the function is throttled, and for runs that crash.",
      metric: metric("drainFailed", Stats.SAMPLE_COUNT, patience),
      threshold: 1,
      comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
      missing: TreatMissingData.BREACHING, // It is what this looks for.
    },
    {
      heading: "Rescans not done",
      wrong: `Rescans of workspace ${workspace} are overdue, or none has ended for ${rescanPatience.toHours()} hours, so late events may be missing.`,
      todo: "Read the rescans' errors in the function's log, and whether they run out of time.",
      metric: overdue(watched, rescanPatience),
      threshold: 1,
      missing: TreatMissingData.BREACHING, // One alarm for rescans that get nothing done and for those that do not start.
    },
    {
      heading: "Unreadable",
      wrong: `A part of the audit log of workspace ${workspace} could not be read in three runs in a row; the rest is archived.`,
      todo: "Ask Asana about the time that status names: every run tries again until Asana deletes it, 90 days later.",
      metric: metric("unreadable", Stats.MAXIMUM, Duration.minutes(drainEveryMinutes)),
      threshold: 1,
      missing: TreatMissingData.IGNORE, // It stays unreadable until a run reports otherwise.
    },
    {
      heading: "Source shows less than is archived",
      wrong: `Asana no longer shows archived events of workspace ${workspace}, although they are less than 90 days old.`,
      todo: "Nothing is missing from the archive: keep the log line with the times, and ask Asana.",
      metric: metric("gone", Stats.SUM, HOUR),
      threshold: 1,
      missing: TreatMissingData.NOT_BREACHING, // Only a run that looks can find it.
    },
    {
      heading: "Lost",
      wrong: `Asana has deleted a part of the audit log of workspace ${workspace} before it could be archived.`,
      todo: "Look for another copy, such as an export from the admin console, and find out why it was not read in 90 days.",
      metric: metric("lost", Stats.SUM, HOUR),
      threshold: 1,
      missing: TreatMissingData.NOT_BREACHING, // Only the run that notes a loss reports it; status shows it from then on.
    },
    {
      heading: "Lagging",
      wrong: `The archive of workspace ${workspace} is ${lagAlarmHours} hours or more behind.`,
      todo: "Look whether runs fail, or end out of time: then more arrives than they can carry.",
      metric: metric("behind", Stats.MINIMUM, longer),
      threshold: Duration.hours(lagAlarmHours).toSeconds(),
      missing: TreatMissingData.NOT_BREACHING, // "Not running" and "Unarchived" tell of that.
    },
    {
      heading: "Token refused",
      wrong: `Asana refuses the token, the plan or the workspace ${workspace}; nothing is archived.`,
      todo: "Read the error; put a working service account token into the secret.",
      metric: metric("refused", Stats.MAXIMUM, Duration.minutes(drainEveryMinutes)),
      threshold: 1,
      missing: TreatMissingData.IGNORE, // It was refused until a run says otherwise.
    },
    {
      heading: "Halted",
      wrong: `Archive and checkpoint of workspace ${workspace}, or the archive and itself, contradict each other; nothing is written.`,
      todo: "Somebody has to look before anything goes on: run verify on the day that the error names.",
      metric: metric("halted", Stats.MAXIMUM, Duration.minutes(drainEveryMinutes)),
      threshold: 1,
      missing: TreatMissingData.IGNORE, // It stays halted until a run says otherwise.
    },
    {
      heading: "Conflicting events",
      wrong: `Workspace ${workspace}: Asana showed an archived event again with other content; the first stays.`,
      todo: "Keep the log line with both hashes, and ask Asana.",
      metric: metric("conflicts", Stats.SUM, HOUR),
      threshold: 1,
      missing: TreatMissingData.NOT_BREACHING, // Nothing seen is no conflict.
    },
    {
      heading: "Late events found",
      wrong: `Workspace ${workspace}: events became visible after younger ones had been read; they are archived now.`,
      todo: "Nothing to do if it happens now and then; if often, see how late they are, and set overlapMinutes to more than that.",
      metric: metric("late", Stats.SUM, HOUR),
      threshold: 1,
      missing: TreatMissingData.NOT_BREACHING, // Nothing seen is nothing late.
    },
    {
      heading: "Source went blank",
      wrong: `Asana shows no events at all for workspace ${workspace}, where it has shown some before.`,
      todo: "Look into the admin console whether the audit log is still there, and whether the plan still has it.",
      metric: metric("blankRuns", Stats.MAXIMUM, Duration.minutes(drainEveryMinutes)),
      threshold: PATIENCE,
      missing: TreatMissingData.IGNORE, // It is blank until a run says otherwise.
    },
    unarchived(watched, 30, "Asana deletes events after 90 days: find out now why it does not catch up."),
    unarchived(
      watched,
      60,
      "Asana deletes them within 30 days and nothing brings them back: this comes before all else.",
    ),
  ];
}

/**
 * The oldest age of the three purposes, as a share of what each may have: 1 is too much. Each rescan reports these ages, and
 * the lowest of the last three hours is that of the rescan two hours ago, so those hours are not waited for again.
 */
function overdue(watched: WatchedWorkspace, period: Duration): MathExpression {
  const waited = period.toSeconds() - RESCAN_EVERY_MINUTES * 60;
  const allowed = (hours: number) => Duration.hours(hours).toSeconds() - waited;
  const age = (name: keyof typeof METRICS) => workspaceMetric(watched, name, Stats.MINIMUM, period);
  const { recent, settled, aged } = OVERDUE_HOURS;
  return new MathExpression({
    label: "Rescans overdue",
    expression: `MAX([recent / ${allowed(recent)}, settled / ${allowed(settled)}, aged / ${allowed(aged)}])`,
    usingMetrics: { recent: age("recentOverdue"), settled: age("settledOverdue"), aged: age("agedOverdue") },
    period,
  });
}

/** Missing data breaches: if no run has reported an age for a day, assume the worst, because failing runs would hide it. */
function unarchived(watched: WatchedWorkspace, age: number, todo: string): AlarmDefinition {
  return {
    heading: `Unarchived for ${age} days`,
    wrong: `Workspace ${watched.workspace} has events that have not been archived for ${age} days, or nobody could tell for a day.`,
    todo,
    metric: workspaceMetric(watched, "behind", Stats.MINIMUM, Duration.hours(6)),
    threshold: days(age),
    evaluationPeriods: 4,
    missing: TreatMissingData.BREACHING,
  };
}

export interface WatchedFunction {
  readonly fn: IFunction;
  readonly undelivered: IQueue;
  readonly drainEveryMinutes: number;
}

/** The net under the others: AWS's own metrics, which do not need our code to run. */
export function functionAlarms(watched: WatchedFunction): AlarmDefinition[] {
  const patience = Duration.minutes(PATIENCE * watched.drainEveryMinutes);
  return [
    {
      heading: "Function errors",
      wrong: `${PATIENCE} or more runs failed within ${patience.toMinutes()} minutes, of whatever workspace, crashes included.`,
      todo: "Read the function's log and the queue of failed runs: they hold each error.",
      metric: watched.fn.metricErrors({ statistic: Stats.SUM, period: patience }),
      threshold: PATIENCE,
      missing: TreatMissingData.NOT_BREACHING, // Without runs there are no errors; "Not running" tells of that.
    },
    {
      heading: "Dead letters",
      wrong: "The scheduler could not start a run; its request lies in the queue of undelivered runs.",
      todo: "Read the message's attributes for the reason, mend it, and purge the queue; the next run makes up for it.",
      metric: watched.undelivered.metricApproximateNumberOfMessagesVisible({
        statistic: Stats.MAXIMUM,
        period: Duration.minutes(5),
      }),
      threshold: 1,
      missing: TreatMissingData.NOT_BREACHING, // SQS does not report for a queue that nobody uses.
    },
  ];
}
