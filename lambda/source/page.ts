/**
 * Finds the events of a page without parsing it into objects: their bytes are archived as they were received, so
 * integers beyond 2^53, escapes, key order, duplicate keys and number spellings survive. Fuzzed against JSON.parse.
 */
import { isUtf8 } from "node:buffer";
import { createEvent, type SourceEvent } from "../event/event.ts";
import { findEvent } from "../event/event-scanner.ts";
import {
  CLOSE_BRACKET,
  endsAsObject,
  isSpace,
  MalformedError,
  OPEN_BRACE,
  OPEN_BRACKET,
  readString,
  skipComma,
  skipSpace,
  skipToNext,
  skipValue,
  unexpected,
  walkObject,
} from "../event/json-scanner.ts";
import { firstLineBreak, toOneLine } from "../event/one-line.ts";
import { isOffset } from "./request.ts";

export interface ScannedPage {
  readonly events: SourceEvent[];
  /** `next_page.offset`; null when `next_page` is null. */
  readonly offset: string | null;
}

const LOWER_N = 0x6e;

/**
 * Reads `{ "data": [event, ...], "next_page": { "offset": string } | null }`. Other root keys are allowed, in any
 * order; of equal keys the last counts, as for JSON.parse. An element of `data` that is not an object, or not valid UTF-8,
 * is an event without gid and time, since its bytes can be archived as well as any. Everything else throws
 * MalformedError:
 *
 * - text that is not valid JSON, or nests deeper than MAX_DEPTH; bytes outside of the elements that are not valid UTF-8;
 * - an `errors` envelope; `data` missing, or not an array;
 * - `next_page` missing. Null says "nothing has ever matched" and ends a run as caught up; the documentation gives
 *   that meaning to null only, and every answer seen has the key. Reading an absent key as null would turn a cut or
 *   changed answer into "there is no more";
 * - an offset that is empty, longer than MAX_OFFSET_BYTES, or holds control characters or half a surrogate pair.
 *
 * The lines of the events share the memory of `body`.
 */
export function scanPage(body: Buffer): ScannedPage {
  const isText = isUtf8(body);
  const text = withoutTrailingSpace(body);
  if (!endsAsObject(text)) unexpected(text, text.length);
  const firstBreak = firstLineBreak(text);
  let data: Data | null = null;
  let judgedTo = 0;
  let nextPage: NextPage | null = null;
  const end = walkObject(text, skipSpace(text, 0), 1, (key, valueStart) => {
    if (key === "errors") throw new MalformedError("an errors envelope");
    if (key === "data") {
      data = scanData(text, valueStart, firstBreak, isText);
      if (!isText && data.isArray) {
        checkUtf8(text.subarray(judgedTo, valueStart));
        judgedTo = data.end;
      }
      return data.end;
    }
    if (key === "next_page") {
      nextPage = scanNextPage(text, valueStart);
      return nextPage.end;
    }
    return skipValue(text, valueStart, 1);
  });
  if (end !== text.length) unexpected(text, end);
  if (!isText) checkUtf8(text.subarray(judgedTo));
  return { events: eventsOf(data), offset: offsetOf(nextPage) };
}

function checkUtf8(outside: Buffer): void {
  if (!isUtf8(outside)) throw new MalformedError("not UTF-8");
}

function withoutTrailingSpace(body: Buffer): Buffer {
  let end = body.length;
  while (end > 0 && isSpace(body[end - 1]!)) end--;
  return end === body.length ? body : body.subarray(0, end);
}

/** What the last `data` key held; judged at the end, because a later one would replace it. */
interface Data {
  readonly end: number;
  readonly events: SourceEvent[];
  readonly isArray: boolean;
}

/** An element that ends after `firstBreak` may hold line breaks; `isText`: all of `body` is valid UTF-8. */
function scanData(body: Buffer, start: number, firstBreak: number, isText: boolean): Data {
  const events: SourceEvent[] = [];
  if (body[start] !== OPEN_BRACKET) return { end: skipValue(body, start, 1), events, isArray: false };
  let at = skipSpace(body, start + 1);
  if (body[at] === CLOSE_BRACKET) return { end: at + 1, events, isArray: true };
  for (;;) {
    let gid: string | null = null;
    let createdAt: string | null = null;
    let end: number;
    if (body[at] === OPEN_BRACE) ({ end, gid, createdAt } = findEvent(body, at, 2));
    else end = skipValue(body, at, 2);
    const text = body.subarray(at, end);
    const line = end > firstBreak ? toOneLine(text) : text;
    events.push(isText || isUtf8(text) ? createEvent(gid, createdAt, line) : createEvent(null, null, line));
    at = skipToNext(body, end);
    if (body[at] === CLOSE_BRACKET) return { end: at + 1, events, isArray: true };
    at = skipComma(body, at);
  }
}

/** `offset` is undefined when `next_page` is neither null nor an object with a string under that key. */
interface NextPage {
  readonly end: number;
  readonly offset: string | null | undefined;
}

function scanNextPage(body: Buffer, start: number): NextPage {
  const first = body[start];
  if (first !== OPEN_BRACE) return { end: skipValue(body, start, 1), offset: first === LOWER_N ? null : undefined };
  let offset: string | null = null;
  const end = walkObject(body, start, 2, (key, valueStart) => {
    const valueEnd = skipValue(body, valueStart, 2);
    if (key === "offset") offset = readString(body, valueStart, valueEnd);
    return valueEnd;
  });
  return { end, offset: offset ?? undefined };
}

function eventsOf(data: Data | null): SourceEvent[] {
  if (data === null) throw new MalformedError("data is missing");
  if (!data.isArray) throw new MalformedError("data is not an array");
  return data.events;
}

function offsetOf(nextPage: NextPage | null): string | null {
  if (nextPage === null) throw new MalformedError("next_page is missing");
  const { offset } = nextPage;
  if (offset === undefined) throw new MalformedError("next_page is neither null nor an object with an offset");
  if (offset !== null && !isOffset(offset))
    throw new MalformedError("the offset is empty, too long or holds odd characters");
  return offset;
}
