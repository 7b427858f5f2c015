import { deflateRawSync, inflateRawSync } from "node:zlib";
import { MAX_CONTENT_BYTES } from "../../lambda/segment/bounds.ts";
import type { Codec, Deflater } from "../../lambda/segment/codec.ts";
import { SegmentError } from "../../lambda/segment/error.ts";

/** A codec that works at once and gives the same bytes every time, however they were cut. */
export const createSyncCodec = (level = 6): Codec => ({
  deflate: () => createSyncDeflater(level),
  inflate: inflateAtOnce,
});

function createSyncDeflater(level: number): Deflater {
  const chunks: Buffer[] = [];
  return {
    write: async (chunk) => {
      chunks.push(Buffer.from(chunk));
    },
    finish: async () => [deflateRawSync(Buffer.concat(chunks), { level })],
  };
}

async function* inflateAtOnce(deflated: Uint8Array): AsyncGenerator<Buffer> {
  const { buffer, engine } = inflateWithInfo(deflated);
  if (engine.bytesWritten !== deflated.length) {
    throw new SegmentError("damaged", "there are bytes after the end of its content");
  }
  if (buffer.length > 0) yield buffer;
}

function inflateWithInfo(deflated: Uint8Array): { buffer: Buffer; engine: { bytesWritten: number } } {
  try {
    // The types do not know that `info` changes the result.
    const result: unknown = inflateRawSync(deflated, { info: true, maxOutputLength: MAX_CONTENT_BYTES });
    return result as ReturnType<typeof inflateWithInfo>;
  } catch (cause) {
    throw new SegmentError("damaged", "its content cannot be decompressed", cause);
  }
}
