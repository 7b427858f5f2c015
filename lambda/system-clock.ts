import { setTimeout } from "node:timers/promises";
import type { Clock } from "./ports.ts";

/** Timers take no longer delays, about 25 days: given one, they fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's clock and timers. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (delayMs, signal) => {
    try {
      let leftMs = delayMs;
      do {
        await setTimeout(Math.min(leftMs, LONGEST_TIMER_MS), undefined, signal === undefined ? {} : { signal });
        leftMs -= LONGEST_TIMER_MS;
      } while (leftMs > 0);
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : error;
    }
  },
};
