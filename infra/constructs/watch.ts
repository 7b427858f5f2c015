import { Aws, Stack } from "aws-cdk-lib";
import { Alarm, ComparisonOperator } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";
import {
  type AlarmDefinition,
  archiveAlarms,
  copyAlarms,
  functionAlarms,
  sealingAlarms,
  stampAlarms,
  verificationAlarms,
  workspaceAlarms,
} from "./alarms.ts";
import type { AthenaCopy } from "./athena-copy.ts";
import { columnarAlarms } from "./columnar-alarms.ts";
import { createDashboard } from "./dashboard.ts";
import type { FailureQueues } from "./failure-queues.ts";
import type { ArchiveKey } from "./keys.ts";

export interface WatchProps {
  readonly archiveName: string;
  readonly workspaces: readonly string[];
  readonly fn: IFunction;
  readonly sealer: IFunction;
  readonly verifier: IFunction;
  /** Null: nothing is verified by itself, so nothing is missed. */
  readonly verifyEveryDays: number | null;
  readonly queues: FailureQueues;
  /** Null: there is no second copy. */
  readonly uncopied: IQueue | null;
  /** Null: there is no columnar copy. */
  readonly columnar: AthenaCopy | null;
  readonly key: ArchiveKey;
  readonly drainEveryMinutes: number;
  readonly lagAlarmHours: number;
  readonly alarmEmails: readonly string[] | null;
  readonly runbookUrl: string;
  readonly dashboard: boolean;
  /** The archiver's log, from which the dashboard counts. */
  readonly logs: ILogGroup;
  /** Who stamps seals; none: no stamp is missing. */
  readonly timestampUrls: readonly string[];
}

/** Notifies people when something is wrong with the archive or its runs. */
export class Watch extends Construct {
  readonly topic: Topic;
  readonly alarms: Alarm[] = [];
  private readonly props: WatchProps;

  constructor(scope: Construct, id: string, props: WatchProps) {
    super(scope, id);
    this.props = props;
    this.topic = new Topic(this, "Topic", {
      displayName: `${props.archiveName} alarms`,
      masterKey: props.key.key,
      enforceSSL: true,
    });
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: "AlarmsOfThisAccount",
        principals: [new ServicePrincipal("cloudwatch.amazonaws.com")],
        actions: ["sns:Publish"],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID } },
      }),
    );
    const emails = props.alarmEmails ?? [];
    for (const email of emails) this.topic.addSubscription(new EmailSubscription(email));
    if (emails.length > 0) {
      acknowledge(
        this.topic,
        ["serverless"],
        "SNSRedrivePolicy",
        "Undeliverable mail would only end up in a queue that nobody watches. The alarm itself stays visible in CloudWatch.",
      );
    }
    for (const workspace of props.workspaces) {
      for (const alarm of workspaceAlarms({ ...props, workspace })) this.add(alarm, workspace);
    }
    for (const alarm of archiveAlarms(props.archiveName)) this.add(alarm);
    const isStamped = props.timestampUrls.length > 0;
    const ofSealer = [...sealingAlarms(props.archiveName), ...(isStamped ? stampAlarms(props.archiveName) : [])];
    for (const alarm of ofSealer) this.add(alarm, undefined, props.sealer);
    const everyDays = props.verifyEveryDays;
    for (const alarm of everyDays === null ? [] : verificationAlarms(props.archiveName, everyDays))
      this.add(alarm, undefined, props.verifier);
    for (const alarm of props.uncopied === null ? [] : copyAlarms(props.uncopied)) this.add(alarm);
    if (props.columnar !== null)
      for (const alarm of columnarAlarms(props.archiveName)) this.add(alarm, undefined, props.columnar.machine);
    for (const alarm of functionAlarms({ ...props, undelivered: props.queues.undelivered })) this.add(alarm);
    if (props.dashboard) createDashboard(this, { ...props, isStamped, alarms: this.alarms });
  }

  /** Any of them, to be set off for a test. */
  get testAlarm(): Alarm {
    return this.alarms.at(-1)!;
  }

  private add(alarm: AlarmDefinition, workspace?: string, worker: IFunction | StateMachine = this.props.fn): void {
    const owner = [this.props.archiveName, workspace].filter((part) => part !== undefined);
    const created = new Alarm(this, [alarm.heading, workspace].join(" ").trim(), {
      alarmName: [...owner, alarm.heading].join(" "),
      alarmDescription: this.text(alarm, worker),
      metric: alarm.metric,
      threshold: alarm.threshold,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: alarm.evaluationPeriods ?? 1,
      treatMissingData: alarm.missing,
    });
    created.addAlarmAction(new SnsAction(this.topic));
    if (!alarm.isDaily) created.addOkAction(new SnsAction(this.topic));
    this.alarms.push(created);
  }

  /** Where the runbook speaks of something: a link, or the section's name. */
  section(heading: string): string {
    const { runbookUrl } = this.props;
    if (isUrl(runbookUrl)) return `${runbookUrl}#${anchorOf(heading)}`;
    return `the section "${heading}" of ${runbookUrl}, in the repository that was deployed`;
  }

  private text({ heading, wrong, todo }: AlarmDefinition, worker: IFunction | StateMachine): string {
    return `${wrong} ${todo}\nRunbook: ${this.section(heading)}\n${pageOf(worker)}`;
  }
}

/** Where the console shows what a function, or a state machine, did. */
function pageOf(worker: IFunction | StateMachine): string {
  const { region } = Stack.of(worker);
  const console = `https://${region}.console.aws.amazon.com`;
  return worker instanceof StateMachine
    ? `State machine: ${console}/states/home?region=${region}#/statemachines/view/${worker.stateMachineArn}`
    : `Function: ${console}/lambda/home?region=${region}#/functions/${worker.functionName}?tab=monitoring`;
}

/** Whether a reader of a mail can follow it. */
const isUrl = (place: string): boolean => place.startsWith("https://");

/** The anchor that Markdown viewers give a heading. */
export const anchorOf = (heading: string): string => heading.toLowerCase().replaceAll(" ", "-");
