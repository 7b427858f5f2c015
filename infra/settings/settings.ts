import { type RunSettings, readDefined, runSettings, type ValuesOf } from "../../lambda/settings.ts";
import { MAX_PARTITIONS } from "../constructs/columnar-plan.ts";
import { definitions, SHORT_LOCK_DAYS } from "./definitions.ts";

export type Settings = ValuesOf<typeof definitions>;

/** Holds all problems at once, one sentence each: which setting, why, and what is allowed. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`Invalid settings:\n${problems.map((problem) => `- ${problem}`).join("\n")}`);
    this.problems = problems;
  }
}

/** Reads the given settings and fills in defaults. Settings that were already read stay as they are. Throws SettingsError. */
export function readSettings(given: Readonly<Record<string, unknown>>): Settings {
  const { values, problems: wrong } = readDefined(definitions, given);
  const problems = wrong.length > 0 ? wrong : contradictions(values);
  if (problems.length > 0) throw new SettingsError(problems);
  return Object.freeze(values);
}

/** The settings that are passed to each run. */
export function runSettingsOf(settings: Settings): RunSettings {
  const names = Object.keys(runSettings) as (keyof RunSettings)[];
  return Object.fromEntries(names.map((name) => [name, settings[name]])) as unknown as RunSettings;
}

/** The settings of the archive that its second copy has too. */
const REPLICA_SETTINGS = [
  "stackName",
  "tags",
  "retentionMode",
  "retentionDays",
  "longestRetentionDays",
  "acknowledgeShortRetention",
  "acknowledgeComplianceDays",
  "expireAfterDays",
  "coldAfterDays",
  "encryption",
  "breakGlassRoleArn",
  "deploymentRoleArn",
  "formerDeploymentRoleArn",
  "auditorPrincipalArns",
  "keyRotation",
] as const satisfies readonly (keyof Settings)[];

export type ReplicaSettings = Pick<Settings, (typeof REPLICA_SETTINGS)[number]> & {
  /** The role that copies. */
  readonly replicaOf: string;
};

/**
 * The settings of a second copy, out of those of its archive, so that both have the same lock; what a copy has no use for
 * is left out. Throws SettingsError.
 */
export function readReplicaSettings(given: Readonly<Record<string, unknown>>): ReplicaSettings {
  const { values, problems: wrong } = readDefined(definitions, given);
  // Who writes is S3 alone: the archive's writers are not the copy's.
  const problems = wrong.length > 0 ? wrong : lockProblems({ ...values, writerRoleArns: [] });
  const { replicaOf } = values;
  if (problems.length > 0 || replicaOf === null) throw new SettingsError(problems.length > 0 ? problems : [NO_ARCHIVE]);
  const own = Object.fromEntries(REPLICA_SETTINGS.map((name) => [name, values[name]]));
  return Object.freeze({ ...own, replicaOf }) as ReplicaSettings;
}

const NO_ARCHIVE =
  "replicaOf is not set, so nobody could write into the copy. Set it to the ARN of the role that the archive's stack copies with.";

