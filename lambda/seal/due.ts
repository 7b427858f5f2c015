/** What is to be sealed next, and what a seal says of how far its day was looked at. Pure; all of it follows from the archive. */
import type { CoverageEntry } from "../coverage/entry.ts";
import type { StoredEntry } from "../coverage/ledger.ts";
import { DAY_MS, dayOf, HOUR_MS, msToInstant, ODD_DAY, shiftDay, startOfDay } from "../event/instant.ts";
import { KEPT_DAYS } from "../settings.ts";
import { intersectGaps } from "./gaps.ts";
import { endOfDay, type Gap, type GapReason, MAX_GAPS, type Seal, toWholeSecond } from "./text.ts";

/** A day that nobody has looked at to its end is sealed all the same when it has been settled this long, so that later days need not wait. */
export const WAIT_DAYS = 7;

/** The last day that is settled at `nowMs` of our clock. */
export const lastSettledDay = (nowMs: number, settledAfterHours: number): string =>
  dayOf(msToInstant(nowMs - DAY_MS - settledAfterHours * HOUR_MS));

/** The last day that is to be sealed, looked at or not. */
export const lastWaitedDay = (lastSettled: string): string => shiftDay(lastSettled, -WAIT_DAYS);

/** The day of the last complete look, if there was one, and else the last look. Null: there was none. */
export function lookToSeal(looks: readonly StoredEntry[]): StoredEntry | null {
  return looks.findLast(({ entry }) => entry.complete) ?? looks.at(-1) ?? null;
}

export const isLookedAt = (looks: readonly StoredEntry[]): boolean => looks.some(({ entry }) => entry.complete);

/**
 * The days from `first` to `last` that may be sealed now, `most` at most. They end before a day that nobody has looked at to
 * its end, unless it is `lastWaited` or earlier.
 */
export function nextDays(
  first: string,
  last: string,
  lastWaited: string,
  looks: ReadonlyMap<string, readonly StoredEntry[]>,
  most: number,
): string[] {
  const days: string[] = [];
  for (let day = first; day <= last && days.length < most; day = shiftDay(day, 1)) {
    if (!isLookedAt(looks.get(day) ?? []) && day > lastWaited) break;
    days.push(day);
  }
  return days;
}

/**
 * The day that the first seal is about, where the archive begins: the first one that was looked at to its end. Where
 * there is none, the last one with events that has waited. Null: nothing is to be sealed yet.
 */
export function firstDay(
  logDays: Iterable<string>,
  looks: ReadonlyMap<string, readonly StoredEntry[]>,
  lastSettled: string,
): string | null {
  const looked = [...looks].flatMap(([day, entries]) => (isLookedAt(entries) && day <= lastSettled ? [day] : []));
  if (looked.length > 0) return looked.sort()[0]!;
  const waited = [...logDays].filter((day) => day !== ODD_DAY && day <= lastWaitedDay(lastSettled));
  return waited.sort().at(-1) ?? null;
}

/** The newest look at each sealed day that seals name, by day. */
export function namedLooks(seals: Iterable<Seal>): Map<string, number> {
  const named = new Map<string, number>();
  const note = (day: string, number: number) => named.set(day, Math.max(named.get(day) ?? 0, number));
  for (const { day, coverage, again } of seals) {
    if (day !== null && coverage !== null) note(day, coverage.number);
    for (const look of again) note(look.day, look.number);
  }
  return named;
}

/**
 * The parts of a seal that say how far its day was looked at. `last`: the seal of that day before. `reason`: why there is
 * no look, if there is none. `isGone`: what was looked at expired before it could be sealed.
 */
export function statementOfLooks(
  day: string,
  looks: readonly StoredEntry[],
  last: Seal | null,
  reason: GapReason,
  isGone: boolean,
): Pick<Seal, "state" | "coverage" | "looked" | "source" | "gaps"> {
  const look = lookToSeal(looks);
  const coverage = look && { number: look.entry.number, sha256: look.sha256 };
  if (look?.entry.complete && !isGone) {
    const { began, ended, seen, had, added, gone } = look.entry;
    return {
      state: "complete",
      coverage,
      looked: { began: toWholeSecond(began), ended: toWholeSecond(ended) },
      source: { seen, had, added, gone },
      gaps: [],
    };
  }
  const gaps = isGone ? [wholeDay(day, GONE)] : gapsToSeal(day, look?.entry ?? null, last, reason);
  return { state: "incomplete", coverage, looked: null, source: null, gaps };
}

/** What a look that did not come to its end, or the lack of one, leaves open of a day. */
export function gapsToSeal(
  day: string,
  look: CoverageEntry | null,
  last: Seal | null,
  noLook: GapReason,
): readonly Gap[] {
  const reason = look === null ? noLook : look.reason!;
  const gaps = look === null ? [wholeDay(day, reason)] : look.unread.map(([from, until]) => ({ from, until, reason }));
  const left = last === null ? gaps : intersectGaps(last.gaps, gaps);
  // What several looks left out between them is no one look at all of it: as long as none is complete, a gap stays.
  return left.length > 0 && left.length <= MAX_GAPS ? left : last!.gaps;
}

/** The reason of a gap whose events expired before they were sealed. By then the source has forgotten them: nothing expires sooner. */
export const GONE: GapReason = "source-forgot";

export const wholeDay = (day: string, reason: GapReason): Gap => ({
  from: startOfDay(day),
  until: endOfDay(day),
  reason,
});

/** Why there is no look at a day at all. */
export function reasonOf(day: string, firstLook: string | null, nowMs: number): GapReason {
  if (firstLook === null || day < firstLook) return "before-first-scan";
  return day < dayOf(msToInstant(nowMs - KEPT_DAYS * DAY_MS)) ? "source-forgot" : "scan-incomplete";
}
