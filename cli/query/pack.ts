/**
 * Segments as DuckDB reads them fastest. It takes a third of a millisecond to open a file, so the segments of a day go
 * into few files: each line beside the name of its segment, compressed for speed.
 */
import { isUtf8 } from "node:buffer";
import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import * as zlib from "node:zlib";
import { MAX_CONTENT_BYTES } from "../../lambda/segment/bounds.ts";
import { createRepeatWatch } from "./repeats.ts";
import { checkSegment, type Segment, unreadable } from "./segments.ts";

/** node before 22.15 has no zstd, which is three times as fast. */
const hasZstd = typeof zlib.zstdCompressSync === "function";
export const PACK_COMPRESSION = hasZstd ? "zstd" : "gzip";
const compress = hasZstd
  ? (bytes: Buffer) => zlib.zstdCompressSync(bytes, { params: { [zlib.constants.ZSTD_c_compressionLevel]: 1 } })
  : (bytes: Buffer) => zlib.gzipSync(bytes, { level: 1 });

/** Between the segment's name and the line; no line holds it. */
export const PACK_DELIMITER = Buffer.from([1, 2, 1, 2]);
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** What a file holds at most, before it is compressed, unless a single row is longer. */
const FILE_BYTES = 16 * 1024 * 1024;

export interface PackedSegment {
  readonly key: string;
  /** The hash of the compressed bytes, as in the manifest. */
  readonly deflated: string;
}

export interface Packed {
  readonly segments: readonly PackedSegment[];
  readonly files: readonly string[];
  readonly longestRowBytes: number;
  /** False: no event stands in them more than once. */
  readonly mayHoldRepeats: boolean;
}

/** Writes segments of one day into files of one folder, under numbers as names. */
export interface Packer {
  /** Throws ArchiverError `halted` for bytes that are not what was written. */
  add(segment: Segment, bytes: Buffer): void;
  finish(): Packed;
}

/** Where rows are put together: for one packer after the other, since to make it takes longer than to fill it. */
export const makePackSpace = (): Buffer => Buffer.allocUnsafe(FILE_BYTES);

export function createPacker(folder: string, space: Buffer): Packer {
  const segments: PackedSegment[] = [];
  const files: string[] = [];
  const repeats = createRepeatWatch();
  let longestRowBytes = 0;
  let used = 0;

  function write(rows: Buffer): void {
    const file = join(folder, `${String(files.length).padStart(6, "0")}.csv`);
    writeFileSync(file, compress(rows));
    files.push(file);
  }

  function flush(): void {
    if (used > 0) write(space.subarray(0, used));
    used = 0;
  }

  function addRow(prefix: Buffer, content: Buffer, start: number, end: number): void {
    const rowBytes = prefix.length + end - start + 1;
    longestRowBytes = Math.max(longestRowBytes, rowBytes);
    if (used + rowBytes > space.length) flush();
    if (rowBytes > space.length) {
      write(Buffer.concat([prefix, content.subarray(start, end), Buffer.of(LINE_FEED)]));
      return;
    }
    used += prefix.copy(space, used);
    used += content.copy(space, used, start, end);
    space[used++] = LINE_FEED;
  }

  return {
    add(segment, bytes) {
      const deflated = checkSegment(segment.key, bytes);
      const saidBytes = bytes.readUInt32LE(bytes.length - LENGTH_BYTES);
      const content = readContent(segment.key, deflated.bytes, saidBytes);
      const prefix = Buffer.concat([Buffer.from(basename(segment.key)), PACK_DELIMITER]);
      for (let start = 0, end = 0; start < content.length; start = end + 1) {
        end = endOfLine(content, start);
        repeats.see(content, start, end);
        addRow(prefix, content, start, end);
      }
      segments.push({ key: segment.key, deflated: deflated.hash });
    },
    finish() {
      flush();
      if (files.length === 0) write(Buffer.alloc(0));
      return { segments, files, longestRowBytes, mayHoldRepeats: repeats.mayHoldRepeats() };
    },
  };
}

/** At the end of a gzip file: how long its content is. It may be wrong, and then inflating takes longer. */
const LENGTH_BYTES = 4;
/** Behind the content, so that zlib sees the end of it with the first piece. */
const ROOM_BYTES = 64;
/** What is inflated in one piece, which is faster than in several. */
const MAX_PIECE_BYTES = 1024 * 1024;

/**
 * The lines as text. A carriage return ends a line too, as in Trino. Bytes that are not UTF-8, which an event of the odd day may
 * hold, are U+FFFD: DuckDB would fail on them.
 */
function readContent(key: string, deflated: Buffer, saidBytes: number): Buffer {
  let content: Buffer;
  try {
    content = zlib.inflateRawSync(deflated, {
      chunkSize: Math.min(saidBytes + ROOM_BYTES, MAX_PIECE_BYTES),
      maxOutputLength: MAX_CONTENT_BYTES,
    });
  } catch {
    throw unreadable(key, "its content cannot be inflated");
  }
  if (content.includes(CARRIAGE_RETURN)) {
    content = Buffer.from(content.toString("latin1").replaceAll(/\r\n?/g, "\n"), "latin1");
  }
  return isUtf8(content) ? content : Buffer.from(content.toString());
}

/** The last line may lack its line feed. */
function endOfLine(content: Buffer, start: number): number {
  const end = content.indexOf(LINE_FEED, start);
  return end < 0 ? content.length : end;
}
