import { ArchiverError } from "../errors.ts";
import type { ByteRange } from "../ports.ts";

/**
 * What a key may be, the same for every store: parts joined by single slashes, as `a/b/c`. A part is not empty, does
 * not begin with a dot (so `.` and `..` are out, and a store may keep drafts of its own), and has no backslash and no
 * control character. Such a key names the same object in S3 and in a folder, and never a file outside of it.
 */
export function checkKey(key: string): void {
  if (!key.split("/").every(isSafePart) || Buffer.byteLength(key) > MAX_KEY_BYTES) throw badKey(key);
}

/** A prefix is the beginning of a key, cut anywhere; the empty one begins all. */
export function checkPrefix(prefix: string): void {
  const parts = prefix.split("/");
  const cut = parts.pop() ?? "";
  if (!parts.every(isSafePart) || (cut !== "" && !isSafePart(cut))) throw badKey(prefix);
}

export function checkRange({ start, end }: ByteRange): void {
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start) {
    throw new RangeError(`Bytes ${start} to ${end} are not a range.`);
  }
}

/** S3's order: by UTF-8 bytes. That of JavaScript strings differs once surrogates are in play. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  if (BEYOND_SURROGATES.test(a) || BEYOND_SURROGATES.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
}

/** S3's limit for a key, and the common one for a file's name. */
const MAX_KEY_BYTES = 1024;
const MAX_PART_BYTES = 255;

const BEYOND_SURROGATES = /[\ud800-\uffff]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const UNSAFE = /^\.|[\\\u0000-\u001f\u007f]/;

const isSafePart = (part: string): boolean =>
  part !== "" && !UNSAFE.test(part) && part.isWellFormed() && Buffer.byteLength(part) <= MAX_PART_BYTES;

const badKey = (key: string): ArchiverError =>
  new ArchiverError("misconfigured", `${JSON.stringify(key)} cannot be a key of an archive.`, {
    advice: "Use names without dots in front, backslashes, control characters or empty parts.",
  });
