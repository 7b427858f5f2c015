/**
 * Walks over JSON text byte by byte and says where each value ends. Accepts exactly what JSON.parse accepts, but for
 * the depth limit; builds nothing. The bytes must be valid UTF-8 already: inside strings everything from 0x20 up is
 * taken as it is, outside of them every byte above 0x7f is refused (a byte order mark, too).
 *
 * The text must end with a closing brace (see `endsAsObject`). All functions take the index of the first byte to look
 * at, which must be inside the text, and return the index after what they have read; only after a closing brace can
 * that be the end. So the end is looked for in two places, inside strings and after values, and nowhere else is it
 * possible to read past it. One such read, on one cut page, would have V8 compile all later scans to code that is
 * several times slower.
 */
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  SPACE,
  tableOf,
  unexpected,
} from "./json-bytes.ts";
import { skipScalar } from "./json-scalar.ts";
import { PageError } from "./page-error.ts";

/** Brackets that may be open at once. Real events need five; the limit keeps the recursion below off the stack's end. */
export const MAX_DEPTH = 1_000;

const LOWER_U = 0x75;

/** 1 for a byte that a string may hold as it is. */
const PLAIN = new Uint8Array(256).fill(1, SPACE);
PLAIN[QUOTE] = 0;
PLAIN[BACKSLASH] = 0;
const WHITE = tableOf(" \t\n\r");
const HEX = tableOf("0123456789abcdefABCDEF");
const ESCAPED = tableOf('"\\/bfnrt');

/** What every text must satisfy before it is walked over. White space may not follow it. */
export function endsAsObject(bytes: Buffer): boolean {
  return bytes[bytes.length - 1] === CLOSE_BRACE;
}

/** After the value that starts at `i`; `depth` brackets are open around it. */
export function skipValue(bytes: Buffer, i: number, depth: number): number {
  const first = bytes[i];
  if (first === QUOTE) return skipString(bytes, i);
  if (first === OPEN_BRACE) return skipObject(bytes, i, depth + 1);
  if (first === OPEN_BRACKET) return skipArray(bytes, i, depth + 1);
  return skipScalar(bytes, i);
}

/** After white space, of which there is usually none. */
export function skipSpace(bytes: Buffer, i: number): number {
  return bytes[i]! > SPACE ? i : skipWhite(bytes, i);
}

function skipWhite(bytes: Buffer, i: number): number {
  let at = i;
  while (WHITE[bytes[at]!] === 1) at++;
  return at;
}

export function isSpace(byte: number): boolean {
  return WHITE[byte] === 1;
}

/** After a value and the white space that follows it, where a comma or a closing bracket must be. */
export function skipToNext(bytes: Buffer, i: number): number {
  if (i >= bytes.length) unexpected(bytes, i);
  return skipSpace(bytes, i);
}

/** After the closing quote; `i` is at the opening one. */
export function skipString(bytes: Buffer, i: number): number {
  if (bytes[i] !== QUOTE) unexpected(bytes, i);
  const at = skipPlain(bytes, i + 1);
  return bytes[at] === QUOTE ? at + 1 : skipEscapes(bytes, at);
}

/** At the first byte of a string's text that is a quote, a backslash or a control character. */
export function skipPlain(bytes: Buffer, i: number): number {
  const last = bytes.length - 1;
  let at = i;
  while (at + 3 <= last) {
    if (PLAIN[bytes[at]!] !== 1) return at;
    if (PLAIN[bytes[at + 1]!] !== 1) return at + 1;
    if (PLAIN[bytes[at + 2]!] !== 1) return at + 2;
    if (PLAIN[bytes[at + 3]!] !== 1) return at + 3;
    at += 4;
  }
  while (at <= last && PLAIN[bytes[at]!] === 1) at++;
  if (at > last) unexpected(bytes, at);
  return at;
}

/** After the closing quote, from wherever skipPlain has stopped. */
export function skipEscapes(bytes: Buffer, i: number): number {
  let at = i;
  while (bytes[at] !== QUOTE) {
    if (bytes[at] !== BACKSLASH) unexpected(bytes, at);
    at = skipPlain(bytes, skipEscape(bytes, at + 1));
  }
  return at + 1;
}

function skipEscape(bytes: Buffer, i: number): number {
  if (ESCAPED[bytes[i]!] === 1) return i + 1;
  if (bytes[i] !== LOWER_U) unexpected(bytes, i);
  for (let at = i + 1; at < i + 5; at++) if (HEX[bytes[at]!] !== 1) unexpected(bytes, at);
  return i + 5;
}

/** At the first byte of the value that follows a key; `i` is after the key. */
export function skipColon(bytes: Buffer, i: number): number {
  if (bytes[i] === COLON && bytes[i + 1]! > SPACE) return i + 1;
  const at = skipSpace(bytes, i);
  if (bytes[at] !== COLON) unexpected(bytes, at);
  return skipSpace(bytes, at + 1);
}

/** After the comma and the space that follows it. */
export function skipComma(bytes: Buffer, i: number): number {
  if (bytes[i] !== COMMA) unexpected(bytes, i);
  return skipSpace(bytes, i + 1);
}

function skipObject(bytes: Buffer, i: number, depth: number): number {
  checkDepth(depth, i);
  let at = skipSpace(bytes, i + 1);
  if (bytes[at] === CLOSE_BRACE) return at + 1;
  for (;;) {
    at = skipColon(bytes, skipString(bytes, at));
    // What most members are, a string and then the next key without space, is taken without a call.
    at = bytes[at] === QUOTE ? skipString(bytes, at) : skipValue(bytes, at, depth);
    if (at < bytes.length && bytes[at] === COMMA && bytes[at + 1] === QUOTE) {
      at++;
      continue;
    }
    at = skipToNext(bytes, at);
    if (bytes[at] === CLOSE_BRACE) return at + 1;
    at = skipComma(bytes, at);
  }
}

function skipArray(bytes: Buffer, i: number, depth: number): number {
  checkDepth(depth, i);
  let at = skipSpace(bytes, i + 1);
  if (bytes[at] === CLOSE_BRACKET) return at + 1;
  for (;;) {
    at = skipToNext(bytes, skipValue(bytes, at, depth));
    if (bytes[at] === CLOSE_BRACKET) return at + 1;
    at = skipComma(bytes, at);
  }
}

export function checkDepth(depth: number, i: number): void {
  if (depth > MAX_DEPTH) throw new PageError(`more than ${MAX_DEPTH} brackets are open at byte ${i}`);
}
