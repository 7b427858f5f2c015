import { Duration } from "aws-cdk-lib";
import { type IMetric, MathExpression, Metric, Stats, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import {
  DIMENSIONS,
  METRICS,
  METRICS_NAMESPACE,
  SEALING,
  STAMP_PATIENCE_DAYS,
  UNCOLLECTED,
  UNSTAMPED,
  UNVERIFIED,
  VERIFY_PATIENCE_DAYS,
} from "../../lambda/contract.ts";

/** An alarm: what it means, what to do, and when it goes off. */
export interface AlarmDefinition {
  /** The alarm's heading in docs/runbook.md. */
  readonly heading: string;
  /** One sentence: what is wrong. */
  readonly wrong: string;
  /** One sentence: what to do about it. */
  readonly todo: string;
  readonly metric: IMetric;
  /** At it or above, the alarm goes off. */
  readonly threshold: number;
  readonly evaluationPeriods?: number;
  readonly missing: TreatMissingData;
  /** Goes off again every day, for which it is quiet for a while each day. Nobody is told of that, as it is not over. */
  readonly isDaily?: true;
}

export interface WatchedWorkspace {
  readonly archiveName: string;
  readonly workspace: string;
  readonly drainEveryMinutes: number;
  readonly lagAlarmHours: number;
}

/** Intervals without a successful run before an alarm goes off; the next run makes up for fewer. */
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

/**
 * Each alarm decides what missing data means, so that only one of them goes off when there are no runs. Most metrics are
 * sent only when they are not 0, so to most alarms missing data means that all is well, as far as the runs can tell.
 */
export function workspaceAlarms(watched: WatchedWorkspace): AlarmDefinition[] {
  const { workspace, drainEveryMinutes, lagAlarmHours } = watched;
  const patience = Duration.minutes(PATIENCE * drainEveryMinutes);
  // Long enough for a rescan, and for drains that run once an hour.
  const longer = patience.toSeconds() > HOUR.toSeconds() ? patience : HOUR;
  const metric = (name: keyof typeof METRICS, statistic: string, period: Duration) =>
    workspaceMetric(watched, name, statistic, period);
  return [
    {
      heading: "Not archiving",
      wrong: `No run of workspace ${workspace} has ended well for ${patience.toMinutes()} minutes: they fail, or there are none.`,
      todo: "Read the error in the function's log; it says what to do. If there is no line, check whether the schedule is enabled, whether the function is throttled, and whether runs crash.",
      metric: metric("drainFailed", Stats.MINIMUM, patience),
      threshold: 1,
      missing: TreatMissingData.BREACHING, // Every run reports, so there was none.
    },
    {
      heading: "Stopped",
      wrong: `Archiving of workspace ${workspace} cannot go on: Asana refuses token, plan or workspace, or shows no events at all any more, or the archive contradicts itself or its checkpoint.`,
      todo: "Read in the function's log which of these it is, and what to do; only a person can make it go on.",
      metric: metric("stopped", Stats.MAXIMUM, longer),
      threshold: 1,
      missing: TreatMissingData.NOT_BREACHING, // It is reported as long as it lasts; "Not archiving" covers that no run does.
    },
    {
      heading: "Rescans not done",
      wrong: `Rescans of workspace ${workspace} are overdue, because they fail, get nothing done or do not start, so late events may be missing.`,
      todo: "Read the rescans' errors in the function's log, and check whether rescans run out of time.",
      metric: metric("rescansOverdue", Stats.MAXIMUM, HOUR),
      threshold: 1,
      missing: TreatMissingData.NOT_BREACHING, // Drains report it too; "Not archiving" covers that they do not.
    },
    {
      heading: "Unreadable or lost",
      wrong: `A part of the audit log of workspace ${workspace} could not be read in three runs in a row, or Asana deleted it before it could be archived; the rest is archived.`,
      todo: "See with the status command which times these are. Ask Asana about what cannot be read; every run tries again until Asana deletes the events after 90 days. Look for another copy of what is lost.",
      metric: metric("missing", Stats.MAXIMUM, longer),
      threshold: 1,
      missing: TreatMissingData.NOT_BREACHING, // Every run reports what is unreadable, and the run that notes a loss reports it once.
    },
    {
      heading: "Source contradicts the archive",
      wrong: `Asana shows an archived event of workspace ${workspace} with other content, or no longer shows some that are less than 90 days old.`,
      todo: "Nothing is missing from the archive, which keeps the first version. Keep the log line with the times or the hashes, and ask Asana.",
      metric: metric("contradictions", Stats.SUM, HOUR),
      threshold: 1,
      missing: TreatMissingData.NOT_BREACHING, // Only a run that reads those times again can find it.
    },
    {
      heading: "Lagging",
      wrong: `The archive of workspace ${workspace} is ${lagAlarmHours} hours or more behind.`,
      todo: "Check whether runs fail or run out of time; in the latter case more events arrive than they can archive.",
      metric: metric("behind", Stats.MINIMUM, longer),
      threshold: Duration.hours(lagAlarmHours).toSeconds(),
      missing: TreatMissingData.NOT_BREACHING, // It is not behind; "Not archiving" and "Unarchived" cover that there are no runs.
    },
    {
      heading: "Late events found",
      wrong: `Workspace ${workspace}: events became visible after newer ones had been read. They are archived now.`,
      todo: "No action is needed if this is rare. If it is frequent, see how late the events are, and set overlapMinutes to more than that.",
      metric: metric("late", Stats.SUM, HOUR),
      threshold: 1,
      missing: TreatMissingData.NOT_BREACHING, // There were none.
    },
    unarchived(watched, 30, "Asana deletes events after 90 days: find out now why archiving does not catch up."),
    unarchived(
      watched,
      60,
      "Asana deletes them within 30 days, and then they cannot be recovered. Treat this as the most urgent alarm.",
    ),
  ];
}

/** Missing data breaches: where all is well, runs report a 0 in each period. Without any for a day, assume the worst, which runs that fail would hide. */
function unarchived(watched: WatchedWorkspace, age: number, todo: string): AlarmDefinition {
  return {
    heading: `Unarchived for ${age} days`,
    wrong: `Workspace ${watched.workspace} has events that have not been archived for ${age} days, or no run has reported their age for a day.`,
    todo,
    metric: workspaceMetric(watched, "behind", Stats.MINIMUM, Duration.hours(6)),
    threshold: days(age),
    evaluationPeriods: 4,
    missing: TreatMissingData.BREACHING,
  };
}

/** A metric of the archive as a whole, whatever workspaces the settings name. */
export const archiveMetric = ({ name }: { readonly name: string }, archiveName: string, period: Duration): Metric =>
  new Metric({
    namespace: METRICS_NAMESPACE,
    metricName: name,
    dimensionsMap: { [DIMENSIONS.archive]: archiveName },
    statistic: Stats.MAXIMUM,
    period,
  });

/** A period of "No longer collected" that begins in this hour, in UTC, does not count, so that it goes off again after it. */
const QUIET_HOUR = 6;

/** What is about the archive as a whole, whatever workspaces the settings name. */
export function archiveAlarms(archiveName: string): AlarmDefinition[] {
  // Long enough for one missed census; a census that finds something is seen at once.
  const period = Duration.hours(3);
  const found = archiveMetric(UNCOLLECTED, archiveName, period);
  return [
    {
      heading: "No longer collected",
      wrong:
        "Workspaces that were archived before are neither in workspaces nor in retiredWorkspaces, or nobody has looked for three hours; Asana deletes what is not archived within 90 days.",
      todo: "The function's log names them: put each back into workspaces, or into retiredWorkspaces if that is meant, and deploy. This goes off every day until then.",
      metric: new MathExpression({
        label: "Workspaces not collected",
        // HOUR of a time that has no value is none, which would keep it from being quiet while no census runs. What is missing
        // stays missing beside that hour: filled, a period that has only begun would count as one without a census.
        expression: `IF(HOUR(FILL(found, 1)) == ${QUIET_HOUR}, 0, found)`,
        usingMetrics: { found },
        period,
      }),
      threshold: 1,
      missing: TreatMissingData.BREACHING, // A census that does not run would hide what it is for.
      isDaily: true,
    },
  ];
}

/** Days in a row on which sealings left something, before an alarm goes off. */
const SEALING_PATIENCE = 3;

/** What is about sealing, which is done for all workspaces at once, every day. */
export function sealingAlarms(archiveName: string): AlarmDefinition[] {
  return [
    {
      heading: "Not sealed",
      wrong: `For ${SEALING_PATIENCE} days in a row, more settled days of a workspace than the last one were left without a seal, or no sealing has ended.`,
      todo: "Read the errors in the sealer's log, which names the workspaces; if it has no lines, check whether its schedule is enabled.",
      metric: archiveMetric(SEALING.unsealed, archiveName, Duration.days(1)),
      threshold: 1,
      evaluationPeriods: SEALING_PATIENCE,
      missing: TreatMissingData.BREACHING, // A sealer that does not run, or cannot use its key, reports nothing.
    },
    {
      heading: "Sealer halted",
      wrong:
        "The archive of a workspace contradicts itself, its coverage or its seals, so that nothing more of it is sealed; or a day was sealed that holds an event twice.",
      todo: "Read the reason in the sealer's log, and run verify on that workspace before anything else.",
      metric: archiveMetric(SEALING.halted, archiveName, HOUR),
      threshold: 1,
      missing: TreatMissingData.IGNORE, // The last state holds until a sealing reports another.
    },
    {
      heading: "Sealed with a gap",
      wrong:
        "A day was sealed although a part of it had not been read again for a week after it was settled, or had expired; its seal says which part, and why.",
      todo: "Find out why: Asana still shows the day for weeks, and once it was read to its end, another seal of it closes the gap.",
      metric: archiveMetric(SEALING.incomplete, archiveName, HOUR),
      threshold: 1,
      missing: TreatMissingData.NOT_BREACHING, // Only the sealing that signs a gap reports it; coverage shows it from then on.
    },
  ];
}

/** What is about time stamps, where authorities are asked for them. */
export function stampAlarms(archiveName: string): AlarmDefinition[] {
  return [
    {
      heading: `No time stamp for ${STAMP_PATIENCE_DAYS} days`,
      wrong: `The newest time stamp of a workspace's seals is ${STAMP_PATIENCE_DAYS} days old or more, or there is none yet, and no authority gave another.`,
      todo: "Read why in the sealer's log, and check timestampUrls; sealing goes on without stamps.",
      metric: archiveMetric(UNSTAMPED, archiveName, HOUR),
      threshold: 1,
      missing: TreatMissingData.IGNORE, // The last state holds until a sealing reports another; "Not sealed" covers that there is none.
    },
  ];
}

/** What is about verifications of everything, where there is a schedule for them. */
export function verificationAlarms(archiveName: string, everyDays: number): AlarmDefinition[] {
  return [
    {
      heading: "Verification",
      wrong: `The newest verification of the whole archive found a fault, could not read everything or did not come to its end; or none has begun for ${everyDays + VERIFY_PATIENCE_DAYS} days, or nobody has looked for a day.`,
      todo: "Read in the verifier's log which of these it is, and which report says more; keep the archive as it is until a fault is understood.",
      metric: archiveMetric(UNVERIFIED, archiveName, Duration.days(1)),
      threshold: 1,
      missing: TreatMissingData.BREACHING, // A look that does not take place would hide what it is for.
    },
  ];
}

/** Where there is a second copy. `uncopied`: what S3 tells of objects that it did not copy, or not in time. */
export const copyAlarms = (uncopied: IQueue): AlarmDefinition[] => [
  {
    heading: "Copy behind",
    wrong: "S3 could not copy objects of the archive to the second copy, or not within 15 minutes.",
    todo: "Their keys are in the queue of uncopied objects: mend the cause, run the output CopyExisting, and purge the queue.",
    metric: visibleMessages(uncopied),
    threshold: 1,
    missing: TreatMissingData.NOT_BREACHING, // SQS does not report for a queue that nobody uses.
  },
];

const visibleMessages = (queue: IQueue): Metric =>
  queue.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM, period: Duration.minutes(5) });

