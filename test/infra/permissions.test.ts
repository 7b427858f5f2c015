/**
 * Who may do what once the stack is deployed, decided by an evaluator over the synthesised policies: the table that readers see
 * (`policy/calls.ts`), and the rows that need more words than its columns have.
 */
import { describe, expect, it } from "vitest";
import { ADMINISTRATOR, createAccount, DEPLOYER } from "./policy/account.ts";
import { arnOf, CALLS, contextOf, whoMay } from "./policy/calls.ts";
import type { Context } from "./policy/evaluate.ts";
import { ACCOUNT, REGION, resolveTemplate } from "./policy/resolve.ts";
import { type Row as RowOf, testRows } from "./policy/rows.ts";
import { BREAK_GLASS, OTHER_WORKSPACE, resourcesOf, synthesise, TWENTY, theOne, WORKSPACE } from "./synth.ts";

const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const DELIVERY = "logging.s3.amazonaws.com";
const administrators = [ADMINISTRATOR, DEPLOYER, BREAK_GLASS, ROOT];
const account = createAccount(synthesise({ breakGlassRoleArn: BREAK_GLASS, retentionDays: 2557 }), administrators);

const roles = {
  archiver: account.find("AWS::IAM::Role", /Archiver/).arn,
  sealer: account.find("AWS::IAM::Role", /Sealer/).arn,
  verifier: account.find("AWS::IAM::Role", /ArchiveVerifierRole/).arn,
  machine: account.find("AWS::IAM::Role", /VerifyEverythingRole/).arn,
  verifySchedules: account.find("AWS::IAM::Role", /VerifyEverythingSchedulesRole/).arn,
  reader: account.find("AWS::IAM::Role", /Reader/).arn,
  auditor: account.find("AWS::IAM::Role", /Auditor/).arn,
  operator: account.find("AWS::IAM::Role", /Operator/).arn,
  scheduler: account.find("AWS::IAM::Role", /^ArchiveSchedules/).arn,
  signOfLife: account.find("AWS::IAM::Role", /SignOfLife/).arn,
  tripwire: account.find("AWS::IAM::Role", /Tripwire/).arn,
  administrator: ADMINISTRATOR,
  deployer: DEPLOYER,
  breakGlass: BREAK_GLASS,
  root: ROOT,
  delivery: DELIVERY,
};
type Who = keyof typeof roles;

const bucket = account.find("AWS::S3::Bucket", /^ArchiveBucket/).arn;
const results = account.find("AWS::S3::Bucket", /Results/).arn;
const reports = account.find("AWS::S3::Bucket", /Reports/).arn;
const accessLogs = account.find("AWS::S3::Bucket", /AccessLogs/).arn;
const table = account.find("AWS::DynamoDB::Table").arn;
const secret = account.find("AWS::SecretsManager::Secret").arn;
const archiveKey = account.find("AWS::KMS::Key", /^ArchiveKey/).arn;
const operationsKey = account.find("AWS::KMS::Key", /Operations/).arn;
const sealingKey = account.find("AWS::KMS::Key", /Sealing/).arn;
const logs = account.find("AWS::Logs::LogGroup", /Archiver/).arn;
const live = account.find("AWS::Lambda::Alias", /Archiver/).arn;
const sealerLive = account.find("AWS::Lambda::Alias", /Sealer/).arn;
const fn = account.find("AWS::Lambda::Function", /Archiver/).arn;
const sealerLogs = account.find("AWS::Logs::LogGroup", /Sealer/).arn;
const sealerFn = account.find("AWS::Lambda::Function", /Sealer/).arn;
const verifierLogs = account.find("AWS::Logs::LogGroup", /Verifier/).arn;
const verifierLive = account.find("AWS::Lambda::Alias", /Verifier/).arn;
const verifierFn = account.find("AWS::Lambda::Function", /Verifier/).arn;
const machine = account.find("AWS::StepFunctions::StateMachine").arn;
const failedRuns = account.find("AWS::SQS::Queue", /FailedRuns/).arn;
const undelivered = account.find("AWS::SQS::Queue", /Undelivered/).arn;
const topic = account.find("AWS::SNS::Topic", /Watch/).arn;
const sealsTopic = account.find("AWS::SNS::Topic", /Seals/).arn;
const stack = `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/AsanaAuditArchive/1`;
const athena = (name: string) => `arn:aws:athena:${REGION}:${ACCOUNT}:workgroup/${name}`;
const glue = (rest: string) => `arn:aws:glue:${REGION}:${ACCOUNT}:${rest}`;

const segment = `${bucket}/events/workspace=${WORKSPACE}/dt=2026-05-01/000001.ndjson.gz`;
const otherSegment = `${bucket}/events/workspace=${OTHER_WORKSPACE}/dt=2026-05-01/000001.ndjson.gz`;
const coverage = `${bucket}/coverage/workspace=${WORKSPACE}/dt=2026-05-01/000001.json`;
const otherCoverage = `${bucket}/coverage/workspace=${OTHER_WORKSPACE}/dt=2026-05-01/000001.json`;
const seal = `${bucket}/seals/workspace=${WORKSPACE}/000001.txt`;
const stamp = `${bucket}/stamps/workspace=${WORKSPACE}/000001.1.tsr`;
const keyFile = `${bucket}/keys/a5fb010f.txt`;
const report = `${reports}/reports/verify/2026-05-01T070000.500Z.json`;
const kept = `${reports}/runs/1/results/000001.json`;
const accessLog = `${accessLogs}/archive/1`;
const delivers = (source: string): Context => ({
  "aws:PrincipalServiceName": DELIVERY,
  "aws:SourceArn": source,
  "aws:SourceAccount": ACCOUNT,
});
const create: Context = { "s3:if-none-match": "*", "s3:ObjectCreationOperation": "true" };
const listing = (workspace: string): Context => ({ "s3:prefix": `events/workspace=${workspace}/dt=2026-05-01/` });
const item = (workspace: string): Context => ({ "dynamodb:LeadingKeys": [workspace] });
const gidsOnly: Context = { "dynamodb:Select": "SPECIFIC_ATTRIBUTES", "dynamodb:Attributes": ["workspace"] };
const via = (service: string): Context => ({ "kms:ViaService": `${service}.${REGION}.amazonaws.com` });
const window = (days: number): Context => ({ "kms:ScheduleKeyDeletionPendingWindowInDays": String(days) });
const byAws: Context = { "kms:GrantIsForAWSResource": "true" };
const ed25519: Context = { "kms:SigningAlgorithm": "ED25519_SHA_512" };
const viaSecrets: Context = { ...via("secretsmanager"), "kms:EncryptionContext:SecretARN": secret };

