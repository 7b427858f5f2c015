import { CfnOutput, Stack } from "aws-cdk-lib";
import type { Alias } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import type { RunInput } from "../../lambda/contract.ts";
import { isCheckout } from "../../package/checkout.ts";
import type { Tokens } from "./tokens.ts";

export interface NextStepsProps {
  readonly workspaces: readonly string[];
  readonly tokens: Tokens;
  readonly live: Alias;
  readonly sealer: Alias;
  readonly verifyEverythingArn: string;
  readonly reportsBucketName: string;
  readonly sealsTopicArn: string;
  readonly bucketName: string;
  readonly tableName: string;
  readonly databaseName: string;
  readonly workgroupName: string;
  readonly roleArns: Readonly<Record<"Reader" | "Auditor" | "Operator", string>>;
  readonly alarmTopicArn: string;
  /** Any alarm, to be set off for a test. */
  readonly anAlarmName: string;
}

/** Stack outputs: the commands to run after a deployment, ready to paste. `aws` is the AWS CLI, version 2. */
export class NextSteps extends Construct {
  constructor(scope: Construct, id: string, props: NextStepsProps) {
    super(scope, id);
    const archive = `--archive s3://${props.bucketName}`;
    const region = `--region ${Stack.of(this).region}`;
    for (const workspace of props.workspaces) {
      const input: RunInput = { workspace, task: "drain" };
      this.output(
        `PutToken${workspace}`,
        `Store the service account token of workspace ${workspace} (type or paste it; it is not shown)`,
        `read -rs T && printf %s "$T" | aws ${region} ${props.tokens.putCommand(workspace)}; unset T`,
      );
      this.output(
        `RunOnce${workspace}`,
        `Archive workspace ${workspace} now instead of waiting for the schedule`,
        `aws lambda invoke ${region} --function-name '${props.live.functionArn}' --cli-binary-format raw-in-base64-out --cli-read-timeout 900 --payload '${JSON.stringify(input)}' /dev/stdout`,
      );
    }
    const program = isCheckout ? "npm run -s archive --" : "npx asana-audit-archive";
    const desk = `AWS_REGION=${Stack.of(this).region} ${program}`;
    this.output(
      "Status",
      "Show what the archive holds",
      `${desk} status ${archive} --checkpoint dynamodb://${props.tableName}`,
    );
    this.output("Verify", "Verify every segment", `${desk} verify ${archive}`);
    this.output(
      "SealNow",
      "Seal what has become due now instead of waiting for the schedule",
      `aws lambda invoke ${region} --function-name '${props.sealer.functionArn}' --cli-read-timeout 900 /dev/stdout`,
    );
    this.output(
      "VerifyEverything",
      "Read the whole archive back on AWS and verify it; the report is then in the bucket of reports",
      `aws stepfunctions start-execution ${region} --state-machine-arn '${props.verifyEverythingArn}'`,
    );
    this.output(
      "Reports",
      "List what verifications of the whole archive have reported",
      `aws s3 ls ${region} s3://${props.reportsBucketName}/reports/verify/`,
    );
    this.output(
      "SealsTopic",
      "The topic to which the number and the hash of each new seal are published; subscribe an address outside of this account",
      props.sealsTopicArn,
    );
    this.output(
      "Lock",
      "Show that new segments are locked, how and for how long",
      `aws s3api get-object-lock-configuration ${region} --bucket ${props.bucketName}`,
    );
    this.output(
      "Query",
      "Query with Athena. The command prints an id; aws athena get-query-results with the same --region and --query-execution-id <id> shows the rows",
      `aws athena start-query-execution ${region} --work-group ${props.workgroupName} --query-execution-context Database=${props.databaseName} --query-string "SELECT dt, count(*) AS events FROM event_lines WHERE dt >= '2026-01-01' GROUP BY dt ORDER BY dt"`,
    );
    this.output("ReaderRole", "The role to assume for reading the archive", props.roleArns.Reader);
    this.output("AuditorRole", "The role to assume for verify, locks, versions and policies", props.roleArns.Auditor);
    this.output("OperatorRole", "The role to assume for answering alarms", props.roleArns.Operator);
    this.output(
      "AlarmTopic",
      "The topic to which alarms are published; subscribe everybody who should be notified",
      props.alarmTopicArn,
    );
    const topic = `${region} --topic-arn ${props.alarmTopicArn}`;
    this.output(
      "Subscribe",
      "Notify one more address, yours in place of you@example.com; or with another protocol and endpoint, something else",
      `aws sns subscribe ${topic} --protocol email --notification-endpoint you@example.com`,
    );
    this.output(
      "ConfirmSubscription",
      "Confirm a subscription so that only this account can end it; TOKEN stands for the one in the link of the mail",
      `aws sns confirm-subscription ${topic} --authenticate-on-unsubscribe true --token TOKEN`,
    );
    this.output(
      "Subscriptions",
      "Show who is notified; PendingConfirmation is not notified yet",
      `aws sns list-subscriptions-by-topic ${topic} --output text --query "Subscriptions[].[Endpoint,SubscriptionArn]"`,
    );
    this.output(
      "TestAlarm",
      "Set an alarm off, to see that it arrives. It goes back by itself within minutes",
      `aws cloudwatch set-alarm-state ${region} --alarm-name '${props.anAlarmName}' --state-value ALARM --state-reason "A test: nothing is wrong"`,
    );
  }

  private output(id: string, description: string, value: string): void {
    new CfnOutput(this, id, { description, value }).overrideLogicalId(id);
  }
}
