/**
 * Walks over JSON text byte by byte and says where each value ends. Accepts exactly what JSON.parse accepts, but for
 * the depth limit; builds nothing. The bytes must be valid UTF-8 already: inside strings everything from 0x20 up is
 * taken as it is, outside of them every byte above 0x7f is refused (a byte order mark, too).
 *
 * All functions take the index of the first byte to look at and return the index after what they have read. Reading
 * past the end gives undefined, which no table and no comparison accepts, so no loop needs a length check.
 */
import { PageError } from "./page-error.ts";

/** Brackets that may be open at once. Real events need five; the limit keeps the recursion below off the stack's end. */
export const MAX_DEPTH = 1_000;

export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const MINUS = 0x2d;
const ZERO = 0x30;
const DOT = 0x2e;
const LOWER_U = 0x75;

/** 1 for a byte that a string may hold as it is. */
const PLAIN = new Uint8Array(256).fill(1, 0x20);
PLAIN[QUOTE] = 0;
PLAIN[BACKSLASH] = 0;
const SPACE = tableOf(" \t\n\r");
const DIGIT = tableOf("0123456789");
const HEX = tableOf("0123456789abcdefABCDEF");
const ESCAPED = tableOf('"\\/bfnrt');
const EXPONENT = tableOf("eE");
const SIGN = tableOf("+-");
const LITERALS = ["true", "false", "null"].map((word) => Buffer.from(word));

/** After the value that starts at `i`; `depth` brackets are open around it. */
export function skipValue(bytes: Buffer, i: number, depth: number): number {
  const first = bytes[i];
  if (first === QUOTE) return skipString(bytes, i);
  if (first === OPEN_BRACE) return skipObject(bytes, i, depth + 1);
  if (first === OPEN_BRACKET) return skipArray(bytes, i, depth + 1);
  if (first === MINUS || DIGIT[first!] === 1) return skipNumber(bytes, i);
  return skipLiteral(bytes, i);
}

/** After white space, of which there is usually none. */
export function skipSpace(bytes: Buffer, i: number): number {
  let at = i;
  while (SPACE[bytes[at]!] === 1) at++;
  return at;
}

/** After the closing quote; `i` is at the opening one. */
export function skipString(bytes: Buffer, i: number): number {
  if (bytes[i] !== QUOTE) unexpected(bytes, i);
  const at = skipPlain(bytes, i + 1);
  return bytes[at] === QUOTE ? at + 1 : skipEscapes(bytes, at);
}

/** At the first byte of a string's text that is a quote, a backslash, a control character or the end. */
export function skipPlain(bytes: Buffer, i: number): number {
  let at = i;
  while (PLAIN[bytes[at]!] === 1) at++;
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
  const at = skipSpace(bytes, i);
  if (bytes[at] !== COLON) unexpected(bytes, at);
  return skipSpace(bytes, at + 1);
}

/**
 * Walks over an object that has `depth` brackets open with its own. `visit` is told each key, decoded, and where its
 * value begins, and returns the index after that value.
 */
export function walkObject(
  bytes: Buffer,
  i: number,
  depth: number,
  visit: (key: string, valueStart: number) => number,
): number {
  if (bytes[i] !== OPEN_BRACE) unexpected(bytes, i);
  checkDepth(depth, i);
  let at = skipSpace(bytes, i + 1);
  if (bytes[at] === CLOSE_BRACE) return at + 1;
  for (;;) {
    const keyEnd = skipString(bytes, at);
    const key = readString(bytes, at, keyEnd) as string;
    at = skipSpace(bytes, visit(key, skipColon(bytes, keyEnd)));
    if (bytes[at] === CLOSE_BRACE) return at + 1;
    if (bytes[at] !== COMMA) unexpected(bytes, at);
    at = skipSpace(bytes, at + 1);
  }
}

/** The string between `start` (its opening quote) and `end` (after its closing quote); null for any other value. */
export function readString(bytes: Buffer, start: number, end: number): string | null {
  if (bytes[start] !== QUOTE) return null;
  const text = bytes.toString("utf8", start + 1, end - 1);
  return text.includes("\\") ? JSON.parse(`"${text}"`) : text;
}

function skipObject(bytes: Buffer, i: number, depth: number): number {
  checkDepth(depth, i);
  let at = skipSpace(bytes, i + 1);
  if (bytes[at] === CLOSE_BRACE) return at + 1;
  for (;;) {
    at = skipColon(bytes, skipString(bytes, at));
    at = skipSpace(bytes, skipValue(bytes, at, depth));
    if (bytes[at] === CLOSE_BRACE) return at + 1;
    if (bytes[at] !== COMMA) unexpected(bytes, at);
    at = skipSpace(bytes, at + 1);
  }
}

function skipArray(bytes: Buffer, i: number, depth: number): number {
  checkDepth(depth, i);
  let at = skipSpace(bytes, i + 1);
  if (bytes[at] === CLOSE_BRACKET) return at + 1;
  for (;;) {
    at = skipSpace(bytes, skipValue(bytes, at, depth));
    if (bytes[at] === CLOSE_BRACKET) return at + 1;
    if (bytes[at] !== COMMA) unexpected(bytes, at);
    at = skipSpace(bytes, at + 1);
  }
}

function skipNumber(bytes: Buffer, i: number): number {
  let at = bytes[i] === MINUS ? i + 1 : i;
  at = bytes[at] === ZERO ? at + 1 : skipDigits(bytes, at);
  if (bytes[at] === DOT) at = skipDigits(bytes, at + 1);
  if (EXPONENT[bytes[at]!] === 1) {
    at++;
    at = skipDigits(bytes, SIGN[bytes[at]!] === 1 ? at + 1 : at);
  }
  return at;
}

function skipDigits(bytes: Buffer, i: number): number {
  let at = i;
  while (DIGIT[bytes[at]!] === 1) at++;
  if (at === i) unexpected(bytes, at);
  return at;
}

function skipLiteral(bytes: Buffer, i: number): number {
  for (const word of LITERALS) {
    if (bytes[i] === word[0] && bytes.compare(word, 0, word.length, i, Math.min(i + word.length, bytes.length)) === 0) {
      return i + word.length;
    }
  }
  return unexpected(bytes, i);
}

export function checkDepth(depth: number, i: number): void {
  if (depth > MAX_DEPTH) throw new PageError(`more than ${MAX_DEPTH} brackets are open at byte ${i}`);
}

export function unexpected(bytes: Buffer, i: number): never {
  throw new PageError(i >= bytes.length ? "the text ends too early" : `not JSON at byte ${i}`);
}

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const byte of Buffer.from(characters)) table[byte] = 1;
  return table;
}
