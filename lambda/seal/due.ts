/** What is to be sealed next, and what a seal says of how far its day was looked at. Pure; all of it follows from the archive. */
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

/** Whether a settled day is to be sealed, looked at or not. */
export const hasWaited = (day: string, lastSettled: string): boolean => day <= shiftDay(lastSettled, -WAIT_DAYS);

/** The day of the last complete look, if there was one, and else the last look. Null: there was none. */
export function lookToSeal(looks: readonly StoredEntry[]): StoredEntry | null {
  return looks.findLast(({ entry }) => entry.complete) ?? looks.at(-1) ?? null;
}

export const isLookedAt = (looks: readonly StoredEntry[]): boolean => looks.some(({ entry }) => entry.complete);

/** Days in order of which the first is settled and may be sealed, and each next one too. */
export function nextDays(
  first: string,
  lastSettled: string,
  looks: ReadonlyMap<string, readonly StoredEntry[]>,
  most: number,
): string[] {
  const days: string[] = [];
  for (let day = first; day <= lastSettled && days.length < most; day = shiftDay(day, 1)) {
    if (!isLookedAt(looks.get(day) ?? []) && !hasWaited(day, lastSettled)) break;
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
  const waited = [...logDays].filter((day) => day !== ODD_DAY && hasWaited(day, lastSettled));
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

/** The parts of a seal that say how far its day was looked at. `last`: the seal of that day before. */
export function statementOfLooks(
  day: string,
  looks: readonly StoredEntry[],
  last: Seal | null,
  firstLook: string | null,
  nowMs: number,
): Pick<Seal, "state" | "coverage" | "looked" | "source" | "gaps"> {
  const look = lookToSeal(looks);
  const coverage = look && { number: look.entry.number, sha256: look.sha256 };
  if (look?.entry.complete) {
    const { began, ended, seen, had, added, gone } = look.entry;
    return {
      state: "complete",
      coverage,
      looked: { began: toWholeSecond(began), ended: toWholeSecond(ended) },
      source: { seen, had, added, gone },
      gaps: [],
    };
  }
  const gaps = gapsOf(day, look, firstLook, nowMs);
  const left = last === null ? gaps : intersectGaps(last.gaps, gaps);
  // What several looks left out between them is no one look at all of it: as long as none is complete, a gap stays.
  const isSpelled = left.length > 0 && left.length <= MAX_GAPS;
  return { state: "incomplete", coverage, looked: null, source: null, gaps: isSpelled ? left : last!.gaps };
}

function gapsOf(day: string, look: StoredEntry | null, firstLook: string | null, nowMs: number): Gap[] {
  if (look?.entry.reason) {
    const { reason, unread } = look.entry;
    return unread.map(([from, until]) => ({ from, until, reason }));
  }
  return [{ from: startOfDay(day), until: endOfDay(day), reason: reasonOf(day, firstLook, nowMs) }];
}

/** Why there is no look at a day at all. */
function reasonOf(day: string, firstLook: string | null, nowMs: number): GapReason {
  if (firstLook === null || day < firstLook) return "before-first-scan";
  return day < dayOf(msToInstant(nowMs - KEPT_DAYS * DAY_MS)) ? "source-forgot" : "scan-incomplete";
}
