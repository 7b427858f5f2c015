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
  /** JSON: workspace gid to ARN of the secret that holds its token. Never a token. */
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

/**
 * A run's metrics, reported once at its end, whether it succeeded or failed. Few on purpose: each costs 0.30 dollars per
 * month and workspace, and the log line of the report holds all counts.
 */
export const METRICS = {
  /** 1 when the drain failed, 0 when it succeeded: its average is the share that failed, its count the runs. */
  drainFailed: { name: "DrainFailed", unit: "Count" },
  /** The source refused token, plan or workspace. */
  refused: { name: "Refused", unit: "Count" },
  halted: { name: "Halted", unit: "Count" },
  /**
   * How long the oldest event that is not archived may have been waiting: the age of the oldest place that is not archived
   * yet, be it a span of the history or the end of the stream; 0 after a run that has read both. What cannot be read is
   * left to `unreadable`: it stays for up to 90 days, and would hide all else. Reported by drains that could read the checkpoint.
   */
  behind: { name: "Behind", unit: "Seconds" },
  archived: { name: "EventsArchived", unit: "Count" },
  /** Events that a cursor alone would have missed. */
  late: { name: "LateEvents", unit: "Count" },
  /** One gid, two contents. */
  conflicts: { name: "ConflictingEvents", unit: "Count" },
  /** Runs in a row in which the source showed nothing where it had shown events before. */
  blankRuns: { name: "BlankRuns", unit: "Count" },
  /** Reported by every rescan that could read the checkpoint: how long ago the oldest span became due that is not read yet. */
  recentOverdue: { name: "RecentOverdue", unit: "Seconds" },
  settledOverdue: { name: "SettledOverdue", unit: "Seconds" },
  agedOverdue: { name: "AgedOverdue", unit: "Seconds" },
  /** Spans that could not be read in three runs in a row, as the checkpoint lists them. */
  unreadable: { name: "UnreadableSpans", unit: "Count" },
  /** Archived events that the source no longer shows although it still has to. */
  gone: { name: "EventsGone", unit: "Count" },
  /** Spans that the source forgot before they could be read. */
  lost: { name: "LostSpans", unit: "Count" },
} as const;

/** The metric of the archive itself, with its name as the only dimension: workspaces that nobody archives any more. */
export const UNCOLLECTED = { name: "WorkspacesNotCollected", unit: "Count" } as const;

/**
 * The metrics of sealing, of all workspaces together: the archive's name is their only dimension. Reported at the end of
 * each sealing that could list the workspaces.
 */
export const SEALING = {
  /** Workspaces of which more settled days than the last are not sealed, or of which that is not known because sealing them failed. */
  unsealed: { name: "WorkspacesNotSealed", unit: "Count" },
  /**
   * Workspaces whose archive contradicts itself, its coverage or its seals, so that nothing more of them is sealed; and days
   * that this sealing sealed although an event is in two lines of them.
   */
  halted: { name: "SealerHalted", unit: "Count" },
  /**
   * Days sealed by this sealing that nobody had looked at to their end a week after they were settled, or whose segments
   * expired before; not of retired workspaces.
   */
  incomplete: { name: "DaysSealedWithGap", unit: "Count" },
} as const;

/**
 * Reported beside those of sealing, where there are time-stamping authorities and time to look at all workspaces:
 * workspaces that have gone without a time stamp for `STAMP_PATIENCE_DAYS`, or have none at all, and were denied one.
 */
export const UNSTAMPED = { name: "WorkspacesNotStamped", unit: "Count" } as const;

/** How old the newest time stamp may become where authorities do not answer. */
export const STAMP_PATIENCE_DAYS = 14;

/**
 * Reported every day, and at the end of each verification of everything: 1 where the newest one found a fault, did not
 * come to its end or is too old, else 0.
 */
export const UNVERIFIED = { name: "ArchiveNotVerified", unit: "Count" } as const;

/** How much longer than `verifyEveryDays` the newest verification may be ago: one that is due may begin late, or fail once. */
export const VERIFY_PATIENCE_DAYS = 5;
