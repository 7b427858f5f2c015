/** What is known of each day, as a calendar: one line a month, one character a day. */
import { shiftDay } from "../lambda/event/instant.ts";

/** How well a day is known. `sealed` implies that the day was looked at, or that the seal says which part was not. */
export type DayState = "sealed" | "looked" | "partly" | "archived" | "unknown";

/** In the order of the legend. */
export const MARKS: Readonly<Record<DayState, { readonly mark: string; readonly meaning: string }>> = {
  sealed: { mark: "S", meaning: "sealed, and looked at to its end or with its gaps named" },
  looked: { mark: "L", meaning: "looked at to its end, and not sealed" },
  partly: { mark: "!", meaning: "not looked at to its end: a part was not read, or could not be" },
  archived: { mark: "a", meaning: "has events, and nobody has looked at it again" },
  unknown: { mark: ".", meaning: "never looked at" },
};

const LABEL = " ".repeat("2026-05  ".length);
const DAYS_OF_MONTH = Array.from({ length: 31 }, (_, index) => index + 1);
const TENS =
  LABEL +
  DAYS_OF_MONTH.map((day) => (day % 10 === 0 ? String(day / 10) : " "))
    .join("")
    .trimEnd();
const ONES = LABEL + DAYS_OF_MONTH.map((day) => day % 10).join("");

/** The days from `first` to `last`, both of them; 40 columns wide. */
export function calendarLines(first: string, last: string, stateOf: (day: string) => DayState): string[] {
  const months = new Map<string, string>();
  for (let day = first; day <= last; day = shiftDay(day, 1)) {
    const month = day.slice(0, 7);
    const line = months.get(month) ?? " ".repeat(Number(day.slice(8)) - 1);
    months.set(month, line + MARKS[stateOf(day)].mark);
  }
  return [TENS, ONES, ...[...months].map(([month, line]) => `${month}  ${line}`)];
}

export const legendLines = (states: ReadonlySet<DayState>): string[] =>
  (Object.keys(MARKS) as DayState[])
    .filter((state) => states.has(state))
    .map((state) => `${MARKS[state].mark}  ${MARKS[state].meaning}`);
