/** The rules that put spans on the list, to be read again for what became visible late. Pure; on the source's clock. */
import {
  compareInstants,
  DAY_MS,
  dayOf,
  HOUR_MS,
  type Instant,
  instantToMs,
  laterInstant,
  shiftDay,
  shiftInstant,
  startOfDay,
} from "../event/instant.ts";
import type { CheckpointState, LostSpan, Schedule, Span, SpanPurpose, Survey } from "../ports.ts";
import { KEPT_DAYS, type RunSettings } from "../settings.ts";
import { addSpan, isBefore, markRead } from "./spans.ts";
import { beginSurvey, endSurveys, leftOf, noteForgotten } from "./surveys.ts";

/** The source is many machines, and two answers may come from two clocks; beyond this one of them was wrong. */
const CLOCKS_DIFFER_MS = HOUR_MS;
/** Silence is believed when it is still there this long after it was first met. */
export const DOUBT_MS = HOUR_MS;
/** More notes of what was lost than this are not kept: the oldest go. */
const MAX_LOST = 100;

type Rules = Pick<RunSettings, "overlapMinutes" | "settledAfterHours" | "agedAfterDays">;

/** The last day that is settled at `now`. */
const settledThrough = (now: Instant, { settledAfterHours }: Rules): string =>
  dayOf(shiftInstant(now, -DAY_MS - settledAfterHours * HOUR_MS));

/** The last day that the source will soon forget at `now`. */
const agedThrough = (now: Instant, { agedAfterDays }: Rules): string => shiftDay(dayOf(now), -agedAfterDays);

/**
 * Puts all that has become due on the list: the recent hour (from an overlap before the last one's end, so that nothing
 * is left out between two, but a day at most), each day once it is settled, and once more before it is forgotten. With
 * the spans of a day its survey begins.
 */
export function schedule(state: CheckpointState, now: Instant, rules: Rules): CheckpointState {
  if (state.watermark === null) return state; // nothing was ever shown, so nothing can have become visible late
  const oldestKept = shiftDay(dayOf(now), -KEPT_DAYS);
  const kept = forgetPassed(state, now);
  let { spans } = kept;
  // One that began while the source's clock was ahead may be of a day that is still to come.
  const latest = shiftInstant(now, CLOCKS_DIFFER_MS);
  const hasBegun = ({ began }: Survey): boolean => compareInstants(began, latest) <= 0;
  let surveys: readonly Survey[] = kept.surveys.filter(hasBegun);
  const givenUp = kept.surveys.filter((survey) => !hasBegun(survey));
  const scheduled = believable(state.scheduled, givenUp, now, rules);
  const add = (purpose: SpanPurpose, from: Instant, until: Instant) => {
    spans = addSpan(spans, { purpose, from, until, dueAt: now, doubtedAt: null, failedRuns: 0, offset: null });
  };
  const recentFrom = scheduled.recentUntil === null ? null : shiftInstant(scheduled.recentUntil, -overlapMs(rules));
  add("recent", laterInstant(recentFrom, shiftInstant(now, -DAY_MS))!, now);
  const addDays = (purpose: "settled" | "aged", done: string | null, through: string) => {
    for (
      let day = laterDay(oldestKept, done === null ? oldestKept : shiftDay(done, 1));
      day <= through;
      day = shiftDay(day, 1)
    ) {
      const part = { from: startOfDay(day), until: startOfDay(shiftDay(day, 1)) };
      // A settled day that is not read by now is read as an aged one.
      surveys = endSurveys(
        surveys,
        surveys.filter((survey) => survey.day === day && leftOf({ spans }, survey).length > 0),
      );
      // One look serves all: what is on the list for another reason need not be read for that as well.
      for (const other of ["recent", "settled"] as const) spans = markRead(spans, { purpose: other, ...part });
      add(purpose, part.from, part.until);
      surveys = beginSurvey(surveys, { day, purpose, began: now });
    }
  };
  addDays("aged", scheduled.agedThrough, agedThrough(now, rules));
  // A day that is read for the last time needs no other reading today.
  addDays("settled", laterDay(scheduled.settledThrough, agedThrough(now, rules)), settledThrough(now, rules));
  return {
    ...kept,
    spans,
    surveys,
    scheduled: {
      recentUntil: laterInstant(scheduled.recentUntil, now),
      settledThrough: laterDay(scheduled.settledThrough, settledThrough(now, rules)),
      agedThrough: laterDay(scheduled.agedThrough, agedThrough(now, rules)),
    },
  };
}

export const overlapMs = ({ overlapMinutes }: Pick<Rules, "overlapMinutes">): number => overlapMinutes * 60_000;

const laterDay = (a: string | null, b: string): string => (a !== null && a > b ? a : b);

