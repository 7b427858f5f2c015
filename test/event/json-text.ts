import fc from "fast-check";
import { MalformedError } from "../../lambda/event/json-scanner.ts";

/** JSON as text, not as values: every spelling that the grammar allows, so that none is lost before the test begins. */
export interface JsonTexts {
  /** Any value, as a list of tokens and white space. */
  readonly value: fc.Arbitrary<string>;
  /** An object with the keys of an event among others, sometimes twice, sometimes escaped. */
  readonly event: fc.Arbitrary<string>;
  /** Something like a page. */
  readonly page: fc.Arbitrary<string>;
}

const space = fc.oneof(
  { weight: 12, arbitrary: fc.constant("") },
  { weight: 1, arbitrary: fc.constantFrom(" ", "\n", "\r\n", "\t", "\n  ", " \r ", "  ") },
);

const number = fc.constantFrom(
  ...["0", "-0", "1", "-12", "9007199254740993", "1.50", "1e5", "1E-7", "2.5e+03", "1e999", "0.1", "-0.0e0"],
);

const piece = fc.oneof(
  fc.constantFrom("a", "gid", "{", "}", "[", "]", ",", ":", "\u007f", "é", "\u2028", "田", "🎉", "\ufeff"),
  fc.constantFrom('\\"', "\\\\", "\\/", "\\b", "\\n", "\\u0000", "\\u00e9", "\\ud83c\\udf89", "\\ud800", "\\uDC00x"),
);
const string = fc.array(piece, { maxLength: 5 }).map((pieces) => `"${pieces.join("")}"`);

const time = fc.constantFrom(
  ...['"2026-05-01T09:00:00.000Z"', '"2026-05-01T09:00:00.000\\u005a"', '"2021-01-01T00:00:00.000Z"'],
  ...['"yesterday"', "null"],
);
const gid = fc.constantFrom(
  ...['"1201"', '"1201234567890123"', '"12\\u00301"', '""', "1201", "null", "[]", '"é"', '"\\ud800"'],
);
const gidKey = fc.constantFrom('"gid"', '"gid"', '"gid"', '"\\u0067id"', '"gi\\u0064"', '"Gid"', '"gid "');
const timeKey = fc.constantFrom('"created_at"', '"created_at"', '"created\\u005fat"', '"created_aT"');

const { value, object } = fc.letrec<{ value: string; object: string; member: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    string,
    number,
    fc.constantFrom("true", "false", "null"),
    tie("object"),
    listOf("[", tie("value"), "]"),
  ),
  object: listOf("{", tie("member"), "}"),
  member: memberOf(fc.oneof(string, fc.constantFrom('"__proto__"', '"gid"', '"x"')), tie("value")),
}));

const event = listOf("{", fc.oneof(memberOf(gidKey, gid), memberOf(timeKey, time), memberOf(string, value)), "}", 6);
const data = fc.oneof(
  { weight: 20, arbitrary: listOf("[", event, "]", 5) },
  { weight: 1, arbitrary: listOf("[", fc.oneof(event, value), "]") },
  { weight: 1, arbitrary: value },
);
const offset = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('"abc"', '"a\\u002Bb"', '"eyJ0.e_J-.x="') },
  { weight: 1, arbitrary: fc.oneof(string, fc.constantFrom('""', "1", "null")) },
);
const nextPage = fc.oneof(
  { weight: 2, arbitrary: fc.constant("null") },
  {
    weight: 5,
    arbitrary: listOf(
      "{",
      fc.oneof(memberOf(fc.constantFrom('"offset"', '"\\u006fffset"'), offset), memberOf(string, value)),
      "}",
    ),
  },
  { weight: 1, arbitrary: value },
);
const rootMember = fc.oneof(
  { weight: 1, arbitrary: memberOf(fc.constantFrom('"data"', '"d\\u0061ta"'), data) },
  { weight: 1, arbitrary: memberOf(fc.constant('"next_page"'), nextPage) },
  { weight: 1, arbitrary: memberOf(fc.constantFrom('"more"', '"errors "', '"__proto__"'), value) },
);
const page = fc
  .tuple(
    memberOf(fc.constant('"data"'), data),
    memberOf(fc.constant('"next_page"'), nextPage),
    fc.array(rootMember, { maxLength: 2 }),
    space,
    space,
  )
  .chain(([first, second, more, before, after]) =>
    fc
      .shuffledSubarray([first, second, ...more], { minLength: 2 })
      .map((members) => `${before}{${members.join(",")}}${after}`),
  );