function contradictions(settings: Settings): string[] {
  const { workspaces, retiredWorkspaces } = settings;
  const problems: string[] = [];
  if (workspaces.length === 0) {
    problems.push(
      "workspaces is empty, so there is nothing to archive. Set at least one workspace gid, with your other settings or as " +
        "-c workspaces=<gid>; it is the Domain ID on the settings page of the admin console.",
    );
  }
  if (settings.alarmEmails === null) {
    problems.push(
      "alarmEmails is not set, so nobody would be told when archiving stops. Set the addresses to notify, with your other settings or as " +
        "-c alarmEmails=<address>; or the word none, if something else is to be subscribed to the topic of alarms.",
    );
  }
  for (const workspace of retiredWorkspaces.filter((one) => workspaces.includes(one))) {
    problems.push(
      `retiredWorkspaces contains ${workspace}, which workspaces contains too. Allowed: only one of the two.`,
    );
  }
  for (const workspace of Object.keys(settings.tokenSecretArns).filter((one) => !workspaces.includes(one))) {
    problems.push(`tokenSecretArns contains ${workspace}, which is not in workspaces. Allowed: only gids that are.`);
  }
  const known = workspaces.length + retiredWorkspaces.length;
  if (settings.columnarCopy && known > MAX_PARTITIONS) {
    problems.push(
      `columnarCopy is on, but there are ${known} workspaces, and Athena writes at most ${MAX_PARTITIONS} partitions in a ` +
        "statement, of which each workspace needs one. Allowed: fewer workspaces and retiredWorkspaces, or off.",
    );
  }
  if (settings.tokenIn === "parameters" && Object.keys(settings.tokenSecretArns).length > 0) {
    problems.push(
      "tokenSecretArns names secrets, but tokenIn is parameters. Allowed: secrets of your own with tokenIn secrets only.",
    );
  }
  problems.push(...lockProblems(settings), ...replicaProblems(settings), ...unclearKeyChange(settings));
  if (settings.encryption === "sse-s3" && settings.archiveKeyArn !== null) {
    problems.push(
      "archiveKeyArn is set, but encryption is sse-s3, which uses no key of yours. Allowed: archiveKeyArn with kms only.",
    );
  }
  if (settings.operationsKey === "archive" && (settings.encryption === "sse-s3" || settings.archiveKeyArn !== null)) {
    problems.push(
      "operationsKey is archive, but the stack creates no key for segments that could be shared. Allowed: own, or archive " +
        "with encryption kms and an empty archiveKeyArn.",
    );
  }
  return problems;
}

/** What contradicts itself about how segments are locked, by whom, and for how long. */
function lockProblems(settings: Settings): string[] {
  const { retentionMode, retentionDays, acknowledgeComplianceDays } = settings;
  const problems: string[] = [];
  if (retentionMode === "compliance" && acknowledgeComplianceDays !== retentionDays) {
    problems.push(
      `retentionMode is "compliance", which cannot be undone: for ${retentionDays} days nobody, not even the root user, ` +
        `could delete a segment. If you want that, also set acknowledgeComplianceDays to ${retentionDays}.`,
    );
  }
  if (retentionDays < SHORT_LOCK_DAYS && settings.acknowledgeShortRetention !== retentionDays) {
    problems.push(
      `retentionDays is ${retentionDays}: after that, segments are protected by the bucket's policy only. If you want ` +
        `that, also set acknowledgeShortRetention to ${retentionDays}; else allowed: ${SHORT_LOCK_DAYS} or more.`,
    );
  }
  problems.push(...sharedRoles(settings));
  if (retentionMode === "compliance" && settings.breakGlassRoleArn !== null) {
    problems.push(
      "breakGlassRoleArn is set, but in compliance mode that role could delete nothing. Allowed: empty in that mode.",
    );
  }
  if (settings.expireAfterDays !== null) problems.push(...expiryBeforeLock(settings, settings.expireAfterDays));
  if (
    settings.expireAfterDays !== null &&
    settings.coldAfterDays !== null &&
    settings.coldAfterDays >= settings.expireAfterDays
  ) {
    problems.push(
      `coldAfterDays is ${settings.coldAfterDays}, but segments expire after ` +
        `${settings.expireAfterDays} days. Allowed: fewer days than that, or empty for never.`,
    );
  }
  return problems;
}

/** S3 copies only what it can encrypt at the other end. */
function replicaProblems({ encryption, replicaBucketArn, replicaKeyArn }: Settings): string[] {
  if (replicaBucketArn === null && replicaKeyArn !== null) {
    return ["replicaKeyArn is set, but replicaBucketArn is not. Allowed: both, as the copy's deployment prints them."];
  }
  if (replicaBucketArn !== null && (replicaKeyArn === null) !== (encryption === "sse-s3")) {
    return [
      `replicaBucketArn is set, encryption is ${encryption}, and replicaKeyArn is ${replicaKeyArn ?? "not set"}. Allowed: ` +
        "with kms the key that the copy's deployment prints, with sse-s3 none.",
    ];
  }
  return [];
}

