import type { ArchiveStore, Clock, CreateOutcome } from "../ports.ts";

/** As many as there are readers: on a fast link nobody waits. */
const MOST_AT_ONCE = 8;
/** A segment is a few MB at most: one that takes longer than this shares too little of the link. */
const SLOW_MS = 10_000;

/**
 * Creates fewer objects at once while creating is slow, down to one at a time, and more again once it is fast. Side by side on
 * a slow uplink, each of many uploads would move so few bytes that all of them may be given up.
 */
export function createPacedArchive(store: ArchiveStore, clock: Pick<Clock, "now">): ArchiveStore {
  const waiting: (() => void)[] = [];
  let atOnce = MOST_AT_ONCE;
  let underWay = 0;

  async function create(key: string, bytes: Uint8Array): Promise<CreateOutcome> {
    if (underWay >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else underWay += 1;
    const [startedAtMs, atOnceThen] = [clock.now(), atOnce];
    try {
      const outcome = await store.create(key, bytes);
      if (outcome !== "unknown" && clock.now() - startedAtMs < SLOW_MS / 2) atOnce = Math.min(atOnce + 1, MOST_AT_ONCE);
      return outcome;
    } finally {
      // Creates that began side by side are slow for the same reason, so together they halve the number only once.
      if (clock.now() - startedAtMs >= SLOW_MS) atOnce = Math.max(1, Math.min(atOnce, Math.floor(atOnceThen / 2)));
      underWay -= 1;
      while (underWay < atOnce && waiting.length > 0) {
        underWay += 1;
        waiting.shift()?.();
      }
    }
  }

  return { ...store, create };
}
