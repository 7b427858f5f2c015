/** Which days are due for a rescan. Pure; all on the source's clock. */
import { DAY_MS, dayOf, type Instant, shiftDay, shiftInstant } from "../instant.ts";
import type { RescanState } from "../ports.ts";

const HOUR_MS = 3_600_000;
/** A day is settled this long after its end. */
const SETTLED_AFTER_MS = 6 * HOUR_MS;
/** Once more before the source forgets at day 90. */
const AGED_DAYS = 80;
const KEPT_DAYS = 90;

/** The last day that is settled at `now`. */
export const settledThrough = (now: Instant): string => dayOf(shiftInstant(now, -DAY_MS - SETTLED_AFTER_MS));

/** The last day that has reached its 80th day at `now`. */
export const agedThrough = (now: Instant): string => shiftDay(dayOf(now), -AGED_DAYS);

/** Days that are due, oldest first, those that the source may forget soonest. */
export function dueDays(state: RescanState, now: Instant): { readonly settled: string[]; readonly aged: string[] } {
  const oldestKept = shiftDay(dayOf(now), -KEPT_DAYS);
  return {
    aged: daysBetween(state.agedThrough, agedThrough(now), oldestKept),
    settled: daysBetween(state.settledThrough, settledThrough(now), oldestKept),
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
