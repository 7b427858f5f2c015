/** What an archive holds of a window, by its days: neither depends on when somebody asks. */
import { type DayRange, gapsBetween, sumDays } from "../../lambda/archive/day-range.ts";
import { ODD_DAY, shiftDay } from "../../lambda/event/instant.ts";
import { misused } from "../exit.ts";
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

/** What each workspace holds of the window, the odd day left out. A missing side is open. */
export function heldDays(days: readonly QueryDay[], { from, to }: Partial<DayWindow>): HeldDays[] {
  const real = days.filter(({ day }) => day !== ODD_DAY);
  return [...Map.groupBy(real, ({ workspace }) => workspace)].map(([workspace, held]) => {
    const all = new Set(held.map(({ day }) => day));
    const sorted = [...all].sort();
    const inside = sorted.filter((day) => (from === undefined || day >= from) && (to === undefined || day < to));
    return {
      workspace,
      firstDay: sorted[0]!,
      lastDay: sorted.at(-1)!,
      days: inside.length,
      silent: gapsBetween(inside).flatMap(daysOfGap),
    };
  });
}

/** Throws ArchiverError `misconfigured` where no workspace holds a day of the window: nothing can be said about it. */
export function checkHolds(held: readonly HeldDays[], window: string): void {
  if (held.some(({ days }) => days > 0)) return;
  const ranges = held.map(({ workspace, firstDay, lastDay }) => `${workspace}: ${firstDay} to ${lastDay}`).join("; ");
  throw misused(
    `The archive holds nothing of ${window}, so it cannot tell.`,
    ranges === "" ? "It is empty." : `It holds ${ranges}.`,
  );
}

/** More are not listed, so an event of the year 9999 does not make millions of days. */
const MAX_OF_GAP = 1000;

function daysOfGap({ from, to }: DayRange): string[] {
  const days: string[] = [];
  for (let day = from; day <= to && days.length < MAX_OF_GAP; day = shiftDay(day, 1)) days.push(day);
  return days;
}

/** How many days the window has. */
export const countDays = ({ from, to }: DayWindow): number => sumDays([{ from, to: lastDay(to) }]);

/** The last day of a window that ends before `to`. */
export const lastDay = (to: string): string => shiftDay(to, -1);
