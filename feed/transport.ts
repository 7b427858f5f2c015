import type { Clock } from "../lambda/ports.ts";
import { type Transport, TransportError } from "../lambda/source/transport.ts";
import type { FeedResponse } from "./answers.ts";
import type { Feed } from "./feed.ts";

export interface FeedTransportOptions {
  /** When a client gives up on an answer that stalls. Default 60 seconds. */
  readonly timeoutMs?: number;
  /** How far the feed's clock is ahead of `clock`. Default 0. */
  readonly skewMs?: number;
}

/** A transport that calls the feed directly, without sockets; time passes on `clock` only. */
export function feedTransport(feed: Feed, clock: Clock, options: FeedTransportOptions = {}): Transport {
  const { timeoutMs = 60_000, skewMs = 0 } = options;
  let open = 0;
  return async (request, signal) => {
    signal.throwIfAborted();
    const { url, headers } = request;
    open++;
    try {
      const response = feed.handle({ method: "GET", url: url.href, headers, open: open - 1 }, clock.now() + skewMs);
      const spentMs = response.latencyMs;
      if (spentMs > 0) await clock.sleep(Math.min(spentMs, timeoutMs), signal);
      if (spentMs > timeoutMs) throw new TransportError("timeout", `no whole answer within ${timeoutMs} ms`);
      return {
        status: response.status,
        headers: joinHeaders(response),
        body: await receive(response, timeoutMs - spentMs),
      };
    } finally {
      open--;
    }

    async function receive({ body, wire }: FeedResponse, leftMs: number): Promise<Buffer> {
      switch (wire?.kind) {
        case "reset":
          throw new TransportError("reset", "connection reset");
        case "stall":
          await clock.sleep(Math.min(wire.ms, leftMs), signal);
          throw wire.ms < leftMs
            ? new TransportError("reset", "connection reset")
            : new TransportError("timeout", `no whole answer within ${timeoutMs} ms`);
        case "cut":
          if (wire.clean) return body.subarray(0, Math.floor(body.length * wire.share));
          throw new TransportError("truncated", "the answer ended early");
        default:
          return body;
      }
    }
  };
}

function joinHeaders(response: FeedResponse): Record<string, string> {
  const joined = Object.entries(response.headers).map(([name, value]) => [
    name,
    typeof value === "string" ? value : value.join(", "),
  ]);
  return Object.fromEntries(joined);
}
