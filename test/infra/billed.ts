/** Counts in a template what AWS bills by the month, however much it is used. `npm run docs` writes the counts for `cost`. */
import { Template } from "aws-cdk-lib/assertions";
import {
  COPY,
  createReplica,
  OTHER_WORKSPACE,
  type Resource,
  resourcesOf,
  synthesise,
  theOne,
  WORKSPACE,
} from "./synth.ts";

/** Of one stack, or what one more workspace adds to it. */
export interface Billed {
  /** The metrics that alarms look at: an alarm is billed for each. */
  readonly alarmMetrics: number;
  readonly dashboards: number;
  readonly encryptingKeys: number;
  /** By schedules, without the drains, whose interval is a setting. */
  readonly startsPerDay: number;
  readonly secrets: number;
  readonly signingKeys: number;
}

/** The types that are billed by the piece, by the request or not at all. A type that is in no list fails a test. */
export const BY_THE_PIECE = [
  "AWS::CloudWatch::Alarm",
  "AWS::CloudWatch::Dashboard",
  "AWS::KMS::Key",
  "AWS::SecretsManager::Secret",
  "AWS::Scheduler::Schedule",
];

/** Whose use is a line of the bill: storage, requests, log lines. */
export const BY_USE = ["AWS::DynamoDB::Table", "AWS::Lambda::Function", "AWS::Logs::LogGroup", "AWS::S3::Bucket"];

/** Whose use costs nothing, or is left out and said to be (Athena), or stays within cents: a queue of failures, mails. */
export const FREE = [
  "AWS::Athena::NamedQuery",
  "AWS::Athena::WorkGroup",
  "AWS::Events::Rule",
  "AWS::Glue::Database",
  "AWS::Glue::Table",
  "AWS::IAM::ManagedPolicy",
  "AWS::IAM::Role",
  "AWS::Lambda::Alias",
  "AWS::Lambda::EventInvokeConfig",
  "AWS::Lambda::Version",
  "AWS::S3::BucketPolicy",
  "AWS::SNS::Subscription",
  "AWS::SNS::Topic",
  "AWS::SNS::TopicPolicy",
  "AWS::SQS::Queue",
  "AWS::SQS::QueuePolicy",
  "AWS::Scheduler::ScheduleGroup",
  "AWS::StepFunctions::StateMachine", // billed by the step, of which a verification takes few
];

/** The metrics that an alarm looks at: one, or those of its expression. */
export const metricsOf = (alarm: Resource["Properties"]): Resource["Properties"][] =>
  alarm.Metrics === undefined
    ? [alarm]
    : alarm.Metrics.flatMap(({ MetricStat }: Resource["Properties"]) =>
        MetricStat === undefined ? [] : [{ ...MetricStat, ...MetricStat.Metric }],
      );

/** Of the stack without its workspaces, and of each of these. */
export function countBilled(settings: Record<string, unknown> = {}): { stack: Billed; each: Billed } {
  const one = countTemplate(synthesise({ ...settings, workspaces: [WORKSPACE] }));
  const two = countTemplate(synthesise({ ...settings, workspaces: [WORKSPACE, OTHER_WORKSPACE] }));
  const each = map(two, (name, number) => number - one[name]);
  return { stack: map(one, (name, number) => number - each[name]), each };
}

/** S3 makes as many of each rule that has them. */
const METRICS_OF_A_RULE = 4;

/** All that `cost` takes from the template: with the default settings, and what some settings add. */
export function countFixed() {
  const { stack, each } = countBilled();
  const added = (settings: Record<string, unknown>) => countBilled(settings).stack.alarmMetrics - stack.alarmMetrics;
  const inColumns = map(countBilled({ columnarCopy: "on" }).stack, (name, number) => number - stack[name]);
  const copy = countTemplate(Template.fromStack(createReplica()));
  const { Rules } = theOne(synthesise(COPY), "AWS::S3::Bucket", /^ArchiveBucket/).Properties.ReplicationConfiguration;
  return {
    stack,
    each,
    copy: {
      alarmMetrics: added(COPY) + copy.alarmMetrics,
      keys: copy.encryptingKeys,
      metrics: METRICS_OF_A_RULE * Rules.length,
    },
    timeStamps: { alarmMetrics: added({ timestampUrls: ["https://tsa.example.com/tsr"] }) },
    columnarCopy: { alarmMetrics: inColumns.alarmMetrics, startsPerDay: inColumns.startsPerDay },
  };
}

export function countTemplate(template: Template): Billed {
  const of = (type: string) => Object.values(resourcesOf(template, type)).map(({ Properties }) => Properties);
  const keys = of("AWS::KMS::Key");
  const signing = keys.filter(({ KeyUsage }) => KeyUsage === "SIGN_VERIFY").length;
  return {
    alarmMetrics: of("AWS::CloudWatch::Alarm").flatMap(metricsOf).length,
    dashboards: of("AWS::CloudWatch::Dashboard").length,
    encryptingKeys: keys.length - signing,
    startsPerDay: of("AWS::Scheduler::Schedule")
      .filter(({ Target }) => !JSON.stringify(Target.Input ?? "").includes("drain"))
      .reduce((sum, { ScheduleExpression }) => sum + startsPerDay(ScheduleExpression), 0),
    secrets: of("AWS::SecretsManager::Secret").length,
    signingKeys: signing,
  };
}

/** Throws on an expression that this does not know. */
function startsPerDay(expression: string): number {
  const rate = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression);
  if (rate !== null) return { minute: 1440, hour: 24, day: 1 }[rate[2] as "minute" | "hour" | "day"] / Number(rate[1]);
  if (/^cron\(0 \d+ \* \* \? \*\)$/.test(expression)) return 1;
  if (/^cron\(0 \d+ \? \* [A-Z]{3} \*\)$/.test(expression)) return 1 / 7;
  throw new Error(`How often is ${expression}?`);
}

/** In whole numbers as far as counts are: the weekly start is rounded to a hundred-thousandth. */
const map = (billed: Billed, change: (name: keyof Billed, number: number) => number): Billed =>
  Object.fromEntries(
    Object.entries(billed).map(([name, number]) => [
      name,
      Math.round(change(name as keyof Billed, number) * 1e5) / 1e5,
    ]),
  ) as unknown as Billed;
