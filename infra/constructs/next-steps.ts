import { CfnOutput, Stack } from "aws-cdk-lib";
import type { Alias } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import type { RunInput } from "../../lambda/contract.ts";

export interface NextStepsProps {
  readonly workspaces: readonly string[];
  readonly tokenSecretArns: Readonly<Record<string, string>>;
  readonly live: Alias;
  readonly bucketName: string;
  readonly tableName: string;
  readonly databaseName: string;
  readonly workgroupName: string;
  readonly readerRoleArn: string;
  readonly alarmTopicArn: string;
}

/** The commands to run after a deployment, ready to be pasted. */
export class NextSteps extends Construct {
  constructor(scope: Construct, id: string, props: NextStepsProps) {
    super(scope, id);
    const archive = `--archive s3://${props.bucketName}`;
    const region = `--region ${Stack.of(this).region}`;
    for (const workspace of props.workspaces) {
      const input: RunInput = { workspace, task: "drain" };
      this.output(
        `PutToken${workspace}`,
        `Put the service account token of workspace ${workspace} into its secret (it is read from the keyboard, unseen)`,
        `read -rs T && printf %s "$T" | aws secretsmanager put-secret-value ${region} --secret-id '${props.tokenSecretArns[workspace]}' --secret-string file:///dev/stdin; unset T`,
      );
      this.output(
        `RunOnce${workspace}`,
        `Archive workspace ${workspace} now, without waiting for the schedule`,
        `aws lambda invoke ${region} --function-name '${props.live.functionArn}' --cli-binary-format raw-in-base64-out --cli-read-timeout 900 --payload '${JSON.stringify(input)}' /dev/stdout`,
      );
    }
    this.output(
      "Status",
      "What the archive holds",
      `npm run -s archive -- status ${archive} --checkpoint dynamodb://${props.tableName}`,
    );
    this.output("Verify", "Check every segment", `npm run -s archive -- verify ${archive}`);
    this.output(
      "Query",
      "Ask Athena; it prints an id, and aws athena get-query-results --query-execution-id shows the rows",
      `aws athena start-query-execution ${region} --work-group ${props.workgroupName} --query-execution-context Database=${props.databaseName} --query-string "SELECT dt, count(*) AS events FROM event_lines WHERE dt >= '2026-01-01' GROUP BY dt ORDER BY dt"`,
    );
    this.output("ReaderRole", "The role for people who read the archive", props.readerRoleArn);
    this.output("AlarmTopic", "Subscribe whoever should be called", props.alarmTopicArn);
  }

  private output(id: string, description: string, value: string): void {
    new CfnOutput(this, id, { description, value }).overrideLogicalId(id);
  }
}
