import { MAX_LINE_BYTES } from "./bounds.ts";
import { SegmentError } from "./error.ts";

const LINE_FEED = 10;

/**
 * Cuts a stream of bytes into lines, without their line feeds. Yields one array per chunk; a line is valid for as long
 * as the reader keeps it. Throws SegmentError `damaged` for a line that never ends.
 */
export async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer[]> {
  /** The parts of a line that goes on in the next chunk, put together only once, however many they are. */
  let parts: Buffer[] = [];
  let partsBytes = 0;
  for await (const chunk of chunks) {
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      const rest = chunk.subarray(start, end);
      lines.push(parts.length === 0 ? rest : Buffer.concat([...parts, rest]));
      parts = [];
      partsBytes = 0;
      start = end + 1;
    }
    if (start < chunk.length) {
      parts.push(chunk.subarray(start));
      partsBytes += chunk.length - start;
    }
    if (partsBytes > MAX_LINE_BYTES) throw new SegmentError("damaged", "a line is longer than any event");
    if (lines.length > 0) yield lines;
  }
  if (parts.length > 0) throw new SegmentError("damaged", "its last line has no line feed");
}
