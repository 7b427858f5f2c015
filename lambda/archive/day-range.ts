/** Ranges of UTC days: one event that is dated in the year 9999 would make millions of single days. */
import { DAY_MS, instantToMs, shiftDay, startOfDay } from "../event/instant.ts";

/** Both ends are included. */
export interface DayRange {
  readonly from: string;
  readonly to: string;
}

/** What lies between each of these days, which are in order, and the next one. */
export const gapsBetween = (days: readonly string[]): DayRange[] =>
  days.slice(1).flatMap((day, index) => {
    const gap = { from: shiftDay(days[index]!, 1), to: shiftDay(day, -1) };
    return gap.from <= gap.to ? [gap] : [];
  });

/** How many days there are in the ranges. */
export const sumDays = (ranges: readonly DayRange[]): number =>
  ranges.reduce((days, { from, to }) => days + daysBetween(from, to) + 1, 0);

const daysBetween = (from: string, to: string): number =>
  (instantToMs(startOfDay(to)) - instantToMs(startOfDay(from))) / DAY_MS;

/** Single days, which are in order, as ranges. */
export function toRanges(days: readonly string[]): DayRange[] {
  const ranges: { from: string; to: string }[] = [];
  for (const day of days) {
    const last = ranges.at(-1);
    if (last !== undefined && shiftDay(last.to, 1) === day) last.to = day;
    else ranges.push({ from: day, to: day });
  }
  return ranges;
}
