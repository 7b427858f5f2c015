import { SEAL_NAME, STAMP_PATIENCE_DAYS, VERIFIER_KEY } from "../../lambda/contract.ts";
import { GID } from "../../lambda/event/parse.ts";
import { define, optional, runSettings, wholeNumber } from "../../lambda/settings.ts";
import { listOf, listOrNone, mapOf, oneOf, oneOfNumbers, onOff, text } from "./kinds.ts";

const gid = text(GID, "a workspace gid, which is digits only");
const roleArn = text(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/, "the ARN of an IAM role");
const principalArn = text(
  /^arn:aws[a-z-]*:iam::\d{12}:(?:root|(?:role|user)\/[\w+=,.@/-]{1,512})$/,
  "the ARN of an IAM role, user or account root",
);
const secretArn = text(
  /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+-[A-Za-z0-9]{6}$/,
  "the complete ARN of a secret, including the six random characters at its end",
);
const keyArn = text(/^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/, "the ARN of a KMS key");

const bucketArn = text(/^arn:aws[a-z-]*:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "the ARN of a bucket");

/** More would come too close to the limit of 500 resources per stack. */
const MAX_WORKSPACES = 20;

/** More authorities than this add no trust. */
const MAX_AUTHORITIES = 4;

/** Seven years have one or two leap days. */
const SEVEN_YEARS_DAYS = 2557;

/** A shorter lock has to be meant: the rules that ask for an audit log's retention ask for a year and more. */
export const SHORT_LOCK_DAYS = 365;

/** The retention periods that CloudWatch Logs accepts. */
const LOG_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** Settings that have no default: there is nothing to archive without the first, and nobody would hear of it without the second. */
export const REQUIRED: readonly string[] = ["workspaces", "alarmEmails"];

