import type { DayLog } from "../archive/day-log.ts";
import { lineFingerprint } from "../archive/segment-ids.ts";
import type { SourceEvent } from "../event/event.ts";
import { compareInstants, instantToMs, MINUTE_MS, ODD_DAY } from "../event/instant.ts";
import { createPageSpace } from "../segment/page-space.ts";
import { commitDay } from "./commit.ts";
import { reportConflict } from "./conflict.ts";
import { createDayContent, type DayContent } from "./day-content.ts";
import type { Run } from "./run.ts";

/** A day's new events, waiting to become the next segment of its log. */
export interface DayBatch {
  readonly day: string;
  readonly log: DayLog;
  readonly content: DayContent;
  /** Number of the log's last segment when the first event was judged: all that came later must be looked at. */
  readonly judgedAt: number;
}

/** New events gathered over pages, by day. Bounded by the settings: memory does not depend on how much is to come. */
export interface Batch {
  /** Takes a page's events: drops repeats, keeps what is new. Commits in between only if too many days are open. */
  add(events: readonly SourceEvent[]): Promise<void>;
  isFull(): boolean;
  /** Makes segments of all that is held. After it, every event added is archived. */
  commit(): Promise<void>;
}

export function createBatch(run: Run, maxBytes: number): Batch {
  const { settings, limits, report, deps } = run;
  const open = new Map<string, DayBatch>();
  const space = createPageSpace();
  let openedAtMs = 0;

  return {
    commit,
    add: async (events) => {
      for (const [day, ofDay] of Map.groupBy(events, (event) => event.day)) await addDay(day, ofDay);
    },
    isFull: () => {
      let events = 0;
      let bytes = 0;
      for (const { content } of open.values()) {
        events += content.count;
        bytes += content.sizeBytes;
      }
      const isOld = events > 0 && deps.clock.now() - openedAtMs >= settings.batchMinutes * MINUTE_MS;
      return events >= settings.batchEvents || bytes >= maxBytes || isOld;
    },
  };

  async function addDay(day: string, events: readonly SourceEvent[]): Promise<void> {
    const { log, content } = await openDay(day);
    const { fresh, repeats, conflicts } = await log.judge(events);
    report.repeats += repeats;
    for (const event of conflicts) reportConflict(run, event);
    for (const event of fresh) {
      if (isHeld(content, event)) continue;
      content.add(event);
      countStrange(event);
    }
    await content.flush();
  }

  async function openDay(day: string): Promise<DayBatch> {
    const found = open.get(day);
    if (found) return found;
    if (open.size >= limits.batchDays) await commit();
    const log = await run.log(day);
    const batch = { day, log, content: createDayContent(deps.codec, space), judgedAt: log.number };
    if (open.size === 0) openedAtMs = deps.clock.now();
    open.set(day, batch);
    return batch;
  }

  /** The batch in hand is not archived yet, and holds the event already. */
  function isHeld(content: DayContent, event: SourceEvent): boolean {
    const held = content.ids.get(event.id);
    if (held === undefined) return false;
    report.repeats += 1;
    if (held !== lineFingerprint(event.line)) reportConflict(run, event);
    return true;
  }

  function countStrange({ day, at }: SourceEvent): void {
    if (day === ODD_DAY) report.odd += 1;
    if (at === null || run.startedAt === null || compareInstants(at, run.startedAt) >= 0) return;
    report.late += 1;
    const nowMs = report.servedAt === null ? deps.clock.now() : instantToMs(report.servedAt);
    report.latestMs = Math.max(report.latestMs, nowMs - instantToMs(at));
  }

  async function commit(): Promise<void> {
    const days = [...open.values()].sort((a, b) => (a.day < b.day ? -1 : 1));
    open.clear();
    for (const batch of days) if (batch.content.count > 0) await commitDay(run, batch);
    run.progress();
  }
}