type Row = RowOf<Who>;

const allowed: readonly Row[] = [
  ["archiver", "s3:ListBucket", bucket, { "s3:prefix": "events/", "s3:delimiter": "/" }],
  ["archiver", "dynamodb:Scan", table, gidsOnly],
  ["archiver", "logs:CreateLogStream", logs],
  ["archiver", "s3:GetObject", coverage],
  ["archiver", "s3:ListBucket", bucket, { "s3:prefix": `coverage/workspace=${WORKSPACE}/dt=2026-05-01/` }],

  // The sealer: reads what every workspace has, whoever still archives it, signs it and writes that down.
  ...[segment, otherSegment, coverage, otherCoverage, seal, stamp, keyFile].map(
    (object): Row => ["sealer", "s3:GetObject", object],
  ),
  ...["events/", "coverage/", "seals/", "stamps/", "keys/"].map(
    (prefix): Row => ["sealer", "s3:ListBucket", bucket, { "s3:prefix": `${prefix}workspace=${WORKSPACE}/` }],
  ),
  ["sealer", "s3:ListBucket", bucket, { "s3:prefix": "events/", "s3:delimiter": "/" }],
  // A get of what is not there: without this right, S3 says that access is denied.
  ["sealer", "s3:ListBucket", bucket],
  ...[seal, stamp, keyFile].map((object): Row => ["sealer", "s3:PutObject", object, create]),
  ["sealer", "kms:GenerateDataKey", operationsKey, via("sns")],
  ["sealer", "logs:PutLogEvents", sealerLogs],

  // The verifier: reads all that an auditor would read back, and writes what it found.
  ...[segment, otherSegment, coverage, otherCoverage, seal, stamp, keyFile].map(
    (object): Row => ["verifier", "s3:GetObject", object],
  ),
  ["verifier", "s3:ListBucket", bucket],
  ["verifier", "s3:ListBucketVersions", bucket],
  ["verifier", "kms:Decrypt", archiveKey, via("s3")],
  ["verifier", "kms:GetPublicKey", sealingKey],
  ["verifier", "dynamodb:GetItem", table, item(WORKSPACE)],
  ["verifier", "kms:Decrypt", operationsKey, via("dynamodb")],
  ...[report, kept].flatMap((object): Row[] => [
    ["verifier", "s3:PutObject", object, create],
    ["verifier", "s3:GetObject", object],
  ]),
  ["verifier", "s3:ListBucket", reports],
  ["verifier", "kms:GenerateDataKey", operationsKey, via("s3")],
  ["verifier", "kms:Decrypt", operationsKey, via("s3")],
  ["verifier", "logs:PutLogEvents", verifierLogs],
  ["verifier", "sqs:SendMessage", failedRuns],
  ["machine", "lambda:InvokeFunction", verifierLive],
  ["machine", "s3:GetObject", `${reports}/runs/1/inventory.jsonl`],
  ["machine", "kms:Decrypt", operationsKey, via("s3")],
  ["machine", "states:StartExecution", machine],
  ["verifySchedules", "states:StartExecution", machine],
  ["verifySchedules", "lambda:InvokeFunction", verifierLive],
  ["verifySchedules", "sqs:SendMessage", undelivered],
  ...(["auditor", "operator"] as const).flatMap((who): Row[] => [
    [who, "s3:GetObject", report],
    [who, "s3:ListBucket", reports, { "s3:prefix": "reports/verify/" }],
    [who, "kms:Decrypt", operationsKey, via("s3")],
  ]),
  ["operator", "states:StartExecution", machine],
  ["operator", "states:ListExecutions", machine],
  ["operator", "logs:StartQuery", verifierLogs],

  ...[segment, otherSegment, coverage, seal, stamp, keyFile].map((object): Row => ["reader", "s3:GetObject", object]),
  ["reader", "s3:ListBucket", bucket, { "s3:prefix": `seals/workspace=${WORKSPACE}/` }],
  ["reader", "s3:GetBucketLocation", bucket],
  ["reader", "athena:GetQueryResults", athena("AsanaAuditArchive")],
  ["reader", "glue:GetTable", glue("table/asana_audit_archive/event_lines")],
  ["reader", "glue:GetDatabase", glue("database/asana_audit_archive")],
  ["reader", "athena:ListWorkGroups", "*"],
  ["reader", "athena:ListDataCatalogs", "*"],

  // The auditor, by the commands of the runbook: verify with a checkpoint, a segment's versions and lock, the protection.
  ["auditor", "s3:ListBucketVersions", bucket, { "s3:prefix": `seals/workspace=${WORKSPACE}/` }],
  ["auditor", "s3:GetObjectRetention", seal],
  ["auditor", "s3:GetObjectLegalHold", segment],
  ["auditor", "s3:GetBucketObjectLockConfiguration", bucket],
  ["auditor", "s3:GetBucketPolicy", accessLogs],
  ["auditor", "s3:GetLifecycleConfiguration", bucket],
  ["auditor", "s3:GetBucketVersioning", bucket],
  ["auditor", "s3:ListBucket", accessLogs, { "s3:prefix": "archive/" }],
  ["auditor", "kms:GetKeyPolicy", archiveKey],
  ["auditor", "kms:DescribeKey", operationsKey],
  ["auditor", "kms:DescribeKey", sealingKey],
  ["auditor", "kms:GetKeyPolicy", sealingKey],
  ["auditor", "kms:DescribeKey", sealingKey],
  ["auditor", "kms:ListGrants", operationsKey],
  // And by `doctor --stack`: what was deployed, and what is in force, runs and is told.
  ["auditor", "cloudformation:DescribeStacks", stack],
  ["auditor", "cloudformation:ListStackResources", stack],
  ["auditor", "scheduler:ListSchedules", "*"],
  ["auditor", "sns:ListSubscriptionsByTopic", topic],
  ["auditor", "sns:ListSubscriptionsByTopic", sealsTopic],
  ["auditor", "s3:ListBucket", bucket, { "s3:prefix": `seals/workspace=${WORKSPACE}/` }],
  ["auditor", "cloudtrail:DescribeTrails", "*"],
  ["auditor", "cloudtrail:GetTrailStatus", "*"],
  ["auditor", "cloudtrail:GetEventSelectors", "*"],
  ["auditor", "lambda:GetAccountSettings", "*"],
  ["auditor", "lambda:GetFunctionConfiguration", live],
  ["auditor", "lambda:GetFunctionConfiguration", sealerLive],
  ["auditor", "lambda:GetFunctionConfiguration", verifierLive],

  // The operator, by the commands of the runbook and of the deployment's outputs.
  ["operator", "logs:StartQuery", logs],
  ["operator", "logs:StartQuery", sealerLogs],
  ["operator", "logs:GetQueryResults", "*"],
  ["operator", "sqs:ReceiveMessage", undelivered],
  ["operator", "sqs:PurgeQueue", undelivered],
  ["operator", "scheduler:ListSchedules", "*"],
  ["operator", "cloudwatch:DescribeAlarms", "*"],
  ["operator", "sns:Subscribe", sealsTopic],
  ["operator", "sns:ConfirmSubscription", topic],
  ["operator", "sns:ListSubscriptionsByTopic", topic],
  ["operator", "cloudformation:DescribeStacks", stack],
  ["operator", "cloudformation:DescribeStackEvents", stack],
  [
    "operator",
    "cloudformation:DescribeStackResources",
    `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/AsanaAuditArchive/*`,
  ],
  ["operator", "cloudformation:ListStackResources", stack],
  ["operator", "cloudtrail:LookupEvents", "*"],
  ["operator", "cloudtrail:DescribeTrails", "*"],
  ["operator", "cloudtrail:GetTrailStatus", "*"],
  ["operator", "cloudtrail:GetEventSelectors", "*"],
  ["operator", "lambda:GetAccountSettings", "*"],
  ["operator", "kms:GenerateDataKey", operationsKey, via("secretsmanager")],
  ["scheduler", "sqs:SendMessage", undelivered],
  ["signOfLife", "sns:Publish", topic],
  ["signOfLife", "kms:GenerateDataKey", operationsKey, via("sns")],
  ["signOfLife", "sqs:SendMessage", undelivered],
  ["tripwire", "sns:Publish", topic],
  ["tripwire", "kms:GenerateDataKey", operationsKey, via("sns")],
  ["breakGlass", "kms:ScheduleKeyDeletion", archiveKey],
  // DynamoDB lets itself use the key when a table is made, and when an administrator restores one.
  ["deployer", "kms:CreateGrant", operationsKey, byAws],
  ["administrator", "kms:CreateGrant", operationsKey, byAws],
  // Whoever sees an order to delete a key can take it back.
  ["administrator", "kms:EnableKey", archiveKey],
  ["deployer", "s3:PutLifecycleConfiguration", accessLogs],
  ["delivery", "s3:PutObject", accessLog, delivers(bucket)],
  ["delivery", "s3:PutObject", `${accessLogs}/results/1`, delivers(results)],
  [
    "administrator",
    "s3:PutObjectRetention",
    segment,
    { "s3:object-lock-remaining-retention-days": "4000", "s3:object-lock-mode": "GOVERNANCE" },
  ],
];

