import type { Clock } from "../../lambda/ports.ts";

export interface VirtualClock extends Clock {
  /** Moves time on by `ms`, waking every sleeper at its own instant on the way, and lets what it woke run. */
  advance(ms: number): Promise<void>;
  /** Sleepers at this moment. */
  readonly sleeping: number;
}

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** Time stands still until the test advances it. */
export function createVirtualClock(startMs = 0): VirtualClock {
  const bed = createBed(startMs);
  return {
    now: bed.now,
    sleep: bed.sleep,
    advance: async (ms) => {
      const endMs = bed.now() + ms;
      await settle();
      while (bed.wakeNext(endMs)) await settle();
      bed.moveTo(endMs);
    },
    get sleeping() {
      return bed.count();
    },
  };
}

/**
 * Time jumps to the next sleeper's instant as soon as nothing else is left to run; nobody ever waits in earnest. Work
 * off the thread (files, compression) does not hold it up.
 */
export function createJumpingClock(startMs = 0): Clock {
  const bed = createBed(startMs);
  let isTurning = false;
  const turn = async () => {
    if (isTurning) return;
    isTurning = true;
    do await settle();
    while (bed.wakeNext(Number.POSITIVE_INFINITY));
    isTurning = false;
  };
  return {
    now: bed.now,
    sleep: (delayMs, signal) => {
      const slept = bed.sleep(delayMs, signal);
      turn();
      return slept;
    },
  };
}

/** Lets all promise chains that can go on do so, and those that wait for one turn of the event loop. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

function createBed(startMs: number) {
  let nowMs = startMs;
  const sleepers = new Set<Sleeper>();
  const moveTo = (ms: number) => (nowMs = Math.max(nowMs, ms));
  return { now: () => nowMs, moveTo, count: () => sleepers.size, sleep, wakeNext };

  function sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const sleeper = {
        dueMs: nowMs + Math.max(0, delayMs),
        wake: () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        },
      };
      const onAbort = () => {
        sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      sleepers.add(sleeper);
    });
  }

  /** Wakes the sleeper that is due first, if that is by `untilMs`. */
  function wakeNext(untilMs: number): boolean {
    const next = [...sleepers].reduce<Sleeper | null>((a, b) => (a !== null && a.dueMs <= b.dueMs ? a : b), null);
    if (next === null || next.dueMs > untilMs) return false;
    sleepers.delete(next);
    nowMs = Math.max(nowMs, next.dueMs);
    next.wake();
    return true;
  }
}
