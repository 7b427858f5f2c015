/** The scanner against JSON.parse on all short texts, so that no rule of the grammar is left to chance. */
import { describe, expect, it } from "vitest";
import {
  endsAsObject,
  isSpace,
  MAX_DEPTH,
  MalformedError,
  readString,
  skipPlain,
  skipSpace,
  skipValue,
  walkObject,
} from "../../lambda/event/json-scanner.ts";
import { isThorough } from "../tries.ts";

/** What the scanner says of an object: the index after it, or the message. */
function scan(bytes: Buffer): number | string {
  try {
    return skipValue(bytes, 0, 0);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return error.message;
  }
}

/** The same object, walked over key by key. */
function walk(bytes: Buffer): { end: number | string; keys: string[] } {
  const keys: string[] = [];
  try {
    const end = walkObject(bytes, 0, 1, (key, at) => {
      keys.push(key);
      return skipValue(bytes, at, 1);
    });
    return { end, keys };
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return { end: error.message, keys };
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function* textsOf(alphabet: string, longest: number): Generator<string> {
  let texts = [""];
  for (let length = 0; length <= longest; length += 1) {
    yield* texts;
    texts = texts.flatMap((text) => [...alphabet].map((character) => text + character));
  }
}

/**
 * Texts that the scanner and JSON.parse do not agree on. Keys with escapes are left to the test of strings: after
 * `{"a":1,"b\\":1}`, JSON.parse of Node 24.21 reads `{"a":1,"b\n":1}` with the key of the text before.
 */
function differences(texts: Iterable<string>, wrap: (text: string) => string): string[] {
  const found: string[] = [];
  for (const text of texts) {
    const whole = wrap(text);
    const bytes = Buffer.from(whole);
    const isAccepted = scan(bytes) === bytes.length;
    const walked = walk(bytes);
    if (isAccepted !== isJson(whole) || isAccepted !== (walked.end === bytes.length)) found.push(whole);
    else if (isAccepted && [...new Set(walked.keys)].sort().join() !== Object.keys(JSON.parse(whole)).sort().join()) {
      found.push(`keys of ${whole}`);
    }
  }
  return found;
}

describe("accepted if and only if JSON.parse does", () => {
  it.each<[string, string, number, (text: string) => string]>([
    ["values of brackets, commas and quotes", '[]{},:"1', 4, (text) => `{"a":${text}}`],
    ["members after a member", '",:a1} ', 4, (text) => `{"a":1${text}}`],
    ["objects", '{}":,1', 4, (text) => `{${text}}`],
    ["lists", "[],1 {}", 4, (text) => `{"a":[${text}]}`],
    ["numbers", "-+01.e", 5, (text) => `{"a":${text}}`],
    ["numbers in lists", "-0.e,", 4, (text) => `{"a":[${text}]}`],
    ["strings", '"\\u0fb/x', 4, (text) => `{"a":"${text}"}`],
    ["long strings", '"\\n', 3, (text) => `{"a":"abcd${text}efgh","b":1}`],
    ["escaped digits", "0aAfFgG\\", 4, (text) => `{"a":"\\u${text}"}`],
    ["white space around", " \t1,", 3, (text) => `{${text}"a"${text}:${text}"b"${text}}`],
  ])("%s", (_, alphabet, longest, wrap) => {
    expect(differences(textsOf(alphabet, longest + (isThorough ? 1 : 0)), wrap)).toEqual([]);
  });

  it("words, and what is nearly one", () => {
    const words = ["true", "false", "null"];
    const near = words.flatMap((word) => [
      ...Array.from({ length: word.length + 1 }, (_, end) => word.slice(0, end)),
      ...Array.from(word, (_, at) => `${word.slice(0, at)}x${word.slice(at + 1)}`),
      word + word,
      word.toUpperCase(),
    ]);
    expect(differences(near, (text) => `{"a":${text}}`)).toEqual([]);
    expect(differences(near, (text) => `{"a":[${text},1]}`)).toEqual([]);
  });

  it("every character up to 0xff at every kind of place", () => {
    const all = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));
    for (const wrap of [
      (text: string) => `{${text}"a":1}`,
      (text: string) => `{"a"${text}:1}`,
      (text: string) => `{"a":${text}1}`,
      (text: string) => `{"a":1${text}}`,
      (text: string) => `{"a":1,${text}"b":2}`,
      (text: string) => `{"a":[${text}]}`,
      (text: string) => `{"a":[1${text},2]}`,
      (text: string) => `{"a":"${text}"}`,
      (text: string) => `{"a":"abc${text}"}`,
      (text: string) => `{"a":"abcdefgh${text}abcdefgh"}`,
      (text: string) => `{"a":"abc${text}n"}`,
      (text: string) => `{"a":"\\${text}"}`,
      (text: string) => `{"a":"\\u00${text}0"}`,
      (text: string) => `{"${text}":1}`,
    ]) {
      expect(differences(all, wrap)).toEqual([]);
    }
  });
});