const denied: readonly Row[] = [
  // The archiver: creates and reads segments of its workspaces, and nothing else.
  ["archiver", "s3:PutObject", segment, { "s3:ObjectCreationOperation": "false" }],
  ["archiver", "s3:PutObject", segment, { ...create, "s3:TlsVersion": "1.1" }],
  ["archiver", "s3:PutObject", segment, { ...create, "s3:x-amz-server-side-encryption-aws-kms-key-id": operationsKey }],
  ["archiver", "s3:PutObject", segment, { ...create, "s3:x-amz-server-side-encryption-customer-algorithm": "AES256" }],
  ["archiver", "s3:PutObject", segment, { ...create, "s3:object-lock-mode": "COMPLIANCE" }],
  ["archiver", "s3:PutObject", otherSegment, create],
  ...[seal, stamp, keyFile].flatMap((object): Row[] => [
    ["archiver", "s3:PutObject", object, create],
    ["archiver", "s3:GetObject", object],
  ]),
  ["archiver", "s3:PutObject", otherCoverage, create],
  ["archiver", "s3:PutObject", coverage, { "s3:ObjectCreationOperation": "true" }],
  ["archiver", "s3:DeleteObject", coverage],

  // The sealer: writes nothing that it vouches for, knows no token, and does nothing else with its key.
  ...[segment, coverage, `${bucket}/other`].map((object): Row => ["sealer", "s3:PutObject", object, create]),
  ["sealer", "s3:PutObject", seal, { "s3:ObjectCreationOperation": "true" }],
  ["sealer", "s3:PutObject", seal, { ...create, "s3:object-lock-remaining-retention-days": "1" }],
  ["sealer", "s3:PutObject", seal, { ...create, "s3:x-amz-server-side-encryption": "AES256" }],
  ["sealer", "s3:GetObject", `${bucket}/other`],
  ["sealer", "s3:ListBucketVersions", bucket],
  ["sealer", "s3:DeleteObjectVersion", seal],
  ["sealer", "s3:PutObjectRetention", seal, { "s3:object-lock-remaining-retention-days": "4000" }],
  ["sealer", "s3:BypassGovernanceRetention", seal],
  ["sealer", "kms:Sign", sealingKey],
  ["sealer", "kms:Sign", sealingKey, { "kms:SigningAlgorithm": "ED25519_PH_SHA_512" }],
  ["sealer", "kms:Sign", archiveKey, ed25519],
  ["sealer", "kms:CreateGrant", sealingKey],
  ["sealer", "lambda:UpdateFunctionCode", sealerFn],
  ["sealer", "sts:AssumeRole", roles.archiver],

  // The verifier: changes nothing that it judges, signs nothing, and knows no token.
  ...[segment, coverage, seal, stamp, keyFile, `${bucket}/other`].map(
    (object): Row => ["verifier", "s3:PutObject", object, create],
  ),
  ["verifier", "s3:PutObject", report],
  ["verifier", "s3:DeleteObject", report],
  ["verifier", "s3:DeleteObject", segment],
  ["verifier", "kms:GenerateDataKey", archiveKey, via("s3")],
  ["verifier", "kms:Sign", sealingKey, ed25519],
  ["verifier", "dynamodb:UpdateItem", table, item(WORKSPACE)],
  ["verifier", "secretsmanager:GetSecretValue", secret],
  ["verifier", "kms:Decrypt", operationsKey, viaSecrets],
  ["verifier", "lambda:UpdateFunctionCode", verifierFn],
  ["verifier", "states:StartExecution", machine],
  ["verifier", "sns:Publish", topic],
  ["machine", "s3:GetObject", segment],
  ["machine", "s3:GetObject", report],
  ["machine", "s3:PutObject", report, create],
  ["machine", "lambda:InvokeFunction", live],
  ["verifySchedules", "lambda:InvokeFunction", live],
  ["scheduler", "states:StartExecution", machine],
  ["operator", "lambda:InvokeFunction", verifierLive],
  ["operator", "s3:GetObject", kept],
  // A report is the verifier's alone, and stays.
  ...(["administrator", "root", "deployer", "breakGlass", "auditor", "operator"] as const).map(
    (who): Row => [who, "s3:PutObject", report, create],
  ),
  ["administrator", "s3:DeleteObject", report],
  ["administrator", "s3:DeleteObjectVersion", report],

  // A signature is the sealer's alone, and so is what is published as one, whatever the own policies allow.
  ...(["administrator", "root", "deployer", "breakGlass", "reader", "auditor", "operator"] as const).flatMap(
    (who): Row[] => [
      [who, "kms:Sign", sealingKey, ed25519],
      [who, "s3:PutObject", seal, create],
      [who, "sns:Publish", sealsTopic],
    ],
  ),
  ["archiver", "s3:PutObject", `${bucket}/other`, create],
  ["archiver", "s3:GetObject", otherSegment],
  ["archiver", "s3:ListBucket", bucket, listing(OTHER_WORKSPACE)],
  ["archiver", "s3:ListBucket", bucket, { "s3:prefix": "" }],
  ["archiver", "s3:ListBucket", bucket, { "s3:prefix": "events/" }],
  ["archiver", "s3:ListBucketVersions", bucket],
  ["archiver", "s3:PutObjectRetention", segment, { "s3:object-lock-remaining-retention-days": "4000" }],
  ["archiver", "kms:Decrypt", archiveKey, via("dynamodb")],
  ["archiver", "kms:Encrypt", archiveKey, via("s3")],
  ["archiver", "kms:Decrypt", operationsKey, via("s3")],
  ["archiver", "kms:Decrypt", operationsKey, { ...viaSecrets, "kms:EncryptionContext:SecretARN": `${secret}-else` }],
  ["archiver", "kms:Sign", archiveKey, via("s3")],
  ["archiver", "kms:ScheduleKeyDeletion", operationsKey],
  ["archiver", "dynamodb:GetItem", table, item(OTHER_WORKSPACE)],
  ["archiver", "dynamodb:UpdateItem", table, item(OTHER_WORKSPACE)],
  ["archiver", "dynamodb:PutItem", table, item(WORKSPACE)],
  ["archiver", "dynamodb:Scan", table],
  ["archiver", "dynamodb:Scan", table, { ...gidsOnly, "dynamodb:Attributes": ["workspace", "state"] }],
  ["archiver", "secretsmanager:GetSecretValue", `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:another-AbCdEf`],
  ["archiver", "logs:CreateLogGroup", logs],
  ["archiver", "logs:PutLogEvents", `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/aws/lambda/other:*`],
  ["archiver", "sqs:SendMessage", undelivered],
  ["archiver", "sqs:SendMessage", failedRuns, { "aws:SecureTransport": "false" }],
  ["archiver", "cloudwatch:PutMetricData", "*"],
  ["archiver", "iam:PassRole", roles.reader],
  ["archiver", "sts:AssumeRole", roles.reader],

  // The reader: reads, asks, and puts nothing into the archive.
  ["reader", "s3:PutObjectRetention", segment, { "s3:object-lock-remaining-retention-days": "4000" }],
  ["reader", "s3:ListBucket", bucket, { "s3:prefix": "" }],
  ["reader", "s3:PutObject", `${results}/elsewhere/1.csv`],
  ["reader", "s3:DeleteObject", `${results}/results/1.csv`],
  ["reader", "dynamodb:Scan", table],
  ["reader", "athena:StartQueryExecution", athena("primary")],
  ["reader", "athena:UpdateWorkGroup", athena("AsanaAuditArchive")],
  ["reader", "glue:GetTable", glue("table/other/anything")],

  // An answer is Athena's alone: directly, one reader could put another's in its place, and so could an administrator.
  ["administrator", "s3:PutObject", `${results}/results/1.csv`, { "aws:CalledVia": ["cloudformation.amazonaws.com"] }],

  // The auditor: looks at everything, and changes nothing.
  ["auditor", "s3:PutObjectRetention", segment, { "s3:object-lock-remaining-retention-days": "4000" }],
  ["auditor", "s3:DeleteObject", accessLog],
  ["auditor", "cloudformation:GetTemplate", `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/another/1`],
  ["auditor", "cloudtrail:StopLogging", "*"],

  // The operator: keeps it running, and reads neither events nor tokens.
  ["operator", "sqs:PurgeQueue", failedRuns],
  ["operator", "sns:Unsubscribe", topic],
  ["operator", "cloudformation:DescribeStacks", stack.replace("Archive/", "Archive2/")],

  // The scheduler: starts the function's live version, and nothing else.
  ["scheduler", "lambda:InvokeFunction", sealerFn],
  ["scheduler", "lambda:InvokeFunction", `${fn}:1`],

  ["tripwire", "sqs:SendMessage", undelivered],
  ["tripwire", "lambda:InvokeFunction", live],
  ["tripwire", "kms:Decrypt", operationsKey, via("dynamodb")],
  ["tripwire", "sns:Unsubscribe", topic],
  ["signOfLife", "lambda:InvokeFunction", live],
  ["signOfLife", "kms:Decrypt", operationsKey, via("dynamodb")],
  ["signOfLife", "secretsmanager:GetSecretValue", secret],

  // An administrator: whatever the own policies allow, the archive's own do not.
  ["administrator", "s3:PutObject", segment],
  [
    "administrator",
    "s3:PutObjectRetention",
    segment,
    { "s3:object-lock-remaining-retention-days": "4000", "s3:object-lock-mode": "COMPLIANCE" },
  ],
  ["administrator", "s3:PutBucketPublicAccessBlock", bucket],
  ...(["administrator", "root"] as const).flatMap((who) =>
    [archiveKey, operationsKey, sealingKey].flatMap((key): Row[] => [
      [who, "kms:PutKeyPolicy", key],
      [who, "kms:ScheduleKeyDeletion", key],
      [who, "kms:ScheduleKeyDeletion", key, window(30)],
      [who, "kms:DisableKey", key],
      [who, "kms:DisableKeyRotation", key],
      [who, "kms:DeleteImportedKeyMaterial", key],
      [who, "kms:CreateGrant", key],
      [who, "kms:CreateGrant", key, { "kms:GrantIsForAWSResource": "false" }],
      [who, "kms:RevokeGrant", key],
    ]),
  ),

  ["administrator", "s3:DeleteObject", accessLog],
  ["administrator", "s3:DeleteBucket", accessLogs],
  ["administrator", "s3:PutLifecycleConfiguration", accessLogs],
  ["administrator", "s3:DeleteBucketPolicy", accessLogs],
  ["administrator", "s3:PutBucketVersioning", accessLogs],
  ["administrator", "s3:PutBucketLogging", results],
  ["administrator", "s3:PutBucketPolicy", results],
  ["root", "s3:DeleteObjectVersion", accessLog],
  ["delivery", "s3:DeleteObject", accessLog, delivers(bucket)],
  // S3 delivers for whoever asks it to; what it brings from another bucket would be a forgery.
  ["delivery", "s3:PutObject", accessLog, delivers("arn:aws:s3:::another-bucket")],

  // Deploying is no way to delete, breaking the glass no way to write.
  ["breakGlass", "kms:ScheduleKeyDeletion", operationsKey, window(29)],
];

