import type { FaultKind } from "./faults.ts";

/** One request as the feed saw it. Times are on the feed's clock, milliseconds since 1970. */
export interface LoggedRequest {
  /** Counted from 1. */
  readonly number: number;
  readonly atMs: number;
  /** When the answer is through, latency and scripted delays included. */
  readonly endsAtMs: number;
  readonly method: string;
  readonly path: string;
  /** Parameters as sent, decoded. */
  readonly query: Readonly<Record<string, string>>;
  /** null when the path named none. */
  readonly workspace: string | null;
  /** 0: no answer was given. */
  readonly status: number;
  readonly events: number;
  readonly fault: FaultKind | null;
  /** Before this time the client was asked not to come back; null when it was not. */
  readonly retryAtMs: number | null;
}

/** Requests made although an earlier answer had asked to wait longer: `slackMs` forgives rounding. */
export function requestsBeforeRetryAfter(requests: readonly LoggedRequest[], slackMs = 0): readonly LoggedRequest[] {
  return requests.filter((request, index) =>
    requests
      .slice(0, index)
      .some(
        (earlier) =>
          earlier.retryAtMs !== null &&
          request.atMs >= earlier.endsAtMs &&
          request.atMs < earlier.retryAtMs - slackMs &&
          earlier.workspace === request.workspace,
      ),
  );
}

/** Pairs of requests that used one offset at the same time. */
export function sharedCursors(
  requests: readonly LoggedRequest[],
): readonly (readonly [LoggedRequest, LoggedRequest])[] {
  const pairs: [LoggedRequest, LoggedRequest][] = [];
  const latest = new Map<string, LoggedRequest>();
  for (const request of requests) {
    const offset = request.query["offset"];
    if (offset === undefined) continue;
    const earlier = latest.get(offset);
    if (earlier !== undefined && request.atMs < earlier.endsAtMs) pairs.push([earlier, request]);
    latest.set(offset, request);
  }
  return pairs;
}
