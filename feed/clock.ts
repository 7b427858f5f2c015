import type { Clock } from "../lambda/ports.ts";

/** A clock whose time advances only when nothing is left to do at the present time. */
export interface VirtualClock extends Clock {
  /** Advances by `ms` and wakes the sleepers within that span in order. */
  advance(ms: number): void;
}

interface Sleeper {
  readonly wakeAt: number;
  readonly wake: () => void;
}

/**
 * A clock that jumps to the next sleeper as soon as the event loop has nothing else to run, so a test of hours ends at
 * once. Sleepers wake in the order of their times, those of one instant in the order in which they fell asleep.
 * Work that is truly off the thread (files, compression) does not hold the clock up.
 */
export function createVirtualClock(startMs: number): VirtualClock {
  let nowMs = startMs;
  let sleepers: Sleeper[] = [];
  let turn: NodeJS.Immediate | null = null;

  const wakeNext = () => {
    turn = null;
    const next = sleepers[0];
    if (next === undefined) return;
    nowMs = Math.max(nowMs, next.wakeAt);
    next.wake();
  };
  const schedule = () => {
    if (turn === null && sleepers.length > 0) turn = setImmediate(wakeNext);
  };

  return {
    now: () => nowMs,
    sleep: (delayMs, signal) =>
      new Promise<void>((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const leave = () => {
          sleepers = sleepers.filter((other) => other !== sleeper);
          signal?.removeEventListener("abort", abort);
          schedule();
        };
        const sleeper: Sleeper = {
          wakeAt: nowMs + Math.max(0, delayMs),
          wake: () => {
            leave();
            resolve();
          },
        };
        const abort = () => {
          leave();
          reject(signal?.reason);
        };
        signal?.addEventListener("abort", abort, { once: true });
        const place = sleepers.findIndex((other) => other.wakeAt > sleeper.wakeAt);
        sleepers.splice(place === -1 ? sleepers.length : place, 0, sleeper);
        schedule();
      }),
    advance: (ms) => {
      const end = nowMs + ms;
      for (let next = sleepers[0]; next !== undefined && next.wakeAt <= end; next = sleepers[0]) {
        nowMs = Math.max(nowMs, next.wakeAt);
        next.wake();
      }
      nowMs = Math.max(nowMs, end);
    },
  };
}

/** The machine's time, shifted to begin at `startMs` (default: not shifted) and running `speed` times as fast. */
export function createRunningClock(options: { startMs?: number; speed?: number } = {}): { now(): number } {
  const begunMs = Date.now();
  const startMs = options.startMs ?? begunMs;
  const speed = options.speed ?? 1;
  return { now: () => startMs + (Date.now() - begunMs) * speed };
}
