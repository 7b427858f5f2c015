/** Reads one event: where it ends, its gid and its created_at. */
import { isUtf8 } from "node:buffer";
import { createEvent, type SourceEvent } from "./event.ts";
import {
  CLOSE_BRACE,
  checkDepth,
  endsAsObject,
  MalformedError,
  OPEN_BRACE,
  QUOTE,
  readString,
  skipColon,
  skipComma,
  skipEscapes,
  skipPlain,
  skipSpace,
  skipToNext,
  skipValue,
  unexpected,
} from "./json-scanner.ts";

const GID = Buffer.from('"gid"');
const CREATED_AT = Buffer.from('"created_at"');
const LF = 0x0a;
const CR = 0x0d;
const CLOSED = Buffer.from("}");

export interface FoundEvent {
  /** Index after the closing brace. */
  readonly end: number;
  /** Strings at the event's own level, the last of equal keys; null when absent or not a string. */
  readonly gid: string | null;
  readonly createdAt: string | null;
}

/**
 * One archived line: one JSON value on one line, with nothing before or after it. What is not an object, or not valid
 * UTF-8, has neither gid nor time. Throws MalformedError for anything else.
 */
export function scanEvent(line: Buffer): SourceEvent {
  if (line.includes(LF) || line.includes(CR)) throw new MalformedError("more than one line");
  const isObject = line[0] === OPEN_BRACE;
  if (isObject && !endsAsObject(line)) unexpected(line, line.length);
  const found = isObject ? findEvent(line, 0, 0) : { end: endOfValue(line), gid: null, createdAt: null };
  if (found.end !== line.length) throw new MalformedError(`text after the event at byte ${found.end}`);
  return isUtf8(line) ? createEvent(found.gid, found.createdAt, line) : createEvent(null, null, line);
}

/** With a brace behind it, since nothing may be scanned that does not end with one. */
const endOfValue = (line: Buffer): number => skipValue(Buffer.concat([line, CLOSED]), 0, 0);

/** The event whose opening brace is at `start`, with `depth` brackets open around it. */
export function findEvent(bytes: Buffer, start: number, depth: number): FoundEvent {
  if (bytes[start] !== OPEN_BRACE) unexpected(bytes, start);
  checkDepth(depth + 1, start);
  let gid: string | null = null;
  let createdAt: string | null = null;
  let at = skipSpace(bytes, start + 1);
  if (bytes[at] === CLOSE_BRACE) return { end: at + 1, gid, createdAt };
  for (;;) {
    if (bytes[at] !== QUOTE) unexpected(bytes, at);
    const textEnd = skipPlain(bytes, at + 1);
    const escaped = bytes[textEnd] !== QUOTE;
    const keyEnd = escaped ? skipEscapes(bytes, textEnd) : textEnd + 1;
    const valueStart = skipColon(bytes, keyEnd);
    const valueEnd = skipValue(bytes, valueStart, depth + 1);
    if (keyIs(GID, bytes, at, keyEnd, escaped)) gid = readString(bytes, valueStart, valueEnd);
    else if (keyIs(CREATED_AT, bytes, at, keyEnd, escaped)) createdAt = readString(bytes, valueStart, valueEnd);
    at = skipToNext(bytes, valueEnd);
    if (bytes[at] === CLOSE_BRACE) return { end: at + 1, gid, createdAt };
    at = skipComma(bytes, at);
  }
}

/** Whether the key between `start` (its opening quote) and `end` (after its closing quote) is `name`, quotes included. */
function keyIs(name: Buffer, bytes: Buffer, start: number, end: number, escaped: boolean): boolean {
  if (escaped) return readString(bytes, start, end) === name.toString("utf8", 1, name.length - 1);
  if (end - start !== name.length) return false;
  for (let i = 1; i < name.length - 1; i++) if (bytes[start + i] !== name[i]) return false;
  return true;
}
