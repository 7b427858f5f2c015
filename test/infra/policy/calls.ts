/**
 * Who may make which call once the stack is deployed: the table of docs/permissions.md.
 * `permissions.test.ts` has each cell decided by the evaluator.
 */
import { BREAK_GLASS } from "../synth.ts";
import { ADMINISTRATOR, type createAccount, DEPLOYER } from "./account.ts";
import type { Context, Statement } from "./evaluate.ts";
import { ACCOUNT, REGION } from "./resolve.ts";

/** The columns. A stranger is an administrator of another account. */
export const PRINCIPALS = [
  "administrator",
  "deployment",
  "break-glass",
  "archiver",
  "sealer",
  "reader",
  "auditor",
  "operator",
  "scheduler",
  "stranger",
] as const;
export type Principal = (typeof PRINCIPALS)[number];

type Account = ReturnType<typeof createAccount>;

const below = (type: string, id: RegExp, path: string) => (account: Account) => `${account.find(type, id).arn}/${path}`;
const named = (type: string, id?: RegExp) => (account: Account) => account.find(type, id).arn;
const inAccount = (rest: string) => () => `arn:aws:${rest.replace("::", `:${REGION}:${ACCOUNT}:`)}`;
const BUCKET = ["AWS::S3::Bucket", /^ArchiveBucket/] as const;
const WORKSPACE = "1201";

/** What calls are about. */
const RESOURCES = {
  "a segment": below(...BUCKET, `events/workspace=${WORKSPACE}/dt=2026-05-01/000001.ndjson.gz`),
  "a coverage entry": below(...BUCKET, `coverage/workspace=${WORKSPACE}/dt=2026-05-01/000001.json`),
  "a seal": below(...BUCKET, `seals/workspace=${WORKSPACE}/000001.txt`),
  "a time stamp": below(...BUCKET, `stamps/workspace=${WORKSPACE}/000001.1.tsr`),
  "the archive's bucket": named(...BUCKET),
  "an access log": below("AWS::S3::Bucket", /AccessLogs/, "archive/1"),
  "the access logs' bucket": named("AWS::S3::Bucket", /AccessLogs/),
  "an answer of Athena's": below("AWS::S3::Bucket", /Results/, "results/1.csv"),
  "the archive's key": named("AWS::KMS::Key", /^ArchiveKey/),
  "the operations key": named("AWS::KMS::Key", /Operations/),
  "the signing key": named("AWS::KMS::Key", /Sealing/),
  "the checkpoints": named("AWS::DynamoDB::Table"),
  "the token": named("AWS::SecretsManager::Secret"),
  "the archiver's live version": named("AWS::Lambda::Alias", /Archiver/),
  "the sealer's live version": named("AWS::Lambda::Alias", /Sealer/),
  "the archiver": named("AWS::Lambda::Function", /Archiver/),
  "the topic of alarms": named("AWS::SNS::Topic", /Watch/),
  "the topic of seals": named("AWS::SNS::Topic", /Seals/),
  "the failed runs": named("AWS::SQS::Queue", /FailedRuns/),
  "an alarm": named("AWS::CloudWatch::Alarm", /Deadletters/),
  "the archiver's log": named("AWS::Logs::LogGroup", /Archiver/),
  "the workgroup": inAccount("athena::workgroup/AsanaAuditArchive"),
  "the table of events": inAccount("glue::table/asana_audit_archive/event_lines"),
  "all schedules": () => "*",
  "a schedule": inAccount("scheduler::schedule/AsanaAuditArchive/seal"),
  "the stack": inAccount("cloudformation::stack/AsanaAuditArchive/1"),
  "the archiver's role": named("AWS::IAM::Role", /Archiver/),
  "the sealer's role": named("AWS::IAM::Role", /Sealer/),
} as const satisfies Readonly<Record<string, (account: Account) => string>>;
export type About = keyof typeof RESOURCES;

export const arnOf = (account: Account, about: About): string => RESOURCES[about](account);

const create: Context = { "s3:if-none-match": "*", "s3:ObjectCreationOperation": "true" };
const via = (service: string): Context => ({ "kms:ViaService": `${service}.${REGION}.amazonaws.com` });

