/**
 * A second reading of pages, written from RFC 8259 and docs/protocol.md alone and made for being checked by eye: it
 * cuts a text into tokens and knows nothing of values, so that it says to the byte what is to be archived. A token's text
 * has one character per byte (Latin-1), since an element of `data` may hold bytes that are not UTF-8.
 */
import { isUtf8 } from "node:buffer";
import { createEvent, type SourceEvent } from "../../lambda/event/event.ts";

/** Brackets that may be open at once. */
const MAX_DEPTH = 1_000;

const SPACE = "[ \\t\\n\\r]+";
const STRING = '"(?:[^"\\\\\\u0000-\\u001f]|\\\\(?:["\\\\/bfnrt]|u[0-9a-fA-F]{4}))*"';
const NUMBER = "-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?";
const TOKEN = new RegExp(`${SPACE}|${STRING}|${NUMBER}|true|false|null|[{}\\[\\],:]`, "y");

export interface ReferencePage {
  readonly events: SourceEvent[];
  readonly offset: string | null;
}

interface Token {
  readonly text: string;
  readonly isSpace: boolean;
}

/** A value as the range of its tokens; members of an object and items of an array are values again. */
interface Value {
  readonly first: number;
  /** Index after its last token. */
  readonly end: number;
  readonly members: readonly { readonly key: string; readonly value: Value }[];
  readonly items: readonly Value[];
}

class Refused extends Error {}

/** Null: to be refused. */
export function referencePage(body: Buffer): ReferencePage | null {
  try {
    return readPage(tokensOf(body.toString("latin1")));
  } catch (error) {
    if (error instanceof Refused) return null;
    throw error;
  }
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    if (found === null) throw new Refused();
    tokens.push({ text: found[0], isSpace: " \t\n\r".includes(found[0][0]!) });
  }
  return tokens;
}

function readPage(tokens: readonly Token[]): ReferencePage {
  const root = readValue(tokens, 0, 0);
  if (tokens.slice(root.end).some(({ isSpace }) => !isSpace) || !isOpen(tokens, root, "{")) throw new Refused();
  const member = (value: Value, name: string) => value.members.findLast(({ key }) => key === name)?.value;
  const [data, next] = [member(root, "data"), member(root, "next_page")];
  if (member(root, "errors") !== undefined || data === undefined || next === undefined) throw new Refused();
  if (!isOpen(tokens, data, "[")) throw new Refused();
  const elements = root.members.flatMap(({ key, value }) =>
    key === "data" && isOpen(tokens, value, "[") ? value.items : [],
  );
  const isOutside = (index: number) => !elements.some(({ first, end }) => first <= index && index < end);
  if (!isUtf8(bytesOf(tokens.filter((_, index) => isOutside(index))))) throw new Refused();
  const events = data.items.map((item) => {
    const line = lineOf(tokens, item);
    const text = (value: Value | undefined) => (value === undefined || !isUtf8(line) ? null : stringOf(tokens, value));
    return createEvent(text(member(item, "gid")), text(member(item, "created_at")), line);
  });
  if (tokens[next.first]!.text === "null") return { events, offset: null };
  const offset = member(next, "offset");
  const token = offset === undefined ? null : stringOf(tokens, offset);
  if (token === null || token === "" || !token.isWellFormed() || /\p{Cc}/u.test(token)) throw new Refused();
  if (Buffer.byteLength(token) > 4096) throw new Refused();
  return { events, offset: token };
}

/** All tokens as they are; of the space between them what holds a line break is left out. */
function lineOf(tokens: readonly Token[], { first, end }: Value): Buffer {
  const kept = tokens.slice(first, end).filter(({ text, isSpace }) => !isSpace || !/[\r\n]/.test(text));
  return bytesOf(kept);
}

const bytesOf = (tokens: readonly Token[]): Buffer => Buffer.from(tokens.map(({ text }) => text).join(""), "latin1");

/** The text that a string token says, decoded. */
const decoded = (literal: string): string => JSON.parse(Buffer.from(literal, "latin1").toString()) as string;

const isOpen = (tokens: readonly Token[], { first }: Value, bracket: string) => tokens[first]!.text === bracket;

const stringOf = (tokens: readonly Token[], { first }: Value): string | null => {
  const { text } = tokens[first]!;
  return text.startsWith('"') ? decoded(text) : null;
};

function readValue(tokens: readonly Token[], from: number, depth: number): Value {
  if (depth >= MAX_DEPTH) throw new Refused();
  const first = skip(tokens, from);
  const open = tokens[first]?.text;
  if (open === undefined || "}],:".includes(open)) throw new Refused();
  const value = { first, members: [] as { key: string; value: Value }[], items: [] as Value[] };
  if (open !== "{" && open !== "[") return { ...value, end: first + 1 };
  const close = open === "{" ? "}" : "]";
  let at = skip(tokens, first + 1);
  if (tokens[at]?.text === close) return { ...value, end: at + 1 };
  for (;;) {
    if (open === "{") {
      const key = tokens[at]?.text ?? "";
      const colon = skip(tokens, at + 1);
      if (!key.startsWith('"') || tokens[colon]?.text !== ":") throw new Refused();
      value.members.push({ key: decoded(key), value: readValue(tokens, colon + 1, depth + 1) });
    } else value.items.push(readValue(tokens, at, depth + 1));
    at = skip(tokens, (open === "{" ? value.members.at(-1)!.value : value.items.at(-1)!).end);
    if (tokens[at]?.text === close) return { ...value, end: at + 1 };
    if (tokens[at]?.text !== ",") throw new Refused();
    at = skip(tokens, at + 1);
  }
}

const skip = (tokens: readonly Token[], from: number): number => (tokens[from]?.isSpace ? from + 1 : from);