describe("the calls of docs/permissions.md", () => {
  it.each(CALLS)("%s on %s %s: %j and nobody else", (...row) => {
    expect(whoMay(account, row)).toEqual(row.at(-1));
  });

  it("are at least sixty for each principal", () => {
    expect(CALLS.length).toBeGreaterThanOrEqual(60);
  });
});

describe("permissions", () => {
  testRows(account, roles, { allowed, denied });

  it("each guard of the bucket denies something that nothing else would have denied to an administrator", () => {
    const guarded = ["administrator", "archiver", "sealer"] as const;
    const ofTable = CALLS.flatMap(([action, about, way, allowed]) =>
      guarded
        .filter((who) => !allowed.includes(who))
        .map((who): Row => [who, action, arnOf(account, about), contextOf(account, way)]),
    );
    const deciding = [...ofTable, ...denied.filter(([who]) => guarded.some((one) => one === who))].map(
      ([who, action, resource, context]) => account.decide(roles[who], action, resource, context).by,
    );
    for (const sid of GUARDS) expect(deciding).toContain(sid);
  });

  it("no role of the stack holds an action with a wildcard", () => {
    const actions = [
      roles.archiver,
      roles.sealer,
      roles.verifier,
      roles.machine,
      roles.verifySchedules,
      roles.reader,
      roles.auditor,
      roles.operator,
      roles.scheduler,
      roles.signOfLife,
    ].flatMap((role) => account.identity(role).flatMap(({ Action }) => Action));
    expect(actions.length).toBeGreaterThan(30);
    expect(actions.filter((action) => action.includes("*"))).toEqual([]);
  });
});

