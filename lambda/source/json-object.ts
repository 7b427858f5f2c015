/** Reading a few keys of an object, where speed is no matter. */
import { CLOSE_BRACE, OPEN_BRACE, unexpected } from "./json-bytes.ts";
import { checkDepth, skipColon, skipComma, skipSpace, skipString, skipToNext } from "./json-scanner.ts";
import { readString } from "./json-string.ts";

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
    at = skipToNext(bytes, visit(key, skipColon(bytes, keyEnd)));
    if (bytes[at] === CLOSE_BRACE) return at + 1;
    at = skipComma(bytes, at);
  }
}
