/** Numbers and the three words of JSON. The text goes on after them, so no length needs to be checked. */
import { tableOf, unexpected } from "./json-bytes.ts";

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
