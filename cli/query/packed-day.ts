/**
 * A day's segments as one file that DuckDB reads quickly: opening a file costs it as much as reading 500 events, and a
 * day may have hundreds of them. Each line stands behind the number of its segment. The file is compressed, because
 * events are made ten times smaller by what costs least.
 */
import { isUtf8 } from "node:buffer";
import type { FileHandle } from "node:fs/promises";
import { promisify } from "node:util";
import { constants, gunzip, zstdCompress } from "node:zlib";
import { MAX_CONTENT_BYTES } from "../../lambda/segment/bounds.ts";
import { type Segment, unreadable } from "./segments.ts";

/** Six digits, as in a segment's key. */
export const NUMBER_LENGTH = 6;

export interface PackedDay {
  /** Bytes of the longest line, its number included. */
  readonly longestLine: number;
  /** Whether each line is surely another event. */
  readonly isDistinct: boolean;
}

/** A segment whose bytes have been checked against its manifest. */
export interface CheckedSegment {
  readonly segment: Segment;
  readonly bytes: Buffer;
}

const inflate = promisify(gunzip);
const compress = promisify(zstdCompress);
const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
/** So many bytes of content are held at once; a larger segment is held alone. */
const PART_BYTES = 16 * 1024 * 1024;

/** Writes the lines of a day, in the order of their segments. Throws ArchiverError `halted` for content that cannot be read. */
export async function packDay(checked: AsyncIterable<CheckedSegment>, file: FileHandle): Promise<PackedDay> {
  const ids = createIdCheck();
  let longestLine = 0;

  async function writePart(part: readonly CheckedSegment[]): Promise<void> {
    const texts: Buffer[] = [];
    for (const { segment, content } of await contentsOf(part)) {
      const number = Buffer.from(String(segment.number).padStart(NUMBER_LENGTH, "0"));
      for (const line of linesOf(content)) {
        texts.push(number, line, LINE_FEED);
        longestLine = Math.max(longestLine, NUMBER_LENGTH + line.length);
        ids.add(line);
      }
    }
    await file.appendFile(await compress(Buffer.concat(texts), LEVEL));
  }

  let part: CheckedSegment[] = [];
  let partBytes = 0;
  for await (const next of checked) {
    const size = contentBytes(next);
    if (part.length > 0 && partBytes + size > PART_BYTES) {
      await writePart(part);
      part = [];
      partBytes = 0;
    }
    part.push(next);
    partBytes += size;
  }
  await writePart(part);
  return { longestLine, isDistinct: ids.areDistinct() };
}

/** What the last four bytes of gzip say. */
const contentBytes = ({ bytes }: CheckedSegment): number => bytes.readUInt32LE(bytes.length - 4);

interface SegmentContent {
  readonly segment: Segment;
  readonly content: Buffer;
}

/** All at once, because a call costs more than most segments do. Gzip checks the length of each. */
async function contentsOf(part: readonly CheckedSegment[]): Promise<SegmentContent[]> {
  const whole = await inflateAll(part).catch(async (error) => {
    for (const one of part) await inflateAll([one]).catch(() => failAt(one));
    throw error;
  });
  let end = 0;
  return part.map((checked) => {
    const start = end;
    end += contentBytes(checked);
    return { segment: checked.segment, content: whole.subarray(start, end) };
  });
}

async function inflateAll(part: readonly CheckedSegment[]): Promise<Buffer> {
  const maxOutputLength = Math.max(MAX_CONTENT_BYTES, PART_BYTES);
  return await inflate(Buffer.concat(part.map(({ bytes }) => bytes)), { maxOutputLength });
}

const failAt = ({ segment }: CheckedSegment): never => {
  throw unreadable(segment.key, "its content does not match its checksum");
};

const LINE_FEED = Buffer.from("\n");

/** As DuckDB and Trino cut it: a raw carriage return ends a line too. A byte that is not UTF-8 becomes U+FFFD. */
function linesOf(content: Buffer): Buffer[] {
  const text = isUtf8(content) ? content : Buffer.from(content.toString());
  if (text.includes("\r")) {
    const lines = text.toString().split(/\r\n?|\n/);
    if (lines.at(-1) === "") lines.pop();
    return lines.map((line) => Buffer.from(line));
  }
  const lines: Buffer[] = [];
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf(LINE_FEED, start);
    lines.push(text.subarray(start, end < 0 ? text.length : end));
    start = end < 0 ? text.length : end + 1;
  }
  return lines;
}

const BEGIN = Buffer.from('{"gid":"');
const QUOTE = 0x22;
const ZERO = 0x30;

/**
 * Knows lines apart by the number of their gid, if it is what each begins with. SQL takes the first gid of a line that is
 * JSON, and the line itself where there is none, so lines with different numbers are different events to it.
 */
function createIdCheck() {
  let numbers = new Float64Array(1024);
  let count = 0;
  let areAllNumbers = true;
  return {
    add(line: Buffer) {
      const number = gidNumber(line);
      if (number === null) areAllNumbers = false;
      if (number === null || !areAllNumbers) return;
      if (count === numbers.length) {
        const larger = new Float64Array(2 * count);
        larger.set(numbers);
        numbers = larger;
      }
      numbers[count++] = number;
    },
    areDistinct() {
      const sorted = numbers.subarray(0, count).sort();
      return areAllNumbers && sorted.every((number, at) => at === 0 || number !== sorted[at - 1]);
    },
  };
}

/** Null for what is no whole number that a double holds exactly, written without zeros in front. */
function gidNumber(line: Buffer): number | null {
  if (!line.subarray(0, BEGIN.length).equals(BEGIN)) return null;
  let number = 0;
  for (let at = BEGIN.length; at < line.length; at++) {
    const byte = line[at]!;
    if (byte === QUOTE) return number > 0 ? number : null;
    const digit = byte - ZERO;
    if (digit < 0 || digit > 9 || (digit === 0 && number === 0)) return null;
    number = number * 10 + digit;
    if (number > Number.MAX_SAFE_INTEGER) return null;
  }
  return null;
}
