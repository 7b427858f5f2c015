/** The service's limits for one access token. Leave out what should not be limited. */
export interface RateLimits {
  /** Requests per minute: 1,500 for paid domains. Refused requests count. */
  readonly perMinute?: number;
  /** The quota is handed out in portions of this span, so a minute's worth cannot be used at once. Default 5,000. */
  readonly tickMs?: number;
  /** GETs in flight: 50. */
  readonly inFlight?: number;
}

/** Null: admitted. A number: refused, with the seconds to wait. */
export type Verdict = number | null;

export interface RateLimiter {
  /** Counts the request, whether it is admitted or not. `open`: other requests that are known to be in flight. */
  admit(limits: RateLimits, nowMs: number, open: number): Verdict;
  /** Records how long an admitted request is in flight. */
  charge(nowMs: number, endsAtMs: number): void;
}

const DEFAULT_TICK_MS = 5_000;

export function createRateLimiter(): RateLimiter {
  const requests = createAccount();
  let ends: number[] = [];

  return {
    admit: (limits, nowMs, open) => {
      ends = ends.filter((end) => end > nowMs);
      const portion = ((limits.perMinute ?? 0) * (limits.tickMs ?? DEFAULT_TICK_MS)) / 60_000;
      let waitMs = 0;
      if (limits.perMinute !== undefined) {
        const perMs = limits.perMinute / 60_000;
        const left = requests.take(1, nowMs, perMs, Math.max(1, portion));
        if (left < 0) waitMs = Math.max(waitMs, (1 - left) / perMs);
      }
      if (limits.inFlight !== undefined && Math.max(ends.length, open) >= limits.inFlight) {
        waitMs = Math.max(waitMs, Math.min(...ends, nowMs + 1_000) - nowMs);
      }
      return waitMs > 0 ? Math.max(1, Math.ceil(waitMs / 1000)) : null;
    },
    charge: (nowMs, endsAtMs) => {
      if (endsAtMs > nowMs) ends.push(endsAtMs);
    },
  };
}

/** An amount that refills over time up to a maximum, and may be overdrawn. */
function createAccount() {
  let level: number | null = null;
  let filledAtMs = 0;
  return {
    /** Takes `amount`, even if less is left; returns what is left then. */
    take: (amount: number, nowMs: number, perMs: number, most: number): number => {
      level = Math.min(most, level === null ? most : level + Math.max(0, nowMs - filledAtMs) * perMs);
      filledAtMs = Math.max(filledAtMs, nowMs);
      level -= amount;
      return level;
    },
  };
}