/** Every setting of a deployment, including those of its runs. The table in docs/deploy.md is generated from this. */
export const definitions = {
  workspaces: define(listOf(gid, MAX_WORKSPACES), [], "The workspaces whose audit logs are archived."),
  retiredWorkspaces: define(
    listOf(gid, 100),
    [],
    "Workspaces that are no longer archived. Athena continues to show their events.",
  ),
  stackName: define(
    text(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, "a letter, then up to 63 letters, digits and hyphens"),
    "AsanaAuditArchive",
    "Name of the stack, and the first part of the names of its resources.",
  ),
  drainEveryMinutes: define(
    wholeNumber(1, 60, "minutes"),
    10,
    "How often new events are fetched. Asana's cursors live for 15 minutes, so a longer interval costs one more request per run; a shorter interval creates more objects, which slows Athena down.",
  ),
  sourceBaseUrl: define(
    text(
      /^(?:https:\/\/[\w.-]+(?::\d+)?|http:\/\/127\.0\.0\.1:\d+)\/[\w./-]*[\w-]$/,
      "an https URL without a trailing slash",
    ),
    "https://app.asana.com/api/1.0",
    "Base URL of the API. Change it only for tests.",
  ),
  ...runSettings,
  tokenIn: define(
    oneOf("secrets", "parameters"),
    "secrets",
    "Where tokens are: secrets for Secrets Manager, parameters for SecureStrings of Parameter Store, which save 40 cents a month for each workspace, and which the stack neither makes nor deletes. To change it, put the tokens into the new place first.",
  ),
  tokenSecretArns: define(
    mapOf(gid, secretArn, MAX_WORKSPACES),
    {},
    "For each workspace whose token is in a secret of your own, the ARN of that secret. For the other workspaces the stack creates a secret.",
  ),
  tokenSecretKeyArns: define(
    listOf(keyArn, MAX_WORKSPACES),
    [],
    "The customer managed keys of those secrets; the function is allowed to decrypt with them.",
  ),
  retentionMode: define(
    oneOf("governance", "compliance"),
    "governance",
    "Object Lock mode of every segment. In governance mode the break-glass role can delete; in compliance mode nobody can, not even the root user.",
  ),
  retentionDays: define(
    wholeNumber(1, 36_500, "days"),
    SEVEN_YEARS_DAYS,
    "How long a segment is locked, from the day it is written.",
  ),
  longestRetentionDays: define(
    optional(wholeNumber(1, 36_500, "days")),
    null,
    "The longest lock, in days, with which this archive ever wrote a segment. Has to be named where expireAfterDays is set, which must not be less.",
  ),
  acknowledgeShortRetention: define(
    optional(wholeNumber(1, SHORT_LOCK_DAYS - 1, "days")),
    null,
    `Must equal retentionDays for less than ${SHORT_LOCK_DAYS} days to be accepted, because what is locked so shortly is soon no evidence.`,
  ),
  acknowledgeComplianceDays: define(
    optional(wholeNumber(1, 36_500, "days")),
    null,
    "Must equal retentionDays for compliance mode to be accepted, because that mode cannot be undone and makes it impossible to delete a segment.",
  ),
  encryption: define(
    oneOf("kms", "sse-s3"),
    "kms",
    "Who holds the key of segments and query results: kms for a key of the stack's own (or archiveKeyArn), sse-s3 for S3's own keys, which nobody can destroy, and which Object Lock alone then guards. Decide before the first deployment.",
  ),
  archiveKeyArn: define(
    optional(keyArn),
    null,
    "An existing KMS key for segments and query results in place of one that the stack creates, for example of another account, in the stack's region. Its policy is yours to write. Decide before the first deployment.",
  ),
  operationsKey: define(
    oneOf("own", "archive"),
    "own",
    "What encrypts checkpoints, tokens, logs and alarms: own for a key that the stack creates for them, archive for the key of segments, which saves a dollar a month. Decide before the first deployment.",
  ),
  keyRotation: define(
    onOff,
    "off",
    "Whether KMS makes new material every year for the keys that encrypt. Nothing is encrypted anew by that; after two years, each key costs three dollars a month in place of one.",
  ),
  replicaBucketArn: define(
    optional(bucketArn),
    null,
    "The bucket of the second copy, to which S3 copies every object of the archive bucket. The copy's deployment prints it.",
  ),
  replicaKeyArn: define(
    optional(keyArn),
    null,
    "The key of the second copy, which its deployment prints too; with sse-s3 there is none.",
  ),
  replicaOf: define(
    optional(roleArn),
    null,
    "Deploys a second copy in place of the archive: the role of the archive's stack that copies. Only on the command line of the copy's deployment.",
  ),
  sealingKeyArn: define(
    optional(keyArn),
    null,
    "An existing KMS key that signs the archive's seals (ECC_NIST_EDWARDS25519) in place of one that the stack creates, for example of another account, in the stack's region. Its policy is yours to write.",
  ),
  sealName: define(
    optional(text(SEAL_NAME, "up to 128 letters, digits and ._:@-, in parts between single slashes")),
    null,
    "The archive's name in its seals: unique, and the same for as long as the archive lives. If empty, the name of the stack, the account and the region, with dots between.",
  ),
  formerSealingKeyArn: define(
    optional(keyArn),
    null,
    "While another key takes over signing: the key that signed before, which hands over in a seal that both sign. Empty again after that.",
  ),
  lostSealingKey: define(
    optional(text(VERIFIER_KEY, "a verifier key: <name>+<key id>+<base64>")),
    null,
    "Where the key that signed before is lost: its verifier key, from the first line of its file below keys/. The new key then takes over without it, which whoever verifies is told. Empty again after that.",
  ),
  timestampUrls: define(
    listOf(
      text(/^https:\/\/[\w.-]+(?::\d+)?(?:\/[\w./~-]*)?$/, "an https URL without user, password or query"),
      MAX_AUTHORITIES,
    ),
    [],
    "Time-stamping authorities (RFC 3161) that the sealer has stamp the newest seal; each is sent a hash and nothing else. Their order stays: a new one goes to the end.",
  ),
  stampEveryDays: define(
    // Seldom enough to be polite, and often enough that one failure is no alarm.
    wholeNumber(1, STAMP_PATIENCE_DAYS - 1, "days"),
    7,
    "How often each of these authorities is asked for a time stamp.",
  ),
  coldAfterDays: define(
    optional(wholeNumber(1, 36_500, "days")),
    180,
    "When segments of 128 KiB or more move to Glacier Instant Retrieval, which costs less to store, is as fast to read, and costs more to read.",
  ),
  breakGlassRoleArn: define(
    optional(roleArn),
    null,
    "The only role that may delete segments and lift legal holds; beside the deployment role, the only one that may change the keys' policies or delete them. You create it, not the stack. Not allowed in compliance mode.",
  ),
  deploymentRoleArn: define(
    optional(roleArn),
    null,
    "The role that CloudFormation deploys with; only it and the break-glass role may change the configuration of buckets and keys. If empty, the one that the stack's synthesizer names: by default, that which cdk bootstrap created.",
  ),
  formerDeploymentRoleArn: define(
    optional(roleArn),
    null,
    "While another role takes over: the role that deployed before, which is trusted beside the new one for one deployment.",
  ),
  writerRoleArns: define(
    listOf(roleArn, 10),
    [],
    "Further roles that may create segments, for a back-fill from the command line. They also need permissions of their own.",
  ),
  readerPrincipalArns: define(
    listOf(principalArn, 20),
    [],
    "Who may assume the reader role. If empty, everybody in the account who has permission to assume it.",
  ),
  auditorPrincipalArns: define(
    listOf(principalArn, 20),
    [],
    "Who may assume the auditor role, which also sees locks, versions, policies and access logs. If empty, as for readers.",
  ),
  operatorPrincipalArns: define(
    listOf(principalArn, 20),
    [],
    "Who may assume the operator role, which starts runs, reads logs, queues and alarms and puts tokens. If empty, as for readers.",
  ),
  alarmEmails: define(
    listOrNone(text(/^[^\s@,]+@[^\s@,]+$/, "an e-mail address"), 10),
    null,
    "Who is notified of alarms; each address has to confirm once. Say none only if you subscribe something else to the topic.",
  ),
  lagAlarmHours: define(
    wholeNumber(1, 720, "hours"),
    6,
    "How far the archive may fall behind before an alarm goes off.",
  ),
  runbookUrl: define(
    text(/^(?:https:\/\/\S+|[\w./-]+)$/, "an https URL or a path"),
    "docs/runbook.md",
    "Where the runbook is, as given in the alarms' texts. An https URL becomes a link to the alarm's section; a path is where it is in the repository.",
  ),
  verifyEveryDays: define(
    optional(wholeNumber(1, 365, "days")),
    30,
    "How often the whole archive is read back and verified. If empty, only by hand.",
  ),
  dashboard: define(
    onOff,
    "off",
    "A CloudWatch dashboard of the alarms, the workspaces and the functions. It costs three dollars a month, if the account has three others.",
  ),
  memoryMiB: define(
    wholeNumber(256, 3008, "MiB"),
    512,
    "Memory of the function, which also determines its share of CPU.",
  ),
  reservedConcurrency: define(
    optional(wholeNumber(1, 100, "runs at once")),
    null,
    "Concurrency reserved for the function. Not needed for correctness, because runs may overlap. New accounts have too little to reserve any.",
  ),
  tracing: define(
    onOff,
    "off",
    "Whether each run is traced in X-Ray. A trace shows how long Lambda took; what a run did is in the log.",
  ),
  logLevel: define(
    oneOf("debug", "info"),
    "info",
    "What the function logs; never event content. Levels above info are not allowed, because Lambda would also drop the metrics.",
  ),
  logRetentionDays: define(oneOfNumbers(LOG_DAYS, "days"), 400, "How long the function's logs are kept."),
  queryScanLimitGiB: define(
    wholeNumber(1, 7_000_000, "GiB"),
    100,
    "Athena stops a query that scans more than this. Scanning 100 GiB costs about half a dollar.",
  ),
  columnarCopy: define(
    onOff,
    "off",
    "Whether Athena keeps a copy of all events in columns, in a bucket of its own without a lock, for questions over months and years (docs/querying.md). It costs as much a month as some fifteen questions over a year; whoever asks more gets answers faster and for less with it.",
  ),
  tags: define(
    mapOf(
      text(/^(?!aws:)[\w .:/=+@-]{1,128}$/, "1 to 128 characters that do not start with aws:"),
      text(/^[\w .:/=+@-]{0,256}$/, "up to 256 characters"),
      40,
    ),
    {},
    "Tags for every resource, in addition to the stack's own.",
  ),
} as const;
