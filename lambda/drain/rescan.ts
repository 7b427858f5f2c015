import { ArchiverError } from "../errors.ts";
import {
  compareInstants,
  DAY_MS,
  type Instant,
  laterInstant,
  MINUTE_MS,
  shiftDay,
  shiftInstant,
  startOfDay,
} from "../event/instant.ts";
import { type DrainOptions, withRun } from "./drain.ts";
import { believableRescans, dueDays } from "./due.ts";
import type { RunReport } from "./report.ts";
import type { Run, RunDeps } from "./run.ts";
import { archiveSpan } from "./scan.ts";

/** What to rescan. A missing end is "now", on the source's clock. `due`: all that is, and what was done is remembered. */
export type RescanWhat =
  | { readonly kind: "window"; readonly startAt: Instant | null; readonly endAt: Instant | null }
  | { readonly kind: "last"; readonly ms: number }
  | { readonly kind: "due" };

export interface RescanOptions extends DrainOptions {
  readonly what: RescanWhat;
}

/** Makes the archive hold what the source shows in a window, and tells what was missing. Moves no offset. */
export async function rescan(deps: RunDeps, options: RescanOptions, signal: AbortSignal): Promise<RunReport> {
  return await withRun(deps, options, async (run) => {
    const isDone = await archive(run, options.what, signal);
    run.report.outcome = isDone ? "caught-up" : "out-of-time";
  });
}

async function archive(run: Run, what: RescanWhat, signal: AbortSignal): Promise<boolean> {
  if (what.kind === "window" && what.endAt !== null) {
    return await archiveSpan(run, what.startAt, what.endAt, signal);
  }
  const now = await sourceNow(run, signal);
  if (now === "stopped") return false;
  if (what.kind === "window") return await archiveSpan(run, what.startAt, now, signal);
  if (what.kind === "last") return await archiveSpan(run, shiftInstant(now, -what.ms), now, signal);
  return await archiveDue(run, now, signal);
}

/** First what the source forgets soonest; the recent hour last, it comes again. */
async function archiveDue(run: Run, now: Instant, signal: AbortSignal): Promise<boolean> {
  const rescans = believableRescans(run.checkpoint.state.rescans, now, run.settings);
  if (rescans !== run.checkpoint.state.rescans) await run.checkpoint.move({ present: { now, rules: run.settings } });
  const { aged, settled } = dueDays(rescans, now, run.settings);
  for (const day of aged) {
    if (!(await archiveDay(run, day, signal))) return false;
    await run.checkpoint.move({ rescans: { ...run.checkpoint.state.rescans, agedThrough: day } });
  }
  for (const day of settled) {
    if (!aged.includes(day) && !(await archiveDay(run, day, signal))) return false;
    await run.checkpoint.move({ rescans: { ...run.checkpoint.state.rescans, settledThrough: day } });
  }
  if (!(await archiveSpan(run, recentStart(run, rescans.recentUntil, now), now, signal))) return false;
  await run.checkpoint.move({ rescans: { ...run.checkpoint.state.rescans, recentUntil: now } });
  return true;
}

async function archiveDay(run: Run, day: string, signal: AbortSignal): Promise<boolean> {
  run.report.days += 1;
  return await archiveSpan(run, startOfDay(day), startOfDay(shiftDay(day, 1)), signal);
}

/** The overlap before the last rescan's end, so that none is left out between two; at most a day, settled days do the rest. */
function recentStart(run: Run, until: Instant | null, now: Instant): Instant {
  if (until === null) return shiftInstant(now, -DAY_MS); // none is known: what came late today may be missing
  const last = compareInstants(until, now) > 0 ? now : until;
  return laterInstant(shiftInstant(last, -run.settings.overlapMinutes * MINUTE_MS), shiftInstant(now, -DAY_MS))!;
}

/** The source's clock, from one small request. Ours may be wrong, and a wrong end would leave a hole. */
async function sourceNow(run: Run, signal: AbortSignal): Promise<Instant | "stopped"> {
  try {
    const page = await run.deps.source.page({ workspace: run.workspace, limit: 1 }, signal);
    if (page.kind === "page" && page.servedAt !== null) return page.servedAt;
  } catch (error) {
    if (signal.aborted && error === signal.reason) return "stopped";
    throw error;
  }
  throw new ArchiverError("invalid-response", "The source's answer has no Date header to tell the time by.", {
    advice: "Give the window an end (--to), or ask again; if it lasts, a proxy may be taking the header away.",
  });
}
