import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import type { FeedResponse } from "./answers.ts";
import type { Feed } from "./feed.ts";
import { BASE_PATH } from "./request.ts";
import { createTimers, playWire, type Timers } from "./wire.ts";

export interface ServeOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** The feed's clock; latencies and stalls pass in real time all the same. */
  readonly clock: { now(): number };
  /** Added to the feed's own latency. Default 0. */
  readonly latencyMs?: number;
}

export interface ServedFeed {
  /** For a client: with the path up to `/workspaces`. */
  readonly baseUrl: string;
  /** Ends all connections, half-sent answers too. */
  close(): Promise<void>;
}

/** As long as nginx keeps idle connections. */
const KEEP_ALIVE_MS = 75_000;

const compress = promisify(gzip);

/** Serves a feed over real HTTP. Afterwards `next_page.uri` leads to this server. */
export async function serveFeed(feed: Feed, options: ServeOptions): Promise<ServedFeed> {
  const timers = createTimers();
  let open = 0;
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    open++;
    response.once("close", () => open--);
    const answer = feed.handle(
      {
        method: request.method ?? "GET",
        url: request.url ?? "/",
        headers: request.headers as Record<string, string | undefined>,
        open: open - 1,
      },
      options.clock.now(),
    );
    send(feed, request, response, answer, options.latencyMs ?? 0, timers).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, options.host ?? "127.0.0.1", resolve);
  });
  const { address, port, family } = server.address() as AddressInfo;
  const baseUrl = `http://${family === "IPv6" ? `[${address}]` : address}:${port}${BASE_PATH}`;
  feed.change({ baseUrl });
  return {
    baseUrl,
    close: async () => {
      timers.clear();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function send(
  feed: Feed,
  request: IncomingMessage,
  response: ServerResponse,
  answer: FeedResponse,
  extraMs: number,
  timers: Timers,
): Promise<void> {
  const { wire } = answer;
  const latencyMs = answer.latencyMs + extraMs;
  if (latencyMs > 0) await timers.wait(latencyMs);
  if (wire?.kind === "reset") {
    request.socket.resetAndDestroy();
    return;
  }
  const asked = /\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""));
  const zipped = feed.switches.gzip && asked && answer.body.length > 0;
  const body = zipped ? await compress(answer.body, { level: constants.Z_BEST_SPEED }) : answer.body;
  response.writeHead(answer.status, {
    ...(answer.headers as Record<string, string | string[]>),
    vary: "Accept-Encoding",
    // Compressed answers are chunked, as recorded, so a client cannot tell a cut one by its length.
    ...(zipped ? { "content-encoding": "gzip" } : { "content-length": body.length }),
  });
  if (wire === null) response.end(body);
  else await playWire(response, body, wire, timers);
}
