import { createRandom, type Random } from "./random.ts";

/**
 * What can go wrong with one request. The first three are played by the transport: the connection breaks or stalls.
 * The others return an answer other than the right one.
 */
export type FeedFault =
  /** Reset before any header. */
  | { readonly kind: "reset" }
  /** Ends in the body after this share of it (default half); `clean`: as if it were complete. */
  | { readonly kind: "cut"; readonly share?: number; readonly clean?: boolean }
  /** Sends this share of the body (default half), then nothing for `ms` (default 10 minutes), then resets. */
  | { readonly kind: "stall"; readonly share?: number; readonly ms?: number }
  /** 500 `Server Error` with or without (default with) the phrase for support. */
  | { readonly kind: "server-error"; readonly phrase?: boolean }
  /** A 502, 503, 504 or another status, in the envelope, as a proxy's HTML page, or empty. Default 503, HTML. */
  | {
      readonly kind: "status";
      readonly status?: number;
      readonly body?: "json" | "html" | "empty";
      readonly message?: string;
    }
  /** 429; `retryAfter` is the header as sent, null leaves it out. Default as the limiter would send it, 1 second. */
  | { readonly kind: "rate-limited"; readonly retryAfter?: string | null }
  /** The offset is refused, as the service words it. */
  | { readonly kind: "refuse-offset"; readonly reason?: "expired" | "invalid" }
  /** 200 with a body that is the right one up to its middle, then not JSON. */
  | { readonly kind: "broken-json" }
  /** 200 and JSON, but one element of `data` (in the middle) is a number. */
  | { readonly kind: "broken-event" }
  /** 200 without `data`, or with null in its place. */
  | { readonly kind: "no-data" }
  | { readonly kind: "null-data" }
  /** 200 with an errors envelope. */
  | { readonly kind: "errors-envelope" }
  /** 302 to another host. */
  | { readonly kind: "redirect"; readonly location?: string }
  /** 200 with any text: an HTML page by default. */
  | { readonly kind: "text"; readonly text?: string; readonly contentType?: string };

export type FaultKind = FeedFault["kind"];

/** From the request of this number on (the first is 1), for `times` requests (default 1). */
export interface ScriptedFault {
  readonly request: number;
  readonly times?: number;
  readonly fault: FeedFault;
}

export interface FaultPlan {
  readonly script?: readonly ScriptedFault[];
  /** Share of requests each fault hits, by seed and request number. Together at most 1. */
  readonly rates?: readonly { readonly fault: FeedFault; readonly rate: number }[];
}

/** Faults that a well-behaved client overcomes with retries alone. */
const passingFaults: readonly FeedFault[] = [
  { kind: "reset" },
  { kind: "cut" },
  { kind: "server-error" },
  { kind: "server-error", phrase: false },
  { kind: "status", status: 502, body: "html" },
  { kind: "status", status: 503, body: "json" },
  { kind: "status", status: 504, body: "empty" },
  { kind: "rate-limited" },
  { kind: "broken-json" },
  { kind: "no-data" },
  { kind: "null-data" },
  { kind: "errors-envelope" },
  { kind: "refuse-offset", reason: "expired" },
];

/** Each of the passing faults equally often, together for `share` of the requests. */
export const passingFaultRates = (share: number): FaultPlan => ({
  rates: passingFaults.map((fault) => ({ fault, rate: share / passingFaults.length })),
});

/** The fault for a request, or null. The script comes first. */
export function chooseFault(plan: FaultPlan | undefined, seed: string | number, request: number): FeedFault | null {
  if (plan === undefined) return null;
  for (const entry of plan.script ?? []) {
    if (request >= entry.request && request < entry.request + (entry.times ?? 1)) return entry.fault;
  }
  return plan.rates === undefined ? null : drawFault(plan.rates, createRandom(seed, "fault", request));
}

function drawFault(rates: NonNullable<FaultPlan["rates"]>, random: Random): FeedFault | null {
  let drawn = random.next();
  for (const { fault, rate } of rates) {
    drawn -= rate;
    if (drawn < 0) return fault;
  }
  return null;
}
