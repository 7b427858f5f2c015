import type { RetryAfterStyle } from "./options.ts";

const VERY_LARGE_SECONDS = 86_400;

/** The `Retry-After` header for a wait; null leaves it out. */
export function spellRetryAfter(waitSeconds: number, style: RetryAfterStyle, nowMs: number): string | null {
  switch (style) {
    case "seconds":
      return String(waitSeconds);
    case "missing":
      return null;
    case "zero":
      return "0";
    case "decimal":
      return (waitSeconds - 0.25).toFixed(2);
    case "http-date":
      return new Date(Math.ceil(nowMs / 1000 + waitSeconds) * 1000).toUTCString();
    case "very-large":
      return String(VERY_LARGE_SECONDS);
  }
}

/** The time before which a `Retry-After` asks not to come back; null when it does not. */
export function readRetryAfter(header: string | undefined, nowMs: number): number | null {
  if (header === undefined) return null;
  const ms = /^\d+(\.\d+)?$/.test(header) ? nowMs + Number(header) * 1000 : Date.parse(header);
  return Number.isNaN(ms) ? null : ms;
}
