import type { ArchiverError } from "../errors.ts";
import { PageFailure } from "./pages.ts";
import { type Failures, readSpans, worst } from "./readers.ts";
import type { RunReport } from "./report.ts";
import { type DrainOptions, type Run, type RunDeps, withRun } from "./run.ts";
import { storedSpans } from "./span-list.ts";
import { readTail, setAside } from "./tail.ts";

/** How often a run sets aside what keeps the tail from being read, before it leaves the rest to the next run. */
const MAX_ASIDE = 10;

/**
 * One run: archives all that is new, until an empty page is seen or `signal` says that time is up. The end of the stream
 * and what is left of its history are read side by side.
 *
 * Read first, moved last: the checkpoint says where to go on, the archive says what is there. Throws ArchiverError; what
 * was finished is kept, and `onProgress` has reported how far it came.
 */
export async function drain(deps: RunDeps, options: DrainOptions, signal: AbortSignal): Promise<RunReport> {
  return await withRun(deps, options, async (run) => {
    const tail = (announce: () => void) => archiveTail(run, announce, signal);
    const failures = await readSpans(run, storedSpans(run), ["new"], signal, tail);
    if (failures.length > 0) throw worst(failures);
    run.report.outcome = signal.aborted ? "out-of-time" : "caught-up";
  });
}

/** Gives what kept the tail from being read, where the history can be read all the same. */
async function archiveTail(run: Run, announce: () => void, signal: AbortSignal): Promise<Failures> {
  const failures: ArchiverError[] = [];
  for (let asides = 0; ; asides += 1) {
    try {
      await readTail(run, announce, signal);
      return failures;
    } catch (error) {
      if (signal.aborted && error === signal.reason) return failures;
      const goesOn = asides < MAX_ASIDE && (await setAside(run, error, signal));
      // What is set aside as unreadable is counted as such from now on; everything else is still this run's failure.
      if (!goesOn || !(error instanceof PageFailure)) failures.push(error as ArchiverError);
      if (!goesOn) return failures;
      announce();
    }
  }
}
