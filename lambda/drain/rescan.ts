import { type Instant, shiftInstant } from "../event/instant.ts";
import type { Span } from "../ports.ts";
import { readSpans, worst } from "./readers.ts";
import type { RunReport } from "./report.ts";
import { type DrainOptions, type Run, type RunDeps, withRun } from "./run.ts";
import { schedule } from "./schedule.ts";
import { sourceNow } from "./source-clock.ts";
import { spansInMemory, storedSpans } from "./span-list.ts";
import { addSpan } from "./spans.ts";

/** What to rescan. A missing end is "now", on the source's clock. `due`: all that is, and what was done is remembered. */
export type RescanWhat =
  | { readonly kind: "window"; readonly startAt: Instant | null; readonly endAt: Instant | null }
  | { readonly kind: "last"; readonly ms: number }
  | { readonly kind: "due" };

export interface RescanOptions extends DrainOptions {
  readonly what: RescanWhat;
}

/** Makes the archive hold what the source shows in a window, and reports what was missing. The tail stays where it is. */
export async function rescan(deps: RunDeps, options: RescanOptions, signal: AbortSignal): Promise<RunReport> {
  const { what } = options;
  return await withRun(deps, options, async (run) => {
    const hasEnd = what.kind === "window" && what.endAt !== null;
    const now = hasEnd ? run.now() : await sourceNow(run, signal);
    if (now === "stopped") return;
    const failures = what.kind === "due" ? await readDue(run, now, signal) : await readAsked(run, what, now, signal);
    if (failures.length > 0) throw worst(failures);
    run.report.outcome = signal.aborted ? "out-of-time" : "caught-up";
  });
}

async function readDue(run: Run, now: Instant, signal: AbortSignal) {
  await run.checkpoint.move((state) => schedule(state, now, run.settings));
  return await readSpans(run, storedSpans(run), ["recent", "aged", "settled"], signal);
}

async function readAsked(run: Run, what: Exclude<RescanWhat, { kind: "due" }>, now: Instant, signal: AbortSignal) {
  const from = what.kind === "last" ? shiftInstant(now, -what.ms) : what.startAt;
  const until = what.kind === "window" && what.endAt !== null ? what.endAt : now;
  const span: Span = { purpose: "asked", from, until, dueAt: now, doubtedAt: null, failedRuns: 0, offset: null };
  return await readSpans(run, spansInMemory(addSpan([], span)), ["asked"], signal);
}
