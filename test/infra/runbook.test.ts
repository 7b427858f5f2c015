/** Every command of the runbook, and every one that a deployment prints, with a role that may run it, as the policies are evaluated. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ADMINISTRATOR, createAccount } from "./policy/account.ts";
import type { Context } from "./policy/evaluate.ts";
import { ACCOUNT, REGION } from "./policy/resolve.ts";
import { BREAK_GLASS, synthesise, WORKSPACE } from "./synth.ts";

const template = synthesise({ breakGlassRoleArn: BREAK_GLASS });
const account = createAccount(template, [ADMINISTRATOR, BREAK_GLASS]);
const role = (id: RegExp) => account.find("AWS::IAM::Role", id).arn;
const roles = {
  reader: role(/Reader/),
  auditor: role(/Auditor/),
  operator: role(/Operator/),
  administrator: ADMINISTRATOR,
  breakGlass: BREAK_GLASS,
};
type Who = keyof typeof roles;

/** Who may run it, and what that asks of IAM. */
type Need = readonly [who: readonly Who[], action: string, resource: string, context?: Context];

const bucket = account.find("AWS::S3::Bucket", /^ArchiveBucket/).arn;
const reports = account.find("AWS::S3::Bucket", /Reports/).arn;
const segment = `${bucket}/events/workspace=${WORKSPACE}/dt=2026-05-01/000001.ndjson.gz`;
const day: Context = { "s3:prefix": `events/workspace=${WORKSPACE}/dt=2026-05-01/` };
const key = account.find("AWS::KMS::Key", /^ArchiveKey/).arn;
const table = account.find("AWS::DynamoDB::Table").arn;
const undelivered = account.find("AWS::SQS::Queue", /Undelivered/).arn;
const failedRuns = account.find("AWS::SQS::Queue", /FailedRuns/).arn;
const topic = account.find("AWS::SNS::Topic", /Watch/).arn;
const live = (id: RegExp) => account.find("AWS::Lambda::Alias", id).arn;
const machine = account.find("AWS::StepFunctions::StateMachine").arn;
const arn = (service: string, rest: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;
const stack = arn("cloudformation", "stack/AsanaAuditArchive/1");
const parameter = arn("ssm", `parameter/asana-audit-archive/AsanaAuditArchive/${WORKSPACE}`);

const COMMANDS: Readonly<Record<string, readonly Need[]>> = {
  "cloudformation describe-stack-events": [[["operator"], "cloudformation:DescribeStackEvents", stack]],
  "cloudformation describe-stacks": [[["operator", "auditor"], "cloudformation:DescribeStacks", stack]],
  "cloudformation detect-stack-drift": [[["administrator"], "cloudformation:DetectStackDrift", stack]],
  "cloudformation list-stack-resources": [[["operator", "auditor"], "cloudformation:ListStackResources", stack]],
  "cloudtrail lookup-events": [[["operator"], "cloudtrail:LookupEvents", "*"]],
  "dynamodb delete-item": [[["administrator"], "dynamodb:DeleteItem", table]],
  "glue delete-table": [
    [["administrator"], "glue:DeleteTable", arn("glue", "table/asana_audit_archive/events_columnar")],
  ],
  "iam update-access-key": [[["administrator"], "iam:UpdateAccessKey", "arn:aws:iam::123456789012:user/me"]],
  "kms cancel-key-deletion": [[["administrator"], "kms:CancelKeyDeletion", key]],
  "kms create-key": [[["administrator"], "kms:CreateKey", "*"]],
  "kms describe-key": [[["administrator", "auditor"], "kms:DescribeKey", key]],
  "kms enable-key": [[["administrator"], "kms:EnableKey", key]],
  "kms get-key-policy": [[["administrator", "auditor"], "kms:GetKeyPolicy", key]],
  "lambda get-function": [[["administrator"], "lambda:GetFunction", live(/Archiver/)]],
  "s3 cp": [[["reader", "auditor"], "s3:GetObject", `${bucket}/keys/a5fb010f.txt`]],
  "s3api delete-object": [
    [["breakGlass"], "s3:DeleteObjectVersion", segment],
    [["breakGlass"], "s3:BypassGovernanceRetention", segment],
  ],
  "s3api head-object": [[["auditor"], "s3:GetObject", segment]],
  "s3api list-object-versions": [[["auditor"], "s3:ListBucketVersions", bucket, day]],
  "s3control describe-job": [[["administrator"], "s3:DescribeJob", arn("s3", "job/1")]],
  "scheduler list-schedules": [[["operator"], "scheduler:ListSchedules", "*"]],
  "sqs purge-queue": [[["operator"], "sqs:PurgeQueue", undelivered]],
  "sqs receive-message": [
    [["operator"], "sqs:ReceiveMessage", failedRuns],
    [["operator"], "sqs:ReceiveMessage", undelivered],
  ],
  "ssm delete-parameter": [[["administrator"], "ssm:DeleteParameter", parameter]],
  "ssm put-parameter": [[["administrator"], "ssm:PutParameter", parameter]],
  "stepfunctions list-executions": [[["operator"], "states:ListExecutions", machine]],
  "stepfunctions start-execution": [[["operator"], "states:StartExecution", machine]],
};

const looks: readonly Need[] = [
  [["auditor"], "s3:ListBucket", bucket, day],
  [["auditor"], "s3:GetObject", segment],
];

/** Of the outputs, without those that are a name or an ARN; of a workspace's, without its gid. */
const OUTPUTS: Readonly<Record<string, readonly Need[]>> = {
  PutToken: [[["operator"], "secretsmanager:PutSecretValue", account.find("AWS::SecretsManager::Secret").arn]],
  RunOnce: [[["operator"], "lambda:InvokeFunction", live(/Archiver/)]],
  Status: [...looks, [["auditor"], "dynamodb:GetItem", table, { "dynamodb:LeadingKeys": [WORKSPACE] }]],
  Verify: [...looks, [["auditor"], "s3:ListBucketVersions", bucket, day]],
  SealNow: [[["operator"], "lambda:InvokeFunction", live(/Sealer/)]],
  VerifyEverything: [[["operator"], "states:StartExecution", machine]],
  Reports: [[["operator", "auditor"], "s3:ListBucket", reports, { "s3:prefix": "reports/verify/" }]],
  Lock: [[["auditor"], "s3:GetBucketObjectLockConfiguration", bucket]],
  Query: [[["reader"], "athena:StartQueryExecution", arn("athena", "workgroup/AsanaAuditArchive")]],
  Subscribe: [[["operator"], "sns:Subscribe", topic]],
  ConfirmSubscription: [[["operator"], "sns:ConfirmSubscription", topic]],
  Subscriptions: [[["operator", "auditor"], "sns:ListSubscriptionsByTopic", topic]],
  TestAlarm: [[["operator"], "cloudwatch:SetAlarmState", account.find("AWS::CloudWatch::Alarm", /Deadletters/).arn]],
};

function expectAllowed(needs: readonly Need[]): void {
  for (const [who, action, resource, context] of needs)
    for (const one of who)
      expect(account.decide(roles[one], action, resource, context), `${one}: ${action}`).toMatchObject({
        allowed: true,
      });
}

describe("a command of docs/runbook.md may be run by a role that the page names", () => {
  const page = readFileSync("docs/runbook.md", "utf8").replaceAll(/\s+/g, " ");
  const shown = [...page.matchAll(/\baws ([a-z0-9]+ [a-z]+(?:-[a-z]+)*)/g)].map(([, command]) => command!);

  it.each([...new Set(shown)].sort())("aws %s", (command) => {
    expect(Object.keys(COMMANDS), "say here who may run it").toContain(command);
    expectAllowed(COMMANDS[command]!);
  });

  it("and there is no other here", () => {
    expect(Object.keys(COMMANDS).filter((command) => !shown.includes(command))).toEqual([]);
  });
});

describe("a command that the deployment prints may be run by a role of the stack", () => {
  // What is not made of several parts is a name or an ARN.
  const printed = Object.entries(template.toJSON()["Outputs"] as Record<string, { Value: object }>)
    .filter(([, { Value }]) => "Fn::Join" in Value)
    .map(([name]) => name.replace(/\d+$/, ""));

  it.each(printed)("%s", (name) => {
    expect(Object.keys(OUTPUTS), "say here who may run it").toContain(name);
    expectAllowed(OUTPUTS[name]!);
  });

  it("and there is no other here", () => {
    expect(Object.keys(OUTPUTS).sort()).toEqual([...printed].sort());
  });
});
