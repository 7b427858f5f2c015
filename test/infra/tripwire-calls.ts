/**
 * The tripwire's rules, and calls as CloudTrail tells of them: by every name that a rule watches, on this archive's resources
 * and on others'.
 */
import { createAccount } from "./policy/account.ts";
import { ACCOUNT, REGION, resolveTemplate } from "./policy/resolve.ts";
import { BREAK_GLASS, synthesise } from "./synth.ts";

const template = synthesise({ breakGlassRoleArn: BREAK_GLASS });
export const account = createAccount(template, []);
export const rules = resolveTemplate(template).filter(({ type }) => type === "AWS::Events::Rule");
export const prefix = rules[0]!.properties.Name.replace(/buckets$/, "");
export const shortName = (rule: { properties: { Name: string } }): string => rule.properties.Name.slice(prefix.length);

export type Fields = Readonly<Record<string, unknown>>;
export type Event = ReturnType<typeof call>;

/** As CloudTrail sends a call to EventBridge. It records every call to STS that assumes a role as read-only. */
export const call = (service: string, eventName: string, fields: Fields) => ({
  source: `aws.${service}`,
  "detail-type": "AWS API Call via CloudTrail",
  account: ACCOUNT,
  region: REGION,
  detail: { eventName, eventSource: `${service}.amazonaws.com`, readOnly: service === "sts", ...fields },
});

