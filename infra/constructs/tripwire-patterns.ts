import type { EventPattern } from "aws-cdk-lib/aws-events";
import type { Tokens } from "./tokens.ts";

/** What the tripwire guards, by the names that calls give it. */
export interface Watched {
  readonly archiveName: string;
  readonly stack: { readonly name: string; readonly id: string };
  readonly bucketNames: readonly string[];
  readonly keys: readonly { readonly id: string; readonly arn: string }[];
  readonly table: { readonly name: string; readonly arn: string };
  readonly functions: readonly { readonly name: string; readonly arn: string; readonly roleArn: string }[];
  /** Whose trust or policies would let somebody write, or change what protects the archive. */
  readonly roleNames: readonly string[];
  readonly breakGlassRoleArn: string | null;
  readonly scheduleGroupName: string;
  readonly topicArns: readonly string[];
  readonly secrets: Tokens["secrets"];
  readonly parameters: Tokens["parameters"];
  /** How the names of the tripwire's own rules begin. */
  readonly ruleNamePrefix: string;
}

/** The patterns of calls that CloudTrail records as read-only: to STS, assuming a role changes nothing. */
export const READ_ONLY_PATTERNS: ReadonlySet<string> = new Set(["break-glass"]);

type Match = string | { readonly prefix: string };
type Fields = Readonly<Record<string, unknown>>;

/** EventBridge takes 2,048 characters of a pattern, which more secrets than this would not fit into. */
const SECRETS_OF_A_RULE = 5;

/**
 * One pattern for each kind of resource, by its name. Each matches calls on this archive's resources and on no other's, as
 * CloudTrail records them: whether they were done or refused.
 */
