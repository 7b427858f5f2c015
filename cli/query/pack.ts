/**
 * Segments as DuckDB reads them fastest. It takes a third of a millisecond to open a file, so the segments of a day go
 * into few files: each line beside the name of its segment, compressed for speed.
 */
import { isUtf8 } from "node:buffer";
import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import * as zlib from "node:zlib";
import { MAX_CONTENT_BYTES } from "../../lambda/segment/bounds.ts";
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
/** A file takes what comes after it; then the next one begins. */
const FULL_BYTES = 16 * 1024 * 1024;

export interface PackedSegment {
  readonly key: string;
  /** The hash of the compressed bytes, as in the manifest. */
  readonly deflated: string;
}

export interface Packed {
  readonly segments: readonly PackedSegment[];
  readonly files: readonly string[];
  readonly longestRowBytes: number;
}

/** Writes files into one folder, under numbers as names. */
export interface Packer {
  /** Throws ArchiverError `halted` for bytes that are not what was written. */
  add(segment: Segment, bytes: Buffer): void;
  finish(): Packed;
}

export function createPacker(folder: string): Packer {
  const segments: PackedSegment[] = [];
  const files: string[] = [];
  let longestRowBytes = 0;
  let pieces: Buffer[] = [];
  let bytesHeld = 0;

  function flush(): void {
    if (pieces.length === 0) return;
    const file = join(folder, `${String(files.length).padStart(6, "0")}.csv`);
    writeFileSync(file, compress(Buffer.concat(pieces)));
    files.push(file);
    pieces = [];
    bytesHeld = 0;
  }

  return {
    add(segment, bytes) {
      const deflated = checkSegment(segment.key, bytes);
      const rows = toRows(basename(segment.key), readContent(segment.key, deflated.bytes));
      segments.push({ key: segment.key, deflated: deflated.hash });
      longestRowBytes = Math.max(longestRowBytes, rows.longestBytes);
      pieces.push(rows.bytes);
      bytesHeld += rows.bytes.length;
      if (bytesHeld >= FULL_BYTES) flush();
    },
    finish() {
      flush();
      return { segments, files, longestRowBytes };
    },
  };
}

/**
 * The lines as text. A carriage return ends a line too, as in Trino. Bytes that are not UTF-8, which an event of the odd day may
 * hold, are U+FFFD: DuckDB would fail on them.
 */
function readContent(key: string, deflated: Buffer): Buffer {
  let content: Buffer;
  try {
    content = zlib.inflateRawSync(deflated, { maxOutputLength: MAX_CONTENT_BYTES });
  } catch {
    throw unreadable(key, "its content cannot be inflated");
  }
  if (content.includes(CARRIAGE_RETURN)) {
    content = Buffer.from(content.toString("latin1").replaceAll(/\r\n?/g, "\n"), "latin1");
  }
  return isUtf8(content) ? content : Buffer.from(content.toString());
}

function toRows(name: string, content: Buffer): { bytes: Buffer; longestBytes: number } {
  const prefix = Buffer.concat([Buffer.from(name), PACK_DELIMITER]);
  const ends = lineEnds(content);
  const bytes = Buffer.allocUnsafe(content.length + ends.length * (prefix.length + 1));
  let start = 0;
  let at = 0;
  let longestBytes = 0;
  for (const end of ends) {
    const from = at;
    at += prefix.copy(bytes, at);
    at += content.copy(bytes, at, start, end);
    bytes[at++] = LINE_FEED;
    longestBytes = Math.max(longestBytes, at - from);
    start = end + 1;
  }
  return { bytes: bytes.subarray(0, at), longestBytes };
}

/** Where each line ends; the last one may lack its line feed. */
function lineEnds(content: Buffer): number[] {
  const ends: number[] = [];
  for (let from = 0; from < content.length; from = ends.at(-1)! + 1) {
    const end = content.indexOf(LINE_FEED, from);
    ends.push(end < 0 ? content.length : end);
  }
  return ends;
}