/** S3 hides a segment that expires while it is locked under a delete marker: it is there, and nobody sees it. */
function expiryBeforeLock({ retentionDays, longestRetentionDays }: Settings, expireAfterDays: number): string[] {
  const longest = Math.max(retentionDays, longestRetentionDays ?? 0);
  if (expireAfterDays < longest) {
    return [
      `expireAfterDays is ${expireAfterDays}, but segments are locked for ${longest} days. ` +
        `Allowed: ${longest} or more, or empty for never.`,
    ];
  }
  if (longestRetentionDays === null || longestRetentionDays < retentionDays) {
    return [
      `expireAfterDays is ${expireAfterDays}, but longestRetentionDays is ${longestRetentionDays ?? "not set"}. Older segments keep the ` +
        "lock with which they were written, and S3 would hide them while they are locked. Set it to the longest " +
        `retentionDays that this archive ever had, which is at least ${retentionDays}.`,
    ];
  }
  return [];
}

function unclearKeyChange({ sealingKeyArn, formerSealingKeyArn, lostSealingKey }: Settings): string[] {
  if (formerSealingKeyArn === null) return [];
  if (lostSealingKey !== null) {
    return [
      "formerSealingKeyArn and lostSealingKey are both set, but a key that can still hand over is not lost. Allowed: one of them.",
    ];
  }
  if (formerSealingKeyArn !== sealingKeyArn) return [];
  return [
    `formerSealingKeyArn names ${formerSealingKeyArn}, and so does sealingKeyArn. Allowed: the key that signs from now on in ` +
      "sealingKeyArn, and the one before in formerSealingKeyArn.",
  ];
}

/** Who writes must not delete, and who deploys must do neither: one role for two of these would undo the separation. */
function sharedRoles(settings: Settings): string[] {
  const { breakGlassRoleArn, deploymentRoleArn, formerDeploymentRoleArn, writerRoleArns } = settings;
  const roles = [
    ["breakGlassRoleArn", breakGlassRoleArn],
    ["deploymentRoleArn", deploymentRoleArn],
    ["formerDeploymentRoleArn", formerDeploymentRoleArn],
    ...writerRoleArns.map((arn) => ["writerRoleArns", arn] as const),
  ] as const;
  return roles.flatMap(([name, arn], index) => {
    const other = arn === null ? undefined : roles.slice(0, index).find(([, earlier]) => earlier === arn);
    return other === undefined
      ? []
      : [
          `${name} names ${arn}, and so does ${other[0]}. Allowed: a role of its own for each, because together they could replace evidence.`,
        ];
  });
}

export type NamedRoles = Pick<
  Settings,
  "breakGlassRoleArn" | "deploymentRoleArn" | "formerDeploymentRoleArn" | "writerRoleArns"
>;

/**
 * Roles of another account than the stack's: its own policies would lock everybody out, because no role of this account
 * could configure, write or delete. `account` null: not known at synthesis; then they are compared with each other.
 */
export function accountProblems(settings: NamedRoles, account: string | null): string[] {
  const { breakGlassRoleArn, deploymentRoleArn, formerDeploymentRoleArn, writerRoleArns } = settings;
  const roles = Object.entries({ deploymentRoleArn, formerDeploymentRoleArn, breakGlassRoleArn }).concat(
    writerRoleArns.map((arn) => ["writerRoleArns", arn]),
  );
  const named = roles.flatMap(([name, arn]) => (arn === null ? [] : [{ name, arn, owner: arn.split(":")[4]! }]));
  const expected = account ?? named[0]?.owner;
  return named
    .filter(({ owner }) => owner !== expected)
    .map(({ name, arn }) => {
      const other = account === null ? `that of ${named[0]!.name}` : "the one that is deployed into";
      return `${name} is ${arn}, a role of another account than ${other}, ${expected}. Allowed: roles of the stack's account.`;
    });
}
