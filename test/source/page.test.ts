import { hash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scanEvent } from "../../lambda/event/event-scanner.ts";
import { ODD_DAY } from "../../lambda/event/instant.ts";
import { MAX_DEPTH, MalformedError } from "../../lambda/event/json-scanner.ts";
import { scanPage } from "../../lambda/source/page.ts";
import { MAX_OFFSET_BYTES } from "../../lambda/source/request.ts";
import { tries } from "../tries.ts";

const page = (...events: string[]) => Buffer.from(`{"data":[${events.join(",")}],"next_page":{"offset":"o"}}`);
const linesOf = (body: Buffer) => scanPage(body).events.map((event) => event.line.toString());
const scan = (text: string) => () => scanPage(Buffer.from(text));

/** Bytes that no UTF-8 has: surrogates, overlong forms and cut characters among them. */
const NOT_UTF8 = [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82], [0xf5, 0x80, 0x80, 0x80]];

/** The text with these bytes for each question mark. */
const filled = (text: string, bytes: readonly number[]): Buffer =>
  Buffer.from(text.replaceAll("?", Buffer.from(bytes).toString("latin1")), "latin1");
const hashed = (line: Buffer): string => `sha256:${hash("sha256", line, "hex")}`;

describe("the events of a page", () => {
  it("are known by gid, day and instant", () => {
    const line = '{"gid":"12","created_at":"2026-05-01T09:00:00.1234Z"}';
    const [event] = scanPage(page(line)).events;
    expect(event).toEqual({ id: "12", day: "2026-05-01", at: "2026-05-01T09:00:00.1234Z", line: Buffer.from(line) });
  });

  it.each([
    ["integers beyond 2^53", '{"gid":"1","context":{"on_behalf_of_user_id":90071992547409931234}}'],
    ["number spellings", '{"gid":"1","n":[1.50,1e3,-0,1E+2]}'],
    ["duplicate keys", '{"gid":"0","gid":"1","a":1,"a":2}'],
    ["key order and __proto__", '{"__proto__":{"b":1},"2":0,"1":0,"gid":"1"}'],
    ["escapes, escaped slashes and lone surrogates", '{"gid":"1","name":"\\u00e9\\/\\ud800 \\u0000\\u000A"}'],
    ["spaces between tokens", '{ "gid" : "1",\t"details": { } }'],
    ["text beyond the basic plane, U+2028 and U+FEFF", '{"gid":"1","name":"🎉\u2028\u2029\u0085\ufeff"}'],
    ["braces, brackets and commas in strings", '{"gid":"1","name":"}],{[\\"}]"}'],
    ["deep and empty values", '{"gid":"1","details":{"a":[[],{},[{}]],"b":null,"c":[true,false]}}'],
    ["a SAML answer of 50 KB", `{"gid":"1","details":{"saml_response":"${"QUJD".repeat(12_500)}"}}`],
  ])("keep %s", (_, line) => {
    expect(linesOf(page(line, line))).toEqual([line, line]);
    expect(scanPage(page(line)).events[0]?.id).toBe("1");
  });

  it("are read at their own level only", () => {
    const { events } = scanPage(page('{"actor":{"gid":"9","created_at":"2020-01-01T00:00:00.000Z"},"gid":"1"}'));
    expect(events[0]).toMatchObject({ id: "1", at: null });
  });

  it("without a gid that is a string are known by the hash of their bytes", () => {
    const { events } = scanPage(page("{}", '{"gid":5}', '{"gid":""}', '{"gid":"1","gid":null}'));
    expect(events.map((event) => event.id)).toEqual(events.map(() => expect.stringMatching(/^sha256:[0-9a-f]{64}$/)));
  });

  it.each([
    "42",
    '"text"',
    "[1]",
    "[]",
    "null",
    "true",
    "-1.5E+2",
    '[{"gid":"1","created_at":"2026-05-01T09:00:00Z"}]',
  ])("may be %s beside others, which is then an odd event, byte for byte", (text) => {
    const whole = '{"gid":"1","created_at":"2026-05-01T09:00:00.000Z"}';
    const { events, offset } = scanPage(page(whole, text, whole));
    const line = Buffer.from(text);
    expect(events).toEqual([
      scanEvent(Buffer.from(whole)),
      { id: hashed(line), day: ODD_DAY, at: null, line },
      scanEvent(Buffer.from(whole)),
    ]);
    expect(offset).toBe("o");
  });

  it("with bytes that are not UTF-8 are odd events, byte for byte, and the others of the page are what they are", () => {
    const whole = '{"gid":"2","name":"é","created_at":"2026-05-01T09:00:00.000Z"}';
    for (const bytes of NOT_UTF8) {
      const event = '{"gid":"1","created_at":"2026-05-01T09:00:00.000Z","a":"?"}';
      for (const text of [event, '{"?":1}', '{"gid":"?"}', '"?"']) {
        const [line, utf8] = [filled(text, bytes), Buffer.from(whole)];
        const parts = ['{"data":[', utf8, ",", line, ",", utf8, '],"next_page":{"offset":"é"}}'];
        const { events, offset } = scanPage(Buffer.concat(parts.map((part) => Buffer.from(part as string))));
        expect(events).toEqual([scanEvent(utf8), { id: hashed(line), day: ODD_DAY, at: null, line }, scanEvent(utf8)]);
        expect(events[0]).toMatchObject({ id: "2", day: "2026-05-01" });
        expect(offset).toBe("é");
      }
    }
  });

  it("share the memory of the page, so nothing is copied", () => {
    const body = page('{"gid":"1"}');
    expect(scanPage(body).events[0]?.line.buffer).toBe(body.buffer);
  });

  it("may be none, of a page that has an offset or none", () => {
    expect(scan('{"data":[],"next_page":null}')()).toEqual({ events: [], offset: null });
    expect(scan(' {"next_page" : {"uri":"https://evil.example/","offset":"a"} , "data":[ ]}\n')()).toEqual({
      events: [],
      offset: "a",
    });
  });
});

