/** Days, for people. */
import type { DayRange } from "../lambda/archive/day-range.ts";

/** More days, or ranges of them, are not listed. */
export const MAX_LISTED = 5;

export function listDays(ranges: readonly DayRange[]): string {
  const listed = ranges.slice(0, MAX_LISTED).map(({ from, to }) => (from === to ? from : `${from} to ${to}`));
  return `${listed.join(", ")}${ranges.length > listed.length ? ", and more" : ""}`;
}