/** What each role of the stack may do with keys, and through which service: the column "keys" of docs/security.md. */
const USES: Readonly<Partial<Record<Who, readonly string[]>>> = {
  archiver: [
    "Decrypt of the archive's key, through s3",
    "GenerateDataKey of the archive's key, through s3",
    "Decrypt of the operations key, through dynamodb, secretsmanager",
    "Encrypt of the operations key, through dynamodb",
    "GenerateDataKey of the operations key, through dynamodb",
    "ReEncryptFrom of the operations key, through dynamodb",
    "DescribeKey of the operations key, through dynamodb",
  ],
  sealer: [
    "Decrypt of the archive's key, through s3",
    "GenerateDataKey of the archive's key, through s3",
    "Decrypt of the operations key, through sns",
    "GenerateDataKey of the operations key, through sns",
    "Sign of the signing key",
    "GetPublicKey of the signing key",
  ],
  verifier: [
    "Decrypt of the archive's key, through s3",
    "Decrypt of the operations key, through s3, dynamodb",
    "GenerateDataKey of the operations key, through s3",
    "DescribeKey of the operations key, through dynamodb",
    "GetPublicKey of the signing key",
  ],
  machine: ["Decrypt of the operations key, through s3"],
  reader: [
    "Decrypt of the archive's key, through s3",
    "GenerateDataKey of the archive's key, through s3",
    "Decrypt of the operations key, through dynamodb",
    "DescribeKey of the operations key, through dynamodb",
  ],
  auditor: [
    "Decrypt of the archive's key, through s3",
    "DescribeKey of the archive's key",
    "GetKeyPolicy of the archive's key",
    "ListGrants of the archive's key",
    "Decrypt of the operations key, through s3, dynamodb",
    "DescribeKey of the operations key",
    "GetKeyPolicy of the operations key",
    "ListGrants of the operations key",
    "DescribeKey of the signing key",
    "GetKeyPolicy of the signing key",
    "ListGrants of the signing key",
  ],
  operator: [
    "Decrypt of the operations key, through s3, secretsmanager",
    "GenerateDataKey of the operations key, through secretsmanager",
  ],
  signOfLife: ["Decrypt of the operations key, through sns", "GenerateDataKey of the operations key, through sns"],
  tripwire: ["Decrypt of the operations key, through sns", "GenerateDataKey of the operations key, through sns"],
};

