/**
 * Keeps all requests of one token within the source's limits: so many per second, so many at once, and none before the
 * time that a `Retry-After` has named, whichever request it was given to. First come, first served.
 */
import type { Clock } from "../ports.ts";

export interface PaceSettings {
  /** Requests are started at least 1/requestsPerSecond apart; there are no bursts. */
  readonly requestsPerSecond: number;
  readonly maxInFlight: number;
  /** A closed gate is waited for if it opens within this time. */
  readonly maxWaitMs: number;
}

/** `closed`: the gate opens too late, or `signal` aborted while it was closed. */
export type Entry =
  | { readonly kind: "entered"; readonly leave: () => void }
  | { readonly kind: "closed"; readonly untilMs: number };

export interface Pace {
  /** Resolves when a request may be sent; call `leave` when it has ended. Throws `signal.reason` when aborted. */
  enter(signal: AbortSignal): Promise<Entry>;
  /** Lets nothing through before `untilMs`. Requests under way are not touched. */
  closeUntil(untilMs: number): void;
}

export function createPace(clock: Clock, settings: PaceSettings): Pace {
  const { maxInFlight, maxWaitMs } = settings;
  const spacingMs = 1_000 / settings.requestsPerSecond;
  const queue: (() => void)[] = [];
  let inFlight = 0;
  let nextStartMs = Number.NEGATIVE_INFINITY;
  let seenMs = Number.NEGATIVE_INFINITY;
  let closedUntilMs = Number.NEGATIVE_INFINITY;

  return { enter, closeUntil };

  function closeUntil(untilMs: number): void {
    closedUntilMs = Math.max(closedUntilMs, untilMs);
  }

  async function enter(signal: AbortSignal): Promise<Entry> {
    signal.throwIfAborted();
    await takePlace(signal);
    try {
      // The gate may close again during any wait, so nothing is let through before it was seen open after the last.
      for (;;) {
        if (!(await gateOpens(signal))) {
          freePlace();
          return { kind: "closed", untilMs: closedUntilMs };
        }
        const waitMs = reserveStart();
        if (waitMs >= 1) await clock.sleep(waitMs, signal);
        if (clock.now() >= closedUntilMs) return { kind: "entered", leave: once(freePlace) };
      }
    } catch (error) {
      freePlace();
      throw error;
    }
  }

  async function gateOpens(signal: AbortSignal): Promise<boolean> {
    for (;;) {
      const waitMs = closedUntilMs - clock.now();
      if (waitMs <= 0) return true;
      if (waitMs > maxWaitMs) return false;
      try {
        await clock.sleep(waitMs, signal);
      } catch (error) {
        if (signal.aborted) return false;
        throw error;
      }
    }
  }

  /** Takes the next start; returns how long it is until then. */
  function reserveStart(): number {
    const nowMs = clock.now();
    if (nowMs < seenMs) nextStartMs -= seenMs - nowMs; // the clock was set back: what was taken is as near as it was
    seenMs = nowMs;
    const startMs = Math.max(nextStartMs, nowMs);
    nextStartMs = startMs + spacingMs;
    return startMs - nowMs;
  }

  function takePlace(signal: AbortSignal): Promise<void> {
    if (inFlight < maxInFlight) {
      inFlight++;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const turn = () => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      const onAbort = () => {
        queue.splice(queue.indexOf(turn), 1);
        reject(signal.reason);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      queue.push(turn);
    });
  }

  /** Hands the place to the next in the queue, if there is one. */
  function freePlace(): void {
    const turn = queue.shift();
    if (turn === undefined) inFlight--;
    else turn();
  }
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    action();
  };
}
