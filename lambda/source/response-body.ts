/** Reads the body of an answer: all of it, decompressed, and never more than allowed. */
import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { TransportError } from "./transport.ts";

const inflate = promisify(gunzip);

/** Content longer than this is decompressed in several pieces. */
const MAX_PIECE_BYTES = 8 * 1024 * 1024;
const MIN_PIECE_BYTES = 16 * 1024;

/**
 * `maxBytes` holds for what comes over the wire and for what it decompresses to. Throws TransportError: `too-large`,
 * or `truncated` when the answer ends early or its compression is damaged. Encodings other than gzip were not asked
 * for and are left as they are; no page will be found in them.
 */
export async function readResponseBody(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const encoding = response.headers["content-encoding"]?.trim().toLowerCase();
  try {
    const body = await gather(response, maxBytes);
    const isGzip = encoding === "gzip" || encoding === "x-gzip";
    if (response.complete) return isGzip ? await gunzipped(body, maxBytes) : body;
  } catch (error) {
    if (error instanceof TransportError) throw error;
    throw new TransportError("truncated", String((error as NodeJS.ErrnoException).code ?? "cut"));
  } finally {
    response.destroy();
  }
  throw new TransportError("truncated", "cut");
}

async function gather(chunks: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const kept: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of chunks) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) throw tooLarge(maxBytes);
    kept.push(chunk);
  }
  return kept.length === 1 ? kept[0]! : Buffer.concat(kept, sizeBytes);
}

/**
 * At once and into one piece of memory, which halves the time it takes as a stream: gzip ends with the length of what
 * it holds. That is only a hint; a wrong one costs time.
 */
async function gunzipped(zipped: Buffer, maxBytes: number): Promise<Buffer> {
  const hint = zipped.length < 4 ? 0 : zipped.readUInt32LE(zipped.length - 4);
  const chunkSize = Math.min(Math.max(hint + 1, MIN_PIECE_BYTES), MAX_PIECE_BYTES);
  try {
    return await inflate(zipped, { chunkSize, maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(maxBytes);
    throw error;
  }
}

const tooLarge = (maxBytes: number) => new TransportError("too-large", `more than ${maxBytes} bytes`);
