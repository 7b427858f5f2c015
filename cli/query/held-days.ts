/** What an archive holds of a window, by its days: neither depends on when somebody asks. */
import { ODD_DAY, shiftDay } from "../../lambda/event/instant.ts";
import type { QueryDay } from "./segment-files.ts";

/** UTC days, both inclusive. */
export interface HeldRange {
  readonly first: string;
  readonly last: string;
}

/** An archive that is filled goes on within so many days. What stands alone beyond that is dated wrongly. */
const MAX_GAP_DAYS = 30;

/**
 * From the first day to the last one that others lead up to: an event dated 2099 does not make it the present. Null without
 * a day; the odd day is none.
 */
export function heldRange(days: readonly QueryDay[]): HeldRange | null {
  const sorted = [...new Set(days.map(({ day }) => day))].filter((day) => day !== ODD_DAY).sort();
  const [first] = sorted;
  if (first === undefined) return null;
  const last = sorted.findLast((day, at) => at > 0 && shiftDay(day, -MAX_GAP_DAYS) <= sorted[at - 1]!);
  return { first, last: last ?? sorted.at(-1)! };
}

/** UTC days, `to` exclusive. */
export interface DayWindow {
  readonly from: string;
  readonly to: string;
}

export interface HeldDays {
  readonly workspace: string;
  readonly firstDay: string;
  readonly lastDay: string;
  /** Days of the window that it holds. */
  readonly days: number;
  /** Days of the window without an event, between its first day and its last. */
  readonly silent: readonly string[];
}

/** What each workspace holds of the window, the odd day left out. */
export function heldDays(days: readonly QueryDay[], { from, to }: DayWindow): HeldDays[] {
  const real = days.filter(({ day }) => day !== ODD_DAY);
  return [...Map.groupBy(real, ({ workspace }) => workspace)].map(([workspace, held]) => {
    const all = new Set(held.map(({ day }) => day));
    const sorted = [...all].sort();
    const inside = sorted.filter((day) => day >= from && day < to);
    return {
      workspace,
      firstDay: sorted[0]!,
      lastDay: sorted.at(-1)!,
      days: inside.length,
      silent: inside.slice(1).flatMap((day, at) => daysBetween(inside[at]!, day)),
    };
  });
}

/** More are not listed, so an event of the year 9999 does not make millions of days. */
const MAX_BETWEEN = 1000;

function daysBetween(before: string, after: string): string[] {
  const days: string[] = [];
  for (let day = shiftDay(before, 1); day < after && days.length < MAX_BETWEEN; day = shiftDay(day, 1)) days.push(day);
  return days;
}

export const countDays = ({ from, to }: DayWindow): number => (Date.parse(to) - Date.parse(from)) / 86_400_000;