describe("a text that is cut short or goes on", () => {
  it("is refused at every place where it is cut", () => {
    const bytes = Buffer.from('{"a":[1,{"b":"c\\u0041d"}],"e":-1.5e+3,"f":true}');
    for (let end = 1; end < bytes.length; end += 1) {
      expect(scan(bytes.subarray(0, end))).toEqual(expect.any(String));
    }
    expect(scan(bytes)).toBe(bytes.length);
  });

  it("ends where its object ends", () => {
    expect(scan(Buffer.from('{"a":1}}'))).toBe(7);
    expect(scan(Buffer.from("{} {}"))).toBe(2);
  });

  it("ends as an object only with a closing brace", () => {
    expect(endsAsObject(Buffer.from("{}"))).toBe(true);
    expect(endsAsObject(Buffer.from("{} "))).toBe(false);
    expect(endsAsObject(Buffer.from("}]"))).toBe(false);
    expect(endsAsObject(Buffer.alloc(0))).toBe(false);
  });
});

it.each([
  ['{"a":x}', "not JSON at byte 5"],
  ['{"a" 1}', "not JSON at byte 5"],
  ["{1}", "not JSON at byte 1"],
  ['{"a":[1 2]}', "not JSON at byte 8"],
  ['{"a":"', "the text ends too early"],
  ['{"a":"b"', "the text ends too early"],
  ['{"a":"\\u00g0"}', "not JSON at byte 10"],
  ['{"a":"\\u000', "the text ends too early"],
  ['{"a":01}', "not JSON at byte 6"],
  ['{"a":-}', "not JSON at byte 6"],
])("%s: %s", (text, message) => {
  expect(scan(Buffer.from(text))).toBe(message);
  expect(walk(Buffer.from(text)).end).toBe(message);
});

it.each([
  ["lists", "[", "]"],
  ["objects", '{"a":', "}"],
])("a thousand %s may be open, and no more", (_, open, close) => {
  const nested = (depth: number) => {
    const inner = open === "[" ? "" : "1";
    return Buffer.from(`{"a":${open.repeat(depth - 1)}${inner}${close.repeat(depth - 1)}}`);
  };
  expect(MAX_DEPTH).toBe(1000);
  expect(scan(nested(1000))).toBe(nested(1000).length);
  expect(scan(nested(1001))).toMatch(/^more than 1000 brackets are open at byte \d+$/);
});

it("walking refuses what is no object, and an object that is too deep", () => {
  expect(walk(Buffer.from("[]")).end).toBe("not JSON at byte 0");
  expect(() => walkObject(Buffer.from("{}"), 0, 1001, () => 0)).toThrow("more than 1000 brackets are open at byte 0");
  expect(walkObject(Buffer.from("{}"), 0, 1000, () => 0)).toBe(2);
});

it("plain text ends at the first quote, backslash or control character, wherever it is", () => {
  for (let length = 0; length <= 12; length += 1) {
    for (const stop of ['"', "\\", "\n", "\0", "\x1f"]) {
      expect(skipPlain(Buffer.from(`${"x".repeat(length)}${stop}yyyyyyyy`), 0)).toBe(length);
    }
    expect(() => skipPlain(Buffer.from("x".repeat(length)), 0)).toThrow("the text ends too early");
  }
});

it("white space is what JSON says", () => {
  const spaces = Array.from({ length: 256 }, (_, byte) => byte).filter(isSpace);
  expect(spaces).toEqual([9, 10, 13, 32]);
  for (let byte = 0; byte < 256; byte += 1) {
    expect(skipSpace(Buffer.from([byte, 0x78]), 0)).toBe(spaces.includes(byte) ? 1 : 0);
  }
});

describe("a string is read as JSON.parse reads it", () => {
  const read = (text: string) => readString(Buffer.from(text), 0, Buffer.byteLength(text));

  it("of any length, with escapes or without, ASCII or not", () => {
    for (let length = 0; length <= 40; length += 1) {
      for (const text of [
        "x".repeat(length),
        `${"x".repeat(length)}\\n`,
        `${"x".repeat(length)}é`,
        `\\u0041${"y".repeat(length)}`,
      ]) {
        expect(read(`"${text}"`)).toBe(JSON.parse(`"${text}"`));
      }
    }
    expect(read('"\u007f"')).toBe("\u007f");
    expect(read('"\u0080"')).toBe("\u0080");
  });

  it("and anything else is none", () => {
    expect(["1", "null", "{}", "[]", "true"].map(read)).toEqual([null, null, null, null, null]);
  });
});
