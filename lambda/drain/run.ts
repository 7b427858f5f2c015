import { type DayLog, openDayLog } from "../archive/day-log.ts";
import { createSegmentIds } from "../archive/segment-ids.ts";
import { ArchiverError } from "../errors.ts";
import { type Instant, instantToMs, msToInstant } from "../event/instant.ts";
import type { ArchiveStore, CheckpointStore, Clock, EventSource, Log } from "../ports.ts";
import type { Codec } from "../segment/codec.ts";
import type { RunSettings } from "../settings.ts";
import { type CheckpointMover, openCheckpoint } from "./checkpoint.ts";
import type { Limits } from "./limits.ts";
import { emptyReport, type RunReport } from "./report.ts";

/** A source that names a later time than this is asked again anyway. */
export const MAX_NOT_BEFORE_MS = 3_600_000;

/** What a run is given. Wired by the Lambda handler, the command line or a test. */
export interface RunDeps {
  readonly source: EventSource;
  readonly archive: ArchiveStore;
  readonly checkpoints: CheckpointStore;
  readonly clock: Clock;
  readonly codec: Codec;
  readonly log: Log;
  /** Version of the writer, for the manifests. */
  readonly writer: string;
  /** Id of this run, for the manifests. */
  readonly run: string;
  /** Called after each page and each commit, with the same object. */
  readonly onProgress?: (report: RunReport) => void;
}

/** One run over one workspace: what it was given, and what it has learned. */
export interface Run {
  readonly deps: RunDeps;
  readonly workspace: string;
  readonly settings: RunSettings;
  readonly limits: Limits;
  readonly report: RunReport;
  readonly checkpoint: CheckpointMover;
  /** Watermark at the start: what is older and new was missed by a cursor. */
  readonly startedAt: Instant | null;
  /** The log of a day; listed once, then remembered. */
  log(day: string): Promise<DayLog>;
  openLogs(): ReadonlyMap<string, Promise<DayLog>>;
  progress(): void;
}

/**
 * Reads the checkpoint and checks its newest claim against the archive, before any request to the source. Throws
 * `halted` when the archive does not hold what the checkpoint knows, `unavailable` before its "not before".
 */
export async function openRun(deps: RunDeps, workspace: string, settings: RunSettings, limits: Limits): Promise<Run> {
  const report = emptyReport(workspace, deps.run);
  const checkpoint = await openCheckpoint(deps, workspace, report);
  const ids = createSegmentIds(deps.archive, deps.codec, limits.maxIds);
  const logs = new Map<string, Promise<DayLog>>();
  const { hints, watermark } = checkpoint.state;
  const notBefore = believable(checkpoint.state.notBefore, deps.clock.now());
  if (notBefore !== null && msToInstant(deps.clock.now()) < notBefore) {
    throw new ArchiverError("unavailable", `The source asked not to be called before ${notBefore}.`, {
      advice: "Nothing to do: a run after that time goes on.",
    });
  }
  const run: Run = {
    deps,
    workspace,
    settings,
    limits,
    report,
    checkpoint,
    startedAt: watermark,
    openLogs: () => logs,
    log: (day) => {
      const open = logs.get(day) ?? openDayLog({ archive: deps.archive, ids }, workspace, day, hints[day] ?? null);
      logs.set(day, open);
      return open;
    },
    progress: () => deps.onProgress?.(report),
  };
  const newest = Object.keys(hints).sort().at(-1);
  if (newest !== undefined) await run.log(newest);
  return run;
}

/** An order further ahead than any that is kept was written by a clock that was wrong: it must not stop runs for years. */
function believable(notBefore: Instant | null, nowMs: number): Instant | null {
  return notBefore !== null && instantToMs(notBefore) - nowMs <= MAX_NOT_BEFORE_MS ? notBefore : null;
}
