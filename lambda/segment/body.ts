import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { SourceEvent } from "../event/event.ts";
import { compareInstants, type Instant, laterInstant } from "../event/instant.ts";
import type { LogEnd } from "../ports.ts";
import { MAX_CONTENT_BYTES, MAX_LINE_BYTES, MAX_SEGMENT_EVENTS } from "./bounds.ts";
import type { Codec } from "./codec.ts";
import { encodeHeader } from "./header.ts";
import { type SegmentPlace, segmentKey } from "./key.ts";
import { splitLines } from "./lines.ts";
import { encodeManifest, FORMAT, type Manifest, manifestHash } from "./manifest.ts";
import { createMerkleTree } from "./merkle.ts";
import { createPageSpace, type PageSpace } from "./page-space.ts";

/** The content of a segment before it has a place: it is compressed once, however many races for a place are lost. */
export interface SegmentBody {
  readonly day: string;
  readonly deflated: readonly Buffer[];
  readonly crc32: number;
  /** Uncompressed, line feeds included. */
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly deflatedSha256: string;
  readonly root: string;
  readonly count: number;
  /** null in the odd day. */
  readonly oldest: Instant | null;
  readonly newest: Instant | null;
}

/** Holds the events of one page at most; `add` none while a `flush` is under way. */
export interface BodyWriter {
  /** Keeps the event's line until the next flush. Throws a plain Error for what no segment may hold. */
  add(event: SourceEvent): void;
  /**
   * Hands what was added since the last flush to the compressor; resolves when the lines are no longer needed. Call it once
   * per page: once per event would cost five times as much. `finish` throws if the compressor failed.
   */
  flush(): Promise<void>;
  finish(): Promise<SegmentBody>;
  readonly count: number;
  readonly sizeBytes: number;
}

/** Where a body goes, and what its manifest says besides. */
export interface Placement extends SegmentPlace {
  /** What the last segment of the day log says; null for number 1. */
  readonly previous: Pick<LogEnd, "manifestHash" | "logCount" | "logNewest"> | null;
  readonly writer: string;
  readonly run: string;
}

export interface PlacedSegment {
  readonly key: string;
  readonly bytes: Buffer;
  readonly manifest: Manifest;
  readonly manifestHash: string;
}

export function createBodyWriter(codec: Codec, space: PageSpace = createPageSpace()): BodyWriter {
  const deflater = codec.deflate();
  const tree = createMerkleTree();
  const contentHash = createHash("sha256");
  let checksum = 0;
  let day: string | null = null;
  let oldest: Instant | null = null;
  let newest: Instant | null = null;
  let count = 0;
  let sizeBytes = 0;
  let lines: Buffer[] = [];
  let flushedBytes = 0;

  const writer: BodyWriter = {
    add(event) {
      day ??= event.day;
      assertArchivable(event, day);
      if (event.at !== null) {
        oldest = oldest === null || compareInstants(event.at, oldest) < 0 ? event.at : oldest;
        newest = laterInstant(newest, event.at);
      }
      lines.push(event.line);
      count += 1;
      sizeBytes += event.line.length + 1;
    },
    async flush() {
      if (lines.length === 0) return;
      const flushed = lines;
      lines = [];
      const contentBytes = sizeBytes - flushedBytes;
      flushedBytes = sizeBytes;
      const content = joinLines(flushed, await space.take(contentBytes));
      // The compressor is busy on its own thread. Meanwhile this one hashes, and then reads the next page.
      space.lend(deflater.write(content));
      contentHash.update(content);
      checksum = crc32(content, checksum);
      for (const line of flushed) tree.add(line);
    },
    async finish() {
      await writer.flush();
      if (day === null || sizeBytes > MAX_CONTENT_BYTES || count > MAX_SEGMENT_EVENTS) {
        throw new Error(`a segment cannot hold ${count} events of ${sizeBytes} bytes`);
      }
      const deflated = await deflater.finish();
      const deflatedHash = createHash("sha256");
      for (const chunk of deflated) deflatedHash.update(chunk);
      return {
        day,
        deflated,
        crc32: checksum,
        sizeBytes,
        sha256: contentHash.digest("hex"),
        deflatedSha256: deflatedHash.digest("hex"),
        root: tree.root().toString("hex"),
        count,
        oldest,
        newest,
      };
    },
    get count() {
      return count;
    },
    get sizeBytes() {
      return sizeBytes;
    },
  };
  return writer;
}

/** Pure and cheap: only the header is built again, so a lost race costs no second compression. */
export function placeSegment(body: SegmentBody, place: Placement): PlacedSegment {
  if (place.day !== body.day) throw new Error(`events of ${body.day} cannot go to ${place.day}`);
  const { workspace, day, number, previous, writer, run } = place;
  if ((number === 1) !== (previous === null))
    throw new Error(`segment ${number} must ${number === 1 ? "not " : ""}name a previous segment`);
  const manifest: Manifest = {
    format: FORMAT,
    workspace,
    day,
    number,
    count: body.count,
    oldest: body.oldest,
    newest: body.newest,
    sha256: body.sha256,
    deflated: body.deflatedSha256,
    root: body.root,
    previous: previous?.manifestHash ?? null,
    logCount: (previous?.logCount ?? 0) + body.count,
    logNewest: laterInstant(previous?.logNewest ?? null, body.newest),
    writer,
    run,
  };
  const manifestBytes = encodeManifest(manifest);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(body.crc32, 0);
  trailer.writeUInt32LE(body.sizeBytes, 4);
  return {
    key: segmentKey(workspace, day, number),
    bytes: Buffer.concat([encodeHeader(manifestBytes), ...body.deflated, trailer]),
    manifest,
    manifestHash: manifestHash(manifestBytes),
  };
}

/** The lines of a body that lost its race, to be looked up in the log again. */
export function bodyLines(body: SegmentBody, codec: Codec): AsyncIterable<Buffer[]> {
  return splitLines(codec.inflate(Buffer.concat(body.deflated)));
}

/** The last line of defence: query engines cut lines at LF and CR, and a field at 0x01. */
function assertArchivable({ day, line }: SourceEvent, bodyDay: string): void {
  if (day !== bodyDay) throw new Error(`an event of ${day} among events of ${bodyDay}`);
  if (line.length === 0 || line.length > MAX_LINE_BYTES) throw new Error(`an event cannot have ${line.length} bytes`);
  if (line.includes(10) || line.includes(13) || line.includes(1))
    throw new Error("an event contains a raw LF, CR or 0x01");
}

function joinLines(lines: readonly Buffer[], space: Buffer): Buffer {
  let end = 0;
  for (const line of lines) {
    end += line.copy(space, end);
    space[end++] = 10;
  }
  return space.subarray(0, end);
}
