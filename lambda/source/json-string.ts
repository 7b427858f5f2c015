/** Decoding the few strings that are read. */
import { BACKSLASH, QUOTE } from "./json-bytes.ts";

/** Gids have 16 characters, times 24. */
const MAX_SHORT = 32;
/** One list of character codes for each length, so that none is made anew for each of a page's thousands of strings. */
// Stryker disable next-line ObjectLiteral,ArithmeticOperator,ArrowFunction: a length without a list is read the long way
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
  // Stryker disable next-line ConditionalExpression: read the long way, which gives the same text
  if (codes === undefined) return null;
  for (let i = 0; i < codes.length; i++) {
    const code = bytes[start + i]!;
    // Stryker disable next-line ConditionalExpression,EqualityOperator: read the long way, which gives the same text
    if (code > 0x7f || code === BACKSLASH) return null;
    codes[i] = code;
  }
  return String.fromCharCode(...codes);
}