describe("the keys of a page", () => {
  it("may be others besides, in any order, which are not looked at", () => {
    const text =
      '{"meta":{"offset":"x","data":5},"next_page":{"offset":"a","uri":1},"warnings":[{"gid":"2"}],"data":[{}]}';
    expect(scan(text)()).toMatchObject({ events: [{ line: Buffer.from("{}") }], offset: "a" });
  });

  it("count in their last spelling, as for JSON.parse", () => {
    const text = '{"data":[{},7],"data":7,"next_page":7,"data":[{"gid":"1"}],"next_page":{"offset":"a","offset":"b"}}';
    expect(scan(text)()).toMatchObject({ events: [{ id: "1" }], offset: "b" });
  });
});

describe("a page over several lines", () => {
  it("gives one line for each event, its inner spaces kept and its line breaks and indentation removed", () => {
    const pretty =
      '{\n  "data": [\n    {\n      "gid": "1",\r\n\t"a": [\n 1,  2 ]\n    }\n  ],\n  "next_page": null\n}\n';
    expect(linesOf(Buffer.from(pretty))).toEqual(['{"gid": "1","a": [1,  2 ]}']);
  });

  it("gives the bytes as received for an event that is on one line itself", () => {
    const body = Buffer.from('{"data":[\n{ "gid": "1" },\n{ "gid": "2" }\n],"next_page":null}');
    expect(linesOf(body)).toEqual(['{ "gid": "1" }', '{ "gid": "2" }']);
    expect(scanPage(body).events[0]?.line.buffer).toBe(body.buffer);
  });

  it("gives one line for elements that are no objects, and for bytes that are not UTF-8", () => {
    const pretty = '{"data": [\n  [\n    1,\n "  ?\\n "\n  ],\n{\n "?": 1\r\n}\n], "next_page": null}';
    const lines = scanPage(filled(pretty, [0xff])).events.map(({ line }) => line.toString("latin1"));
    expect(lines).toEqual(['[1,"  \xff\\n "]', '{"\xff": 1}']);
  });

  it("keeps every token of an event as it was", () => {
    const head = ["{", '"gid"', ":", '"a  \\n b"', ",", '"n"', ":"];
    const tokens = [...head, "[", "1.0e5", ",", "null", ",", "{", "}", "]", "}"];
    const space = fc.array(fc.constantFrom(" ", "\t", "\n", "\r"), { maxLength: 3 }).map((all) => all.join(""));
    const spaces = fc.array(space, { minLength: tokens.length - 1, maxLength: tokens.length - 1 });
    fc.assert(
      fc.property(spaces, (between) => {
        const received = tokens.map((token, i) => token + (between[i] ?? "")).join("");
        const kept = between.map((text) => (/[\r\n]/.test(text) ? "" : text));
        expect(linesOf(page(received))).toEqual([tokens.map((token, i) => token + (kept[i] ?? "")).join("")]);
      }),
      tries(300, 1),
    );
  });
});

