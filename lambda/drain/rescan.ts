import { dayOf, HOUR_MS, type Instant, shiftDay, shiftInstant, startOfDay } from "../event/instant.ts";
import type { Span, Survey } from "../ports.ts";
import { KEPT_DAYS } from "../settings.ts";
import { type Failures, readSpans, worst } from "./readers.ts";
import type { RunReport } from "./report.ts";
import { type DrainOptions, type Run, type RunDeps, withRun } from "./run.ts";
import { schedule } from "./schedule.ts";
import { sourceNow } from "./source-clock.ts";
import { spansInMemory, storedSpans } from "./span-list.ts";
import { addSpan, isBefore } from "./spans.ts";
import { writeAttempts, writeEntries, writeStoredEntries } from "./survey-entries.ts";
import { beginSurvey } from "./surveys.ts";

/** What to rescan. A missing end is "now", on the source's clock. `due`: all that is, and what was done is remembered. */
export type RescanWhat =
  | { readonly kind: "window"; readonly startAt: Instant | null; readonly endAt: Instant | null }
  | { readonly kind: "last"; readonly ms: number }
  | { readonly kind: "due" };

export interface RescanOptions extends DrainOptions {
  readonly what: RescanWhat;
}

/**
 * Makes the archive hold what the source shows in a window, and reports what was missing. The tail stays where it is. Of
 * each whole day that was read and believed, a coverage entry is left.
 */
export async function rescan(deps: RunDeps, options: RescanOptions, signal: AbortSignal): Promise<RunReport> {
  const { what } = options;
  return await withRun(deps, options, async (run) => {
    const failures = what.kind === "due" ? await readDue(run, signal) : await readAsked(run, what, signal);
    if (failures === "stopped") return;
    if (failures.length > 0) throw worst(failures);
    run.report.outcome = signal.aborted ? "out-of-time" : "caught-up";
  });
}

async function readDue(run: Run, signal: AbortSignal): Promise<Failures | "stopped"> {
  try {
    const now = await sourceNow(run, signal);
    if (now === "stopped") return "stopped";
    await run.checkpoint.move((state) => schedule(state, now, run.settings));
    const earlier = await writeStoredEntries(run, signal);
    const failures = await readSpans(run, storedSpans(run), ["recent", "aged", "settled"], signal);
    if (signal.aborted) return [...failures, ...earlier];
    const unwritten = await writeStoredEntries(run, signal);
    await writeAttempts(run, null, signal);
    return [...failures, ...unwritten];
  } catch (error) {
    await writeAttempts(run, error, signal);
    throw error;
  }
}

async function readAsked(
  run: Run,
  what: Exclude<RescanWhat, { kind: "due" }>,
  signal: AbortSignal,
): Promise<Failures | "stopped"> {
  const { clock } = run.deps;
  const endAt = what.kind === "window" ? what.endAt : null;
  const now = endAt === null ? await sourceNow(run, signal) : run.now();
  if (now === "stopped") return "stopped";
  const startedMs = clock.now();
  const from = what.kind === "last" ? shiftInstant(now, -what.ms) : what.startAt;
  const until = endAt ?? now;
  const span: Span = { purpose: "asked", from, until, dueAt: now, doubtedAt: null, failedRuns: 0, offset: null };
  const list = spansInMemory(addSpan([], span), surveysOf(from, until, now));
  const failures = await readSpans(run, list, ["asked"], signal);
  // With an end, nobody had asked for the source's time before; now it has answered.
  const began = endAt === null ? now : shiftInstant(run.now(), startedMs - clock.now());
  const isSettled = ({ day }: Survey) =>
    !isBefore(began, shiftInstant(startOfDay(shiftDay(day, 1)), run.settings.settledAfterHours * HOUR_MS));
  // What was not read to its end is told by the run; nobody waits for the rest of it.
  const surveys = list.surveys.filter((survey) => isSettled(survey) && survey.unread.length === 0);
  const begun = surveys.map((survey) => ({ ...survey, began, ended: run.now() }));
  const { failures: unwritten } = await writeEntries(run, { spans: list.spans, surveys: begun }, signal);
  return [...failures, ...unwritten];
}

/** One for each whole day in the window that the source may still keep. */
function surveysOf(from: Instant | null, until: Instant, now: Instant): readonly Survey[] {
  let surveys: readonly Survey[] = [];
  for (let age = KEPT_DAYS; age > 0; age -= 1) {
    const day = shiftDay(dayOf(now), -age);
    if (isBefore(startOfDay(day), from) || isBefore(until, startOfDay(shiftDay(day, 1)))) continue;
    surveys = beginSurvey(surveys, { day, purpose: "asked", began: now });
  }
  return surveys;
}