export const jsonTexts: JsonTexts = { value, event: fc.oneof(event, object), page };

function memberOf(key: fc.Arbitrary<string>, member: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(space, key, space, space, member, space).map(([a, k, b, c, v, d]) => `${a}${k}${b}:${c}${v}${d}`);
}

function listOf(open: string, item: fc.Arbitrary<string>, close: string, maxLength = 4): fc.Arbitrary<string> {
  const items = fc.array(
    fc.tuple(space, item, space).map((parts) => parts.join("")),
    { maxLength },
  );
  return fc
    .tuple(space, items)
    .map(([inside, texts]) => `${open}${texts.length === 0 ? inside : texts.join(",")}${close}`);
}

/** The text's bytes, some of its characters replaced by bytes that are no UTF-8, mostly within its strings. */
export function notUtf8(text: fc.Arbitrary<string>): fc.Arbitrary<Buffer> {
  const places = fc.array(fc.nat(), { minLength: 1, maxLength: 3 });
  const bytes = fc.constantFrom([0xff], [0x80], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82], [0xf0, 0x9f]);
  return fc.tuple(text, places, bytes, fc.boolean()).map(([whole, at, bad, isInStrings]) => {
    // As Latin-1 each byte is one character, and what a string may hold can be told apart from what it cannot.
    const latin1 = Buffer.from(whole).toString("latin1");
    const found = [...latin1.matchAll(isInStrings ? /[a-zA-Z\u0080-\u00ff]/g : /./gs)].map(({ index }) => index);
    const chosen = new Set(at.map((place) => found[place % found.length]));
    const replaced = [...latin1].map((character, index) =>
      chosen.has(index) ? String.fromCharCode(...bad) : character,
    );
    return Buffer.from(replaced.join(""), "latin1");
  });
}

/** The text's bytes with up to three small accidents: bytes lost, changed, put in, or repeated. */
export function damaged(text: fc.Arbitrary<string>): fc.Arbitrary<Buffer> {
  const byte = fc.oneof(
    fc.constantFrom(...Buffer.from('{}[]",:\\ \n\r\t0-.eEu')),
    fc.constantFrom(0, 1, 0x0b, 0x0c, 0x1f, 0x7f, 0x80, 0xbf, 0xc0, 0xed, 0xef, 0xf4, 0xff),
  );
  const accident = fc.record({
    kind: fc.constantFrom("lose", "change", "insert", "repeat", "cut"),
    place: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    length: fc.integer({ min: 1, max: 6 }),
    byte,
  });
  return fc.tuple(text, fc.array(accident, { minLength: 1, maxLength: 3 })).map(([whole, accidents]) => {
    let bytes = Buffer.from(whole);
    for (const { kind, place, length, byte: other } of accidents) {
      const at = Math.floor(place * bytes.length);
      const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
      if (kind === "lose") bytes = Buffer.concat([before, after.subarray(length)]);
      else if (kind === "change") bytes = Buffer.concat([before, Buffer.of(other), after.subarray(1)]);
      else if (kind === "insert") bytes = Buffer.concat([before, Buffer.of(other), after]);
      else if (kind === "repeat") bytes = Buffer.concat([before, after.subarray(0, length), after]);
      else bytes = Buffer.from(before);
    }
    return bytes;
  });
}

/** What was read; null for a refusal. Any other error is a mistake of the scanner and fails the test. */
export function orRefused<T>(scan: () => T): T | null {
  try {
    return scan();
  } catch (error) {
    if (error instanceof MalformedError) return null;
    throw error;
  }
}
