import { GID } from "../../lambda/event/parse.ts";
import { define, optional, runSettings, wholeNumber } from "../../lambda/settings.ts";
import { listOf, mapOf, oneOf, oneOfNumbers, text } from "./kinds.ts";

const gid = text(GID, "a workspace gid, which is digits only");
const roleArn = text(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/, "the ARN of an IAM role");
const principalArn = text(
  /^arn:aws[a-z-]*:iam::\d{12}:(?:root|(?:role|user)\/[\w+=,.@/-]{1,512})$/,
  "the ARN of an IAM role, user or account root",
);
const secretArn = text(
  /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+-[A-Za-z0-9]{6}$/,
  "the whole ARN of a secret, with the six characters at its end",
);
const keyArn = text(/^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/, "the ARN of a KMS key");

/** More would come too near to the 500 resources that a stack can hold. */
const MAX_WORKSPACES = 20;

/** Seven years have one or two leap days. */
const SEVEN_YEARS_DAYS = 2557;

/** What CloudWatch Logs takes. */
const LOG_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** Every setting of a deployment, those of its runs included; the table in docs/deploy.md is made from this. */
export const definitions = {
  workspaces: define(
    listOf(gid, MAX_WORKSPACES),
    [],
    "The workspaces whose audit log is archived. The one setting that has no default.",
  ),
  retiredWorkspaces: define(
    listOf(gid, 100),
    [],
    "Workspaces that were archived once and no longer are. They are not collected; Athena goes on showing their events.",
  ),
  stackName: define(
    text(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, "a letter, then up to 63 letters, digits and hyphens"),
    "AsanaAuditArchive",
    "Name of the stack, and the first part of all names that it gives.",
  ),
  drainEveryMinutes: define(
    wholeNumber(1, 60, "minutes"),
    10,
    "How often new events are fetched. Asana's cursors live 15 minutes, and a longer pause costs one more request a run; more often makes more objects, which slows Athena.",
  ),
  sourceBaseUrl: define(
    text(
      /^(?:https:\/\/[\w.-]+(?::\d+)?|http:\/\/127\.0\.0\.1:\d+)\/[\w./-]*[\w-]$/,
      "an https URL without a slash at its end",
    ),
    "https://app.asana.com/api/1.0",
    "Where the API is. Another address only for tests.",
  ),
  ...runSettings,
  tokenSecretArns: define(
    mapOf(gid, secretArn, MAX_WORKSPACES),
    {},
    "For each workspace whose token is kept in a secret of yours: its ARN. For the others the stack makes one.",
  ),
  tokenSecretKeyArns: define(
    listOf(keyArn, MAX_WORKSPACES),
    [],
    "The customer managed keys of those secrets, so that the function may decrypt them.",
  ),
  retentionMode: define(
    oneOf("governance", "compliance"),
    "governance",
    "Object Lock mode of every segment. In governance mode the break-glass role can delete; in compliance mode nobody can, the root user included.",
  ),
  retentionDays: define(
    wholeNumber(1, 36_500, "days"),
    SEVEN_YEARS_DAYS,
    "How long a segment is locked, from the day it is written.",
  ),
  acknowledgeComplianceDays: define(
    optional(wholeNumber(1, 36_500, "days")),
    null,
    "Has to repeat retentionDays before compliance mode is accepted: it cannot be undone, and makes an erasure impossible.",
  ),
  coldAfterDays: define(
    optional(wholeNumber(1, 36_500, "days")),
    180,
    "When segments of 128 KiB and more move to Glacier Instant Retrieval: cheaper to keep, as quick to read, dearer to read.",
  ),
  breakGlassRoleArn: define(
    optional(roleArn),
    null,
    "The one role that may delete segments, lift legal holds and schedule the keys' deletion. It is yours, not made by the stack. Not in compliance mode.",
  ),
  deploymentRoleArn: define(
    optional(roleArn),
    null,
    "The role with which CloudFormation deploys, which alone may change the bucket's configuration. Left empty: the one that cdk bootstrap made.",
  ),
  writerRoleArns: define(
    listOf(roleArn, 10),
    [],
    "Roles besides the function's that may create segments, for a back-fill from a desk. They need permissions of their own too.",
  ),
  readerPrincipalArns: define(
    listOf(principalArn, 20),
    [],
    "Who may assume the reader role. Left empty: whoever in the account has the permission to.",
  ),
  alarmEmails: define(
    listOf(text(/^[^\s@,]+@[^\s@,]+$/, "an e-mail address"), 10),
    [],
    "Who is told of alarms; each has to confirm once. Other subscribers can be added to the topic.",
  ),
  lagAlarmHours: define(
    wholeNumber(1, 720, "hours"),
    6,
    "The archive is this far behind before the alarm for it rings.",
  ),
  runbookUrl: define(
    text(/^(?:https:\/\/\S+|[\w./-]+)$/, "an https URL or a path"),
    "docs/runbook.md",
    "Where the alarms' texts say the runbook is.",
  ),
  memoryMiB: define(wholeNumber(256, 3008, "MiB"), 512, "Memory of the function, and with it its share of CPU."),
  reservedConcurrency: define(
    optional(wholeNumber(1, 100, "runs at once")),
    null,
    "Reserved for the function. Not needed for correctness: runs may overlap. New accounts have too little to reserve any.",
  ),
  logLevel: define(
    oneOf("debug", "info"),
    "info",
    "What the function logs. Never event content. Not less than info: Lambda would drop the metrics too.",
  ),
  logRetentionDays: define(oneOfNumbers(LOG_DAYS, "days"), 400, "How long the function's log is kept."),
  queryScanLimitGiB: define(
    wholeNumber(1, 7_000_000, "GiB"),
    100,
    "Athena stops a query that scans more than this; 100 GiB cost about half a dollar.",
  ),
  tags: define(
    mapOf(
      text(/^(?!aws:)[\w .:/=+@-]{1,128}$/, "1 to 128 characters, not beginning with aws:"),
      text(/^[\w .:/=+@-]{0,256}$/, "up to 256 characters"),
      40,
    ),
    {},
    "Tags for every resource, besides the stack's own.",
  ),
} as const;
