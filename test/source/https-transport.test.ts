import { getEventListeners } from "node:events";
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import {
  createHttpsTransport,
  defaultTransportSettings,
  type TransportSettings,
} from "../../lambda/source/https-transport.ts";
import { createJumpingClock } from "../fakes/clock.ts";
import { listen } from "../fakes/loopback.ts";
import { NEVER, openSource } from "../fakes/run.ts";

const page = Buffer.from(`{"data":[],"next_page":null,"filler":"${"x".repeat(5_000)}"}`);
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(listener: RequestListener): Promise<{ server: Server; base: string; connections: () => number }> {
  const server = createServer({ keepAliveTimeout: 60_000 }, listener);
  let connections = 0;
  server.on("connection", () => connections++);
  const port = await listen(server);
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { server, base: `http://127.0.0.1:${port}/`, connections: () => connections };
}

function open(settings: Partial<TransportSettings> = {}) {
  const transport = createHttpsTransport({ ...defaultTransportSettings, ...settings });
  closers.push(transport.close);
  return (url: string, signal: AbortSignal = NEVER) => transport({ url: new URL(url), headers: {} }, signal);
}

describe("an answer", () => {
  it("is the status, the headers and the body as sent", async () => {
    const { base } = await serve((_, response) => {
      const date = "Sun, 06 Nov 1994 08:49:37 GMT";
      response.writeHead(404, { date, "asana-change": ["name=a", "name=b"], "set-cookie": ["a=1", "b=2"] });
      response.end("no");
    });
    const answer = await open()(base);
    expect(answer).toMatchObject({
      status: 404,
      headers: {
        date: "Sun, 06 Nov 1994 08:49:37 GMT",
        "asana-change": "name=a, name=b",
        "set-cookie": "a=1, b=2",
      },
      body: Buffer.from("no"),
    });
  });

  it("is decompressed when it is gzip, whole or in chunks, and asked for as gzip only", async () => {
    const asked: unknown[] = [];
    const { base } = await serve((request, response) => {
      asked.push(request.headers["accept-encoding"]);
      response.writeHead(200, { "content-encoding": "gzip" });
      const zipped = gzipSync(page);
      if (request.url === "/chunks") for (const byte of zipped) response.write(Buffer.of(byte));
      response.end(request.url === "/chunks" ? undefined : zipped);
    });
    const send = open();
    expect((await send(`${base}whole`)).body).toEqual(page);
    expect((await send(`${base}chunks`)).body).toEqual(page);
    expect(asked).toEqual(["gzip", "gzip"]);
  });

  it("is taken as it is when it is not compressed, with or without a length", async () => {
    const { base } = await serve((request, response) => {
      if (request.url === "/length") response.setHeader("content-length", page.length);
      else response.write(page.subarray(0, 100));
      response.end(request.url === "/length" ? page : page.subarray(100));
    });
    const send = open();
    expect((await send(`${base}length`)).body).toEqual(page);
    expect((await send(`${base}chunks`)).body).toEqual(page);
  });

  it("that is a redirect is not followed", async () => {
    let requests = 0;
    const { base } = await serve((_, response) => {
      requests++;
      response.writeHead(302, { location: "/elsewhere" }).end();
    });
    expect((await open()(base)).status).toBe(302);
    expect(requests).toBe(1);
  });
});

