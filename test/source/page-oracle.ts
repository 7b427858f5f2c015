/**
 * What JSON.parse makes of a page and of an event: the reading that the scanner has to agree with. Bytes that are not
 * UTF-8 are read as U+FFFD, which changes no token: none of them takes the place of an ASCII character.
 */
import { isUtf8 } from "node:buffer";

export interface ExpectedEvent {
  readonly gid: string | null;
  readonly createdAt: string | null;
}

export interface ExpectedPage {
  readonly values: readonly unknown[];
  readonly offset: string | null;
}

/** Null: refused. */
export function parsedPage(body: Buffer): ExpectedPage | null {
  const root = parsed(body);
  if (!isObject(root) || Object.hasOwn(root, "errors")) return null;
  const { data, next_page: nextPage } = { data: undefined, next_page: undefined, ...root } as Record<string, unknown>;
  if (!Array.isArray(data) || !isUtf8(outsideOfElements(body))) return null;
  if (nextPage !== null && (!isObject(nextPage) || !isOffset(own(nextPage, "offset")))) return null;
  return { values: data, offset: nextPage === null ? null : (own(nextPage, "offset") as string) };
}

/** Null: refused. */
export function parsedLine(line: Buffer): ExpectedEvent | null {
  const isBare = !/^[ \t]|[ \t]$|[\r\n]/.test(line.toString("latin1"));
  const value = isBare ? parsed(line) : undefined;
  if (value === undefined) return null;
  const [gid, createdAt] =
    isObject(value) && isUtf8(line) ? [own(value, "gid"), own(value, "created_at")] : [null, null];
  return {
    gid: typeof gid === "string" ? gid : null,
    createdAt: typeof createdAt === "string" ? createdAt : null,
  };
}

/** Undefined: no JSON. */
function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/** The body, which is JSON with an object as its root, without what is in arrays under the root's `data`. */
function outsideOfElements(body: Buffer): Buffer {
  let outside = "";
  let depth = 0;
  let isInData = false;
  let text = "";
  for (const [token] of body.toString("latin1").matchAll(/"(?:[^"\\]|\\.)*"|[^"]/g)) {
    if ("]}".includes(token) && --depth === 1) isInData = false;
    if (!isInData) outside += token;
    if (token.startsWith('"') && depth === 1) text = token;
    if ("[{".includes(token) && ++depth === 2 && token === "[") isInData = JSON.parse(text) === "data";
  }
  return Buffer.from(outside, "latin1");
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const own = (value: object, key: string): unknown =>
  Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;

const isOffset = (value: unknown): boolean =>
  typeof value === "string" && value !== "" && value.length <= 4_096 && value.isWellFormed() && !/\p{Cc}/u.test(value);
