import { createServer, type RequestListener } from "node:http";
import { buffer } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { createHttpsTransport, defaultTransportSettings } from "../../lambda/source/https-transport.ts";
import { createHttpsAuthority } from "../../lambda/stamps/https-authority.ts";
import { listen } from "../fakes/loopback.ts";
import { NEVER } from "../fakes/run.ts";

const REQUEST = Buffer.from("request");
const ANSWER = Buffer.from([0x30, 0x03, 0x02, 0x01, 0x00]);
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(listener: RequestListener) {
  const server = createServer(listener);
  const port = await listen(server);
  const transport = createHttpsTransport({ ...defaultTransportSettings, attemptMs: 2_000 });
  closers.push(transport.close, () => {
    server.close();
    server.closeAllConnections();
  });
  return createHttpsAuthority(`http://127.0.0.1:${port}/tsr`, transport);
}

describe("a time-stamping authority", () => {
  it("is sent the request as a POST with its type, and its answer comes back as it is", async () => {
    const seen: unknown[] = [];
    const authority = await serve(async (request, response) => {
      const { method, url, headers } = request;
      seen.push(method, url, headers["content-type"], headers["content-length"], await buffer(request));
      response.writeHead(200, { "content-type": "Application/Timestamp-Reply; charset=binary" }).end(ANSWER);
    });
    expect(await authority.stamp(REQUEST, NEVER)).toEqual(ANSWER);
    expect(seen).toEqual(["POST", "/tsr", "application/timestamp-query", "7", REQUEST]);
  });

  it.each([
    [503, "unavailable", "answered HTTP 503"],
    [429, "unavailable", "answered HTTP 429"],
    [404, "refused", "answered HTTP 404"],
    [301, "refused", "answered HTTP 301"],
  ])("that answers HTTP %i is %s", async (status, kind, message) => {
    const authority = await serve((_, response) => response.writeHead(status, { location: "/" }).end("no"));
    const stamped = authority.stamp(REQUEST, NEVER);
    await expect(stamped).rejects.toMatchObject({ kind, message: expect.stringContaining(message) });
  });

  it("that answers with a page is not believed", async () => {
    const authority = await serve((_, response) => response.writeHead(200, { "content-type": "text/html" }).end("hi"));
    await expect(authority.stamp(REQUEST, NEVER)).rejects.toMatchObject({ kind: "invalid-response" });
  });

  it("that sends more than 64 KiB, or hangs up, is unavailable, with its host and the fault named", async () => {
    const large = await serve((_, response) => response.writeHead(200).end(Buffer.alloc(64 * 1024 + 1)));
    await expect(large.stamp(REQUEST, NEVER)).rejects.toMatchObject({
      kind: "unavailable",
      message: `the time-stamping authority ${large.name} did not answer (too-large)`,
    });
    const rude = await serve((request) => request.socket.destroy());
    await expect(rude.stamp(REQUEST, NEVER)).rejects.toMatchObject({ kind: "unavailable" });
  });

  it("is named by its host: what else a URL holds stays out of messages", async () => {
    const authority = await serve(() => undefined);
    expect(authority.name).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  it("is not asked once the run is stopped", async () => {
    const authority = await serve((_, response) => response.end());
    await expect(authority.stamp(REQUEST, AbortSignal.abort(new Error("stopped")))).rejects.toThrow("stopped");
  });

  it.each([
    "http://timestamp.example/",
    "ftp://timestamp.example/",
    "nonsense",
    "https://user:word@timestamp.example/",
  ])("cannot be at %s", (url) => {
    const transport = createHttpsTransport();
    closers.push(transport.close);
    expect(() => createHttpsAuthority(url, transport)).toThrow("the URL of a time-stamping authority cannot be used");
  });
});
