/** Counts, for the surveys, what one look finds in the parts of their days. */
import type { Missing } from "../archive/day-log.ts";
import { MAX_GONE_IDS } from "../coverage/entry.ts";
import type { SourceEvent } from "../event/event.ts";
import { DAY_MS, dayOf, type Instant, laterInstant, ODD_DAY, shiftDay, shiftInstant } from "../event/instant.ts";
import { plainText } from "../event/plain-text.ts";
import { KEPT_DAYS } from "../settings.ts";
import type { BatchWatcher } from "./batch.ts";
import type { Run } from "./run.ts";
import type { SpanList } from "./span-list.ts";
import { earlier, isBefore, type Part } from "./spans.ts";
import { type Found, insideDay, nothingFound } from "./surveys.ts";

/** What a look was shown and has not marked as read yet. */
export interface ShownEvents {
  /** By id. */
  readonly events: ReadonlyMap<string, Instant>;
  /** What was shown from here on is among them; null: all. */
  readonly from: Instant | null;
}

export interface SurveyCounts {
  /** To be told of what becomes of the events. */
  readonly watcher: BatchWatcher;
  /** The source gave a page. */
  page(): void;
  /** For a part in doubt: only what will not be met again, the pages and what was archived. */
  inDoubt(part: Part): readonly Found[];
  /**
   * For a part that is read and believed. `isLess`: less of it was shown than is archived; then what is gone is looked for,
   * told and counted, whether the part is surveyed or not.
   */
  inRead(part: Part, shown: ShownEvents, isLess: boolean): Promise<readonly Found[]>;
}

export function createSurveyCounts(run: Run, list: SpanList): SurveyCounts {
  // Of which no survey knows yet.
  let pages = 0;
  const added = new Map<string, number>(); // events archived, by day
  const conflicts = new Set<SourceEvent>();

  return {
    watcher: {
      archived: (day, events) => void added.set(day, (added.get(day) ?? 0) + events),
      conflict: (event) => void conflicts.add(event),
    },
    page: () => {
      pages += 1;
    },
    inDoubt: (part) => {
      const days = surveyed(part);
      const requests = takePages(days);
      return days.map((day) => ({
        ...nothingFound(day, run.now()),
        requests,
        added: takeAdded(day),
        odd: takeAdded(ODD_DAY),
      }));
    },
    inRead: async (part, shown, isLess) => {
      const days = surveyed(part);
      const requests = takePages(days);
      const gone = isLess ? await findGone(run, part, shown) : null;
      const found: Found[] = [];
      for (const day of days) {
        const { from, until } = insideDay(part, day)!;
        const isKept = isSurelyKept(run, from);
        const archived = await (await run.dayLog(day)).countIn(from, until);
        const { count: missing, ids } = gone?.get(day) ?? { count: 0, ids: [] };
        found.push({
          day,
          at: run.now(),
          requests,
          // Of what was compared, all that is archived was shown, but for what is gone, however often it was shown.
          seen: isKept ? archived - missing : Math.min(archived, countShown(shown, from, until)),
          added: takeAdded(day),
          gone: missing,
          goneIds: ids.map((id) => plainText(id)),
          conflicts: takeConflicts(from, until),
          odd: takeAdded(ODD_DAY),
          unread: isKept ? null : [from, earlier(until, surelyKeptFrom(run))],
        });
      }
      return found;
    },
  };

  /** The days in the part that are surveyed for its purpose. */
  function surveyed(part: Part): readonly string[] {
    const own = list.surveys.filter(({ purpose }) => purpose === part.purpose);
    return own.flatMap(({ day }) => (insideDay(part, day) === null ? [] : day));
  }

  function takePages(days: readonly string[]): number {
    const taken = pages;
    if (days.length > 0) pages = 0;
    return taken;
  }

  function takeAdded(day: string): number {
    const events = added.get(day) ?? 0;
    added.delete(day);
    return events;
  }

  /** One whose time cannot be read belongs to the first part that is counted. */
  function takeConflicts(from: Instant, until: Instant): number {
    const inside = [...conflicts].filter(({ at }) => at === null || isIn(at, from, until));
    for (const event of inside) conflicts.delete(event);
    return inside.length;
  }
}

/** Archived events of the part, by day, that the source did not show. */
async function findGone(run: Run, part: Part, shown: ShownEvents): Promise<ReadonlyMap<string, Missing>> {
  const gone = new Map<string, Missing>();
  const from = laterInstant(part.from, shown.from) ?? oldestOf(shown.events.values());
  if (from === null) return gone;
  for (const day of daysBetween(run, from, part.until)) {
    const missing = await (await run.dayLog(day)).missing(shown.events, from, part.until, MAX_GONE_IDS);
    if (missing.count === 0) continue;
    gone.set(day, missing);
    run.report.gone += missing.count;
    run.deps.log("error", "archived events are gone from the source; the archive keeps them", {
      workspace: run.workspace,
      day,
      gone: missing.count,
      gids: missing.ids.map((id) => plainText(id)),
    });
  }
  return gone;
}

/** How many events of `[from, until)` the archive holds. */
export async function countArchived(run: Run, from: Instant, until: Instant): Promise<number> {
  let events = 0;
  for (const day of daysBetween(run, from, until)) events += await (await run.dayLog(day)).countIn(from, until);
  return events;
}

export function countShown({ events }: Pick<ShownEvents, "events">, from: Instant, until: Instant): number {
  let inside = 0;
  for (const at of events.values()) if (isIn(at, from, until)) inside += 1;
  return inside;
}

export function oldestOf(instants: Iterable<Instant>): Instant | null {
  let oldest: Instant | null = null;
  for (const at of instants) if (oldest === null || isBefore(at, oldest)) oldest = at;
  return oldest;
}

/** What the source is about to forget may be gone at any moment: what is older than this is not compared. */
const surelyKeptFrom = (run: Run): Instant => shiftInstant(run.now(), -(KEPT_DAYS - 1) * DAY_MS);

export const isSurelyKept = (run: Run, from: Instant): boolean => !isBefore(from, surelyKeptFrom(run));

const isIn = (at: Instant, from: Instant, until: Instant): boolean => !isBefore(at, from) && isBefore(at, until);

/** The days of `[from, until)` that can have events. */
function daysBetween(run: Run, from: Instant, until: Instant): string[] {
  const days: string[] = [];
  const last = earlier(shiftInstant(until, -1), shiftInstant(run.now(), DAY_MS)); // later than that there is nothing
  for (let day = dayOf(from); day <= dayOf(last); day = shiftDay(day, 1)) days.push(day);
  return days;
}
