/** What must be archived by when: the protocol's promise I1, as arithmetic on times. */
import { DAY_MS, startOfDay } from "../../lambda/event/instant.ts";
import { refuse } from "./auditor.ts";
import { HOUR_MS, type Stage, WORKSPACE } from "./stage.ts";
import type { Shown } from "./stream.ts";
import { judgeComplete } from "./truth.ts";

/** Clocks differ by half a minute, and a rescan's end is a whole second. */
const MARGIN_MS = 2 * 60_000;

/** After a drain that came to the end: every event that was shown on time before it began. */
export function checkDrained(stage: Stage, startedMs: number): void {
  for (const shown of stage.stream.all) {
    if (shown.lateMs > 0 || shown.visibleMs > startedMs) continue;
    demand(stage, shown, "a drain saw the end of the stream");
  }
}

/** After a drain that scanned from a watermark: late events too, as far back as the overlap. */
export function checkOverlap(stage: Stage, startedMs: number, watermarkMs: number): void {
  for (const shown of stage.stream.all) {
    if (shown.visibleMs > startedMs || shown.at < (watermarkMs - HOUR_MS) * 1000) continue;
    demand(stage, shown, "a scan began an hour before the watermark");
  }
}

/** After everything that was due was rescanned at `nowMs`: late events too, by how late they were. */
export function checkRescanned(stage: Stage, nowMs: number): void {
  for (const shown of stage.stream.all) {
    if (isOwed(shown, nowMs)) demand(stage, shown, "all that was due was rescanned");
  }
}

function isOwed(shown: Shown, nowMs: number): boolean {
  const atMs = shown.at / 1000;
  const { visibleMs } = shown;
  if (visibleMs > nowMs) return false;
  if (shown.lateMs === 0) return true;
  if (atMs > nowMs - MARGIN_MS) return false;
  if (shown.lateMs <= HOUR_MS - MARGIN_MS && atMs > nowMs - DAY_MS + MARGIN_MS) return true;
  const dayMs = Date.parse(startOfDay(new Date(atMs).toISOString().slice(0, 10)));
  const settledMs = dayMs + 30 * HOUR_MS;
  const agedMs = dayMs + 80 * DAY_MS;
  return [settledMs, agedMs].some((dueMs) => dueMs <= nowMs - MARGIN_MS && visibleMs <= dueMs - MARGIN_MS);
}

function demand({ stream, auditor, time, trace }: Stage, shown: Shown, why: string): void {
  // Within an hour of being forgotten it may have been forgotten in between.
  if (!stream.isKept(shown, time.now() + HOUR_MS)) return;
  const { id, day } = shown.event;
  if (!auditor.ids.has(id)) trace.note(`owed, since ${why}: ${id}`);
  refuse(judgeComplete(WORKSPACE, [{ id, day, shownForMs: time.now() - shown.visibleMs + 1 }], auditor.ids, 0));
}