describe("a connection", () => {
  it("is kept and used again", async () => {
    const { base, connections } = await serve((request, response) => {
      const zipped = request.url === "/gzip";
      response.writeHead(200, zipped ? { "content-encoding": "gzip" } : {});
      response.end(zipped ? gzipSync(page) : page);
    });
    const send = open();
    for (const path of ["", "gzip", "", "gzip", "gzip"]) await send(base + path);
    expect(connections()).toBe(1);
  });

  it("that was closed while idle costs no failed exchange", async () => {
    let last: Socket | undefined;
    let requests = 0;
    const { base } = await serve((request, response) => {
      // The second request meets a connection whose other end is gone, as after a long pause.
      if (++requests === 2) return request.socket.resetAndDestroy();
      last = request.socket;
      return response.end("ok");
    });
    const send = open();
    await send(base);
    expect((await send(base)).body.toString()).toBe("ok");
    expect(requests).toBe(3);
    expect(last).toBeDefined();
  });

  it("is not taken for one closed while idle when it answers, but not in HTTP", async () => {
    let requests = 0;
    const { base, connections } = await serve((request, response) => {
      if (++requests === 2) request.socket.end("private words\r\n\r\n");
      else response.end("ok");
    });
    const send = open();
    await send(base);
    await expect(send(base)).rejects.toMatchObject({ fault: "truncated" });
    expect([requests, connections()]).toEqual([2, 1]);
  });

  it.each([2, 4])("of %d that were closed while idle, three at most are tried", async (idle) => {
    const waiting: ServerResponse[] = [];
    let tried = 0;
    const { base, connections } = await serve((request, response) => {
      if (request.url === "/later") {
        if (connections() > idle) return response.end("ok");
        tried++;
        return request.socket.resetAndDestroy();
      }
      waiting.push(response);
      if (waiting.length === idle) for (const each of waiting) each.end();
      return undefined;
    });
    const send = open();
    await Promise.all(Array.from({ length: idle }, () => send(base)));
    const later = send(`${base}later`);
    if (idle < 3) expect((await later).body.toString()).toBe("ok");
    else await expect(later).rejects.toMatchObject({ fault: "reset", message: "idle connections were closed" });
    expect(tried).toBe(Math.min(idle, 3));
  });

  it("ends when the transport is closed, and a later exchange makes another", async () => {
    const { base, server, connections } = await serve((_, response) => response.end("ok"));
    const ended = new Promise<void>((resolve) => {
      server.once("connection", (socket) => socket.once("close", () => resolve()));
    });
    const transport = createHttpsTransport();
    closers.push(transport.close);
    const send = () => transport({ url: new URL(base), headers: {} }, NEVER);
    await send();
    transport.close();
    await ended;
    expect((await send()).body.toString()).toBe("ok");
    expect(connections()).toBe(2);
  });

  it.each(["http://192.0.2.1/", "http://localhost.example/", "ftp://127.0.0.1/"])("to %s is not made", async (url) => {
    await expect(open()(url)).rejects.toMatchObject({
      kind: "misconfigured",
      message: "the source's URL is neither https nor http on a loopback address",
      advice: "Use https.",
    });
  });

  it("that nobody accepts is a refused one", async () => {
    const { base, server } = await serve(() => {});
    await new Promise((resolve) => server.close(resolve));
    await expect(open()(base)).rejects.toMatchObject({ fault: "refused", message: "ECONNREFUSED" });
  });
});

describe("a fault of the answer", () => {
  it("reset before the headers: a new connection is not tried again", async () => {
    const { base, connections } = await serve((request) => request.socket.resetAndDestroy());
    await expect(open()(base)).rejects.toMatchObject({ fault: "reset", message: "ECONNRESET" });
    expect(connections()).toBe(1);
  });

  it("closed before the headers", async () => {
    const { base } = await serve((request) => request.socket.end());
    await expect(open()(base)).rejects.toMatchObject({ fault: "reset" });
  });

  it.each([
    ["a body shorter than its length", { "content-length": "5000" }, page.subarray(0, 2_000)],
    ["chunks without the last one", {}, page.subarray(0, 2_000)],
    ["gzip cut off by the connection", { "content-encoding": "gzip" }, gzipSync(page).subarray(0, 30)],
  ])("%s is a truncated answer", async (_, headers, bytes) => {
    const { base } = await serve((_, response) => {
      response.writeHead(200, headers);
      response.write(bytes, () => response.socket?.end());
    });
    await expect(open()(base)).rejects.toMatchObject({ fault: "truncated" });
  });

  it.each([
    ["cut", gzipSync(page).subarray(0, -9)],
    ["changed", gzipSync(page).map((byte, i, all) => (i === all.length - 8 ? byte ^ 1 : byte))],
    ["none at all", page],
  ])("gzip that is %s, in an answer that is complete, is a truncated answer", async (_, bytes) => {
    const { base } = await serve((_, response) => {
      response.writeHead(200, { "content-encoding": "gzip", "content-length": bytes.length }).end(bytes);
    });
    await expect(open()(base)).rejects.toMatchObject({ fault: "truncated" });
  });

  it("a body that stops coming ends after the stall time", async () => {
    const { base } = await serve((_, response) => {
      response.writeHead(200);
      response.write("{");
    });
    await expect(open({ stallMs: 50 })(base)).rejects.toMatchObject({ fault: "timeout", message: "no byte for 50 ms" });
  });

  it("no answer at all ends after the stall time", async () => {
    const { base } = await serve(() => {});
    await expect(open({ stallMs: 50 })(base)).rejects.toMatchObject({ fault: "timeout" });
  });

  it("a slow trickle ends after the time of an attempt", async () => {
    const { base } = await serve((_, response) => {
      response.writeHead(200);
      const trickle = setInterval(() => response.write(" "), 10);
      response.on("close", () => clearInterval(trickle));
    });
    const ended = open({ stallMs: 5_000, attemptMs: 200 })(base);
    await expect(ended).rejects.toMatchObject({ fault: "timeout", message: "no complete answer in 200 ms" });
  });

  it("a body beyond the limit is not read to its end", async () => {
    let written = 0;
    const { base } = await serve((_, response) => {
      response.writeHead(200);
      const more = () => {
        written += 65_536;
        if (written < 64 * 1024 * 1024) response.write(Buffer.alloc(65_536, 0x20), (error) => error ?? more());
        else response.end();
      };
      more();
    });
    await expect(open({ maxBodyBytes: 100_000 })(base)).rejects.toMatchObject({ fault: "too-large" });
    expect(written).toBeLessThan(32 * 1024 * 1024);
  });

  it("a gzip bomb ends at the limit", async () => {
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));
    const { base } = await serve((_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(bomb));
    await expect(open({ maxBodyBytes: 1_000_000 })(base)).rejects.toMatchObject({ fault: "too-large" });
  });

  it("gzip that never decompresses to anything ends at the limit", async () => {
    const header = gzipSync("").subarray(0, 10);
    const emptyBlocks = Buffer.alloc(500_000).map((_, i) => [0, 0, 0, 0xff, 0xff][i % 5] ?? 0);
    const { base } = await serve((_, response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).end(Buffer.concat([header, emptyBlocks]));
    });
    await expect(open({ maxBodyBytes: 100_000 })(base)).rejects.toMatchObject({ fault: "too-large" });
  });

  it("a limit of the request's own holds for its body, in place of the transport's", async () => {
    const { base } = await serve((_, response) => response.end(page));
    const transport = createHttpsTransport({ ...defaultTransportSettings, maxBodyBytes: page.length - 1 });
    closers.push(transport.close);
    const ask = (maxBytes: number) => transport({ url: new URL(base), headers: {}, maxBytes }, NEVER);
    expect((await ask(page.length)).body).toEqual(page);
    await expect(ask(page.length - 1)).rejects.toMatchObject({ fault: "too-large" });
  });

  it("headers beyond the limit", async () => {
    const { base } = await serve((_, response) => response.writeHead(200, { "x-long": "x".repeat(40_000) }).end());
    await expect(open()(base)).rejects.toMatchObject({ fault: "headers-too-large" });
  });

  it("something that is not HTTP holds none of its bytes", async () => {
    const { base } = await serve((request) => request.socket.end("private words\r\n\r\n"));
    const error = await open()(base).catch((caught) => caught);
    expect(error).toMatchObject({ fault: "truncated" });
    expect(error.cause).toBeUndefined();
    expect(JSON.stringify({ ...error, message: error.message, stack: error.stack })).not.toContain("private");
  });
});