export interface WatchedFunction {
  readonly fn: IFunction;
  readonly undelivered: IQueue;
  readonly drainEveryMinutes: number;
}

/** Safety net: these use AWS's own metrics, which do not depend on our code. */
export function functionAlarms(watched: WatchedFunction): AlarmDefinition[] {
  const patience = Duration.minutes(PATIENCE * watched.drainEveryMinutes);
  return [
    {
      heading: "Function errors",
      wrong: `${PATIENCE} or more runs of any workspace failed or crashed within ${patience.toMinutes()} minutes.`,
      todo: "Read the errors in the function's log and in the queue of failed runs.",
      metric: watched.fn.metricErrors({ statistic: Stats.SUM, period: patience }),
      threshold: PATIENCE,
      missing: TreatMissingData.NOT_BREACHING, // Without runs there are no errors; "Not archiving" covers that.
    },
    {
      heading: "Dead letters",
      wrong: "The scheduler could not start a run. Its request is in the queue of undelivered runs.",
      todo: "Find the reason in the message's attributes, fix it, and purge the queue. The next run makes up for the missed one.",
      metric: visibleMessages(watched.undelivered),
      threshold: 1,
      missing: TreatMissingData.NOT_BREACHING, // SQS does not report for a queue that nobody uses.
    },
  ];
}
