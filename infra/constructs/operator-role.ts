import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { acknowledge, acknowledgeWildcards } from "./acknowledge.ts";
import type { AthenaCopy } from "./athena-copy.ts";
import type { FailureQueues } from "./failure-queues.ts";
import { withPolicy } from "./grantee.ts";
import { OWN_STACK, PeopleRole } from "./people-role.ts";
import type { ReportsBucket } from "./reports-bucket.ts";
import type { SealsTopic } from "./seals-topic.ts";
import type { Tokens } from "./tokens.ts";
import type { VerifyEverything } from "./verify-everything.ts";
import type { Watch } from "./watch.ts";
import type { WorkerFunction } from "./worker-function.ts";

export interface OperatorRoleProps {
  readonly principalArns: readonly string[];
  readonly archiver: WorkerFunction;
  readonly sealer: WorkerFunction;
  readonly verifier: WorkerFunction;
  readonly verifyEverything: VerifyEverything;
  /** Null: there is no columnar copy. */
  readonly columnar: AthenaCopy | null;
  readonly reports: ReportsBucket;
  readonly seals: SealsTopic;
  readonly queues: FailureQueues;
  /** Null: there is no second copy. */
  readonly uncopied: IQueue | null;
  readonly tokens: Tokens;
  readonly watch: Watch;
}

/** The role for whoever answers alarms: runs, logs, queues, alarms, reports, subscriptions and new tokens. It reads no events. */
export class OperatorRole extends PeopleRole {
  constructor(scope: Construct, id: string, props: OperatorRoleProps) {
    super(scope, id, {
      description: "Operates the Asana audit archive: runs, logs, queues, alarms, tokens",
      principalArns: props.principalArns,
    });
    const { archiver, sealer, verifier, seals, queues, watch } = props;
    const answered = [queues.undelivered, ...(props.uncopied === null ? [] : [props.uncopied])];
    const answeredArns = answered.map(({ queueArn }) => queueArn);
    const allow = (sid: string, actions: string[], ...resources: string[]) =>
      this.allow(new PolicyStatement({ sid, actions, resources }));
    allow("StartRuns", ["lambda:InvokeFunction"], archiver.live.functionArn, sealer.live.functionArn);
    allow(
      "ReadLogs",
      ["logs:StartQuery", "logs:FilterLogEvents", "logs:GetLogEvents", "logs:DescribeLogStreams"],
      archiver.logs.logGroupArn,
      sealer.logs.logGroupArn,
      verifier.logs.logGroupArn,
    );
    allow("ReadQueues", ["sqs:ReceiveMessage", "sqs:GetQueueAttributes"], queues.failedRuns.queueArn, ...answeredArns);
    allow("PurgeUndelivered", ["sqs:PurgeQueue"], ...answeredArns);
    allow("TestAlarm", ["cloudwatch:SetAlarmState"], watch.testAlarm.alarmArn);
    allow(
      "Subscribe",
      ["sns:Subscribe", "sns:ConfirmSubscription", "sns:ListSubscriptionsByTopic"],
      watch.topic.topicArn,
      seals.topic.topicArn,
    );
    allow(
      "ReadStack",
      [
        "cloudformation:DescribeStacks",
        "cloudformation:DescribeStackResources",
        "cloudformation:DescribeStackEvents",
        "cloudformation:ListStackResources",
        "cloudformation:GetTemplate",
      ],
      this.stackArns,
    );
    allow("Look", LOOK, "*");
    props.tokens.grantPut(this);
    acknowledge(this.policy, ["solutions"], "IAM5[Resource::*]", "These actions only look, and know no resources.");
    acknowledgeWildcards(this.policy, [this.stackArns], OWN_STACK);
    this.allowExecutions(props);
  }

  /** In a policy of its own, because with these the other would be longer than IAM takes. */
  private allowExecutions({ verifyEverything, columnar, reports }: OperatorRoleProps): void {
    const operator = withPolicy(this, "VerificationPolicy", this.role);
    const machines = [verifyEverything, ...(columnar === null ? [] : [columnar])];
    for (const machine of machines) machine.grantStart(operator);
    operator.allow(...reports.reading());
    acknowledgeWildcards(
      operator.policy,
      [...machines.map(({ executionArns }) => executionArns), reports.reportArns],
      "Executions and reports are named by run and by time, so a policy can only refer to them by their prefix.",
    );
  }
}

const LOOK = [
  "cloudtrail:LookupEvents",
  "cloudtrail:DescribeTrails",
  "cloudtrail:GetTrailStatus",
  "cloudtrail:GetEventSelectors",
  "cloudwatch:DescribeAlarms",
  "cloudwatch:GetMetricData",
  "cloudwatch:GetDashboard",
  "lambda:GetAccountSettings",
  "logs:DescribeLogGroups",
  "logs:GetQueryResults",
  "scheduler:ListSchedules",
];
