/** Who may do what of the columnar copy, decided by an evaluator over the synthesised policies. */
import { describe, expect, it } from "vitest";
import { COPY_DIFFERS } from "../../infra/constructs/columnar-steps.ts";
import { createNagPacks } from "../../infra/nag-packs.ts";
import { ADMINISTRATOR, createAccount, DEPLOYER } from "./policy/account.ts";
import type { Context } from "./policy/evaluate.ts";
import { ACCOUNT, REGION } from "./policy/resolve.ts";
import { type Row as RowOf, testRows } from "./policy/rows.ts";
import { COPY, createStack, resourcesOf, synthesise, TWENTY, theOne, WORKSPACE } from "./synth.ts";

const template = synthesise({ columnarCopy: "on" });
const account = createAccount(template, [ADMINISTRATOR, DEPLOYER]);
const roles = {
  copier: account.find("AWS::IAM::Role", /ColumnarRole/).arn,
  daily: account.find("AWS::IAM::Role", /ColumnarSchedulesRole/).arn,
  deployment: account.find("AWS::IAM::Role", /ColumnarDeploymentsRole/).arn,
  archiver: account.find("AWS::IAM::Role", /Archiver/).arn,
  reader: account.find("AWS::IAM::Role", /Reader/).arn,
  auditor: account.find("AWS::IAM::Role", /Auditor/).arn,
  operator: account.find("AWS::IAM::Role", /Operator/).arn,
  administrator: ADMINISTRATOR,
  deployer: DEPLOYER,
};
type Who = keyof typeof roles;

const bucket = account.find("AWS::S3::Bucket", /^ArchiveBucket/).arn;
const copy = account.find("AWS::S3::Bucket", /Columnar/).arn;
const results = account.find("AWS::S3::Bucket", /Results/).arn;
const archiveKey = account.find("AWS::KMS::Key", /^ArchiveKey/).arn;
const operationsKey = account.find("AWS::KMS::Key", /Operations/).arn;
const undelivered = account.find("AWS::SQS::Queue", /Undelivered/).arn;
const started = account.find("AWS::StepFunctions::StateMachine", /Columnar/).ref;
const machine = `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:AsanaAuditArchive-columnar`;
const execution = `arn:aws:states:${REGION}:${ACCOUNT}:execution:AsanaAuditArchive-columnar:1`;
const athena = (rest: string) => `arn:aws:athena:${REGION}:${ACCOUNT}:${rest}`;
const glue = (rest: string) => `arn:aws:glue:${REGION}:${ACCOUNT}:${rest}`;
const tableOf = (name: string) => glue(`table/asana_audit_archive/${name}`);

const segment = `${bucket}/events/workspace=${WORKSPACE}/dt=2026-05-01/000001.ndjson.gz`;
const seal = `${bucket}/seals/workspace=${WORKSPACE}/000001.txt`;
const file = `${copy}/events/data/1.parquet`;
const create: Context = { "s3:if-none-match": "*", "s3:ObjectCreationOperation": "true" };
const viaAthena: Context = { "aws:CalledVia": ["athena.amazonaws.com"] };
const viaS3: Context = { "kms:ViaService": `s3.${REGION}.amazonaws.com` };
const listing: Context = { "s3:prefix": `events/workspace=${WORKSPACE}/dt=` };
const metrics = (namespace: string): Context => ({ "cloudwatch:namespace": namespace });

type Row = RowOf<Who>;

const allowed: readonly Row[] = [
  ["copier", "athena:StartQueryExecution", athena("workgroup/AsanaAuditArchive")],
  ["copier", "athena:StopQueryExecution", athena("workgroup/AsanaAuditArchive")],
  ["copier", "athena:GetQueryExecution", athena("workgroup/AsanaAuditArchive")],
  ["copier", "athena:GetQueryResults", athena("workgroup/AsanaAuditArchive")],
  ["copier", "athena:GetDataCatalog", athena("datacatalog/AwsDataCatalog")],
  ["copier", "glue:GetTable", tableOf("events")],
  ...["events_columnar", "events_fast", "events_copied"].flatMap((name): Row[] => [
    ["copier", "glue:CreateTable", tableOf(name)],
    ["copier", "glue:UpdateTable", tableOf(name)],
  ]),
  ["copier", "glue:DeleteTable", tableOf("events_columnar")],
  ["copier", "glue:DeleteTable", glue("catalog")],
  ["copier", "s3:GetObject", segment],
  ["copier", "s3:ListBucket", bucket, listing],
  ["copier", "kms:Decrypt", archiveKey, viaS3],
  ["copier", "kms:GenerateDataKey", archiveKey, viaS3],
  ["copier", "s3:PutObject", file],
  ["copier", "s3:GetObject", file],
  ["copier", "s3:DeleteObject", file],
  ["copier", "s3:ListBucket", copy],
  ["copier", "s3:PutObject", `${results}/results/1.csv`, viaAthena],
  ["copier", "s3:GetObject", `${results}/results/1.csv`],
  ["copier", "states:ListExecutions", machine],
  ["copier", "cloudwatch:PutMetricData", "*", metrics("AsanaAuditArchive")],
  ["daily", "states:StartExecution", started],
  ["daily", "sqs:SendMessage", undelivered],
  ["deployment", "states:StartExecution", started],
  ["reader", "s3:GetObject", file],
  ["reader", "s3:ListBucket", copy],
  ["operator", "states:StartExecution", machine],
  ["operator", "states:ListExecutions", machine],
  ["operator", "states:GetExecutionHistory", execution],
  ["auditor", "s3:GetBucketPolicy", copy],
  ["deployer", "s3:PutLifecycleConfiguration", copy],
];

