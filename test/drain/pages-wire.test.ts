import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { describe, expect, it, onTestFinished } from "vitest";
import { createPageMemory } from "../../lambda/drain/page-memory.ts";
import { readPages } from "../../lambda/drain/pages.ts";
import { createHttpsTransport, defaultTransportSettings } from "../../lambda/source/https-transport.ts";
import { systemClock } from "../../lambda/system-clock.ts";
import { createCertificate } from "../fakes/certificate.ts";
import { NEVER, openSource } from "../fakes/run.ts";

/** A server on a thread of its own goes on while the reader's thread is busy. It flags the request with an offset. */
const SERVER = `
const { parentPort, workerData: { protocol, certificate, asked } } = require("node:worker_threads");
const { createServer } = require("node:" + protocol);
const { gzipSync } = require("node:zlib");
const first = { data: [{ gid: "1", created_at: "2026-05-01T09:00:00.000Z" }], next_page: { offset: "a" } };
const server = createServer(certificate, (request, response) => {
  const isNext = request.url.includes("offset=a");
  if (isNext) Atomics.notify(asked, 0, Atomics.store(asked, 0, 1));
  response.setHeader("content-encoding", "gzip");
  response.end(gzipSync(JSON.stringify(isNext ? { data: [], next_page: { offset: "a" } } : first)));
});
server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
`;

async function serve(protocol: "http" | "https") {
  const certificate = createCertificate();
  const asked = new Int32Array(new SharedArrayBuffer(4));
  const server = new Worker(SERVER, { eval: true, workerData: { protocol, certificate, asked } });
  onTestFinished(async () => void (await server.terminate()));
  const [port] = await once(server, "message");
  return { baseUrl: `${protocol}://127.0.0.1:${port}/api/1.0`, certificateAuthority: certificate.cert, asked };
}

describe.each(["http", "https"] as const)("over %s", (protocol) => {
  it("the request for the next page has left before a page is handed out: no work on this one keeps it back", async () => {
    const { baseUrl, certificateAuthority, asked } = await serve(protocol);
    const transport = createHttpsTransport({ ...defaultTransportSettings, certificateAuthority });
    onTestFinished(() => transport.close());
    const source = openSource({ transport, clock: systemClock }, { baseUrl });
    const pages = readPages(source, createPageMemory(2 ** 30), { workspace: "1201" }, NEVER);
    await pages.next();
    // The work: nothing else runs on this thread until the request is there.
    expect(Atomics.wait(asked, 0, 0, 10_000)).not.toBe("timed-out");
    await pages.return();
  });
});