describe("uses of keys", () => {
  const keys = { "the archive's key": archiveKey, "the operations key": operationsKey, "the signing key": sealingKey };
  const SERVICES = ["s3", "dynamodb", "secretsmanager", "ssm", "sns", "sqs", "logs", "lambda", "states"];
  const ACTIONS =
    "Decrypt Encrypt GenerateDataKey ReEncryptFrom Sign GetPublicKey DescribeKey GetKeyPolicy ListGrants " +
    "CreateGrant RevokeGrant PutKeyPolicy DisableKey EnableKey ScheduleKeyDeletion CancelKeyDeletion";
  const usesOf = (who: Who): string[] =>
    Object.entries(keys).flatMap(([name, key]) =>
      ACTIONS.split(" ").flatMap((action) => {
        const may = (context: Context) =>
          account.decide(roles[who], `kms:${action}`, key, { ...ed25519, ...context }).allowed;
        if (may({})) return [`${action} of ${name}`];
        const through = SERVICES.filter((one) => may(one === "secretsmanager" ? viaSecrets : via(one)));
        return through.length === 0 ? [] : [`${action} of ${name}, through ${through.join(", ")}`];
      }),
    );

  it.each(
    Object.entries(roles).filter(
      ([who]) => !["administrator", "root", "deployer", "breakGlass", "delivery"].includes(who),
    ),
  )("%s has these and no others", (who) => {
    expect(usesOf(who as Who)).toEqual(USES[who as Who] ?? []);
  });
});

describe("permissions of twenty workspaces", () => {
  it.each(["secrets", "parameters"])(
    "are policies that IAM takes, at most ten a role, each at most 6,144 characters: tokens in %s",
    (tokenIn) => {
      const policies = resolveTemplate(synthesise({ workspaces: TWENTY, tokenIn })).filter(
        ({ type }) => type === "AWS::IAM::ManagedPolicy",
      );
      // The names that CloudFormation gives are longer than the evaluator's, hence the room that is left.
      const sizes = policies.map(({ properties }) => JSON.stringify(properties.PolicyDocument).length);
      const roles = policies.flatMap(({ properties }) => properties.Roles as string[]);
      for (const role of roles) expect(roles.filter((one) => one === role).length).toBeLessThanOrEqual(10);
      expect(Math.max(...sizes)).toBeLessThan(5_400);
    },
  );
});

describe("policies that settings make too long", () => {
  const named = (count: number, length: number) =>
    Array.from({ length: count }, (_, index) => `arn:aws:iam::${ACCOUNT}:role/${String(index).padStart(length, "r")}`);
  const trust = (readerPrincipalArns: string[]) =>
    theOne(synthesise({ readerPrincipalArns }), "AWS::IAM::Role", /Reader/).Properties.AssumeRolePolicyDocument;

  it("twenty readers fit into one statement of a trust policy", () => {
    const { Statement, ...rest } = trust(named(20, 60));
    expect(Statement).toEqual([{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { AWS: named(20, 60) } }]);
    expect(JSON.stringify({ Statement, ...rest }).length).toBeLessThanOrEqual(2_048);
  });

  it("readers with names too long for it are refused at synthesis, with the setting to shorten", () => {
    expect(() => trust(named(20, 80))).toThrow(/Reader\/Role.* AWS takes 2048\. Shorten readerPrincipalArns/);
  });

  it("and so are secrets with names too long for the function's policy", () => {
    const arn = (gid: string) => `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${gid.padStart(120, "s")}-AbCdEf`;
    const tokenSecretArns = Object.fromEntries(TWENTY.map((gid) => [gid, arn(gid)]));
    const settings = { workspaces: TWENTY, tokenSecretArns };
    expect(() => synthesise(settings)).toThrow(/Tokens\/ReadPolicy.* AWS takes 6144\. Shorten tokenSecretArns/);
  });
});

it("readers and auditors read the checkpoints of retired workspaces too, which the function does not", () => {
  const retired = createAccount(synthesise({ retiredWorkspaces: [OTHER_WORKSPACE] }), administrators);
  const reads = (who: "reader" | "auditor" | "archiver", workspace: string) =>
    retired.decide(roles[who], "dynamodb:GetItem", table, item(workspace)).allowed;
  for (const who of ["reader", "auditor"] as const) {
    expect(reads(who, WORKSPACE)).toBe(true);
    expect(reads(who, OTHER_WORKSPACE)).toBe(true);
    expect(reads(who, "1100")).toBe(false);
  }
  expect(reads("archiver", OTHER_WORKSPACE)).toBe(false);
});