const denied: readonly Row[] = [
  // The record is not its to touch, nor what vouches for it.
  ["copier", "s3:PutObject", segment, create],
  ["copier", "s3:PutObject", seal, create],
  ["copier", "s3:DeleteObject", segment],
  ["copier", "s3:GetObject", seal],
  ["copier", "glue:UpdateTable", tableOf("event_lines")],
  ["copier", "glue:UpdateTable", tableOf("events")],
  ["copier", "glue:DeleteTable", tableOf("events")],
  ["copier", "glue:DeleteDatabase", glue("database/asana_audit_archive")],
  ["copier", "s3:DeleteObjectVersion", file],
  ["copier", "s3:PutObject", `${results}/results/1.csv`],
  ["copier", "athena:StartQueryExecution", athena("workgroup/primary")],
  ["copier", "kms:Decrypt", operationsKey],
  ["copier", "states:StartExecution", machine],
  ["copier", "cloudwatch:PutMetricData", "*", metrics("AWS/Lambda")],
  ["daily", "states:StopExecution", started],
  ["deployment", "sqs:SendMessage", undelivered],
  ["archiver", "s3:GetObject", file],
  ["archiver", "s3:PutObject", file],
  ["reader", "s3:PutObject", file, viaAthena],
  ["reader", "s3:DeleteObject", file],
  ["reader", "glue:UpdateTable", tableOf("events_fast")],
  ["reader", "states:StartExecution", machine],
  ["auditor", "s3:GetObject", file],
  ["operator", "s3:GetObject", file],
  ["operator", "states:UpdateStateMachine", machine],
  ["administrator", "s3:PutObject", file],
  ["administrator", "s3:ReplicateObject", file],
  ["administrator", "s3:PutBucketPolicy", copy],
  ["administrator", "s3:PutLifecycleConfiguration", copy],
  ["administrator", "s3:GetObject", file, { "aws:SecureTransport": "false" }],
];

describe("permissions of the columnar copy", () => {
  testRows(account, roles, { allowed, denied });

  it("no role of it holds an action with a wildcard", () => {
    const actions = [roles.copier, roles.daily, roles.deployment].flatMap((role) =>
      account.identity(role).flatMap(({ Action }) => Action),
    );
    expect(actions.length).toBeGreaterThan(20);
    expect(actions.filter((action) => action.includes("*"))).toEqual([]);
  });
});

describe("the columnar copy", () => {
  it("is in a bucket that is private, encrypted with the archive's key, logged, without a lock, and left behind", () => {
    const { Properties, DeletionPolicy } = theOne(template, "AWS::S3::Bucket", /Columnar/);
    const encrypted = theOne(template, "AWS::S3::Bucket", /^ArchiveBucket/).Properties.BucketEncryption;
    expect(Properties.BucketEncryption).toEqual(encrypted);
    expect(Properties.ObjectLockEnabled).toBeUndefined();
    expect(Properties.LoggingConfiguration.LogFilePrefix).toBe("columnar/");
    expect(Object.values(Properties.PublicAccessBlockConfiguration)).toEqual([true, true, true, true]);
    expect(DeletionPolicy).toBe("RetainExceptOnCreate");
    // A rule that expires objects would take files out of the middle of the table.
    for (const rule of Properties.LifecycleConfiguration.Rules) expect(rule.ExpirationInDays).toBeUndefined();
  });

  it("is copied daily, three hours after a day is settled, and once a deployment of the stack has ended", () => {
    const schedule = theOne(template, "AWS::Scheduler::Schedule", /Columnar/).Properties;
    expect(schedule.ScheduleExpression).toMatch(/^cron\(0 9 /);
    const { EventPattern, Targets } = theOne(template, "AWS::Events::Rule", /Columnar/).Properties;
    // An event taken for an order would mean nothing today, and might mean something tomorrow.
    expect([schedule.Target.Input, Targets[0].Input]).toEqual(["{}", "{}"]);
    expect(EventPattern).toEqual({
      source: ["aws.cloudformation"],
      "detail-type": ["CloudFormation Stack Status Change"],
      detail: {
        "stack-id": [{ Ref: "AWS::StackId" }],
        "status-details": { status: ["CREATE_COMPLETE", "UPDATE_COMPLETE"] },
      },
    });
  });

  it("leaves room for a stack with as many workspaces as the settings take and a second copy, policies included", () => {
    const { Resources } = synthesise({ columnarCopy: "on", workspaces: TWENTY, ...COPY }).toJSON();
    expect(Object.keys(Resources).length).toBeLessThan(500);
  });

  it("is billed for two alarms, which look at one metric that is sent once a day", () => {
    const alarms = (of: typeof template) => Object.values(resourcesOf(of, "AWS::CloudWatch::Alarm"));
    expect(alarms(template).length - alarms(synthesise()).length).toBe(2);
    const metrics = alarms(template).map(({ Properties }) => Properties.MetricName);
    expect(metrics.filter((name) => name === COPY_DIFFERS).length).toBe(2);
  });

  it("adds nothing to a stack that does not ask for it", () => {
    const types = ["AWS::StepFunctions::StateMachine", "AWS::S3::Bucket", "AWS::Glue::Table", "AWS::IAM::Role"];
    for (const type of types)
      expect(Object.keys(resourcesOf(synthesise(), type)).filter((id) => /Columnar/.test(id))).toEqual([]);
  });

  it.each([{}, { encryption: "sse-s3" }])("leaves cdk-nag nothing to find: %j", (settings) => {
    const stack = createStack({ columnarCopy: "on", ...settings });
    expect(createNagPacks().flatMap((pack) => pack.validateScope(stack).violations)).toEqual([]);
  });
});
