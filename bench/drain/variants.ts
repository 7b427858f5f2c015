/** What the drain is measured against, and the drain itself. Each runs in a process of its own. */
import { once } from "node:events";
import { Agent, get } from "node:http";
import { promisify } from "node:util";
import { createGzip, gunzip } from "node:zlib";
import { FEED_TOKEN, FEED_WORKSPACE } from "../../feed/options.ts";
import type { Limits } from "../../lambda/drain/limits.ts";
import type { RunSettings } from "../../lambda/settings.ts";
import type { Meter } from "../harness/child.ts";
import { sum } from "../harness/statistics.ts";
import { openDrain } from "./open-drain.ts";

export interface DrainInput {
  readonly baseUrl: string;
  /** A directory for the archive; left out, segments stay in memory. */
  readonly directory?: string;
  readonly settings?: Partial<RunSettings>;
  readonly limits?: Partial<Limits>;
}

export interface DrainOutcome {
  readonly events: number;
  /** Bytes of the events' lines. */
  readonly bytes: number;
  /** Bytes that they were compressed to. */
  readonly storedBytes: number;
  readonly requests: number;
  readonly segments: number;
}

/** Downloads all pages one after the other and reads nothing but the offsets. No drain can do less. */
export async function bareDownload({ baseUrl }: DrainInput, meter: Meter): Promise<DrainOutcome> {
  const open = openDownload(baseUrl);
  let bytes = 0;
  let requests = 0;
  meter.begin();
  for (let offset: string | null = null; ; requests += 1) {
    const body: Buffer = await open.body(offset);
    if (body.subarray(0, 10).includes("[]")) break;
    bytes += body.length;
    offset = offsetIn(body);
  }
  meter.end();
  open.close();
  return { events: requests * 1000, bytes, storedBytes: 0, requests: requests + 1, segments: 0 };
}

/** Compresses the same lines with gzip level 6, one page at a time, as fast as gzip takes them. */
export async function compressOnly({ baseUrl }: DrainInput, meter: Meter): Promise<DrainOutcome> {
  const open = openDownload(baseUrl);
  const pages: Buffer[] = [];
  let events = 0;
  for (let offset: string | null = null; ; ) {
    const body: Buffer = await open.body(offset);
    const { data } = JSON.parse(body.toString()) as { data: object[] };
    if (data.length === 0) break;
    events += data.length;
    pages.push(Buffer.from(`${data.map((event) => JSON.stringify(event)).join("\n")}\n`));
    offset = offsetIn(body);
  }
  open.close();
  meter.begin();
  const gzip = openGzip();
  for (const page of pages) await gzip.write(page);
  const storedBytes = await gzip.end();
  meter.end();
  return { events, bytes: sum(pages.map((page) => page.length)), storedBytes, requests: 0, segments: 1 };
}

/** The obvious implementation, which a good programmer would write first: await, parse, stringify, await gzip. */
export async function obvious({ baseUrl }: DrainInput, meter: Meter): Promise<DrainOutcome> {
  const open = openDownload(baseUrl);
  const gzip = openGzip();
  let events = 0;
  let bytes = 0;
  let requests = 0;
  meter.begin();
  for (let offset: string | null = null; ; ) {
    const { data, next_page } = JSON.parse((await open.body(offset)).toString());
    requests += 1;
    if (data.length === 0) break;
    const lines = Buffer.from(`${data.map((event: unknown) => JSON.stringify(event)).join("\n")}\n`);
    await gzip.write(lines);
    events += data.length;
    bytes += lines.length;
    offset = next_page.offset;
  }
  const storedBytes = await gzip.end();
  meter.end();
  open.close();
  return { events, bytes, storedBytes, requests, segments: 1 };
}

/** The whole product, with its checks, hashes and manifests. */
export async function product(input: DrainInput, meter: Meter): Promise<DrainOutcome> {
  const open = openDrain(input);
  meter.begin();
  const report = await open.run();
  meter.end();
  open.close();
  const { archived: events, bytes: storedBytes, pages: requests, segments } = report;
  return { events, bytes: 0, storedBytes, requests, segments };
}

const inflate = promisify(gunzip);

function openDownload(baseUrl: string) {
  const agent = new Agent({ keepAlive: true });
  const headers = { authorization: `Bearer ${FEED_TOKEN}`, "accept-encoding": "gzip" };
  return {
    close: () => agent.destroy(),
    body: async (offset: string | null): Promise<Buffer> => {
      const query = offset === null ? "" : `?offset=${encodeURIComponent(offset)}`;
      const request = get(`${baseUrl}/workspaces/${FEED_WORKSPACE}/audit_log_events${query}`, { agent, headers });
      const [response] = await once(request, "response");
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      const body = Buffer.concat(chunks);
      return response.headers["content-encoding"] === "gzip" ? await inflate(body) : body;
    },
  };
}

const OFFSET = /"offset":"([^"]+)"/;
/** `next_page` comes last. */
const offsetIn = (body: Buffer): string => OFFSET.exec(body.toString("latin1", body.length - 2048))![1]!;

function openGzip() {
  const gzip = createGzip({ level: 6, chunkSize: 64 * 1024 });
  let storedBytes = 0;
  gzip.on("data", (chunk: Buffer) => {
    storedBytes += chunk.length;
  });
  return {
    write: (bytes: Buffer) => new Promise<void>((resolve) => gzip.write(bytes, () => resolve())),
    end: async (): Promise<number> => {
      gzip.end();
      await once(gzip, "end");
      return storedBytes;
    },
  };
}
