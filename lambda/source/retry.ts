/** When to ask again. Pure: the caller brings the time and the random number, and does the waiting. */
import type { ErrorKind } from "../errors.ts";
import type { Instant } from "../event/instant.ts";

/** An answer that is worth asking again for; if it persists, the run ends with `errorKind`. */
export interface Retryable {
  readonly kind: "retryable";
  readonly errorKind: Extract<ErrorKind, "unavailable" | "invalid-response">;
  /** What happened, as the end of a sentence that begins with "the source". */
  readonly what: string;
  readonly status?: number;
  /** The words that Asana's support finds a server error by. */
  readonly phrase?: string;
  readonly retryAfter: string | undefined;
  /** The source's clock when it answered. */
  readonly servedAt: Instant | null;
}

/** A source that names a time has rounded it; asking a moment too early is refused and counts against the quota. */
export const SLACK_MS = 500;
/** The first backoff is up to this long, every further one up to twice as long as the one before. */
export const BASE_BACKOFF_MS = 1_000;
export const MAX_BACKOFF_MS = 30_000;
/** A longer wait is cut to this. It is far beyond any run, and small enough for every timer. */
export const MAX_NAMED_WAIT_MS = 24 * 3_600_000;

export interface RetryDelay {
  readonly delayMs: number;
  /** The source named the time, so it holds for every request, and no random part is added. */
  readonly named: boolean;
}

/**
 * `attempt` counts from 1: the attempt that has just failed. `retryAfter` is the header as received, `sourceNowMs`
 * the source's clock (ours if it sent none), `random` is in [0, 1).
 */
export function retryDelay(
  attempt: number,
  retryAfter: string | undefined,
  sourceNowMs: number,
  random: number,
): RetryDelay {
  const namedMs = parseRetryAfter(retryAfter, sourceNowMs);
  if (namedMs !== null) return { delayMs: namedMs + SLACK_MS, named: true };
  return { delayMs: backoffMs(attempt, random), named: false };
}

/**
 * `Retry-After` as a delay in milliseconds: seconds, whole or decimal, or an HTTP date. A time that has passed is no
 * delay. Null when the header is missing or says nothing that can be understood.
 */
export function parseRetryAfter(header: string | undefined, sourceNowMs: number): number | null {
  if (header === undefined) return null;
  const text = header.trim();
  const delayMs = /^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(text) ? Number(text) * 1_000 : untilDate(text, sourceNowMs);
  return delayMs === null ? null : Math.ceil(Math.min(Math.max(delayMs, 0), MAX_NAMED_WAIT_MS));
}

function untilDate(text: string, sourceNowMs: number): number | null {
  const dateMs = parseHttpDate(text);
  return dateMs === null ? null : dateMs - sourceNowMs;
}

/** Exponential, with full jitter: chains that failed together do not come back together. */
export function backoffMs(attempt: number, random: number): number {
  return random * Math.min(MAX_BACKOFF_MS, BASE_BACKOFF_MS * 2 ** (attempt - 1));
}

/** `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that HTTP/1.1 senders may use (RFC 9110, 5.6.7). */
const IMF_FIXDATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** Milliseconds since 1970; null for anything else, other date-like text included. */
export function parseHttpDate(text: string | undefined): number | null {
  if (text === undefined || !IMF_FIXDATE.test(text)) return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}
