/**
 * A feed in its own process that makes every answer once, so that measured clients talk to a server that only sends bytes.
 * Unlike the feed's own server it compresses at level 6, as front ends do.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { createCompany } from "../../feed/company.ts";
import type { LineDigest } from "../../feed/digest.ts";
import { createFeed } from "../../feed/feed.ts";
import { FEED_WORKSPACE } from "../../feed/options.ts";
import { NOW_MS } from "./now.ts";
import type { ServedPages } from "./serve-pages.ts";
import { streamLines } from "./streams.ts";

interface Stored {
  readonly status: number;
  readonly headers: Record<string, string | number | string[]>;
  readonly body: Buffer;
  readonly gzipped: Buffer;
}

type Message = ServedPages | { readonly latencyMs: number } | { readonly nowMs: number } | { readonly digest: true };

process.on("message", async (message: Message) => {
  if ("digest" in message) {
    process.send!(truth());
    return;
  }
  if ("latencyMs" in message) {
    latencyMs = message.latencyMs;
    process.send!("changed");
    return;
  }
  if (!("events" in message)) {
    nowMs = message.nowMs;
    stored.clear();
    process.send!("changed");
    return;
  }
  const baseUrl = await serve(message);
  process.send!({ baseUrl });
});

process.on("disconnect", () => process.exit());

let latencyMs = 0;
let nowMs = NOW_MS;
const stored = new Map<string, Stored>();
let truth: () => LineDigest;

async function serve(pages: ServedPages): Promise<string> {
  const { events, days, stream, seed, isPlain, shortPageRate = 0, lateRate = 0 } = pages;
  nowMs = pages.nowMs ?? NOW_MS;
  const toMs = NOW_MS;
  const fromMs = toMs - days * 86_400_000;
  const company = stream === "company" ? createCompany({ seed, fromMs, toMs, events, lateRate }) : undefined;
  const feed = createFeed({
    seed,
    limits: null,
    keepRequests: 10,
    shortPageRate,
    cacheBytes: 64 * 1024 * 1024,
    workspaces: [{ gid: FEED_WORKSPACE, ...(company !== undefined && { company }) }],
  });
  if (stream !== "company")
    for (const line of streamLines(stream, { events, fromMs, toMs, seed })) feed.append(FEED_WORKSPACE, line);
  truth = () => feed.digest(FEED_WORKSPACE);

  // Signed base64 shrinks equally little at every level, and at level 6 a page of it takes a second.
  const level = stream === "large" ? 1 : 6;
  const answer = (method: string, url: string, headers: Record<string, string | undefined>): Stored => {
    const known = stored.get(url);
    if (known !== undefined) return known;
    const { status, headers: told, body } = feed.handle({ method, url, headers, open: 0 }, nowMs);
    const made = {
      status,
      headers: told as Stored["headers"],
      body: isPlain ? body : Buffer.alloc(0),
      gzipped: isPlain ? Buffer.alloc(0) : gzipSync(body, { level }),
    };
    stored.set(url, made);
    return made;
  };
  const server = createServer({ keepAliveTimeout: 75_000 }, (request, response) => {
    const send = () => {
      const { status, headers, body, gzipped } = answer(
        request.method!,
        request.url!,
        request.headers as Record<string, string | undefined>,
      );
      if (isPlain) response.writeHead(status, { ...headers, "content-length": body.length }).end(body);
      else response.writeHead(status, { ...headers, "content-encoding": "gzip" }).end(gzipped);
    };
    if (latencyMs > 0) setTimeout(send, latencyMs);
    else send();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/1.0`;
}
