/** Reads one event: where it ends, its gid and its created_at. */
import { isUtf8 } from "node:buffer";
import { createEvent, type SourceEvent } from "../event.ts";
import {
  CLOSE_BRACE,
  COMMA,
  checkDepth,
  OPEN_BRACE,
  QUOTE,
  readString,
  skipColon,
  skipEscapes,
  skipPlain,
  skipSpace,
  skipValue,
  unexpected,
} from "./json-scanner.ts";
import { PageError } from "./page-error.ts";

const GID = Buffer.from("gid");
const CREATED_AT = Buffer.from("created_at");
const LF = 0x0a;
const CR = 0x0d;

export interface FoundEvent {
  /** Index after the closing brace. */
  readonly end: number;
  /** Strings at the event's own level, the last of equal keys; null when absent or not a string. */
  readonly gid: string | null;
  readonly createdAt: string | null;
}

/**
 * One archived line: one JSON object on one line, with nothing before or after it.
 * Throws PageError for anything else.
 */
export function scanEvent(line: Buffer): SourceEvent {
  if (!isUtf8(line)) throw new PageError("not UTF-8");
  if (line.includes(LF) || line.includes(CR)) throw new PageError("more than one line");
  const found = findEvent(line, 0, 0);
  if (found.end !== line.length) throw new PageError(`text after the event at byte ${found.end}`);
  return createEvent(found.gid, found.createdAt, line);
}

/** The event whose opening brace is at `start`, with `depth` brackets open around it. */
export function findEvent(bytes: Buffer, start: number, depth: number): FoundEvent {
  if (bytes[start] !== OPEN_BRACE) unexpected(bytes, start);
  checkDepth(depth + 1, start);
  let gid: string | null = null;
  let createdAt: string | null = null;
  let at = skipSpace(bytes, start + 1);
  if (bytes[at] === CLOSE_BRACE) return { end: at + 1, gid, createdAt };
  for (;;) {
    const keyStart = at;
    if (bytes[at] !== QUOTE) unexpected(bytes, at);
    at = skipPlain(bytes, at + 1);
    const escaped = bytes[at] !== QUOTE;
    at = escaped ? skipEscapes(bytes, at) : at + 1;
    const isGid = keyIs(GID, bytes, keyStart, at, escaped);
    const isCreatedAt = !isGid && keyIs(CREATED_AT, bytes, keyStart, at, escaped);
    const valueStart = skipColon(bytes, at);
    at = skipValue(bytes, valueStart, depth + 1);
    if (isGid) gid = readString(bytes, valueStart, at);
    else if (isCreatedAt) createdAt = readString(bytes, valueStart, at);
    at = skipSpace(bytes, at);
    if (bytes[at] === CLOSE_BRACE) return { end: at + 1, gid, createdAt };
    if (bytes[at] !== COMMA) unexpected(bytes, at);
    at = skipSpace(bytes, at + 1);
  }
}

/** Whether the key between `start` (its opening quote) and `end` (after its closing quote) is `name`. */
function keyIs(name: Buffer, bytes: Buffer, start: number, end: number, escaped: boolean): boolean {
  if (escaped) return readString(bytes, start, end) === name.toString();
  if (end - start !== name.length + 2) return false;
  for (let i = 0; i < name.length; i++) if (bytes[start + 1 + i] !== name[i]) return false;
  return true;
}