/** How calls are made; AWS tells the policies. */
const WAYS = {
  "": () => ({}),
  "if it is new": () => create,
  "new or not": () => ({ "s3:ObjectCreationOperation": "true" }),
  "new, without TLS": () => ({ ...create, "aws:SecureTransport": "false" }),
  "new, with S3's key": () => ({ ...create, "s3:x-amz-server-side-encryption": "AES256" }),
  "new, locked for a day": () => ({ ...create, "s3:object-lock-remaining-retention-days": "1" }),
  "without TLS": () => ({ "aws:SecureTransport": "false" }),
  "to 30 days": () => ({ "s3:object-lock-remaining-retention-days": "30" }),
  "to 4,000 days": () => ({
    "s3:object-lock-remaining-retention-days": "4000",
    "s3:object-lock-mode": "GOVERNANCE",
  }),
  on: () => ({ "s3:object-lock-legal-hold": "ON" }),
  off: () => ({ "s3:object-lock-legal-hold": "OFF" }),
  "of one day": () => ({ "s3:prefix": `events/workspace=${WORKSPACE}/dt=2026-05-01/` }),
  "of its workspace": () => ({ "dynamodb:LeadingKeys": [WORKSPACE] }),
  "through S3": () => via("s3"),
  "through DynamoDB": () => via("dynamodb"),
  "of the token, through Secrets Manager": (account) => ({
    ...via("secretsmanager"),
    "kms:EncryptionContext:SecretARN": arnOf(account, "the token"),
  }),
  "through Athena": () => ({ "aws:CalledVia": ["athena.amazonaws.com"] }),
  "in 7 days": () => ({ "kms:ScheduleKeyDeletionPendingWindowInDays": "7" }),
  "in 30 days": () => ({ "kms:ScheduleKeyDeletionPendingWindowInDays": "30" }),
  "with Ed25519": () => ({ "kms:SigningAlgorithm": "ED25519_SHA_512" }),
} as const satisfies Readonly<Record<string, (account: Account) => Context>>;
export type Way = keyof typeof WAYS;

export const contextOf = (account: Account, way: Way): Context => WAYS[way](account);

/** One row. Who is not named is refused. */
export type CallRow = readonly [action: string, about: About, way: Way, allowed: readonly Principal[]];

/** Whose own policies allow everything. */
const ALL_POWERFUL = ["administrator", "deployment", "break-glass"] as const;
/** Those of them that the archive's own policies do not bind. */
const KEEPERS = ["deployment", "break-glass"] as const;

