import { lineFingerprint } from "../archive/archived-ids.ts";
import type { SourceEvent } from "../event/event.ts";
import { compareInstants, instantToMs, ODD_DAY } from "../event/instant.ts";
import { createPageSpace } from "../segment/page-space.ts";
import { commitDay, createDayBatch, type DayBatch, reportConflict } from "./commit.ts";
import type { Run } from "./run.ts";

/** New events gathered over pages, by day. Bounded by the settings: memory does not depend on how much is to come. */
export interface Batch {
  /**
   * Takes a page's events: drops repeats, keeps what is new. Commits in between only if too many days are open. Gives
   * those that are archived, or will be, as the source showed them.
   */
  add(events: readonly SourceEvent[], signal?: AbortSignal): Promise<readonly SourceEvent[]>;
  isFull(): boolean;
  /** How often it was committed, by itself or when asked to. */
  readonly commits: number;
  /** Makes segments of all that is held. After it, every event added is archived. */
  commit(): Promise<void>;
}

/** Is told what becomes of the events. */
export interface BatchWatcher {
  /** So many events of the day were archived. */
  archived(day: string, count: number): void;
  /** Another event with this id is archived, or about to be. */
  conflict(event: SourceEvent): void;
}

/** `countsLate`: what is older than the newest archived event was missed by a cursor, and not left to be read later. */
export function createBatch(run: Run, maxBytes: number, countsLate: boolean, watcher?: BatchWatcher): Batch {
  const { settings, limits, report, deps } = run;
  const open = new Map<string, DayBatch>();
  const space = createPageSpace();
  let openedAtMs = 0;
  let failure: unknown = null;
  let commits = 0;

  return {
    commit,
    get commits() {
      return commits;
    },
    add: async (events, signal) => {
      const kept: SourceEvent[] = [];
      for (const [day, ofDay] of Map.groupBy(events, (event) => event.day)) {
        for (const event of await addDay(day, ofDay, signal)) kept.push(event);
      }
      return kept;
    },
    isFull: () => {
      let events = 0;
      let bytes = 0;
      for (const batch of open.values()) {
        events += batch.count;
        bytes += batch.sizeBytes;
      }
      const isOld = events > 0 && deps.clock.now() - openedAtMs >= settings.batchMinutes * 60_000;
      return events >= settings.batchEvents || bytes >= maxBytes || isOld;
    },
  };

  async function addDay(
    day: string,
    events: readonly SourceEvent[],
    signal?: AbortSignal,
  ): Promise<readonly SourceEvent[]> {
    const batch = await openDay(day);
    const { fresh, repeats, conflicts } = await batch.dayLog.sortOut(events, signal);
    report.repeats += repeats.length;
    for (const event of conflicts) noteConflict(event);
    const doubled = new Set<SourceEvent>();
    for (const event of fresh) {
      const held = batch.index.ids.get(event.id);
      if (held === undefined) {
        batch.add(event);
        countStrange(event);
        continue;
      }
      report.repeats += 1;
      if (held === lineFingerprint(event.line)) continue;
      doubled.add(event);
      noteConflict(event);
    }
    await batch.flush();
    return conflicts.size + doubled.size === 0
      ? events
      : events.filter((event) => !conflicts.has(event) && !doubled.has(event));
  }

  async function openDay(day: string): Promise<DayBatch> {
    const found = open.get(day);
    if (found) return found;
    if (open.size >= limits.batchDays) await commit();
    const batch = createDayBatch(run, day, await run.dayLog(day), space);
    if (open.size === 0) openedAtMs = deps.clock.now();
    open.set(day, batch);
    return batch;
  }

  function noteConflict(event: SourceEvent): void {
    reportConflict(run, event);
    watcher?.conflict(event);
  }

  function countStrange({ day, at }: SourceEvent): void {
    if (day === ODD_DAY) report.odd += 1;
    const { watermarkAtStart } = run;
    if (!countsLate || at === null || watermarkAtStart === null || compareInstants(at, watermarkAtStart) >= 0) return;
    report.late += 1;
    report.latestMs = Math.max(report.latestMs, instantToMs(run.now()) - instantToMs(at));
  }

  async function commit(): Promise<void> {
    if (failure !== null) throw failure; // what is lost with a batch must not seem archived
    const days = [...open.values()].sort((a, b) => (a.day < b.day ? -1 : 1));
    open.clear();
    try {
      for (const batch of days.filter(({ count }) => count > 0)) {
        const archived = await commitDay(run, batch);
        watcher?.archived(batch.day, archived);
      }
    } catch (error) {
      failure = error;
      throw error;
    }
    commits += 1;
    run.progress();
  }
}
