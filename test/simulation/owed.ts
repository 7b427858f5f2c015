/** What must be archived by when: the protocol's promise I1, as arithmetic on times and on what was not shown. */
import { DAY_MS, HOUR_MS, type Instant, instantToMs, startOfDay } from "../../lambda/event/instant.ts";
import type { CheckpointState } from "../../lambda/ports.ts";
import { refuse } from "./auditor.ts";
import { hasSpans, isIn, isListed, type Listed, listedSpans, tailFrom } from "./checkpoint-view.ts";
import { isUnreadable } from "./lies.ts";
import { type Stage, WORKSPACE } from "./stage.ts";
import { type Shown, toMicros } from "./stream.ts";
import { judgeComplete } from "./truth.ts";
import { Violation } from "./violation.ts";

/** Clocks differ by half a minute, and a rescan's end is a whole second. */
const MARGIN_MS = 2 * 60_000;

/** After a drain that came to the end: every event that was shown on time before it began. */
export function checkDrained(stage: Stage, startedMs: number): void {
  for (const shown of stage.stream.all) {
    if (shown.lateMs > 0 || shown.visibleMs > startedMs || stage.looks.excuses(shown, "drain", 0)) continue;
    demand(stage, shown, "a drain saw the end of the stream");
  }
}

/** After a drain that read the tail by time: late events too, as far back as it began. */
export function checkTail(stage: Stage, startedMs: number, from: Instant): void {
  for (const shown of stage.stream.all) {
    if (shown.visibleMs > startedMs || shown.at < toMicros(from)) continue;
    demand(stage, shown, "the tail was read by time");
  }
}

/** After a drain that read nothing but the tail, to its end: the next one reads the last hour again. */
export function checkGoesBack(state: CheckpointState): void {
  const from = tailFrom(state);
  if (from === null || state.watermark === null) return;
  if (instantToMs(from) <= instantToMs(state.watermark) - HOUR_MS) return;
  if (listedSpans(state).some(({ purpose, until }) => purpose === "new" && until === from)) return;
  throw new Violation("overlap", `the tail goes on at ${from}, and the watermark is ${state.watermark}`);
}

/** After everything that was due was rescanned at `nowMs`: late events too, by how late they were. */
export function checkRescanned(stage: Stage, nowMs: number, isLeftOut = (_: Shown): boolean => false): void {
  for (const shown of stage.stream.all) {
    if (!isLeftOut(shown) && isOwed(stage, shown, nowMs)) demand(stage, shown, "all that was due was rescanned");
  }
}

/** Some event is archived neither yet nor because it was owed: only the look at day 80 can still find it. */
export const hasExcused = ({ stream, auditor, time }: Stage): boolean =>
  stream.all.some((shown) => !auditor.ids.has(shown.event.id) && stream.isKept(shown, time.now()));

function isOwed({ looks }: Stage, shown: Shown, nowMs: number): boolean {
  const atMs = shown.at / 1000;
  const { visibleMs } = shown;
  if (visibleMs > nowMs) return false;
  if (shown.lateMs === 0 && !looks.excuses(shown, "drain", 0)) return true;
  if (atMs > nowMs - MARGIN_MS) return false;
  // To be not shown is to be late: the hour's rescans are asked for what is shown within an hour of its time.
  const shownMs = Math.max(
    visibleMs,
    looks.lastExcuseMs(shown, "drain") ?? 0,
    looks.lastExcuseMs(shown, "rescan") ?? 0,
  );
  if (shownMs - atMs <= HOUR_MS - MARGIN_MS && atMs > nowMs - DAY_MS + MARGIN_MS) return true;
  const dayMs = Date.parse(startOfDay(new Date(atMs).toISOString().slice(0, 10)));
  const dueMs = [dayMs + 30 * HOUR_MS, dayMs + 80 * DAY_MS]; // the day is settled; it will soon be forgotten
  return dueMs.some(
    (ms) => ms <= nowMs - MARGIN_MS && visibleMs <= ms - MARGIN_MS && !looks.excuses(shown, "rescan", ms - MARGIN_MS),
  );
}

function demand(stage: Stage, shown: Shown, why: string): void {
  const { stream, auditor, time, trace, saved } = stage;
  // Within an hour of being forgotten it may have been forgotten in between.
  if (!stream.isKept(shown, time.now() + HOUR_MS)) return;
  const { id, day } = shown.event;
  if (auditor.ids.has(id)) return;
  if (isUnreadable(stage, shown)) {
    const state = saved.get(WORKSPACE)?.state;
    if (state !== undefined && (!hasSpans(state) || isListed(state, shown.at))) return;
    throw new Violation("unreadable", `${id} cannot be read, and the checkpoint does not say so`);
  }
  trace.note(`owed, since ${why}: ${id}`);
  refuse(judgeComplete(WORKSPACE, [{ id, day, shownForMs: time.now() - shown.visibleMs + 1 }], auditor.ids, 0));
}

/** What the checkpoint still lists: new events, or what else was due when calm began; nothing for one that has no list. */
export function leftToRead(
  stage: Stage,
  kind: "drain" | "rescan",
  calmMs: number,
): {
  readonly isMore: boolean;
  readonly isDoubted: boolean;
  readonly isUnreadable: boolean;
  readonly isTried: boolean;
} {
  const { saved, episodes, stream, auditor, time } = stage;
  const state = saved.get(WORKSPACE)?.state;
  const hasForEver = episodes.some(({ untilMs }) => untilMs === Number.POSITIVE_INFINITY);
  const unread = stream.all.filter(
    (shown) => shown.visibleMs <= time.now() && stream.isKept(shown, time.now()) && !auditor.ids.has(shown.event.id),
  );
  // However new a doubt is, what is shown there by now is owed only when it has been looked at again.
  const isMissed = (span: Listed): boolean => span.doubtedAt !== null && unread.some(({ at }) => isIn(span, at));
  const due = (state === undefined ? [] : listedSpans(state)).filter((span) =>
    kind === "drain"
      ? span.purpose === "new"
      : span.purpose !== "new" && (instantToMs(span.dueAt) <= calmMs - MARGIN_MS || isMissed(span)),
  );
  // A part stays on the list for ever only if it holds something that can never be read, and nothing else is missing in it.
  const isForEver = (span: Listed): boolean => {
    const inside = stream.all.filter(({ at, visibleMs }) => visibleMs <= time.now() && isIn(span, at));
    const isNever = (shown: Shown) => isUnreadable(stage, shown);
    return (
      inside.some((shown) => isNever(shown) && stream.isKept(shown, time.now())) &&
      inside.every((shown) => isNever(shown) || auditor.ids.has(shown.event.id))
    );
  };
  const left = due.filter((span) => !hasForEver || !isForEver(span));
  return {
    isMore: left.some(({ doubtedAt }) => doubtedAt === null),
    isDoubted: left.some(({ doubtedAt }) => doubtedAt !== null),
    isUnreadable: hasForEver,
    // A page that cannot be read is tried in three runs before what lies around it is read without it.
    isTried: isTriedAgain(state, kind),
  };
}

function isTriedAgain(state: CheckpointState | undefined, kind: "drain" | "rescan"): boolean {
  if (state === undefined) return false;
  const isEarly = ({ failedRuns }: { readonly failedRuns: number }) => failedRuns > 0 && failedRuns < 3;
  const spans = state.spans.filter(({ purpose }) => (purpose === "new") === (kind === "drain"));
  return [...spans, ...(kind === "drain" ? [state.tail] : [])].some(isEarly);
}