export const CALLS: readonly CallRow[] = [
  ["s3:PutObject", "a segment", "if it is new", ["archiver"]],
  ["s3:PutObject", "a segment", "new or not", []],
  ["s3:PutObject", "a segment", "new, without TLS", []],
  ["s3:PutObject", "a segment", "new, with S3's key", []],
  ["s3:PutObject", "a segment", "new, locked for a day", []],
  ["s3:GetObject", "a segment", "", [...ALL_POWERFUL, "archiver", "sealer", "reader", "auditor"]],
  ["s3:GetObject", "a segment", "without TLS", []],
  ["s3:GetObjectVersion", "a segment", "", [...ALL_POWERFUL, "auditor"]],
  ["s3:GetObjectRetention", "a segment", "", [...ALL_POWERFUL, "auditor"]],
  ["s3:DeleteObject", "a segment", "", ["break-glass"]],
  ["s3:DeleteObjectVersion", "a segment", "", ["break-glass"]],
  ["s3:BypassGovernanceRetention", "a segment", "", ["break-glass"]],
  ["s3:PutObjectRetention", "a segment", "to 30 days", []],
  ["s3:PutObjectRetention", "a segment", "to 4,000 days", [...ALL_POWERFUL]],
  ["s3:PutObjectLegalHold", "a segment", "on", [...ALL_POWERFUL]],
  ["s3:PutObjectLegalHold", "a segment", "off", ["break-glass"]],
  ["s3:PutObjectTagging", "a segment", "", []],
  ["s3:ReplicateObject", "a segment", "", []],
  ["s3:UpdateObjectEncryption", "a segment", "", []],
  ["s3:PutObject", "a coverage entry", "if it is new", ["archiver"]],
  ["s3:PutObject", "a seal", "if it is new", ["sealer"]],
  ["s3:GetObject", "a seal", "", [...ALL_POWERFUL, "sealer", "reader", "auditor"]],
  ["s3:DeleteObject", "a seal", "", ["break-glass"]],
  ["s3:PutObject", "a time stamp", "if it is new", ["sealer"]],
  ["s3:ListBucket", "the archive's bucket", "of one day", [...ALL_POWERFUL, "archiver", "sealer", "reader", "auditor"]],
  ["s3:ListBucketVersions", "the archive's bucket", "of one day", [...ALL_POWERFUL, "auditor"]],
  ["s3:GetBucketPolicy", "the archive's bucket", "", [...ALL_POWERFUL, "auditor"]],
  ["s3:PutBucketPolicy", "the archive's bucket", "", [...KEEPERS]],
  ["s3:DeleteBucketPolicy", "the archive's bucket", "", [...KEEPERS]],
  ["s3:PutLifecycleConfiguration", "the archive's bucket", "", [...KEEPERS]],
  ["s3:PutBucketVersioning", "the archive's bucket", "", [...KEEPERS]],
  ["s3:PutBucketObjectLockConfiguration", "the archive's bucket", "", [...KEEPERS]],
  ["s3:PutEncryptionConfiguration", "the archive's bucket", "", [...KEEPERS]],
  ["s3:PutBucketLogging", "the archive's bucket", "", [...KEEPERS]],
  ["s3:DeleteBucket", "the archive's bucket", "", ["break-glass"]],
  ["s3:PutObject", "an access log", "", []],
  ["s3:GetObject", "an access log", "", [...ALL_POWERFUL, "auditor"]],
  ["s3:DeleteObjectVersion", "an access log", "", ["break-glass"]],
  ["s3:PutBucketPolicy", "the access logs' bucket", "", [...KEEPERS]],
  ["s3:PutLifecycleConfiguration", "the access logs' bucket", "", [...KEEPERS]],
  ["s3:GetObject", "an answer of Athena's", "", [...ALL_POWERFUL, "reader"]],
  ["s3:PutObject", "an answer of Athena's", "through Athena", [...ALL_POWERFUL, "reader"]],
  ["s3:PutObject", "an answer of Athena's", "", []],
  ["kms:Decrypt", "the archive's key", "through S3", [...ALL_POWERFUL, "archiver", "sealer", "reader", "auditor"]],
  ["kms:Decrypt", "the archive's key", "", [...ALL_POWERFUL]],
  ["kms:GenerateDataKey", "the archive's key", "through S3", [...ALL_POWERFUL, "archiver", "sealer", "reader"]],
  ["kms:PutKeyPolicy", "the archive's key", "", [...KEEPERS]],
  ["kms:DisableKey", "the archive's key", "", [...KEEPERS]],
  ["kms:ScheduleKeyDeletion", "the archive's key", "in 7 days", []],
  ["kms:ScheduleKeyDeletion", "the archive's key", "in 30 days", [...KEEPERS]],
  ["kms:CancelKeyDeletion", "the archive's key", "", [...ALL_POWERFUL]],
  ["kms:CreateGrant", "the archive's key", "", [...KEEPERS]],
  ["kms:Decrypt", "the operations key", "through DynamoDB", [...ALL_POWERFUL, "archiver", "reader", "auditor"]],
  [
    "kms:Decrypt",
    "the operations key",
    "of the token, through Secrets Manager",
    [...ALL_POWERFUL, "archiver", "operator"],
  ],
  ["kms:PutKeyPolicy", "the operations key", "", [...KEEPERS]],
  ["kms:DisableKey", "the operations key", "", [...KEEPERS]],
  ["kms:ScheduleKeyDeletion", "the operations key", "in 7 days", []],
  ["kms:ScheduleKeyDeletion", "the operations key", "in 30 days", [...KEEPERS]],
  ["kms:CreateGrant", "the operations key", "", [...KEEPERS]],
  ["kms:Sign", "the signing key", "with Ed25519", ["sealer"]],
  ["kms:GetPublicKey", "the signing key", "", [...ALL_POWERFUL, "sealer"]],
  ["kms:PutKeyPolicy", "the signing key", "", [...KEEPERS]],
  ["kms:ScheduleKeyDeletion", "the signing key", "in 30 days", [...KEEPERS]],
  ["dynamodb:GetItem", "the checkpoints", "of its workspace", [...ALL_POWERFUL, "archiver", "reader", "auditor"]],
  ["dynamodb:UpdateItem", "the checkpoints", "of its workspace", [...ALL_POWERFUL, "archiver"]],
  ["dynamodb:DeleteItem", "the checkpoints", "of its workspace", [...ALL_POWERFUL]],
  ["dynamodb:DeleteTable", "the checkpoints", "", [...ALL_POWERFUL]],
  ["secretsmanager:GetSecretValue", "the token", "", [...ALL_POWERFUL, "archiver"]],
  ["secretsmanager:PutSecretValue", "the token", "", [...ALL_POWERFUL, "operator"]],
  ["secretsmanager:DeleteSecret", "the token", "", [...ALL_POWERFUL]],
  ["lambda:InvokeFunction", "the archiver's live version", "", [...ALL_POWERFUL, "operator", "scheduler"]],
  ["lambda:InvokeFunction", "the archiver", "", [...ALL_POWERFUL]],
  ["lambda:InvokeFunction", "the sealer's live version", "", [...ALL_POWERFUL, "operator", "scheduler"]],
  ["lambda:UpdateFunctionCode", "the archiver", "", [...ALL_POWERFUL]],
  ["sns:Publish", "the topic of alarms", "", [...ALL_POWERFUL]],
  ["sns:Subscribe", "the topic of alarms", "", [...ALL_POWERFUL, "operator"]],
  ["sns:Publish", "the topic of seals", "", ["sealer"]],
  ["sqs:SendMessage", "the failed runs", "", [...ALL_POWERFUL, "archiver", "sealer"]],
  ["sqs:ReceiveMessage", "the failed runs", "", [...ALL_POWERFUL, "operator"]],
  ["cloudwatch:DeleteAlarms", "an alarm", "", [...ALL_POWERFUL]],
  ["cloudwatch:SetAlarmState", "an alarm", "", [...ALL_POWERFUL, "operator"]],
  ["logs:PutLogEvents", "the archiver's log", "", [...ALL_POWERFUL, "archiver"]],
  ["logs:FilterLogEvents", "the archiver's log", "", [...ALL_POWERFUL, "operator"]],
  ["logs:DeleteLogGroup", "the archiver's log", "", [...ALL_POWERFUL]],
  ["athena:StartQueryExecution", "the workgroup", "", [...ALL_POWERFUL, "reader"]],
  ["glue:UpdateTable", "the table of events", "", [...ALL_POWERFUL]],
  ["scheduler:ListSchedules", "all schedules", "", [...ALL_POWERFUL, "auditor", "operator"]],
  ["scheduler:DeleteSchedule", "a schedule", "", [...ALL_POWERFUL]],
  ["cloudformation:GetTemplate", "the stack", "", [...ALL_POWERFUL, "auditor", "operator"]],
  ["cloudformation:UpdateStack", "the stack", "", [...ALL_POWERFUL]],
  ["iam:UpdateAssumeRolePolicy", "the archiver's role", "", [...ALL_POWERFUL]],
  ["iam:UpdateAssumeRolePolicy", "the sealer's role", "", [...ALL_POWERFUL]],
  ["iam:PassRole", "the sealer's role", "", [...ALL_POWERFUL]],
];