describe("a page is refused", () => {
  it.each([
    ["nothing", ""],
    ["white space", " \n"],
    ["HTML", "<html><body>Bad gateway</body></html>"],
    ["an array", '[{"data":[],"next_page":null}]'],
    ["null", "null"],
    ["an errors envelope, beside data, too", '{"errors":[{"message":"no"}],"data":[],"next_page":null}'],
    ["no data", '{"next_page":null}'],
    ["data that is null", '{"data":null,"next_page":null}'],
    ["data that is an object", '{"data":{},"next_page":null}'],
    ["data whose last spelling is not an array", '{"data":[],"next_page":null,"d\\u0061ta":{}}'],
    ["an element that is no JSON", '{"data":[{"gid":"1"},nul],"next_page":null}'],
    ["an element that is an array not closed", '{"data":[[{}],"next_page":null}'],
    ["an element that is a text with a raw line feed", '{"data":["a\nb"],"next_page":null}'],
    ["an element that is a text with a raw 0x01", '{"data":["a\u0001b"],"next_page":null}'],
    ["next_page missing", '{"data":[]}'],
    ["next_page false", '{"data":[],"next_page":false}'],
    ["next_page without an offset", '{"data":[],"next_page":{"uri":"u"}}'],
    ["an offset that is no string", '{"data":[],"next_page":{"offset":1}}'],
    ["an offset that is empty", '{"data":[],"next_page":{"offset":""}}'],
    ["an offset with a control character", '{"data":[],"next_page":{"offset":"a\\nb"}}'],
    ["an offset with half a surrogate pair", '{"data":[],"next_page":{"offset":"a\\ud800"}}'],
    ["a byte order mark", '\ufeff{"data":[],"next_page":null}'],
    ["a second value after it", '{"data":[],"next_page":null}{}'],
    ["a comma too many", '{"data":[{},],"next_page":null}'],
    ["a raw line feed in a string", '{"data":[{"a":"\n"}],"next_page":null}'],
    ["a raw 0x01 between tokens", '{"data":[\u0001],"next_page":null}'],
    ["a number with a leading zero", '{"data":[{"a":01}],"next_page":null}'],
    ...["-", "1.", ".5", "1e", "1e+", "+1", "0x1", "1_0", "--1", "tru", "nulll", "True"].map(
      (text): [string, string] => [`the token ${text}`, `{"data":[{"a":${text}}],"next_page":null}`],
    ),
    ...["\\u12", "\\u123", "\\u00eg", "\\U0041", "\\'", "\\"].map((text): [string, string] => [
      `the escape ${text}`,
      `{"data":[{"a":"${text}"}],"next_page":null}`,
    ]),
    ...["\v", "\f", "\u00a0", "\u2028", "\ufeff", "\u0000"].map((text): [string, string] => [
      `the white space ${JSON.stringify(text)}`,
      `{"data":[${text}],"next_page":null}`,
    ]),
    ["a comment", '{"data":[]/**/,"next_page":null}'],
    ["NaN", '{"data":[{"a":NaN}],"next_page":null}'],
    ["brackets that do not match", '{"data":[{"a":[1}]}],"next_page":null}'],
  ])("for %s", (_, text) => {
    expect(scan(text)).toThrow(MalformedError);
  });

  it.each([
    ['{"data":[],"next_page":null}]', "the text ends too early"],
    ['{"errors":[],"data":[],"next_page":null}', "an errors envelope"],
    ['{"next_page":null}', "data is missing"],
    ['{"data":7,"next_page":null}', "data is not an array"],
    ['{"data":[]}', "next_page is missing"],
    ['{"data":[],"next_page":7}', "next_page is neither null nor an object with an offset"],
    ['{"data":[],"next_page":{}}', "next_page is neither null nor an object with an offset"],
    ['{"data":[],"next_page":{"offset":""}}', "the offset is empty, too long or holds odd characters"],
  ])("for %s, with the words: %s", (text, message) => {
    expect(scan(text)).toThrow(new MalformedError(message));
  });

  it.each([
    ["in next_page", '{"data":[{}],"next_page":{"offset":"a","uri":"?"}}'],
    ["in the offset", '{"data":[{}],"next_page":{"offset":"?"}}'],
    ["in a key before data", '{"?":1,"data":[{}],"next_page":null}'],
    ["in a value behind all", '{"data":[{}],"next_page":null,"more":["?"]}'],
    ["in a value between", '{"data":[{}],"more":"?","data":[{}],"next_page":null}'],
    ["in data that is no array, and replaced", '{"data":"?","data":[{}],"next_page":null}'],
    ["beside an event that holds some too", '{"data":[{"a":"?"}],"next_page":null,"more":"?"}'],
  ])("for bytes that are not UTF-8 %s", (_, text) => {
    for (const bytes of NOT_UTF8) expect(() => scanPage(filled(text, bytes))).toThrow(new MalformedError("not UTF-8"));
  });

  it("for bytes that are not UTF-8 between the tokens of data", () => {
    for (const text of [
      '{"data":[?{}],"next_page":null}',
      '{"data":[{}?],"next_page":null}',
      '{"data":[{?}],"next_page":null}',
    ]) {
      for (const bytes of NOT_UTF8) expect(() => scanPage(filled(text, bytes))).toThrow("not JSON at byte");
    }
  });

  it("cut off anywhere", () => {
    const whole = page('{"gid":"1","details":{"a":["\\u00e9",1.5,true]}}', "{}");
    for (let length = 0; length < whole.length; length++) {
      expect(() => scanPage(whole.subarray(0, length))).toThrow(MalformedError);
    }
    expect(scanPage(whole).events.length).toBe(2);
  });

  it("nested deeper than the limit, whatever JSON.parse would take, and never by a stack overflow", () => {
    const nested = (depth: number) => page(`{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`);
    expect(scanPage(nested(MAX_DEPTH - 3)).events.length).toBe(1);
    expect(() => scanPage(nested(MAX_DEPTH - 2))).toThrow("more than 1000 brackets");
    expect(() => scanPage(nested(1_000_000))).toThrow(MalformedError);
    expect(() => scanPage(Buffer.from('{"a":'.repeat(1_000_000).concat("}")))).toThrow(MalformedError);
  });

  it("with an offset longer than the limit, counted in bytes", () => {
    const withOffset = (offset: string) => scan(JSON.stringify({ data: [], next_page: { offset } }));
    expect(withOffset("x".repeat(MAX_OFFSET_BYTES))().offset?.length).toBe(MAX_OFFSET_BYTES);
    expect(withOffset("x".repeat(MAX_OFFSET_BYTES + 1))).toThrow(MalformedError);
    expect(withOffset("é".repeat(MAX_OFFSET_BYTES / 2 + 1))).toThrow(MalformedError);
  });

  it("with a message that names the place and none of the content", () => {
    expect(scan('{"data":[{"name":"Ann Secret" x}],"next_page":null}')).toThrow("not JSON at byte 30");
    expect(scan('{"data":[{"name":"Ann Secret')).toThrow("the text ends too early");
  });
});

