/**
 * What the stack and the function have to agree on, and nothing else: of `lambda/`, the stack imports only this file,
 * the definitions in `settings.ts` and the parsers in `event/parse.ts`, so a name that both spell cannot be spelled in two ways.
 */

/** Names of the function's environment. `config.ts` reads them, the constructs write them. */
export const ENVIRONMENT = {
  /** Name of the archive: the first dimension of every metric. */
  archive: "ARCHIVE_NAME",
  bucket: "ARCHIVE_BUCKET",
  /** Account that must own the bucket; sent with every call to S3. */
  bucketOwner: "ARCHIVE_BUCKET_OWNER",
  table: "CHECKPOINT_TABLE",
  /** JSON: the workspaces that are no longer archived on purpose. */
  retiredWorkspaces: "RETIRED_WORKSPACES",
  /** JSON: workspace gid to ARN of the secret or parameter that holds its token. Never a token. */
  tokenSecrets: "TOKEN_SECRETS",
  sourceBaseUrl: "SOURCE_BASE_URL",
  /** JSON: the settings of each run, by the names in `settings.ts`. */
  settings: "RUN_SETTINGS",
  logLevel: "LOG_LEVEL",
  /** Of the sealer only. JSON: the workspaces that are archived, whether or not they have segments yet. */
  workspaces: "WORKSPACES",
  /** ARN of the key that signs seals. */
  sealingKey: "SEALING_KEY",
  /** The name that the archive's seals bear. */
  sealName: "SEAL_NAME",
  /** While another key takes over: ARN of the key that signed before, or, if it is lost, its verifier key. */
  formerSealingKey: "FORMER_SEALING_KEY",
  lostSealingKey: "LOST_SEALING_KEY",
  /** ARN of the topic to which each new seal is published. */
  sealsTopic: "SEALS_TOPIC",
  /** JSON: who stamps seals and how often, as `StampSettings`; not set: nobody does. */
  timeStamps: "TIME_STAMPS",
  /** Of the verifier only: the bucket of its reports. */
  reportsBucket: "REPORTS_BUCKET",
  /** How often the whole archive is verified; not set: only by hand. */
  verifyEveryDays: "VERIFY_EVERY_DAYS",
} as const;

/** Who puts time stamps on seals. */
export interface StampSettings {
  /** Of the authorities, in the order in which their stamps are numbered. */
  readonly urls: readonly string[];
  readonly everyDays: number;
}

/** What the archive's name in its seals may be. A test compares it with what the text of a seal takes. */
export const SEAL_NAME = /^(?=.{1,128}$)[A-Za-z0-9][\w.:@-]*(?:\/[\w.:@-]+)*$/;

/** The public key of a key that is lost, as it stands in the first line of its file below `keys/`. */
export const VERIFIER_KEY = /^[^\s+]{1,128}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$/;

/** How seals are signed: the key in KMS, and the only algorithm that it may be used with. */
export const SIGNING = {
  keySpec: "ECC_NIST_EDWARDS25519",
  keyUsage: "SIGN_VERIFY",
  algorithm: "ED25519_SHA_512",
} as const;

/** Partition key of the checkpoint table: the workspace's gid. */
export const CHECKPOINT_KEY = "workspace";

/** What a schedule asks of a run. */
export type Task = "drain" | "rescan";
export const TASKS: readonly Task[] = ["drain", "rescan"];

/** The event that a schedule sends. */
export interface RunInput {
  readonly workspace: string;
  readonly task: Task;
  /** How long the run may work. Omitted, as in a manual invocation: as long as Lambda allows. */
  readonly budgetSeconds?: number;
}

/** The event of the hourly look for workspaces that nobody archives any more. It is about the archive, not a workspace. */
export interface CensusInput {
  readonly task: "census";
}

/**
 * What the state machine that verifies a whole archive asks of its function, step by step, and what a schedule asks every
 * day. `run` is the execution's name, `began` when it started.
 */
export type VerifierInput =
  | { readonly task: "plan"; readonly run: string; readonly began: string }
  | { readonly task: "portion"; readonly run: string; readonly portion: number }
  | { readonly task: "report"; readonly run: string; readonly began: string; readonly failure?: unknown }
  | { readonly task: "look" };

/** Lambda lets no invocation run longer. */
export const FUNCTION_TIMEOUT_MS = 15 * 60_000;

/** Between the signal that time is up and Lambda's own timeout: enough to create the segments in hand and move the checkpoint. */
export const TIME_IN_HAND_MS = 45_000;

/** A scheduled drain stops this long before the next one starts, unless Lambda's timeout comes first. */
const PAUSE_SECONDS = 15;

export const drainBudgetSeconds = (drainEveryMinutes: number): number => drainEveryMinutes * 60 - PAUSE_SECONDS;

export const METRICS_NAMESPACE = "AsanaAuditArchive";

/** Every metric of a run has both dimensions. `service` is the name that Powertools gives the first. */
export const DIMENSIONS = { archive: "service", workspace: "workspace" } as const;