/** Whose calls they are; of the stranger, see `whoMay`. */
const CALLERS: Readonly<Record<Exclude<Principal, "stranger">, (account: Account) => string>> = {
  administrator: () => ADMINISTRATOR,
  deployment: () => DEPLOYER,
  "break-glass": () => BREAK_GLASS,
  archiver: named("AWS::IAM::Role", /Archiver/),
  sealer: named("AWS::IAM::Role", /Sealer/),
  reader: named("AWS::IAM::Role", /Reader/),
  auditor: named("AWS::IAM::Role", /Auditor/),
  operator: named("AWS::IAM::Role", /Operator/),
  scheduler: named("AWS::IAM::Role", /^ArchiveSchedules/),
};
const STRANGER = "arn:aws:iam::999999999999:role/administrator";
const EVERYTHING: Statement = { Effect: "Allow", Action: "*", Resource: "*" };

/** Which of these principals the account's policies let make a call. */
export function whoMay(
  account: Account,
  [action, about, way]: CallRow,
  principals: readonly Principal[] = PRINCIPALS,
): readonly Principal[] {
  const [resource, context] = [arnOf(account, about), contextOf(account, way)];
  return principals.filter((who) =>
    who === "stranger"
      ? account.decideAcross([EVERYTHING], STRANGER, action, resource, context).allowed
      : account.decide(CALLERS[who](account), action, resource, context).allowed,
  );
}