describe("an archived line", () => {
  it("is one value with nothing around it", () => {
    const line = Buffer.from('{"gid":"1","created_at":"2026-05-01T09:00:00.000Z"}');
    expect(scanEvent(line)).toEqual({ id: "1", day: "2026-05-01", at: "2026-05-01T09:00:00.000Z", line });
  });

  it.each([
    [Buffer.from([0x7b, 0xff, 0x7d]), "not JSON at byte 1"],
    [Buffer.from("42 "), "text after the event at byte 2"],
    [Buffer.from("[1}"), "not JSON at byte 2"],
    [Buffer.from('"a'), "the text ends too early"],
    [Buffer.from("{\n}"), "more than one line"],
    [Buffer.from("{\r}"), "more than one line"],
    [Buffer.from("{}]"), "the text ends too early"],
    [Buffer.from("{}{}"), "text after the event at byte 2"],
    [Buffer.from(" {}"), "not JSON at byte 0"],
  ])("is not %j: %s", (line, message) => {
    expect(() => scanEvent(line)).toThrow(new MalformedError(message));
  });

  it.each(["42", '"a"', "[1]", "[]", "null", "true", "-0.5e3", "[ {} , 1 ]"])(
    "may be %s, an odd event without a gid",
    (text) => {
      const line = Buffer.from(text);
      expect(scanEvent(line)).toEqual({ id: hashed(line), day: ODD_DAY, at: null, line });
    },
  );

  it("with bytes that are not UTF-8 is an odd event, whatever its gid and time are", () => {
    for (const text of [`{"gid":"1","created_at":"2026-05-01T09:00:00.000Z","a":"?"}`, `{"gid":"?"}`, `["?"]`, `"?"`]) {
      for (const bytes of NOT_UTF8) {
        const line = filled(text, bytes);
        expect(scanEvent(line)).toEqual({ id: hashed(line), day: ODD_DAY, at: null, line });
      }
    }
  });

  it.each(
    ["", "{} ", " {}", "{}{}", "}", "[]}", "1}", '""}', '{"a":\n1}', '{"a":\r1}', "{", '{"a":"\u0001"}'].concat([
      "[",
      "[]]",
      "[1\n]",
      "1 2",
      "-",
      "nul",
      "nulls",
      '"\u0001"',
      " 1",
      "01",
      "\ufeff1",
    ]),
  )("is not %j", (text) => {
    expect(() => scanEvent(Buffer.from(text))).toThrow(MalformedError);
  });
});
