/**
 * Walks over JSON text byte by byte and says where each value ends. Accepts exactly what JSON.parse accepts, but for
 * the depth limit; builds nothing. Whether the bytes are valid UTF-8 is for the caller to check: inside strings
 * everything from 0x20 up is taken as it is, outside of them every byte above 0x7f is refused (a byte order mark, too).
 *
 * The text must end with a closing brace (see `endsAsObject`). All functions take the index of the first byte to look
 * at, which must be inside the text, and return the index after what they have read; only after a closing brace can
 * that be the end. So the end is looked for in two places, inside strings and after values, and nowhere else is it
 * possible to read past it. One such read, on one cut page, would have V8 compile all later scans to code that is
 * several times slower.
 */

/**
 * What was received is not exactly a page (or a line not exactly an event). The message names the place, never the
 * content. Nothing of such a page may be used: a short write would be a silent loss.
 */
export class MalformedError extends Error {
  override readonly name = "MalformedError";
}

export const SPACE = 0x20;
export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_BRACKET = 0x5b;
export const BACKSLASH = 0x5c;
export const CLOSE_BRACKET = 0x5d;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;

/** 1 for each of the (ASCII) characters, 0 for all other bytes. */
function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const byte of Buffer.from(characters)) table[byte] = 1;
  return table;
}

/** The byte at `i`, or the end, is not what has to be there. */
export function unexpected(bytes: Buffer, i: number): never {
  throw new MalformedError(i >= bytes.length ? "the text ends too early" : `not JSON at byte ${i}`);
}

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
  if (depth > MAX_DEPTH) throw new MalformedError(`more than ${MAX_DEPTH} brackets are open at byte ${i}`);
}

/**
 * Walks over an object that has `depth` brackets open with its own. `visit` receives each key, decoded, and the index where
 * its value begins, and returns the index after that value.
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
    at = skipToNext(bytes, visit(key, skipColon(bytes, keyEnd)));
    if (bytes[at] === CLOSE_BRACE) return at + 1;
    at = skipComma(bytes, at);
  }
}

const MINUS = 0x2d;
const ZERO = 0x30;
const DOT = 0x2e;
const DIGIT = tableOf("0123456789");
const EXPONENT = tableOf("eE");
const SIGN = tableOf("+-");
const WORDS = ["true", "false", "null"].map((word) => Buffer.from(word));

/** After the number or word that starts at `i`. */
export function skipScalar(bytes: Buffer, i: number): number {
  return bytes[i] === MINUS || DIGIT[bytes[i]!] === 1 ? skipNumber(bytes, i) : skipWord(bytes, i);
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

function skipWord(bytes: Buffer, i: number): number {
  for (const word of WORDS) {
    const end = i + word.length;
    if (bytes[i] === word[0] && end <= bytes.length && bytes.compare(word, 0, word.length, i, end) === 0) {
      return end;
    }
  }
  return unexpected(bytes, i);
}

/** Gids have 16 characters, times 24. */
const MAX_SHORT = 32;
/** One list of character codes for each length, so that a page's thousands of strings do not allocate one each. */
const CODES = Array.from({ length: MAX_SHORT + 1 }, (_, length) => new Array<number>(length).fill(0));

/** The string between `start` (its opening quote) and `end` (after its closing quote); null for any other value. */
export function readString(bytes: Buffer, start: number, end: number): string | null {
  if (bytes[start] !== QUOTE) return null;
  const short = readShort(bytes, start + 1, end - 1);
  if (short !== null) return short;
  const text = bytes.toString("utf8", start + 1, end - 1);
  return text.includes("\\") ? JSON.parse(`"${text}"`) : text;
}

/** Short ASCII without escapes: twice as fast as asking Buffer, which shows in the time of a page. Null: not that. */
function readShort(bytes: Buffer, start: number, end: number): string | null {
  const codes = CODES[end - start];
  if (codes === undefined) return null;
  for (let i = 0; i < codes.length; i++) {
    const code = bytes[start + i]!;
    if (code > 0x7f || code === BACKSLASH) return null;
    codes[i] = code;
  }
  return String.fromCharCode(...codes);
}
