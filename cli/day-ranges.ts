/** Ranges of days, both ends included, for people. */
import type { DayRange } from "../lambda/archive/status.ts";

/** More are not listed. */
const MAX_LISTED = 5;

export const sumDays = (ranges: readonly DayRange[]): number =>
  ranges.reduce((days, { from, to }) => days + (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1, 0);

export function listDays(ranges: readonly DayRange[]): string {
  const listed = ranges.slice(0, MAX_LISTED).map(({ from, to }) => (from === to ? from : `${from} to ${to}`));
  return `${listed.join(", ")}${ranges.length > listed.length ? ", and more" : ""}`;
}