export const bucket = account.find("AWS::S3::Bucket", /^ArchiveBucket/).ref;
const accessLogs = account.find("AWS::S3::Bucket", /AccessLogs/).ref;
const results = account.find("AWS::S3::Bucket", /Results/).ref;
const reports = account.find("AWS::S3::Bucket", /Reports/).ref;
export const archiveKey = account.find("AWS::KMS::Key", /^ArchiveKey/);
export const operationsKey = account.find("AWS::KMS::Key", /Operations/);
export const table = account.find("AWS::DynamoDB::Table");
export const sealingKey = account.find("AWS::KMS::Key", /Sealing/);
export const fn = account.find("AWS::Lambda::Function", /Archiver/);
export const sealer = account.find("AWS::Lambda::Function", /Sealer/);
export const role = account.find("AWS::IAM::Role", /Archiver/);
const sealerRole = account.find("AWS::IAM::Role", /Sealer/);
export const verifier = account.find("AWS::Lambda::Function", /Verifier/);
const verifierRole = account.find("AWS::IAM::Role", /ArchiveVerifierRole/);
export const topic = account.find("AWS::SNS::Topic", /Watch/).arn;
export const sealsTopic = account.find("AWS::SNS::Topic", /Seals/).arn;
export const secret = account.find("AWS::SecretsManager::Secret").arn;
const secretName = /:secret:(.*)-\w{6}$/.exec(secret)![1]!;
const group = account.find("AWS::Scheduler::ScheduleGroup").properties.Name;
export const alarm = account.find("AWS::CloudWatch::Alarm", /Deadletters/).properties.AlarmName;
const deployer = `cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-${REGION}`;
const stackId = `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/AsanaAuditArchive/1`;
export const arn = (service: string, rest: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;

export const parameters = (requestParameters: Fields): Fields => ({ requestParameters });
const named = (field: string, ...values: readonly unknown[]): Fields[] =>
  values.map((value) => parameters({ [field]: value }));
export const aboutKey = (key: string): Fields => ({
  requestParameters: null,
  resources: [{ accountId: ACCOUNT, ARN: key }],
});

interface Kind {
  readonly rule: string;
  readonly service: string;
  readonly names: readonly string[];
  /** How a call can name a resource of this archive, and one of another. */
  readonly own: readonly Fields[];
  readonly others: readonly Fields[];
}

export const kinds: readonly Kind[] = [
  {
    rule: "buckets",
    service: "s3",
    names: [
      "PutBucketPolicy",
      "DeleteBucketPolicy",
      "PutBucketVersioning",
      "PutBucketObjectLockConfiguration",
      "PutObjectLockConfiguration",
      "PutBucketLifecycle",
      "PutBucketLifecycleConfiguration",
      "DeleteBucketLifecycle",
      "PutBucketEncryption",
      "DeleteBucketEncryption",
      "PutBucketPublicAccessBlock",
      "DeleteBucketPublicAccessBlock",
      "PutBucketOwnershipControls",
      "PutBucketAcl",
      "PutBucketLogging",
      "PutBucketReplication",
      "DeleteBucketReplication",
      "DeleteBucket",
      "DeleteObject",
      "DeleteObjects",
      "PutObjectRetention",
      "PutObjectLegalHold",
    ],
    own: named("bucketName", bucket, accessLogs, results, reports),
    others: named("bucketName", `${bucket}-2`, "somebody-elses-bucket"),
  },
  {
    rule: "keys",
    service: "kms",
    names: [
      "PutKeyPolicy",
      "DisableKey",
      "ScheduleKeyDeletion",
      "DisableKeyRotation",
      "DeleteImportedKeyMaterial",
      "CreateGrant",
      "RevokeGrant",
    ],
    own: [
      ...[archiveKey, operationsKey, sealingKey].flatMap(({ ref, arn }) => [
        ...named("keyId", ref, arn),
        aboutKey(arn),
      ]),
    ],
    others: [...named("keyId", "1234abcd", arn("kms", "key/1234abcd")), aboutKey(arn("kms", "key/1234abcd"))],
  },
  {
    rule: "table",
    service: "dynamodb",
    names: ["DeleteTable", "UpdateTable", "UpdateContinuousBackups", "PutResourcePolicy"],
    own: [...named("tableName", table.ref, table.arn), ...named("resourceArn", table.arn)],
    others: [...named("tableName", `${table.ref}-2`), ...named("resourceArn", `${table.arn}-2`)],
  },
  {
    rule: "function",
    service: "lambda",
    names: [
      "UpdateFunctionCode20150331v2",
      "UpdateFunctionConfiguration20150331v2",
      "UpdateAlias20150331",
      "DeleteAlias20150331",
      "DeleteFunction20150331",
      "PutFunctionConcurrency20171031",
      "AddPermission20150331v2",
      "CreateFunction20150331",
      "CreateFunctionUrlConfig",
    ],
    own: [
      ...[fn, sealer, verifier].flatMap(({ ref, arn }) =>
        named("functionName", ref, arn, `${ACCOUNT}:function:${ref}`, `${arn}:live`),
      ),
      ...[role, sealerRole, verifierRole].map(({ arn }) =>
        parameters({ functionName: "somebody-elses-function", role: arn }),
      ),
    ],
    others: [
      ...named("functionName", "somebody-elses-function", arn("lambda", "function:somebody-elses")),
      parameters({ functionName: "somebody-elses-function", role: `${role.arn}-2` }),
    ],
  },
  {
    rule: "roles",
    service: "iam",
    names: [
      "UpdateAssumeRolePolicy",
      "CreateRole",
      "DeleteRole",
      "AttachRolePolicy",
      "DetachRolePolicy",
      "PutRolePolicy",
      "DeleteRolePolicy",
      "PutRolePermissionsBoundary",
      "DeleteRolePermissionsBoundary",
    ],
    own: named("roleName", role.ref, sealerRole.ref, verifierRole.ref, deployer, "break-glass"),
    others: named("roleName", "another", `${deployer}-2`),
  },
  {
    rule: "break-glass",
    service: "sts",
    names: ["AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"],
    own: named("roleArn", BREAK_GLASS),
    others: named("roleArn", `${BREAK_GLASS}-2`),
  },
  {
    rule: "schedules",
    service: "scheduler",
    names: ["UpdateSchedule", "DeleteSchedule", "DeleteScheduleGroup"],
    own: [
      parameters({ name: "drain", groupName: group }),
      parameters({ Name: "drain", GroupName: group }),
      ...named("name", group),
      ...named("Name", group),
    ],
    others: [
      parameters({ name: "drain", groupName: "default" }),
      parameters({ Name: "drain", GroupName: "default" }),
      ...named("name", `${group}2`),
    ],
  },
  {
    rule: "alarms",
    service: "monitoring",
    names: ["DeleteAlarms", "DisableAlarmActions"],
    own: named("alarmNames", [alarm], ["somebody else's", alarm]),
    others: named("alarmNames", ["somebody else's"], ["AsanaAuditArchive2 Dead letters"]),
  },
  {
    rule: "topic",
    service: "sns",
    names: [
      "DeleteTopic",
      "SetTopicAttributes",
      "AddPermission",
      "RemovePermission",
      "Unsubscribe",
      "SetSubscriptionAttributes",
    ],
    own: [
      ...named("topicArn", topic, sealsTopic),
      ...named("subscriptionArn", `${topic}:1234abcd`, `${sealsTopic}:1234abcd`),
    ],
    others: [...named("topicArn", `${topic}2`), ...named("subscriptionArn", `${topic}2:1234abcd`)],
  },
  {
    rule: "secrets-1",
    service: "secretsmanager",
    names: ["DeleteSecret", "UpdateSecret", "PutResourcePolicy", "DeleteResourcePolicy"],
    own: named("secretId", secret, secretName, arn("secretsmanager", `secret:${secretName}`)),
    others: named("secretId", `${secretName}2`, arn("secretsmanager", `secret:${secretName}2-AbCdEf`)),
  },
  {
    rule: "stack",
    service: "cloudformation",
    names: ["DeleteStack", "UpdateTerminationProtection", "SetStackPolicy"],
    own: named("stackName", "AsanaAuditArchive", stackId),
    others: named("stackName", "AsanaAuditArchive2", stackId.replace("Archive/", "Archive2/")),
  },
  {
    rule: "rules",
    service: "events",
    names: ["DisableRule", "DeleteRule", "PutRule", "PutTargets", "RemoveTargets"],
    own: [...named("name", ...rules.map(({ properties }) => properties.Name)), ...named("rule", `${prefix}keys`)],
    others: [...named("name", "another"), ...named("rule", "another")],
  },
];