/** A definition of a metric. CloudWatch bills a custom metric by the hours in which it is sent, 0.30 dollars for a whole month. */
export interface MetricDefinition {
  readonly name: string;
  readonly unit: "Count" | "Seconds";
  /** The hours of the day, in UTC, in which a 0 is sent. Any other value is always sent. */
  readonly zeroHours: readonly number[];
}

const hoursWhere = (is: (hour: number) => boolean): readonly number[] =>
  Array.from({ length: 24 }, (_, hour) => hour).filter(is);

const EVERY_HOUR = hoursWhere(() => true);
const NEVER: readonly number[] = [];

/** Whether a metric is sent that has this value at this time, in milliseconds since 1970. */
export const isSent = ({ zeroHours }: MetricDefinition, value: number, nowMs: number): boolean =>
  value !== 0 || zeroHours.includes(new Date(nowMs).getUTCHours());

/**
 * A run's metrics, reported once at its end, whether it succeeded or failed. Few on purpose, one for each thing that
 * somebody has to do; the log line of the report holds all counts.
 */
export const METRICS = {
  /** 1 when the drain failed, 0 when it succeeded. Sent by every drain: without it, nobody could tell that there are none. */
  drainFailed: { name: "DrainFailed", unit: "Count", zeroHours: EVERY_HOUR },
  /**
   * How long the oldest event that is not archived may have been waiting: the age of the oldest place that is not archived
   * yet, be it a span of the history or the end of the stream; 0 after a run that has read both. What cannot be read is
   * left to `missing`: it stays for up to 90 days, and would hide all else. Reported by drains that could read the checkpoint.
   * A 0 is sent in the first hour of each period of the alarms "Unarchived", which go off where nothing is sent.
   */
  behind: { name: "Behind", unit: "Seconds", zeroHours: hoursWhere((hour) => hour % 6 === 0) },
  /** 1 when only a person can make it go on: the source refused or went blank, or the archive contradicts itself. */
  stopped: { name: "Stopped", unit: "Count", zeroHours: NEVER },
  /** Purposes of rescans of which something has been due for longer than is allowed. Reported by drains too, so that it shows when no rescan starts. */
  rescansOverdue: { name: "RescansOverdue", unit: "Count", zeroHours: NEVER },
  /** Spans that could not be read in three runs in a row, as the checkpoint lists them, and those that the source forgot before that. */
  missing: { name: "SpansMissing", unit: "Count", zeroHours: NEVER },
  /** Archived events that the source shows with another content, or no longer although it still has to. */
  contradictions: { name: "SourceContradictions", unit: "Count", zeroHours: NEVER },
  /** Events that a cursor alone would have missed. */
  late: { name: "LateEvents", unit: "Count", zeroHours: NEVER },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

/**
 * The metric of the archive itself, with its name as the only dimension: workspaces that nobody archives any more. The
 * alarm looks at three hours together, and goes off where nothing is sent in them. So a 0 is sent in two of them: one may fail.
 */
export const UNCOLLECTED = {
  name: "WorkspacesNotCollected",
  unit: "Count",
  zeroHours: hoursWhere((hour) => hour % 3 < 2),
} as const satisfies MetricDefinition;

/**
 * The metrics of sealing, of all workspaces together: the archive's name is their only dimension. Reported at the end of
 * each sealing that could list the workspaces, which is once a day. A 0 is sent where the alarm needs it to end.
 */
export const SEALING = {
  /** Workspaces of which more settled days than the last are not sealed, or of which that is not known because sealing them failed. */
  unsealed: { name: "WorkspacesNotSealed", unit: "Count", zeroHours: EVERY_HOUR },
  /**
   * Workspaces whose archive contradicts itself, its coverage or its seals, so that nothing more of them is sealed; and days
   * that this sealing sealed although an event is in two lines of them.
   */
  halted: { name: "SealerHalted", unit: "Count", zeroHours: EVERY_HOUR },
  /**
   * Days sealed by this sealing that nobody had looked at to their end a week after they were settled, or whose segments
   * expired before; not of retired workspaces.
   */
  incomplete: { name: "DaysSealedWithGap", unit: "Count", zeroHours: NEVER },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

/**
 * Reported beside those of sealing, where there are time-stamping authorities and time to look at all workspaces:
 * workspaces that have gone without a time stamp for `STAMP_PATIENCE_DAYS`, or have none at all, and were denied one.
 */
export const UNSTAMPED = {
  name: "WorkspacesNotStamped",
  unit: "Count",
  zeroHours: EVERY_HOUR,
} as const satisfies MetricDefinition;

/** How old the newest time stamp may become where authorities do not answer. */
export const STAMP_PATIENCE_DAYS = 14;

/**
 * Reported every day, and at the end of each verification of everything: 1 where the newest one found a fault, did not
 * come to its end or is too old, else 0.
 */
export const UNVERIFIED = {
  name: "ArchiveNotVerified",
  unit: "Count",
  zeroHours: EVERY_HOUR,
} as const satisfies MetricDefinition;

/** The newest verification may be this much older than `verifyEveryDays`: one that is due may begin late, or fail once. */
export const VERIFY_PATIENCE_DAYS = 5;
