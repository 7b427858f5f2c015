/** Which days are due for a rescan. Pure; all on the source's clock. */
import { compareInstants, DAY_MS, dayOf, HOUR_MS, type Instant, shiftDay, shiftInstant } from "../event/instant.ts";
import type { RescanState } from "../ports.ts";
import type { RunSettings } from "../settings.ts";

const KEPT_DAYS = 90;
/** The source is many machines, and two answers may be told by two clocks; beyond this one of them was wrong. */
const CLOCKS_DIFFER_MS = HOUR_MS;
/** Longer than a wrong clock is likely to be left so, and few enough to be read in a run; the aged look is still to come. */
const DOUBTED_DAYS = 7;

/** How long after its end a day is settled, and how old it is when it is read once more before the source forgets it. */
export type RescanRules = Pick<RunSettings, "settledAfterHours" | "agedAfterDays">;

/** The last day that is settled at `now`. */
export const settledThrough = (now: Instant, { settledAfterHours }: RescanRules): string =>
  dayOf(shiftInstant(now, -DAY_MS - settledAfterHours * HOUR_MS));

/** The last day that is aged at `now`. */
export const agedThrough = (now: Instant, { agedAfterDays }: RescanRules): string =>
  shiftDay(dayOf(now), -agedAfterDays);

/**
 * What rescans are known to have done, less what cannot have been done by now: while the source's clock was ahead, days
 * were noted that are still to come, and until then no other would be due. Instead a week of days is due again; reading
 * a day once more than needed does no harm. Gives `state` itself where there is no doubt.
 */
export function believableRescans(state: RescanState, now: Instant, rules: RescanRules): RescanState {
  const latest = shiftInstant(now, CLOCKS_DIFFER_MS);
  const isRecentAhead = state.recentUntil !== null && compareInstants(state.recentUntil, latest) > 0;
  const isSettledAhead = state.settledThrough !== null && state.settledThrough > settledThrough(latest, rules);
  const isAgedAhead = state.agedThrough !== null && state.agedThrough > agedThrough(latest, rules);
  if (!isRecentAhead && !isSettledAhead && !isAgedAhead) return state;
  return {
    recentUntil: isRecentAhead ? null : state.recentUntil,
    settledThrough: isSettledAhead ? shiftDay(settledThrough(now, rules), -DOUBTED_DAYS) : state.settledThrough,
    agedThrough: isAgedAhead ? shiftDay(agedThrough(now, rules), -DOUBTED_DAYS) : state.agedThrough,
  };
}

/** Days that are due, oldest first, those that the source may forget soonest. */
export function dueDays(
  state: RescanState,
  now: Instant,
  rules: RescanRules,
): { readonly settled: string[]; readonly aged: string[] } {
  const oldestKept = shiftDay(dayOf(now), -KEPT_DAYS);
  return {
    aged: daysBetween(state.agedThrough, agedThrough(now, rules), oldestKept),
    settled: daysBetween(state.settledThrough, settledThrough(now, rules), oldestKept),
  };
}

/** Days after `done` up to and with `through`, none before `oldest`. */
function daysBetween(done: string | null, through: string, oldest: string): string[] {
  const days: string[] = [];
  const next = done === null ? oldest : shiftDay(done, 1);
  // Stryker disable next-line EqualityOperator: where the two are equal, either is the same day
  for (let day = next > oldest ? next : oldest; day <= through; day = shiftDay(day, 1)) days.push(day);
  return days;
}
