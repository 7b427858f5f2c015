/** Makes coverage entries of surveys: of those that are over, and of those that a failed run could not go on with. */
import { inLanes } from "../archive/lanes.ts";
import { appendEntry } from "../coverage/coverage-log.ts";
import type { CoverageEntry, IncompleteReason } from "../coverage/entry.ts";
import { ArchiverError } from "../errors.ts";
import { dayOf, HOUR_MS, instantToMs, laterInstant } from "../event/instant.ts";
import type { CheckpointState, Survey } from "../ports.ts";
import type { Failures } from "./readers.ts";
import { type Run, UNREADABLE_RUNS } from "./run.ts";
import { schedule } from "./schedule.ts";
import { endSurveys, joined, type Listed, leftOf } from "./surveys.ts";

const WRITES_AT_ONCE = 8;
/** A survey that began later than this on our clock was dated by a clock that was ahead: its day may still be going on. */
const CLOCKS_DIFFER_MS = HOUR_MS;

/**
 * Writes an entry for each survey of which nothing is left on the list, and gives those that have one now. An entry that
 * is there already is not written twice.
 */
export async function writeEntries(
  run: Run,
  listed: Listed,
  signal: AbortSignal,
): Promise<{ readonly written: readonly Survey[]; readonly failures: Failures }> {
  const written: Survey[] = [];
  const failures: ArchiverError[] = [];
  const latestMs = run.deps.clock.now() + CLOCKS_DIFFER_MS;
  const over = listed.surveys.filter(
    (survey) => leftOf(listed, survey).length === 0 && instantToMs(survey.began) <= latestMs,
  );
  await inLanes(over, WRITES_AT_ONCE, async (survey) => {
    if (signal.aborted) return;
    try {
      const reason = survey.unread.length === 0 ? null : "source-forgot";
      await write(
        run,
        survey,
        reason,
        (last) => last.purpose === survey.purpose && last.began === survey.began && last.reason === reason,
      );
      written.push(survey);
    } catch (error) {
      if (!(error instanceof ArchiverError)) throw error;
      failures.push(error);
    }
  });
  return { written, failures };
}

/** Writes the entries of the stored surveys that are over, and takes those off the checkpoint. */
export async function writeStoredEntries(run: Run, signal: AbortSignal): Promise<Failures> {
  const { written, failures } = await writeEntries(run, run.checkpoint.state, signal);
  if (written.length > 0) {
    await run.checkpoint.move((state) => ({ ...state, surveys: endSurveys(state.surveys, written) }));
  }
  return failures;
}

/**
 * After a run that failed: an entry for each survey that it could not go on with, also of days that it would have
 * scheduled. After one that went well (null): for those with a part that cannot be read.
 */
export async function writeAttempts(run: Run, error: unknown, signal: AbortSignal): Promise<void> {
  const reason = error === null ? "scan-incomplete" : reasonOf(error);
  if (reason === null) return;
  const state = error === null ? run.checkpoint.state : schedule(run.checkpoint.state, run.now(), run.settings);
  const open = state.surveys.filter((survey) =>
    error === null ? isUnreadable(state, survey) : leftOf(state, survey).length > 0,
  );
  await inLanes(open, WRITES_AT_ONCE, async (survey) => {
    if (signal.aborted) return;
    const ended = laterInstant(survey.began, run.now())!;
    const unread = joined([
      ...survey.unread,
      ...leftOf(state, survey).map(({ from, until }) => [from, until] as const),
    ]);
    try {
      await write(run, { ...survey, ended, unread }, reason, (last) =>
        isSameAttempt(last, { ...survey, ended, unread }, reason),
      );
    } catch (failure) {
      // The run has failed for another reason, which is told.
      if (!(failure instanceof ArchiverError)) throw failure;
      run.deps.log("warn", "no coverage entry of a failed attempt", {
        workspace: run.workspace,
        day: survey.day,
        reason: failure.message,
      });
    }
  });
}

/** Null: nothing may be written now, or nothing was tried. */
function reasonOf(error: unknown): IncompleteReason | null {
  if (!(error instanceof ArchiverError)) return null;
  if (error.kind === "refused") return "source-refused";
  return error.kind === "unavailable" || error.kind === "invalid-response" ? "scan-incomplete" : null;
}

const isUnreadable = ({ spans }: CheckpointState, survey: Survey): boolean =>
  leftOf({ spans: spans.filter(({ failedRuns }) => failedRuns >= UNREADABLE_RUNS) }, survey).length > 0;

/** One of the same calendar day, or one that says the same: a gap of weeks has no entry of each day. */
function isSameAttempt(last: CoverageEntry, { purpose, ended, unread }: Survey, reason: IncompleteReason): boolean {
  if (last.complete || last.purpose !== purpose) return false;
  if (dayOf(last.ended) === dayOf(ended)) return true;
  return last.reason === reason && JSON.stringify(last.unread) === JSON.stringify(unread);
}

async function write(
  run: Run,
  survey: Survey,
  reason: IncompleteReason | null,
  isSame: (last: CoverageEntry) => boolean,
): Promise<void> {
  const { day, purpose, began, ended, requests, seen, gone, goneIds, conflicts, odd, unread } = survey;
  const dayLog = await run.dayLog(day);
  await dayLog.refresh(); // what other runs counted, they may have archived
  // What was archived by the survey and is gone since was not seen in the end.
  const added = Math.min(survey.added, seen);
  const draft = {
    ...{ workspace: run.workspace, day, purpose, run: run.deps.runId, writer: run.deps.writer, began, ended, requests },
    ...{ complete: reason === null, reason, unread, seen, had: seen - added, added, gone, goneIds, conflicts, odd },
    ...{ segments: dayLog.number, manifest: dayLog.end?.manifestHash ?? null },
  };
  if (!(await appendEntry(run.deps, draft, isSame))) return;
  run.deps.log("info", "coverage entry written", {
    ...{ workspace: run.workspace, day, purpose, complete: draft.complete, seen, added, gone },
  });
}
