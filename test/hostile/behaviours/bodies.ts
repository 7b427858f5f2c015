/** Answers with status 200 that are no page, or an odd one. */
import { brotliCompressSync, deflateSync } from "node:zlib";
import { eventLine, pageOf, reply } from "../hostile-server.ts";
import { answer, BAIT, type Behaviour, body, EVENT, gzipped, odd, TRAP_URL, trap } from "./behaviour.ts";

const invalid = (name: string, given: string | Buffer): Behaviour => body(name, "invalid-response", given);
const event = (inner: string): string => `{"gid":"77","created_at":"2026-05-01T12:00:40.000Z",${inner}}`;
/** Pages that are right but for what is put in one place. */
const withEvent = (text: string): string => pageOf([eventLine(30), text], "bait");
const withNext = (text: string): string => `{"data":[${eventLine(30)}],"next_page":${text}}`;
const oddEvent = (name: string, line: string): Behaviour => odd(name, [line], (page) => reply({ body: page }));
/** An event that holds these bytes, beside one that is right. */
const notText = (name: string, bytes: string): Behaviour => {
  const replaced = Buffer.from(bytes, "latin1").toString();
  return odd(name, [EVENT, event(`"name":"${replaced}"`)], (page) =>
    reply({ body: Buffer.from(page.replace(replaced, bytes), "latin1") }),
  );
};
const wild = (version: number): string =>
  `{"gid":"\\u001b[2J\\u202e${"9".repeat(100_000)}","created_at":"2026-05-01T12:00:40.000Z","v":${version}}`;
const encoded = (name: string, encoding: string, given: Buffer): Behaviour =>
  answer(name, "invalid-response", { headers: [`Content-Encoding: ${encoding}`], body: given });

