import { once } from "node:events";
import { type Agent, get, Agent as HttpAgent, type IncomingMessage } from "node:http";
import { createGunzip, gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FeedFault } from "../../feed/faults.ts";
import { createFeed, type Feed } from "../../feed/feed.ts";
import { FEED_TOKEN, FEED_WORKSPACE } from "../../feed/options.ts";
import { sampleEventJson } from "../../feed/sample.ts";
import { type ServedFeed, serveFeed } from "../../feed/server.ts";
import { ask, NOON_MS } from "./asking.ts";

let feed: Feed;
let served: ServedFeed;
let agent: Agent;

beforeEach(async () => {
  feed = createFeed();
  for (let gid = 1; gid <= 50; gid++) {
    feed.append(FEED_WORKSPACE, sampleEventJson(String(gid), new Date(NOON_MS - 1_000 + gid).toISOString()));
  }
  served = await serveFeed(feed, { clock: { now: () => NOON_MS } });
  agent = new HttpAgent({ keepAlive: true });
});

afterEach(async () => {
  agent.destroy();
  await served.close();
});

describe("14: on the wire", () => {
  test("JSON with its charset, compact, chunked gzip when asked and plain with a length when not", async () => {
    const zipped = await fetchPage({ "accept-encoding": "gzip, deflate" });
    expect(zipped.headers["content-encoding"]).toBe("gzip");
    expect(zipped.headers["transfer-encoding"]).toBe("chunked");
    expect(zipped.headers["content-type"]).toBe("application/json; charset=UTF-8");
    const plain = await fetchPage({});
    expect(plain.headers["content-encoding"]).toBeUndefined();
    expect(plain.headers["content-length"]).toBe(String(plain.body.length));
    expect(JSON.parse(gunzipSync(zipped.body).toString()).data).toEqual(JSON.parse(plain.body.toString()).data);
    expect(JSON.stringify(JSON.parse(plain.body.toString()))).toBe(plain.body.toString());
    feed.change({ gzip: false });
    expect((await fetchPage({ "accept-encoding": "gzip" })).headers["content-encoding"]).toBeUndefined();
  });

  test("Asana-Change repeated and comma-joined with one affected, the API version, the feed's Date", async () => {
    const { rawHeaders, headers } = await fetchPage({});
    const changes = rawHeaders.filter((_, index) => rawHeaders[index - 1]?.toLowerCase() === "asana-change");
    expect(changes).toHaveLength(2);
    expect(changes.join(",").split("affected=true")).toHaveLength(2);
    expect(changes.some((value) => value.includes(",name="))).toBe(true);
    expect(headers["x-asana-api-version"]).toBe("1.1");
    expect(headers["date"]).toBe("Fri, 29 May 2026 12:00:00 GMT");
  });

  test("next_page.uri leads back to the server, and connections are kept alive", async () => {
    const page = JSON.parse((await fetchPage({}, "?limit=10")).body.toString());
    expect(page.next_page.uri.startsWith(served.baseUrl)).toBe(true);
    const second = await fetchPage({}, `?limit=10&offset=${encodeURIComponent(page.next_page.offset)}`);
    expect(JSON.parse(second.body.toString()).data[0].gid).toBe("11");
    expect(second.reused).toBe(true);
  });
});

describe("13: for real", () => {
  const zip = { "accept-encoding": "gzip" };

  test("a reset ends the connection before any header", async () => {
    play({ kind: "reset" });
    await expect(fetchPage(zip)).rejects.toMatchObject({ code: "ECONNRESET" });
    expect((await fetchPage(zip)).status).toBe(200);
  });

  test.each([zip, {}])("a body cut in the middle ends the connection early (asked with %j)", async (headers) => {
    play({ kind: "cut" });
    await expect(fetchPage(headers)).rejects.toThrow();
    expect((await fetchPage(headers)).status).toBe(200);
  });

  test("a cut that looks complete leaves a gzip stream without its end", async () => {
    play({ kind: "cut", clean: true });
    const { status, body } = await fetchPage(zip);
    expect(status).toBe(200);
    expect(() => gunzipSync(body)).toThrow("unexpected end of file");
  });

  test("a stalled body sends its first half and then nothing, until the connection is reset", async () => {
    play({ kind: "stall", ms: 20 });
    const response = await open(zip);
    const inflated = response.pipe(createGunzip());
    let bytes = 0;
    inflated.on("data", (chunk) => {
      bytes += chunk.length;
    });
    await once(response, "error");
    expect(bytes).toBeLessThan(ask(feed).body.length);
  });

  test("closing the server ends a stalled answer at once", async () => {
    play({ kind: "stall", ms: 3_600_000 });
    const response = await open(zip);
    const ended = once(response.resume(), "error");
    await served.close();
    await ended;
  });
});

test("12: the server counts requests that are truly in flight", async () => {
  await served.close();
  served = await serveFeed(feed, { clock: { now: () => NOON_MS }, latencyMs: 3_600_000 });
  feed.change({ limits: { inFlight: 2 } });
  const before = feed.requests.length;
  const asking = Array.from({ length: 3 }, () => fetchPage({}).catch(() => undefined));
  while (feed.requests.length < before + 3) await new Promise((resolve) => setImmediate(resolve));
  expect(feed.requests.slice(before).map(({ status }) => status)).toEqual([200, 200, 429]);
  await served.close();
  await Promise.all(asking);
});

function play(fault: FeedFault) {
  feed.change({ faults: { script: [{ request: feed.requests.length + 1, fault }] } });
}

async function open(headers: Record<string, string>, query = ""): Promise<IncomingMessage & { reused: boolean }> {
  const url = `${served.baseUrl}/workspaces/${FEED_WORKSPACE}/audit_log_events${query}`;
  const request = get(url, { agent, headers: { authorization: `Bearer ${FEED_TOKEN}`, ...headers } });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  // A reset after the head is told to the request as well; the tests look at the response.
  request.on("error", () => {});
  return Object.assign(response, { reused: request.reusedSocket });
}

async function fetchPage(headers: Record<string, string>, query = "") {
  const response = await open(headers, query);
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    rawHeaders: response.rawHeaders,
    reused: response.reused,
    body: Buffer.concat(pieces),
  };
}
