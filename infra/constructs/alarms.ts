import { Duration } from "aws-cdk-lib";
import { ComparisonOperator, type IMetric, Metric, Stats, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { DIMENSIONS, METRICS, METRICS_NAMESPACE } from "../../lambda/contract.ts";
import { RESCAN_EVERY_MINUTES } from "./schedules.ts";

/** One thing that somebody has to be told. */
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

/** Intervals without a run, or with failing runs only, before it is more than a hiccup that the next run mends. */
const PATIENCE = 3;
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
      wrong: `No rescan of workspace ${workspace} has ended well for ${rescanPatience.toHours()} hours, so late events may be missing.`,
      todo: "Read the rescan's error in the function's log; what was missed is made up for by the next one.",
      metric: metric("rescanFailed", Stats.MINIMUM, rescanPatience),
      threshold: 1,
      missing: TreatMissingData.BREACHING, // One alarm for rescans that fail and for rescans that do not come.
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
      todo: "Nothing to do if it happens now and then; if often, see how late, and widen the rescans.",
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

/** Told or not told: an age that nobody reports for a day is treated as too great, since runs that fail that long may hide it. */
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