export function tripwirePatterns(watched: Watched): Record<string, EventPattern> {
  const { bucketNames, keys, table, functions, scheduleGroupName, topicArns, stack } = watched;
  const keyArns = keys.map(({ arn }) => arn);
  return {
    // The last three are data events, which come only where a trail logs those of the bucket.
    buckets: calls(
      "s3",
      [
        ...starting("PutBucket", "DeleteBucket"),
        "PutObjectLockConfiguration",
        ...starting("DeleteObject"),
        "PutObjectRetention",
        "PutObjectLegalHold",
      ],
      { requestParameters: { bucketName: bucketNames } },
    ),
    keys: calls(
      "kms",
      [
        "PutKeyPolicy",
        "DisableKey",
        "ScheduleKeyDeletion",
        "DisableKeyRotation",
        "DeleteImportedKeyMaterial",
        "CreateGrant",
        "RevokeGrant",
      ],
      { requestParameters: { keyId: keys.flatMap(({ id, arn }) => [id, arn]) } },
      { resources: { ARN: keyArns } },
    ),
    table: calls(
      "dynamodb",
      ["DeleteTable", "UpdateTable", "UpdateContinuousBackups", "PutResourcePolicy"],
      { requestParameters: { tableName: [table.name, table.arn] } },
      { requestParameters: { resourceArn: [table.arn] } },
    ),
    // Lambda's event names end with a version of its API, and a function can be named by parts of its ARN. iam:PassRole is
    // no call of its own: it shows where a function is given the role.
    function: calls(
      "lambda",
      starting(
        "UpdateFunctionCode",
        "UpdateFunctionConfiguration",
        "CreateFunction",
        "DeleteFunction",
        "UpdateAlias",
        "DeleteAlias",
        "PutFunctionConcurrency",
        "AddPermission",
      ),
      { requestParameters: { functionName: functions.map(({ name }) => containing(name)) } },
      { requestParameters: { role: functions.map(({ roleArn }) => roleArn) } },
    ),
    roles: calls(
      "iam",
      [
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
      { requestParameters: { roleName: watched.roleNames } },
    ),
    ...(watched.breakGlassRoleArn === null
      ? {}
      : {
          "break-glass": calls("sts", ["AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"], {
            requestParameters: { roleArn: [watched.breakGlassRoleArn] },
          }),
        }),
    schedules: calls(
      "scheduler",
      ["UpdateSchedule", "DeleteSchedule", "DeleteScheduleGroup"],
      // The scheduler's parameters are recorded as its API spells them, or with a small first letter as most services do.
      { requestParameters: { groupName: [scheduleGroupName] } },
      { requestParameters: { GroupName: [scheduleGroupName] } },
      { requestParameters: { name: [scheduleGroupName] } },
      { requestParameters: { Name: [scheduleGroupName] } },
    ),
    alarms: calls("monitoring", ["DeleteAlarms", "DisableAlarmActions"], {
      requestParameters: { alarmNames: starting(`${watched.archiveName} `) },
    }),
    topic: calls(
      "sns",
      [
        "DeleteTopic",
        "SetTopicAttributes",
        "AddPermission",
        "RemovePermission",
        "Unsubscribe",
        "SetSubscriptionAttributes",
      ],
      { requestParameters: { topicArn: topicArns } },
      { requestParameters: { subscriptionArn: starting(...topicArns.map((arn) => `${arn}:`)) } },
    ),
    ...secretPatterns(watched.secrets),
    ...parameterPattern(watched.parameters),
    stack: calls("cloudformation", ["DeleteStack", "UpdateTerminationProtection", "SetStackPolicy"], {
      requestParameters: { stackName: [stack.name, stack.id] },
    }),
    rules: calls(
      "events",
      ["DisableRule", "DeleteRule", "PutRule", "PutTargets", "RemoveTargets"],
      { requestParameters: { name: starting(watched.ruleNamePrefix) } },
      { requestParameters: { rule: starting(watched.ruleNamePrefix) } },
    ),
    // Of a refused call some services record no parameters: then only the message says what it was about.
    refused: {
      detailType: BY_CLOUDTRAIL,
      detail: {
        readOnly: [false],
        errorCode: starting("AccessDenied", "AuthorizationError"),
        errorMessage: [...keyArns, table.arn, ...functions.map(({ arn }) => arn), ...topicArns].map(containing),
      },
    },
  };
}

function secretPatterns(secrets: Watched["secrets"]): Record<string, EventPattern> {
  const groups = Array.from({ length: Math.ceil(secrets.length / SECRETS_OF_A_RULE) }, (_, group) =>
    secrets.slice(group * SECRETS_OF_A_RULE, (group + 1) * SECRETS_OF_A_RULE),
  );
  return Object.fromEntries(
    groups.map((group, index) => [
      `secrets-${index + 1}`,
      calls("secretsmanager", ["DeleteSecret", "UpdateSecret", "PutResourcePolicy", "DeleteResourcePolicy"], {
        requestParameters: {
          secretId: group.flatMap(({ name, arn, arnWithoutSuffix }) => [name, arnWithoutSuffix, arn]),
        },
      }),
    ]),
  );
}

function parameterPattern(parameters: Watched["parameters"]): Record<string, EventPattern> {
  if (parameters.length === 0) return {};
  const names = starting(...parameters.map(({ namePrefix }) => namePrefix));
  return {
    parameters: calls(
      "ssm",
      ["DeleteParameter", "DeleteParameters", "PutResourcePolicy"],
      { requestParameters: { name: names } },
      { requestParameters: { names } },
      { requestParameters: { resourceArn: starting(...parameters.map(({ arnPrefix }) => arnPrefix)) } },
    ),
  };
}

const BY_CLOUDTRAIL = ["AWS API Call via CloudTrail"];

/** Calls of these names that name a resource in one of these ways. */
function calls(service: string, eventName: readonly Match[], ...naming: readonly [Fields, ...Fields[]]): EventPattern {
  const [only, ...others] = naming;
  return {
    source: [`aws.${service}`],
    detailType: BY_CLOUDTRAIL,
    detail: { eventName, ...(others.length === 0 ? only : { $or: naming }) },
  };
}

const starting = (...prefixes: readonly string[]): { prefix: string }[] => prefixes.map((prefix) => ({ prefix }));

const containing = (part: string): { wildcard: string } => ({ wildcard: `*${part}*` });