describe("a page", () => {
  const sourceAt = (base: string) => {
    const transport = createHttpsTransport();
    closers.push(transport.close);
    return openSource({ transport, clock: createJumpingClock(0) }, { baseUrl: base });
  };
  const pageOf = (bytes: number): Buffer => {
    const head = '{"data":[{"gid":"1","a":"';
    const tail = '"}],"next_page":null}';
    return Buffer.from(`${head}${"x".repeat(bytes - head.length - tail.length)}${tail}`);
  };

  it("of more bytes after decompression than the request allows is too large, to the byte", async () => {
    const body = gzipSync(pageOf(100_000));
    const { base } = await serve((_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(body));
    const source = sourceAt(base);
    expect(defaultTransportSettings.maxBodyBytes).toBe(64 * 1024 * 1024); // where the request allows nothing else
    expect(await source.page({ workspace: "1201", maxBytes: 99_999 }, NEVER)).toStrictEqual({ kind: "too-large" });
    expect(await source.page({ workspace: "1201", maxBytes: 100_000 }, NEVER)).toMatchObject({ kind: "page" });
  });
});

describe("an abort", () => {
  it("before the request sends nothing", async () => {
    let requests = 0;
    const { base } = await serve((_, response) => {
      requests++;
      response.end();
    });
    await expect(open()(base, AbortSignal.abort("stop"))).rejects.toBe("stop");
    expect(requests).toBe(0);
  });

  it.each(["the headers", "the body"])(
    "while waiting for %s ends the exchange with the signal's reason",
    async (where) => {
      const abort = new AbortController();
      let closed: (() => void) | undefined;
      const gone = new Promise<void>((resolve) => {
        closed = resolve;
      });
      const { base } = await serve((request, response) => {
        request.socket.on("close", () => closed?.());
        if (where === "the body") response.writeHead(200).write("{");
        setImmediate(() => abort.abort("stop"));
      });
      await expect(open()(base, abort.signal)).rejects.toBe("stop");
      await gone;
    },
  );

  it("is waited for no longer than the exchange", async () => {
    const { signal } = new AbortController();
    const { base } = await serve((request, response) => {
      if (request.url === "/") response.end("ok");
      else request.socket.resetAndDestroy();
    });
    const send = open();
    await send(base, signal);
    await send(`${base}reset`, signal).catch(() => undefined);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});
