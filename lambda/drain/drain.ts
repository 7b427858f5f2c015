import { ArchiverError } from "../errors.ts";
import { msToInstant } from "../event/instant.ts";
import { defaultRunSettings, type RunSettings } from "../settings.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import type { RunReport } from "./report.ts";
import { MAX_NOT_BEFORE_MS, openRun, type Run, type RunDeps } from "./run.ts";
import { scan, tail } from "./scan.ts";

export interface DrainOptions {
  readonly workspace: string;
  readonly settings?: Partial<RunSettings>;
  readonly limits?: Partial<Limits>;
}

/**
 * One run: archives all that is new, until an empty page is seen or `signal` says that time is up.
 *
 * Read first, moved last: the checkpoint says where to go on, the archive says what is there. Throws ArchiverError; what
 * was finished is kept, and `onProgress` has told how far it came.
 */
export async function drain(deps: RunDeps, options: DrainOptions, signal: AbortSignal): Promise<RunReport> {
  return await withRun(deps, options, async (run) => {
    const result = (await tail(run, signal)) ?? (await scan(run, signal));
    if (result.end === "blank" && run.checkpoint.state.watermark !== null) await countBlank(run);
    run.report.outcome = result.end === "stopped" ? "out-of-time" : "caught-up";
  });
}

/** Opens a run, and keeps what the source said about when to come back. */
export async function withRun(
  deps: RunDeps,
  options: DrainOptions,
  work: (run: Run) => Promise<void>,
): Promise<RunReport> {
  const settings = { ...defaultRunSettings, ...options.settings };
  const limits = { ...defaultLimits, ...options.limits };
  const run = await openRun(deps, options.workspace, settings, limits);
  try {
    await work(run);
  } catch (error) {
    if (error instanceof ArchiverError && error.notBefore !== undefined) {
      const latest = deps.clock.now() + MAX_NOT_BEFORE_MS;
      await run.checkpoint.move({ notBefore: msToInstant(Math.min(error.notBefore, latest)) });
    }
    throw error;
  } finally {
    run.progress();
  }
  return run.report;
}

/** Nothing at all where events were seen before: not believed, not acted upon, and told. */
async function countBlank(run: Run): Promise<void> {
  const blankRuns = run.checkpoint.state.blankRuns + 1;
  run.report.blankRuns = blankRuns; // also where the checkpoint cannot be moved
  await run.checkpoint.move({ blankRuns });
  const { workspace } = run;
  run.deps.log("warn", "the source shows no events at all, where it showed some before", { workspace, blankRuns });
}
