import { createIdMemory } from "../archive/archived-ids.ts";
import { type DayLog, openDayLog } from "../archive/day-log.ts";
import { mayBeExpired } from "../archive/invariants.ts";
import { ArchiverError } from "../errors.ts";
import { dayOf, type Instant, instantToMs, msToInstant, ODD_DAY, shiftDay } from "../event/instant.ts";
import type { ArchiveStore, CheckpointState, CheckpointStore, Clock, EventSource, LogEnd, Logger } from "../ports.ts";
import type { Codec } from "../segment/codec.ts";
import { defaultRunSettings, type RunSettings } from "../settings.ts";
import { type CheckpointMover, HINT_DAYS, openCheckpoint } from "./checkpoint.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { createPageMemory, type PageMemory } from "./page-memory.ts";
import { emptyReport, type RunReport } from "./report.ts";
import { oldestUnread, overdue } from "./schedule.ts";

/** A source that names a later time than this is asked again anyway. */
const MAX_NOT_BEFORE_MS = 3_600_000;
/** A span that could not be read in so many runs in a row is taken apart until the unreadable part is found. */
export const UNREADABLE_RUNS = 3;

/** The ports of a run. Wired by the Lambda handler, the command line or a test. */
export interface RunDeps {
  readonly source: EventSource;
  readonly archive: ArchiveStore;
  readonly checkpoints: CheckpointStore;
  readonly clock: Clock;
  readonly codec: Codec;
  readonly log: Logger;
  /** Version of the writer, for the manifests. */
  readonly writer: string;
  /** Id of this run, for the manifests. */
  readonly runId: string;
  /** Called after each page and each commit, with the same object. */
  readonly onProgress?: (report: RunReport) => void;
}

export interface DrainOptions {
  readonly workspace: string;
  readonly settings?: Partial<RunSettings>;
  readonly limits?: Partial<Limits>;
}

/** One run over one workspace: what it was given, and what it has learned. */
export interface Run {
  readonly deps: RunDeps;
  readonly workspace: string;
  readonly settings: RunSettings;
  readonly limits: Limits;
  readonly report: RunReport;
  readonly checkpoint: CheckpointMover;
  readonly pageMemory: PageMemory;
  /** What is older and new was missed by a cursor. */
  readonly watermarkAtStart: Instant | null;
  /** The log of a day; listed once, then remembered. */
  dayLog(day: string): Promise<DayLog>;
  /** Where the logs end that this run has opened, for the checkpoint. */
  hints(): Promise<CheckpointState["hints"]>;
  /** The source's clock at its last answer; ours before the first. */
  now(): Instant;
  progress(): void;
}

/**
 * Opens a run, does its work, and keeps what the source said about when to come back. Throws ArchiverError; what was
 * finished is kept, and `onProgress` has reported how far it came.
 */
export async function withRun(
  deps: RunDeps,
  options: DrainOptions,
  work: (run: Run) => Promise<void>,
): Promise<RunReport> {
  const run = await openRun(deps, options);
  const before = run.checkpoint.state;
  const lostBefore = new Set(before.lost.map((span) => JSON.stringify(span)));
  const doubtedBefore = new Set(before.spans.map(({ doubtedAt }) => doubtedAt).concat(null));
  try {
    await work(run);
  } catch (error) {
    if (error instanceof ArchiverError && error.notBefore !== undefined) {
      const notBefore = msToInstant(Math.min(error.notBefore, deps.clock.now() + MAX_NOT_BEFORE_MS));
      await run.checkpoint.move((state) => ({ ...state, notBefore }));
    }
    throw error;
  } finally {
    const { state } = run.checkpoint;
    const { spans, lost } = state;
    // What cannot be read is counted by itself: it stays for up to 90 days, and its age would hide that of all others.
    const readable = spans.filter(({ failedRuns }) => failedRuns < UNREADABLE_RUNS);
    run.report.overdueSeconds = overdue({ ...state, spans: readable }, run.now(), run.settings);
    run.report.oldestUnread = oldestUnread(readable, run.now());
    run.report.doubted = spans.filter(({ doubtedAt }) => !doubtedBefore.has(doubtedAt)).length;
    run.report.unreadable = spans.length - readable.length;
    run.report.lost = lost.filter((span) => !lostBefore.has(JSON.stringify(span))).length;
    run.progress();
  }
  return run.report;
}

/**
 * Reads the checkpoint and checks its newest claim against the archive, before any request to the source. Throws
 * `halted` when the archive does not hold what the checkpoint knows, `unavailable` before its "not before".
 */
export async function openRun(deps: RunDeps, options: DrainOptions): Promise<Run> {
  const { workspace } = options;
  const settings = { ...defaultRunSettings, ...options.settings };
  const limits = { ...defaultLimits, ...options.limits };
  const report = emptyReport(workspace, deps.runId);
  const checkpoint = await openCheckpoint(deps, workspace, report);
  const openIds = createIdMemory(limits.maxIds);
  const logs = new Map<string, Promise<DayLog>>();
  const { hints, watermark } = checkpoint.state;
  const notBefore = believable(checkpoint.state.notBefore, deps.clock.now());
  if (notBefore !== null && msToInstant(deps.clock.now()) < notBefore) {
    throw new ArchiverError("unavailable", `The source asked not to be called before ${notBefore}.`, {
      advice: "Nothing to do: a run after that time goes on.",
    });
  }
  const open = (day: string): Promise<DayLog> => {
    const { archive, codec } = deps;
    const isExpirable = mayBeExpired(day, settings.expireAfterDays, dayOf(msToInstant(deps.clock.now())));
    return openDayLog({ archive, codec, ids: openIds(), isExpirable }, workspace, day, hints[day] ?? null);
  };
  const run: Run = {
    deps,
    workspace,
    settings,
    limits,
    report,
    checkpoint,
    pageMemory: createPageMemory(limits.pageBytes),
    watermarkAtStart: watermark,
    dayLog: (day) => {
      const known = logs.get(day);
      if (known !== undefined) return known;
      const log = open(day);
      logs.set(day, log);
      log.catch(() => logs.delete(day)); // a later attempt may succeed, and a damaged log says so each time
      return log;
    },
    hints: () => hintsOf(logs, report.servedAt),
    now: () => report.servedAt ?? msToInstant(deps.clock.now()),
    progress: () => deps.onProgress?.(report),
  };
  const newest = Object.keys(hints).sort().at(-1);
  if (newest !== undefined) await run.dayLog(newest);
  return run;
}

/** Days from the future are left out: a wrong clock at the source must not take the place of today's hint. */
async function hintsOf(
  logs: ReadonlyMap<string, Promise<DayLog>>,
  servedAt: Instant | null,
): Promise<CheckpointState["hints"]> {
  const lastDay = servedAt === null ? "9999-12-31" : shiftDay(dayOf(servedAt), 1);
  const days = [...logs.keys()].filter((day) => day !== ODD_DAY && day <= lastDay).sort();
  const hints: Record<string, LogEnd> = {};
  for (const day of days.slice(-HINT_DAYS)) {
    // A log that turns out to be damaged while this waits for another one is no longer in the map.
    const end = (await logs.get(day)?.catch(() => null))?.end ?? null;
    if (end !== null) hints[day] = end;
  }
  return hints;
}

/** An order further ahead than any that is kept was written by a clock that was wrong: it must not stop runs for years. */
function believable(notBefore: Instant | null, nowMs: number): Instant | null {
  return notBefore !== null && instantToMs(notBefore) - nowMs <= MAX_NOT_BEFORE_MS ? notBefore : null;
}
