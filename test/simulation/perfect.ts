/** How many runs a perfect reader would need: one that asks for each page once, all of its readers busy to the end. */

import { defaultLimits } from "../../lambda/drain/limits.ts";
import { LEAST_PAGE_BYTES } from "../../lambda/drain/page-memory.ts";
import { LEAST_SHARE_MS } from "../../lambda/drain/readers.ts";
import { DAY_MS, HOUR_MS, type Instant, instantToMs } from "../../lambda/event/instant.ts";
import { listedSpans, scheduledOf } from "./checkpoint-view.ts";
import { isUnreadable } from "./lies.ts";
import type { RunPlan } from "./run.ts";
import { type Stage, WORKSPACE } from "./stage.ts";

/** Runs that the archiver may take where a perfect reader would take so many. */
export const allowedRuns = (perfect: number): number => Math.floor(1.5 * perfect) + 3;

/** What is newer is left to the tail, as too short for readers to share; so is the overlap before the watermark. */
const TAIL_MS = 3 * HOUR_MS;

type Part = readonly [fromMs: number, untilMs: number];

type Plan = Pick<RunPlan, "settings" | "limits">;

/** To read what is to be read now, as the checkpoint says and the archive shows. */
export function perfectRuns(stage: Stage, kind: "drain" | "rescan", plan: Plan): number {
  if (kind === "drain") return runsFor(stage, kind, plan, drainParts(stage));
  // Rescans are an hour apart: a day that settles while they last is read as well.
  const runs = runsFor(stage, kind, plan, rescanParts(stage, 0));
  return runsFor(stage, kind, plan, rescanParts(stage, runs * HOUR_MS));
}

/** To halve 90 days until a millisecond is left, and a minute of it for what cannot be read beside that. */
const HALVINGS = { first: 33, more: 16 };
/** Of two halves one fails, and a small request has to show that the source answers. */
const HALVING_PAGES = 3;

/** To find each instant that can never be read, by a run that stops once it has asked for as much as it can. */
export function searchRuns(stage: Stage, kind: "drain" | "rescan"): number {
  const { world, stream, time } = stage;
  const unreadable = stream.all.filter((shown) => shown.visibleMs <= time.now() && isUnreadable(stage, shown));
  const instants = new Set(unreadable.map(({ at }) => Math.floor(at / 1000))).size;
  if (instants === 0) return 0;
  // A rescan searches the recent hours, and once more the whole day when it is settled.
  const looks = kind === "drain" ? 1 : 2;
  const pages = looks * HALVING_PAGES * (HALVINGS.first + (instants - 1) * HALVINGS.more);
  return (pages * world.pageMs) / world.budgetMs[kind];
}

function runsFor(stage: Stage, kind: "drain" | "rescan", plan: Plan, parts: readonly Part[]): number {
  const { settings, limits } = plan;
  const { world, stream, time, auditor, objects } = stage;
  const nowMs = time.now();
  const looksAt = (ms: number) => parts.filter(([fromMs, untilMs]) => fromMs <= ms && ms < untilMs).length;
  const watermark = stage.saved.get(WORKSPACE)?.state.watermark;
  const watermarkMs = watermark ? instantToMs(watermark) : Number.NaN;
  const isOfTail = (ms: number) => ms >= nowMs - TAIL_MS || (ms >= watermarkMs - HOUR_MS && ms <= watermarkMs);
  let events = 0;
  let mostTogether = 0;
  let recent = 0;
  const times: number[] = []; // of what is to be read, in order
  let first = 0; // of those that one reader reads with the newest
  for (const shown of stream.all) {
    if (shown.visibleMs > nowMs || !stream.isKept(shown, nowMs)) continue;
    const isMissing = kind === "drain" && !auditor.ids.has(shown.event.id);
    const atMs = shown.at / 1000;
    const looks = Math.max(looksAt(atMs), isMissing ? 1 : 0);
    if (looks === 0) continue;
    events += looks;
    if (kind === "drain" && isOfTail(atMs)) recent += 1;
    times.push(atMs);
    while (times[first]! <= atMs - LEAST_SHARE_MS) first += 1;
    mostTogether = Math.max(mostTogether, times.length - first);
  }
  const size = Math.min(settings.pageLimit ?? world.pageSize, world.pageSize);
  const { readers: mostReaders, pageBytes } = { ...defaultLimits, ...limits };
  // Large pages leave memory for fewer readers at once, and one is always let through. Nobody knows beforehand how large
  // they are: the room for one doubles until it fits, so it is up to twice as large, and what did not fit is asked for again.
  const readers = Math.min(mostReaders, Math.max(1, Math.floor(pageBytes / (2 * size * world.eventBytes))));
  const tooLarge = Math.max(0, Math.ceil(Math.log2((size * world.eventBytes) / LEAST_PAGE_BYTES)));
  // Each day costs a look even where it is empty, and silence is looked at twice.
  const days = parts.reduce((sum, [fromMs, untilMs]) => sum + Math.min(90, Math.ceil((untilMs - fromMs) / DAY_MS)), 0);
  const pages = events / size + 2 * days + 2;
  const commits = Math.min(
    pages,
    (settings.batchMinutes ?? 1) < 1 ? pages : events / (settings.batchEvents ?? 100_000) + days,
  );
  const busyMs =
    pages * world.pageMs +
    commits * (3 * world.storeMs + 2 * world.checkpointMs) +
    (objects.size + 2 * days) * world.storeMs;
  // Each run asks for the time, for the recent hour twice, and once more for the page at which it goes on.
  const budgetMs = Math.max(world.budgetMs[kind] - (6 + tooLarge) * world.pageMs, world.budgetMs[kind] / 3);
  // What lies within the shortest span that readers share is read by one of them, and so is the tail.
  const alone = ((Math.max(mostTogether, recent) / size) * world.pageMs) / budgetMs;
  return busyMs / readers / budgetMs + alone;
}

function drainParts({ saved, time }: Stage): Part[] {
  const state = saved.get(WORKSPACE)?.state;
  const from = state?.watermark ?? null;
  const tail: Part = [from === null ? time.now() - 90 * DAY_MS : instantToMs(from) - HOUR_MS, time.now()];
  return [tail, ...listed(state, (purpose) => purpose === "new")];
}

function rescanParts({ saved, time }: Stage, lastMs: number): Part[] {
  const nowMs = time.now();
  const state = saved.get(WORKSPACE)?.state;
  const { recentUntil, settledThrough, agedThrough } = state
    ? scheduledOf(state)
    : { recentUntil: null, settledThrough: null, agedThrough: null };
  const dayAfter = (day: string | null) => (day === null ? nowMs - 91 * DAY_MS : Date.parse(day) + DAY_MS);
  const parts: Part[] = [
    [recentUntil === null ? nowMs - DAY_MS : instantToMs(recentUntil) - HOUR_MS, nowMs],
    [dayAfter(settledThrough), nowMs + lastMs - 6 * HOUR_MS],
    [dayAfter(agedThrough), nowMs + lastMs - 79 * DAY_MS],
  ];
  return [...parts.filter(([fromMs, untilMs]) => fromMs < untilMs), ...listed(state, (purpose) => purpose !== "new")];
}

function listed(state: Parameters<typeof listedSpans>[0] | undefined, isWanted: (purpose: string) => boolean): Part[] {
  const spans = state === undefined ? [] : listedSpans(state);
  const ms = (instant: Instant | null) => (instant === null ? 0 : instantToMs(instant));
  return spans.filter(({ purpose }) => isWanted(purpose)).map(({ from, until }): Part => [ms(from), ms(until)]);
}