describe("permissions in compliance mode", () => {
  const strict = createAccount(
    synthesise({ retentionMode: "compliance", acknowledgeComplianceDays: 2557 }),
    administrators,
  );

  it.each([
    ["s3:DeleteObjectVersion", {}],
    ["s3:BypassGovernanceRetention", {}],
    ["s3:PutObjectLegalHold", { "s3:object-lock-legal-hold": "OFF" }],
    [
      "s3:PutObjectRetention",
      { "s3:object-lock-mode": "GOVERNANCE", "s3:object-lock-remaining-retention-days": "4000" },
    ],
  ] as const)("nobody at all may %s", (action, context) => {
    for (const who of administrators) expect(strict.decide(who, action, segment, context).allowed).toBe(false);
  });

  it("only the role that deploys may still destroy a key, and not within 30 days", () => {
    for (const action of ["kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DisableKey"]) {
      const able = administrators.filter((who) => strict.decide(who, action, archiveKey).allowed);
      expect(able, action).toEqual([DEPLOYER]);
    }
    expect(strict.decide(DEPLOYER, "kms:ScheduleKeyDeletion", archiveKey, window(7)).by).toBe("NoShorterWindow");
  });
});

describe("permissions with another role that deploys", () => {
  const mine = `arn:aws:iam::${ACCOUNT}:role/pipeline`;
  const other = createAccount(synthesise({ deploymentRoleArn: mine }), [mine, DEPLOYER]);
  const keys = [/^ArchiveKey/, /Operations/].map((id) => other.find("AWS::KMS::Key", id).arn);

  it("that role passes KMS's lock-out check when it makes the keys; any other is refused there, before it locks itself out", () => {
    for (const key of keys) {
      expect(other.decide(mine, "kms:PutKeyPolicy", key).allowed).toBe(true);
      expect(other.decide(DEPLOYER, "kms:PutKeyPolicy", key).allowed).toBe(false);
    }
  });
});

describe("permissions while another role takes over deploying", () => {
  const next = `arn:aws:iam::${ACCOUNT}:role/next`;
  const both = createAccount(synthesise({ deploymentRoleArn: next, formerDeploymentRoleArn: DEPLOYER }), [
    next,
    DEPLOYER,
  ]);

  it("both roles may change policies: KMS takes no policy that would lock out the role that puts it", () => {
    for (const who of [next, DEPLOYER]) {
      expect(both.decide(who, "s3:PutBucketPolicy", bucket).allowed).toBe(true);
      expect(both.decide(who, "kms:PutKeyPolicy", archiveKey).allowed).toBe(true);
    }
  });
});

describe("permissions with a key of somebody else's", () => {
  const foreign = "arn:aws:kms:eu-west-1:210987654321:key/theirs";
  const own = createAccount(synthesise({ archiveKeyArn: foreign }), [ADMINISTRATOR]);
  const writer = own.find("AWS::IAM::Role", /Archiver/).arn;

  it("segments are put under it, and under no other", () => {
    expect(own.find("AWS::S3::Bucket", /^ArchiveBucket/).properties.BucketEncryption).toMatchObject({
      ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { KMSMasterKeyID: foreign } }],
    });
    const put = (key: string) =>
      own.decide(writer, "s3:PutObject", segment, {
        ...create,
        "s3:x-amz-server-side-encryption-aws-kms-key-id": key,
      });
    expect(put(foreign).allowed).toBe(true);
    expect(put(archiveKey).by).toBe("NoOtherKey");
  });

  it("the roles may use it through S3, and the stack makes no other for segments", () => {
    expect(own.decide(writer, "kms:GenerateDataKey", foreign, via("s3")).allowed).toBe(true);
    expect(own.decide(writer, "kms:GenerateDataKey", foreign).allowed).toBe(false);
    const reader = own.find("AWS::IAM::Role", /Reader/).arn;
    expect(own.decide(reader, "kms:Decrypt", foreign, via("s3")).allowed).toBe(true);
    expect(own.find("AWS::KMS::Key", /^(?!.*Sealing)/).id).toMatch(/Operations/);
  });
});

describe("permissions with a signing key of another account", () => {
  const foreign = "arn:aws:kms:eu-west-1:210987654321:key/theirs";
  const own = createAccount(synthesise({ sealingKeyArn: foreign }), [ADMINISTRATOR]);
  const sealer = own.find("AWS::IAM::Role", /Sealer/).arn;

  it("the sealer signs with it, with one algorithm, and with no other; the stack makes none", () => {
    expect(own.decide(sealer, "kms:Sign", foreign, ed25519).allowed).toBe(true);
    expect(own.decide(sealer, "kms:GetPublicKey", foreign).allowed).toBe(true);
    expect(own.decide(sealer, "kms:Sign", foreign).allowed).toBe(false);
    expect(own.decide(sealer, "kms:Sign", sealingKey, ed25519).allowed).toBe(false);
    expect(() => own.find("AWS::KMS::Key", /Sealing/)).toThrow(/^0 resources/);
  });

  it("the auditor sees whether it is enabled, and signs nothing", () => {
    const auditor = own.find("AWS::IAM::Role", /Auditor/).arn;
    expect(own.decide(auditor, "kms:DescribeKey", foreign).allowed).toBe(true);
    expect(own.decide(auditor, "kms:Sign", foreign, ed25519).allowed).toBe(false);
  });
});

