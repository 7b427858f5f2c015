/** An event that was received over several lines (a pretty-printed page) has to become one, token for token the same. */
import { QUOTE, skipSpace, skipString } from "./json-scanner.ts";

const LF = 0x0a;
const CR = 0x0d;

/** Index of the first raw line feed or carriage return; Infinity when there is none. In valid JSON it is no token's. */
export function firstLineBreak(bytes: Buffer): number {
  const lf = bytes.indexOf(LF);
  const cr = bytes.indexOf(CR);
  if (lf < 0) return cr < 0 ? Number.POSITIVE_INFINITY : cr;
  return cr < 0 ? lf : Math.min(lf, cr);
}

/**
 * The same JSON text without its line breaks and the indentation around them; other spaces stay. A text on one line
 * already is returned as it is. `text` must be one JSON value, though its strings need not be valid UTF-8.
 */
export function toOneLine(text: Buffer): Buffer {
  if (firstLineBreak(text) === Number.POSITIVE_INFINITY) return text;
  const joined = Buffer.allocUnsafe(text.length);
  let length = 0;
  let at = 0;
  while (at < text.length) {
    const afterSpace = skipSpace(text, at);
    const token = afterSpace > at ? text.subarray(at, afterSpace) : tokenAt(text, at);
    if (afterSpace === at || firstLineBreak(token) === Number.POSITIVE_INFINITY) {
      length += token.copy(joined, length);
    }
    at += token.length;
  }
  return joined.subarray(0, length);
}

/** A whole string, or one byte of anything else. */
function tokenAt(text: Buffer, at: number): Buffer {
  return text.subarray(at, text[at] === QUOTE ? skipString(text, at) : at + 1);
}