export const bodies: readonly Behaviour[] = [
  invalid("empty", ""),
  invalid("white space", " \n\t "),
  invalid("HTML", "<!doctype html><title>Log in</title>"),
  invalid("XML", `<?xml version="1.0"?><!DOCTYPE d [<!ENTITY e SYSTEM "${TRAP_URL}">]><data>&e;</data>`),
  invalid("a byte order mark", `\ufeff${BAIT}`),
  invalid("UTF-16", Buffer.from(BAIT, "utf16le")),
  invalid("UTF-16 with its mark", Buffer.from(`\ufeff${BAIT}`, "utf16le")),
  invalid("Latin-1 in a key of the page", Buffer.from(BAIT.replace("{", '{"é":1,'), "latin1")),
  invalid("Latin-1 beside the offset", Buffer.from(withNext('{"uri":"é","offset":"o9"}'), "latin1")),
  invalid("a page and more behind it", `${BAIT}x`),
  invalid("a page and NULs behind it", `${BAIT}\u0000\u0000`),
  invalid("two pages", BAIT + BAIT),
  invalid("lines of JSON", `${eventLine(30)}\n${eventLine(31)}\n`),
  invalid("JSONP", `callback(${BAIT})`),
  invalid("a guarded page", `)]}'\n${BAIT}`),
  invalid("half a page", BAIT.slice(0, -20)),
  invalid("comments", BAIT.replace("[", "[/* none */")),
  invalid("single quotes", BAIT.replaceAll('"', "'")),
  invalid("a comma too many", BAIT.replace("}]", "},]")),
  invalid("an array", `[${BAIT}]`),
  invalid("null", "null"),
  invalid("a number", "42"),
  invalid("an errors envelope", '{"errors":[{"message":"Not really"}]}'),
  invalid("errors beside data", BAIT.replace("{", '{"errors":[],')),
  invalid("no data", '{"next_page":null}'),
  invalid("null data", '{"data":null,"next_page":null}'),
  invalid("data that is an object", `{"data":{"0":${eventLine(30)}},"next_page":null}`),
  invalid("data given twice, lastly no list", BAIT.replace('"next_page"', '"data":7,"next_page"')),
  invalid("an event that is a cut word", withEvent("nul")),
  invalid("an event that is a text with a raw line feed", withEvent('"ev\nent"')),
  invalid("a raw NUL", withEvent(event('"name":"\u0000"'))),
  invalid("a raw 0x01", withEvent(event('"name":"\u0001"'))),
  invalid("a raw line feed in a text", withEvent(event('"name":"\n"'))),
  invalid("an escape that is none", withEvent(event('"name":"\\x41"'))),
  invalid("an event nested 100,000 deep", withEvent(event(`"a":${"[".repeat(50_000)}${"]".repeat(50_000)}`))),
  invalid("brackets without end", `{"data":${"[".repeat(100_000)}`),
  invalid("no next_page", '{"data":[]}'),
  invalid("next_page that is a text", withNext('"o9"')),
  invalid("next_page that is a list", withNext('["o9"]')),
  invalid("an empty offset", withNext('{"offset":""}')),
  invalid("an offset of a megabyte", withNext(`{"offset":"${"x".repeat(150_000)}"}`)),
  invalid("an offset with a line feed", withNext('{"offset":"a\\r\\nX-Evil: 1"}')),
  invalid("an offset with a NUL", withNext('{"offset":"a\\u0000"}')),
  invalid("an offset with an escape character", withNext('{"offset":"\\u001b[2J"}')),
  invalid("an offset with a C1 control", withNext('{"offset":"\\u009b2J"}')),
  invalid("an offset with half a surrogate pair", withNext('{"offset":"\\ud800"}')),
  invalid("an offset that is a number", withNext('{"offset":1}')),
  invalid("an offset that is null", withNext('{"offset":null}')),
  encoded("deflate, which nobody asked for", "deflate", deflateSync(BAIT)),
  encoded("brotli, which nobody asked for", "br", brotliCompressSync(BAIT)),
  encoded("gzip in gzip", "gzip", gzipped(gzipped(BAIT))),
  encoded("two encodings", "gzip, gzip", gzipped(gzipped(BAIT))),
  encoded("gzip of a page and another member behind it", "gzip", Buffer.concat([gzipped(BAIT), gzipped("more")])),
  odd("gzip", [EVENT], (page) => reply({ headers: ["Content-Encoding: GZIP"], body: gzipped(page) })),
  odd("a wrong content type", [EVENT], (page) =>
    reply({ headers: ["Content-Type: text/html; charset=utf-16"], body: page }),
  ),
  odd("uri and path of another origin", [EVENT], (page) => {
    const uri = `"uri":"${TRAP_URL}steal","path":"//127.0.0.1:${trap.port}/steal"`;
    return reply({ body: page.replace('{"offset"', `{${uri},"offset"`) });
  }),
  odd("white space of every kind", [EVENT], (page) =>
    reply({ body: `\n\t ${page.replaceAll(/(?<=[[\]])/g, " \r\n\t")} \n` }),
  ),
  odd("a page with keys that name prototypes", [EVENT], (page) =>
    reply({ body: page.replace("{", '{"__proto__":{"data":[]},"constructor":{},"toString":1,') }),
  ),
  oddEvent("half a surrogate pair, escaped", event('"name":"\\ud800\\u0000"')),
  oddEvent("huge numbers", event(`"a":1e999999,"b":-${"9".repeat(5_000)},"c":0.${"0".repeat(5_000)}1`)),
  oddEvent("a key of 100 KB", event(`"${"k".repeat(100_000)}":1`)),
  oddEvent("900 brackets", event(`"a":${"[".repeat(900)}${"]".repeat(900)}`)),
  oddEvent("a gid of 100 KB", `{"gid":"${"9".repeat(100_000)}","created_at":"2026-05-01T12:00:40.000Z"}`),
  oddEvent("a gid that steers terminals", '{"gid":"\\u001b[2J\\u202e","created_at":"2026-05-01T12:00:40.000Z"}'),
  oddEvent("a gid that names a prototype", '{"gid":"__proto__","created_at":"2026-05-01T12:00:40.000Z"}'),
  oddEvent("a gid that is a path", '{"gid":"../../../../tmp/x","created_at":"2026-05-01T12:00:40.000Z"}'),
  oddEvent("a day that is a path", '{"gid":"78","created_at":"../../../../tmp/x"}'),
  oddEvent("the year 9999", '{"gid":"79","created_at":"9999-12-31T23:59:59.999Z"}'),
  oddEvent("the year 0", '{"gid":"80","created_at":"0000-01-01T00:00:00.000Z"}'),
  oddEvent("a fraction of 60 digits", `{"gid":"81","created_at":"2026-05-01T12:00:40.${"1".repeat(60)}Z"}`),
  oddEvent("no member at all", "{}"),
  ...["null", "true", "42", '"event"', "[]", `[${eventLine(30)}]`].map((line) =>
    odd(`the event ${line.slice(0, 9)} beside another`, [EVENT, line], (page) => reply({ body: page })),
  ),
  notText("Latin-1 in an event", "\xe9"),
  notText("half a surrogate pair in bytes", "\xed\xa0\x80"),
  notText("an overlong NUL", "\xc0\x80"),
  odd("ten thousand times the same", ["{}"], () => reply({ body: pageOf(Array(10_000).fill("{}"), "h1") })),
  odd("one gid with two contents", [event('"v":1')], () =>
    reply({ body: pageOf([event('"v":1'), event('"v":2')], "h1") }),
  ),
  odd("one steering gid of 100 KB with two contents", [wild(1)], () =>
    reply({ body: pageOf([wild(1), wild(2)], "h1") }),
  ),
  odd("an offset full of signs", [EVENT], (page) =>
    reply({ body: page.replace('"h1"', JSON.stringify(`&limit=1#?/../%00+ =\u{1f600}';--`)) }),
  ),
];
