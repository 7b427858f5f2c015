/** Reads the body of an answer: all of it, decompressed on the way, and never more than allowed. */
import type { IncomingMessage } from "node:http";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { TransportError } from "./transport.ts";

/** A page of 1,000 events takes a few of these instead of dozens of the default size. */
const GUNZIP_CHUNK_BYTES = 256 * 1024;

/**
 * `maxBytes` holds for what comes over the wire and for what it decompresses to. Throws TransportError: `too-large`,
 * or `truncated` when the answer ends early or its compression is damaged. Encodings other than gzip were not asked
 * for and are left as they are; no page will be found in them.
 */
export async function readBody(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const encoding = response.headers["content-encoding"]?.trim().toLowerCase();
  try {
    const body =
      encoding === "gzip" || encoding === "x-gzip"
        ? await gunzipped(response, maxBytes)
        : await gather(response, maxBytes);
    if (response.complete) return body;
  } catch (error) {
    if (error instanceof TransportError) throw error;
    throw new TransportError("truncated", String((error as NodeJS.ErrnoException).code ?? "cut"));
  } finally {
    response.destroy();
  }
  throw new TransportError("truncated", "cut");
}

async function gunzipped(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  let body: Buffer | undefined;
  await pipeline(
    response,
    (compressed: AsyncIterable<Buffer>) => limited(compressed, maxBytes),
    createGunzip({ chunkSize: GUNZIP_CHUNK_BYTES }),
    async (chunks: AsyncIterable<Buffer>) => {
      body = await gather(chunks, maxBytes);
    },
  );
  return body as Buffer;
}

async function gather(chunks: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const kept: Buffer[] = [];
  for await (const chunk of limited(chunks, maxBytes)) kept.push(chunk);
  return kept.length === 1 ? (kept[0] as Buffer) : Buffer.concat(kept);
}

async function* limited(chunks: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Buffer> {
  let sizeBytes = 0;
  for await (const chunk of chunks) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) throw new TransportError("too-large", `more than ${maxBytes} bytes`);
    yield chunk;
  }
}
