/** How fast a seed's world is, how long its runs may take, and how much history it has: drawn first, and true in calm as well. */
import type { Random } from "../../feed/random.ts";
import type { Swarm } from "./swarm.ts";

export interface World {
  /** How long a call takes in the middle; each takes from half of it to one and a half times as long. */
  readonly pageMs: number;
  readonly storeMs: number;
  readonly checkpointMs: number;
  /** After so long a run is told that its time is up. */
  readonly budgetMs: { readonly drain: number; readonly rescan: number };
  /** Events per page, at most. */
  readonly pageSize: number;
  readonly history: History;
  /** Bytes that a page has for each of its events, as the source says. */
  readonly eventBytes: number;
  /** Objects older than this are removed by the bucket's lifecycle rule. */
  readonly expireAfterDays: number | null;
}

export type History =
  | { readonly kind: "ordinary" | "quiet" }
  | { readonly kind: "day" | "hour" | "instant"; readonly pages: number };

/** Lambda ends a run this long after it was told that its time is up: what the handler keeps in hand. */
export const GRACE_MS = 45_000;
const SECOND_MS = 1000;
const MAX_PAGE_BYTES = 50_000_000;
/** More would make a seed slow, and shows nothing else. */
const MAX_PAGES = 600;
const DRAIN_SECONDS = [45, 585] as const;
const RESCAN_SECONDS = [45, 840] as const;

export function drawWorld(random: Random, swarm: Swarm): World {
  const between = (least: number, most: number) => least * (most / least) ** random.next();
  const seconds = ([least, most]: readonly [number, number]) => Math.round(between(least, most)) * SECOND_MS;
  const history = drawHistory();
  const isLong = history !== null;
  // A long history is scaled down: few events per page, and long answers, so that a run reads a few dozen pages.
  const pageMs = isLong ? 1500 + random.int(3000) : Math.round(between(50, 2000));
  const drain = isLong ? 45_000 + random.int(45_000) : seconds(DRAIN_SECONDS);
  const rescan = isLong ? drain + random.int(45_000) : seconds(RESCAN_SECONDS);
  const pageSize = random.pick(isLong ? [1, 2, 3] : [1, 2, 3, 5, 8, 20, 50]);
  const pagesPerRun = drain / pageMs;
  const wanted = history === "instant" ? pagesPerRun * (0.1 + 0.4 * random.next()) : pagesPerRun * between(1, 100);
  return {
    pageMs,
    storeMs: Math.round(between(5, 200)),
    checkpointMs: Math.round(between(5, 50)),
    budgetMs: { drain, rescan },
    pageSize,
    history: isLong
      ? { kind: history, pages: Math.ceil(Math.min(wanted, MAX_PAGES)) }
      : { kind: swarm.strikes("history: hardly any events") ? "quiet" : "ordinary" },
    eventBytes: swarm.strikes("source: large pages") ? Math.round(between(100_000, MAX_PAGE_BYTES) / pageSize) : 100,
    expireAfterDays: swarm.strikes("operator: lifecycle expires segments") ? 100 + random.int(20) : null,
  };

  function drawHistory(): "day" | "hour" | "instant" | null {
    if (swarm.strikes("history: a day larger than a run")) return "day";
    if (swarm.strikes("history: an hour larger than a run")) return "hour";
    return swarm.strikes("history: a burst of half a run") ? "instant" : null;
  }
}

/** For scripts in which nothing is drawn. */
export const steadyWorld = (pageSize: number): World => ({
  pageMs: 100,
  storeMs: 50,
  checkpointMs: 20,
  budgetMs: { drain: 14 * 60 * SECOND_MS, rescan: 14 * 60 * SECOND_MS },
  pageSize,
  history: { kind: "ordinary" },
  eventBytes: 100,
  expireAfterDays: null,
});