/**
 * What is known to be scheduled, less what cannot have been by now: while the source's clock was ahead, days were
 * scheduled that are still to come, and until then no other would be. Such a note is dropped, and all that the source
 * still keeps is read once more; doing so more often than needed does no harm.
 *
 * The days of surveys that are given up are taken off as well, since no entry would say that they were read. The clock need
 * not have been wrong: a run that was frozen applies what was due at its own time to what others have scheduled since.
 */
function believable(scheduled: Schedule, givenUp: readonly Survey[], now: Instant, rules: Rules): Schedule {
  const latest = shiftInstant(now, CLOCKS_DIFFER_MS);
  const { recentUntil, settledThrough: settled, agedThrough: aged } = scheduled;
  const before = (purpose: SpanPurpose, through: string | null): string | null =>
    givenUp
      .filter((survey) => survey.purpose === purpose)
      .map(({ day }) => shiftDay(day, -1))
      .reduce((first, day) => (first !== null && day < first ? day : first), through);
  return {
    recentUntil: recentUntil !== null && compareInstants(recentUntil, latest) > 0 ? null : recentUntil,
    settledThrough: settled !== null && settled > settledThrough(latest, rules) ? null : before("settled", settled),
    agedThrough: aged !== null && aged > agedThrough(latest, rules) ? null : before("aged", aged),
  };
}

/** Whether a span is to be asked for at `now`: one in doubt is left alone for an hour, unless its doubt lies ahead. */
export const isDue = ({ doubtedAt }: Pick<Span, "doubtedAt">, now: Instant): boolean =>
  doubtedAt === null || isOldDoubt(doubtedAt, now) || instantToMs(doubtedAt) - instantToMs(now) > CLOCKS_DIFFER_MS;

/** Whether what was doubted then may be believed now. */
export const isOldDoubt = (doubtedAt: Instant, now: Instant): boolean =>
  instantToMs(now) - instantToMs(doubtedAt) >= DOUBT_MS;

/** Takes off the list what the source has forgotten by now, and notes what of it was never read, or could not be. */
export function forgetPassed(state: CheckpointState, now: Instant): CheckpointState {
  const forgotten = shiftInstant(now, -KEPT_DAYS * DAY_MS);
  const passed = state.spans.filter(({ until }) => compareInstants(until, forgotten) <= 0);
  if (passed.length === 0) return state;
  const isLoss = ({ purpose, doubtedAt, failedRuns }: Span) =>
    failedRuns > 0 || (purpose === "new" && doubtedAt === null);
  const lost: LostSpan[] = passed
    .filter(isLoss)
    .map(({ purpose, from, until }) => ({ purpose, from, until, notedAt: now }));
  return {
    ...state,
    spans: state.spans.filter((span) => !passed.includes(span)),
    surveys: noteForgotten(state.surveys, passed, now),
    lost: [...state.lost, ...lost].slice(-MAX_LOST),
  };
}

/** For each purpose, the seconds since its oldest span was due that is not done; 0 where all is done. */
export type Overdue = Readonly<Record<"new" | "recent" | "settled" | "aged", number>>;

type Listed = Pick<CheckpointState, "spans" | "watermark" | "scheduled">;

/** What no rescan has put on the list yet counts too: otherwise rescans that fail early would leave nothing overdue. */
export function overdue({ spans, watermark, scheduled }: Listed, now: Instant, rules: Rules): Overdue {
  const ages = { new: 0, recent: 0, settled: 0, aged: 0 };
  const count = (purpose: keyof Overdue, since: Instant) => {
    ages[purpose] = Math.max(ages[purpose], Math.round((instantToMs(now) - instantToMs(since)) / 1000));
  };
  for (const { purpose, dueAt, doubtedAt } of spans) {
    if (purpose === "asked") continue;
    count(purpose, doubtedAt === null ? dueAt : laterInstant(dueAt, shiftInstant(doubtedAt, DOUBT_MS))!);
  }
  if (watermark === null) return ages;
  // What was never scheduled has no age but the recent hour's: that is the first to be done, and stands for all.
  count("recent", shiftInstant(scheduled.recentUntil ?? shiftInstant(now, -DAY_MS), HOUR_MS));
  const countNext = (purpose: "settled" | "aged", done: string | null, afterMs: number) => {
    if (done !== null) count(purpose, shiftInstant(startOfDay(shiftDay(done, 1)), afterMs));
  };
  countNext("settled", scheduled.settledThrough, DAY_MS + rules.settledAfterHours * HOUR_MS);
  countNext("aged", scheduled.agedThrough, rules.agedAfterDays * DAY_MS);
  return ages;
}

/** Where the oldest span of new events begins that is due; without a beginning, with the oldest that the source keeps. */
export function oldestUnread(spans: readonly Span[], now: Instant): Instant | null {
  const oldestKept = shiftInstant(now, -KEPT_DAYS * DAY_MS);
  return spans
    .filter((span) => span.purpose === "new" && isDue(span, now))
    .map(({ from }) => from ?? oldestKept)
    .reduce<Instant | null>((oldest, from) => (oldest === null || isBefore(from, oldest) ? from : oldest), null);
}