describe("permissions while another key takes over signing", () => {
  const [next, former] = ["next", "former"].map((id) => `arn:aws:kms:eu-west-1:${ACCOUNT}:key/${id}`) as [
    string,
    string,
  ];
  const both = createAccount(synthesise({ sealingKeyArn: next, formerSealingKeyArn: former }), [ADMINISTRATOR]);
  const role = (name: RegExp) => both.find("AWS::IAM::Role", name).arn;

  it.each([next, former])("the sealer signs with both, with one algorithm: %s", (key) => {
    expect(both.decide(role(/Sealer/), "kms:Sign", key, ed25519).allowed).toBe(true);
    expect(both.decide(role(/Sealer/), "kms:GetPublicKey", key).allowed).toBe(true);
    expect(both.decide(role(/Sealer/), "kms:Sign", key).allowed).toBe(false);
    expect(both.decide(role(/Archiver/), "kms:Sign", key, ed25519).allowed).toBe(false);
    expect(both.decide(role(/Auditor/), "kms:DescribeKey", key).allowed).toBe(true);
  });

  it("and with the former one no longer once it is not named any more", () => {
    const after = createAccount(synthesise({ sealingKeyArn: next }), [ADMINISTRATOR]);
    const sealer = after.find("AWS::IAM::Role", /Sealer/).arn;
    expect(after.decide(sealer, "kms:Sign", next, ed25519).allowed).toBe(true);
    expect(after.decide(sealer, "kms:Sign", former, ed25519).allowed).toBe(false);
  });
});

describe("permissions with S3's own keys", () => {
  const template = synthesise({ encryption: "sse-s3" });
  const own = createAccount(template, [ADMINISTRATOR]);
  const writer = own.find("AWS::IAM::Role", /Archiver/).arn;

  it("segments are put under them, and under no other", () => {
    const put = (context: Context) => own.decide(writer, "s3:PutObject", segment, { ...create, ...context });
    expect(put({}).allowed).toBe(true);
    expect(put({ "s3:x-amz-server-side-encryption": "AES256" }).allowed).toBe(true);
    expect(put({ "s3:x-amz-server-side-encryption": "aws:kms" }).by).toBe("NoOtherEncryption");
    expect(own.decide(ADMINISTRATOR, "s3:UpdateObjectEncryption", segment).by).toBe("NoOtherKeyLater");
    for (const { Properties } of Object.values(resourcesOf(template, "AWS::S3::Bucket")))
      expect(JSON.stringify(Properties.BucketEncryption)).toContain("AES256");
    const { ResultConfiguration } = theOne(template, "AWS::Athena::WorkGroup").Properties.WorkGroupConfiguration;
    expect(ResultConfiguration.EncryptionConfiguration).toEqual({ EncryptionOption: "SSE_S3" });
  });

  it("no key is left by whose destruction a segment could be lost", () => {
    expect(own.find("AWS::KMS::Key", /^(?!.*Sealing)/).id).toMatch(/Operations/);
    expect(JSON.stringify(own.identity(writer))).not.toContain('"kms:ViaService":"s3.');
  });
});

describe("permissions with roles of one's own", () => {
  const desk = `arn:aws:iam::${ACCOUNT}:role/desk`;
  const own = createAccount(synthesise({ writerRoleArns: [desk] }), [desk, ADMINISTRATOR]);

  it("lets the named writer create segments, conditionally, and nobody else", () => {
    expect(own.decide(desk, "s3:PutObject", segment, create).allowed).toBe(true);
    expect(own.decide(desk, "s3:PutObject", segment, { "s3:ObjectCreationOperation": "true" }).allowed).toBe(false);
    expect(own.decide(desk, "s3:PutObject", coverage, create).allowed).toBe(true);
    expect(own.decide(desk, "s3:PutObject", seal, create).by).toBe("OnlyTheSealerSeals");
    expect(own.decide(ADMINISTRATOR, "s3:PutObject", segment, create).by).toBe("OnlyTheWriterWrites");
  });

  it("lets nobody delete when no break-glass role is named", () => {
    expect(own.decide(ADMINISTRATOR, "s3:DeleteObjectVersion", segment).by).toBe("NoDeletion");
  });
});

const GUARDS = [
  "OnlyConditionalCreation",
  "NoMultipart",
  "OnlyTheWriterWrites",
  "OnlyTheSealerSeals",
  "NoOtherKey",
  "NoOtherEncryption",
  "NoCustomerKey",
  "NoOtherKeyLater",
  "NoDeletion",
  "NoBypass",
  "NoShorterLock",
  "NoOtherLock",
  "NoLiftedHold",
  "OnlyDeploymentConfigures",
];

describe("permissions where tokens are in parameters", () => {
  const kept = createAccount(synthesise({ tokenIn: "parameters" }), administrators);
  const name = (gid: string) =>
    `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/asana-audit-archive/AsanaAuditArchive/${gid}`;
  const [own, other] = [name(WORKSPACE), name(OTHER_WORKSPACE)];
  const viaParameters = (parameter: string): Context => ({
    ...via("ssm"),
    "kms:EncryptionContext:PARAMETER_ARN": parameter,
  });
  const able = (action: string, resource: string, context: Context = {}) =>
    (["archiver", "sealer", "reader", "auditor", "operator", "scheduler"] as const).filter(
      (who) => kept.decide(roles[who], action, resource, context).allowed,
    );

  it("only the function reads the tokens of its workspaces, and only the operator puts them", () => {
    expect(able("ssm:GetParameter", own)).toEqual(["archiver"]);
    expect(able("ssm:PutParameter", own)).toEqual(["operator"]);
    for (const action of ["ssm:GetParameter", "ssm:PutParameter"]) expect(able(action, other)).toEqual([]);
    for (const action of ["ssm:GetParameterHistory", "ssm:GetParametersByPath", "ssm:DeleteParameter"])
      expect(able(action, own)).toEqual([]);
    expect(able("secretsmanager:GetSecretValue", secret)).toEqual([]);
  });

  it("the operations key decrypts them for the one and encrypts them for the other, and nothing else in Parameter Store", () => {
    expect(able("kms:Decrypt", operationsKey, viaParameters(own))).toEqual(["archiver"]);
    expect(able("kms:Encrypt", operationsKey, viaParameters(own))).toEqual(["operator"]);
    for (const action of ["kms:Decrypt", "kms:Encrypt"]) {
      expect(able(action, operationsKey, viaParameters(other))).toEqual([]);
      expect(able(action, operationsKey, via("ssm"))).toEqual([]);
    }
  });
});
