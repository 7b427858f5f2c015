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
  /** JSON: workspace gid to ARN of the secret that holds its token. Never a token. */
  tokenSecrets: "TOKEN_SECRETS",
  sourceBaseUrl: "SOURCE_BASE_URL",
  /** JSON: what each run is told, by the names in `settings.ts`. */
  settings: "RUN_SETTINGS",
  logLevel: "LOG_LEVEL",
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
}

/** Between "time is up" and Lambda's own time-out: enough to create the segments in hand and move the checkpoint. */
export const TIME_IN_HAND_MS = 45_000;

/** A run is told to stop this much before the next one starts, ... */
const PAUSE_MS = 15_000;
/** ... and after 14 minutes in any case: Lambda ends every run after 15. */
const LONGEST_RUN_MS = 14 * 60_000;

/** How long a run may work before it is told that its time is up. */
export const runBudgetMs = (drainEveryMs: number): number => Math.min(drainEveryMs - PAUSE_MS, LONGEST_RUN_MS);

export const METRICS_NAMESPACE = "AsanaAuditArchive";

/** Every metric has both dimensions. `service` is the name that Powertools gives the first. */
export const DIMENSIONS = { archive: "service", workspace: "workspace" } as const;

/**
 * A run's metrics, told once at its end, whether it ended well or not. Few on purpose: each costs 0.30 dollars a month and
 * workspace, and the log line of the report holds all counts.
 */
export const METRICS = {
  /** 1 when the drain failed, 0 when it ended well: its average is the share that failed, its count the runs. */
  drainFailed: { name: "DrainFailed", unit: "Count" },
  rescanFailed: { name: "RescanFailed", unit: "Count" },
  /** The source refused token, plan or workspace. */
  refused: { name: "Refused", unit: "Count" },
  halted: { name: "Halted", unit: "Count" },
  /**
   * How long the oldest event that is not archived may have been waiting: 0 after a run that saw the end of the stream,
   * else the age of the stored watermark. Told by drains that could read the checkpoint.
   */
  behind: { name: "Behind", unit: "Seconds" },
  archived: { name: "EventsArchived", unit: "Count" },
  /** Events that a cursor alone would have missed. */
  late: { name: "LateEvents", unit: "Count" },
  /** One gid, two contents. */
  conflicts: { name: "ConflictingEvents", unit: "Count" },
  /** Runs in a row in which the source showed nothing where it had shown events before. */
  blankRuns: { name: "BlankRuns", unit: "Count" },
} as const;
