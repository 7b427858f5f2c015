/** Virtual time. Nothing waits: whatever is due first happens next, and between two things all promises settle. */
export interface Time {
  now(): number;
  /** Resolves `delayMs` from now. Things due at the same instant happen in the order in which they were asked for. */
  after(delayMs: number): Promise<void>;
  /** The same; rejects with the signal's reason if it aborts first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
  /** Lets everything happen that is due up to `untilMs`, and goes there. */
  runUntil(untilMs: number): Promise<void>;
  /** Lets things happen until `isDone`. False: nothing was left to happen, or the limit was reached. */
  runWhile(isBusy: () => boolean, limitMs: number): Promise<boolean>;
}

interface Timer {
  readonly dueMs: number;
  readonly fire: () => void;
}

export function createTime(startMs: number): Time {
  let nowMs = startMs;
  const timers: Timer[] = []; // latest first, so that the next one is popped

  function add(delayMs: number, fire: () => void): Timer {
    const timer = { dueMs: nowMs + Math.max(0, delayMs), fire };
    let place = timers.length;
    while (place > 0 && timers[place - 1]!.dueMs <= timer.dueMs) place -= 1;
    timers.splice(place, 0, timer);
    return timer;
  }

  async function fireNext(): Promise<void> {
    const timer = timers.pop()!;
    nowMs = timer.dueMs;
    timer.fire();
    await settled();
  }

  return {
    now: () => nowMs,
    after: (delayMs) => new Promise((resolve) => add(delayMs, resolve)),
    sleep: (delayMs, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const abort = () => {
          timers.splice(timers.indexOf(timer), 1);
          reject(signal?.reason);
        };
        const timer = add(delayMs, () => {
          signal?.removeEventListener("abort", abort);
          resolve();
        });
        signal?.addEventListener("abort", abort, { once: true });
      }),
    runUntil: async (untilMs) => {
      await settled();
      while (timers.length > 0 && timers.at(-1)!.dueMs <= untilMs) await fireNext();
      nowMs = Math.max(nowMs, untilMs);
    },
    runWhile: async (isBusy, limitMs) => {
      await settled();
      while (isBusy()) {
        if (timers.length === 0 || timers.at(-1)!.dueMs > limitMs) return false;
        await fireNext();
      }
      return true;
    },
  };
}

/** All promise callbacks run before this resolves, however long their chains. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
