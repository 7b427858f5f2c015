import {
  type CensusInput,
  ENVIRONMENT,
  type RunInput,
  SEAL_NAME,
  type StampSettings,
  TASKS,
  type Task,
  VERIFIER_KEY,
  type VerifierInput,
} from "./contract.ts";
import { ArchiverError } from "./errors.ts";
import { parseInstant } from "./event/instant.ts";
import { isCount, isGid, parseCount } from "./event/parse.ts";
import { defaultRunSettings, parseRunSettings, type RunSettings } from "./settings.ts";
import { isAllowed } from "./source/base-url.ts";

/** The function's settings, from its environment. No secrets: it names the secrets that hold the tokens. */
export interface Config {
  readonly bucket: string;
  /** AWS account that must own the bucket. */
  readonly bucketOwner: string;
  readonly table: string;
  /** Workspaces that are no longer archived, on purpose. */
  readonly retiredWorkspaces: readonly string[];
  /** Workspace gid to ARN of the secret or parameter with its token. */
  readonly tokenSecrets: Readonly<Record<string, string>>;
  readonly sourceBaseUrl: string;
  /** Settings of each run. */
  readonly settings: RunSettings;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads all of it before it complains: throws one ArchiverError `misconfigured` that names every problem. */
export const readConfig = (environment: Environment): Config =>
  readAll(environment, (read) => ({
    ...readBucket(read),
    table: read(ENVIRONMENT.table, isTableName, "the name of a table"),
    sourceBaseUrl: read(ENVIRONMENT.sourceBaseUrl, isBaseUrl, "an https URL"),
    retiredWorkspaces: parseGids(read(ENVIRONMENT.retiredWorkspaces, (value) => parseGids(value) !== null, GIDS)) ?? [],
    tokenSecrets: parseSecrets(read(ENVIRONMENT.tokenSecrets, (value) => parseSecrets(value) !== null, SECRETS)) ?? {},
    settings: readRunSettings(read),
  }));

/** The sealer's settings, from its environment. */
export interface SealerConfig {
  readonly bucket: string;
  readonly bucketOwner: string;
  /** Workspaces that are archived, whether or not they have segments yet. */
  readonly workspaces: readonly string[];
  /** ARN of the key that signs. */
  readonly keyArn: string;
  /** While another key takes over: ARN of the key that signed before; null: none is named. */
  readonly formerKeyArn: string | null;
  /** The verifier key of a key that is lost; null: none is. */
  readonly lostKey: string | null;
  /** The name that the archive's seals bear. */
  readonly sealName: string;
  /** Null: no seal is stamped. */
  readonly stamps: StampSettings | null;
  /** ARN of the topic to which each new seal is published. */
  readonly topicArn: string;
  readonly settings: RunSettings;
}

/** As `readConfig`. */
export const readSealerConfig = (environment: Environment): SealerConfig =>
  readAll(environment, (read) => ({
    ...readBucket(read),
    workspaces: parseGids(read(ENVIRONMENT.workspaces, (value) => parseGids(value) !== null, GIDS)) ?? [],
    keyArn: read(ENVIRONMENT.sealingKey, isKeyArn, "the ARN of a key"),
    formerKeyArn: readOptional(read, ENVIRONMENT.formerSealingKey, isKeyArn, "the ARN of a key"),
    lostKey: readOptional(read, ENVIRONMENT.lostSealingKey, (value) => VERIFIER_KEY.test(value), "a verifier key"),
    stamps: parseStamps(readOptional(read, ENVIRONMENT.timeStamps, (value) => parseStamps(value) !== null, STAMPS)),
    sealName: read(ENVIRONMENT.sealName, (value) => SEAL_NAME.test(value), "a name that seals may bear"),
    topicArn: read(ENVIRONMENT.sealsTopic, (value) => /^arn:[\w-]+:sns:/.test(value), "the ARN of a topic"),
    settings: readRunSettings(read),
  }));

/** The verifier's settings, from its environment. */
export interface VerifierConfig {
  readonly bucket: string;
  readonly bucketOwner: string;
  readonly table: string;
  readonly reportsBucket: string;
  /** ARN of the key that signs seals, and of the one that signed before; null: none is named. */
  readonly keyArn: string;
  readonly formerKeyArn: string | null;
  readonly sealName: string;
  /** Null: it is verified only by hand. */
  readonly everyDays: number | null;
  readonly settings: RunSettings;
}

/** As `readConfig`. */
export const readVerifierConfig = (environment: Environment): VerifierConfig =>
  readAll(environment, (read) => ({
    ...readBucket(read),
    table: read(ENVIRONMENT.table, isTableName, "the name of a table"),
    reportsBucket: read(ENVIRONMENT.reportsBucket, isBucketName, "the name of a bucket"),
    keyArn: read(ENVIRONMENT.sealingKey, isKeyArn, "the ARN of a key"),
    formerKeyArn: readOptional(read, ENVIRONMENT.formerSealingKey, isKeyArn, "the ARN of a key"),
    sealName: read(ENVIRONMENT.sealName, (value) => SEAL_NAME.test(value), "a name that seals may bear"),
    everyDays: Number(readOptional(read, ENVIRONMENT.verifyEveryDays, isPositive, "a number of days")) || null,
    settings: readRunSettings(read),
  }));

/** What the verifier is asked to do. Throws ArchiverError `misconfigured`. */
export function readVerifierInput(event: unknown): VerifierInput {
  const given = (typeof event === "object" && event !== null ? event : {}) as Record<string, unknown>;
  const { task, run, began, portion, failure } = given;
  if (task === "look") return { task };
  if (isRunName(run) && task === "portion" && isCount(portion, 1)) return { task, run, portion };
  if (isRunName(run) && isInstant(began)) {
    if (task === "plan") return { task, run, began };
    if (task === "report") return { task, run, began, ...(failure !== undefined && { failure }) };
  }
  throw new ArchiverError("misconfigured", "The event does not name a step of a verification.", {
    advice: "Start an execution of the state machine instead: it asks for each step.",
  });
}

/** What may be a part of a key. */
const isRunName = (value: unknown): value is string => typeof value === "string" && /^[\w-]{1,80}$/.test(value);
const isInstant = (value: unknown): value is string => typeof value === "string" && parseInstant(value) !== null;

/** Gives a variable's value, and notes a problem where it is not what is allowed. */
type Read = (name: string, isValid: (value: string) => boolean, allowed: string) => string;

function readAll<T extends object>(environment: Environment, readWith: (read: Read) => T): T {
  const problems: string[] = [];
  /** A value is not repeated: whoever mixed things up may have put a token there. */
  const config = readWith((name, isValid, allowed) => {
    const value = environment[name] ?? "";
    if (!isValid(value)) problems.push(`${name} is ${value === "" ? "not set" : `not ${allowed}`}`);
    return value;
  });
  if (problems.length === 0) return Object.freeze(config);
  throw new ArchiverError("misconfigured", `The function's environment is not usable: ${problems.join("; ")}.`, {
    advice: "Deploy the stack again: it sets all of them.",
  });
}

const readBucket = (read: Read) => ({
  bucket: read(ENVIRONMENT.bucket, isBucketName, "the name of a bucket"),
  bucketOwner: read(ENVIRONMENT.bucketOwner, (value) => /^\d{12}$/.test(value), "an account's 12 digits"),
});

const isBucketName = (value: string): boolean => /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(value);
const isTableName = (value: string): boolean => /^[\w.-]{3,255}$/.test(value);
const isPositive = (value: string): boolean => isCount(parseCount(value), 1);
const isKeyArn = (value: string): boolean => /^arn:[\w-]+:kms:/.test(value);

/** Null: it is not set. */
const readOptional = (read: Read, ...[name, isValid, allowed]: Parameters<Read>): string | null =>
  read(name, (value) => value === "" || isValid(value), allowed) || null;

const readRunSettings = (read: Read): RunSettings =>
  parseRunSettings(read(ENVIRONMENT.settings, (value) => parseRunSettings(value) !== null, SETTINGS)) ??
  defaultRunSettings;

/** Whether the schedule asks for the census, which is about no workspace. */
export const isCensus = (event: unknown): boolean =>
  typeof event === "object" && event !== null && (event as Partial<CensusInput>).task === "census";

/** What the schedule asks for. Throws ArchiverError `misconfigured`. */
export function readInput(event: unknown): RunInput {
  const { workspace, task, budgetSeconds } = (typeof event === "object" && event !== null ? event : {}) as Record<
    string,
    unknown
  >;
  if (isGid(workspace) && isTask(task)) {
    if (budgetSeconds === undefined) return { workspace, task };
    if (isBudget(budgetSeconds)) return { workspace, task, budgetSeconds };
    throw new ArchiverError("misconfigured", "The event's budgetSeconds is not a positive number.", {
      advice: "Leave it out: the run may then work as long as Lambda lets it.",
    });
  }
  throw new ArchiverError("misconfigured", "The event does not name a workspace and a task.", {
    advice: `Send {"workspace": "<gid>", "task": "${TASKS.join('" or "')}"}.`,
  });
}

const isBudget = (value: unknown): value is number => typeof value === "number" && value > 0;
const isTask = (value: unknown): value is Task => TASKS.some((task) => task === value);

const SETTINGS = "a JSON object of run settings that are all in their range";

const GIDS = "a JSON list of workspace gids";

function parseGids(text: string): readonly string[] | null {
  try {
    const gids: unknown = JSON.parse(text);
    return Array.isArray(gids) && gids.every(isGid) ? gids : null;
  } catch {
    return null;
  }
}

const SECRETS = "a JSON object with an ARN for each workspace gid";

function parseSecrets(text: string): Readonly<Record<string, string>> | null {
  try {
    const secrets: unknown = JSON.parse(text);
    if (typeof secrets !== "object" || secrets === null || Array.isArray(secrets)) return null;
    const isGood = Object.entries(secrets).every(([gid, arn]) => isGid(gid) && typeof arn === "string" && arn !== "");
    return isGood ? (secrets as Record<string, string>) : null;
  } catch {
    return null;
  }
}

const STAMPS = "a JSON object of URLs and a number of days";

function parseStamps(text: string | null): StampSettings | null {
  try {
    const { urls, everyDays } = JSON.parse(text ?? "") as Partial<StampSettings>;
    if (!Array.isArray(urls) || !urls.every(isBaseUrl) || !isCount(everyDays, 1)) return null;
    return { urls, everyDays };
  } catch {
    return null;
  }
}

function isBaseUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && isAllowed(url);
}
