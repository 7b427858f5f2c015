import type { ArchiverError } from "../errors.ts";
import { PageFailure } from "./pages.ts";
import { readSpans, worst } from "./readers.ts";
import type { RunReport } from "./report.ts";
import { type DrainOptions, type Run, type RunDeps, withRun } from "./run.ts";
import { storedSpans } from "./span-list.ts";
import { beginTail, readTail, setAside } from "./tail.ts";

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
    const list = storedSpans(run);
    let hasBegun = (): void => undefined;
    const begun = new Promise<void>((resolve) => {
      hasBegun = resolve;
    });
    const tail = archiveTail(run, signal, hasBegun).finally(hasBegun);
    const history = begun.then(() => readSpans(run, list, ["new"], signal));
    // What the tail has set aside meanwhile is read once both are done.
    const aside = Promise.all([tail, history]).then(([{ isAside }]) =>
      isAside ? readSpans(run, list, ["new"], signal) : [],
    );
    const outcomes = await Promise.allSettled([tail.then(({ failures }) => failures), history, aside]);
    const errors = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : outcome.value));
    if (errors.length > 0) throw worst(errors);
    run.report.outcome = signal.aborted ? "out-of-time" : "caught-up";
  });
}

interface TailEnd {
  /** What kept the tail from being read, where the history can be read all the same. */
  readonly failures: readonly ArchiverError[];
  /** Whether a part of it became a span. */
  readonly isAside: boolean;
}

async function archiveTail(run: Run, signal: AbortSignal, hasBegun: () => void): Promise<TailEnd> {
  const failures: ArchiverError[] = [];
  for (let asides = 0; ; asides += 1) {
    const isAside = asides > 0;
    try {
      const start = await beginTail(run, signal);
      hasBegun();
      await readTail(run, start, signal);
      return { failures, isAside };
    } catch (error) {
      if (signal.aborted && error === signal.reason) return { failures, isAside };
      const goesOn = asides < MAX_ASIDE && (await setAside(run, error, signal));
      // What is set aside as unreadable is counted as such from now on; everything else is still this run's failure.
      if (!goesOn || !(error instanceof PageFailure)) failures.push(error as ArchiverError);
      if (!goesOn) return { failures, isAside };
    }
  }
}
