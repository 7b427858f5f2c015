/** Answers whose headers or framing are not what they seem. */
import { eventLine, pageOf, reply } from "../hostile-server.ts";
import { answer, BAIT, type Behaviour, bytes, EVENT, odd, TRAP_URL, trap } from "./behaviour.ts";

const head = (...lines: string[]): string => `HTTP/1.1 200 OK\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
const raw = (name: string, ends: Behaviour["ends"], text: string | Buffer): Behaviour =>
  bytes(name, ends, () => Buffer.from(text as string));
const oddHeaders = (name: string, ...headers: string[]): Behaviour =>
  odd(name, [EVENT], (page) => reply({ headers, body: page }));
const chunked = (...chunks: string[]): string => head("Transfer-Encoding: chunked") + chunks.join("");
const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const LENGTH = `Content-Length: ${BAIT.length}`;

export const headers: readonly Behaviour[] = [
  raw("no HTTP at all", "unavailable", "220 smtp.example ESMTP\r\n"),
  raw("HTTP/0.9", "unavailable", BAIT),
  raw("HTTP/2", "unavailable", Buffer.from("000012040000000000000300000064000400100000", "hex")),
  raw("a TLS alert", "unavailable", Buffer.from("15030100020246", "hex")),
  raw("an unknown version", "unavailable", `HTTP/9.9 200 OK\r\n${LENGTH}\r\n\r\n${BAIT}`),
  raw("a status that is a word", "unavailable", `HTTP/1.1 OK\r\n${LENGTH}\r\n\r\n${BAIT}`),
  raw("a header without a colon", "unavailable", head("nonsense", LENGTH) + BAIT),
  raw("a header with a NUL", "unavailable", head("X-A: \u0000", LENGTH) + BAIT),
  raw("a header with an escape character", "unavailable", head("X-A: \u001b[2J", LENGTH) + BAIT),
  raw("a header of 100 KB", "invalid-response", head(`X-A: ${"x".repeat(100_000)}`, LENGTH) + BAIT),
  raw(
    "ten thousand headers",
    "invalid-response",
    head(...Array.from({ length: 10_000 }, (_, i) => `X-${i}: 1`), LENGTH) + BAIT,
  ),
  raw("headers that never end", "invalid-response", `HTTP/1.1 200 OK\r\n${"X-A: 1\r\n".repeat(20_000)}`),
  raw("two different lengths", "unavailable", head("Content-Length: 2", LENGTH) + BAIT),
  raw("a length and chunks", "unavailable", head(LENGTH, "Transfer-Encoding: chunked") + chunk(BAIT) + chunk("")),
  raw("a negative length", "unavailable", head("Content-Length: -1") + BAIT),
  raw("a length that is a word", "unavailable", head("Content-Length: many") + BAIT),
  raw("a length beyond all numbers", "unavailable", head(`Content-Length: ${"9".repeat(40)}`) + BAIT),
  raw("a length too short by a bracket", "unavailable", head(`Content-Length: ${BAIT.length - 1}`) + BAIT),
  raw("a chunk size that is a word", "unavailable", chunked("many\r\n", BAIT)),
  raw("a negative chunk size", "unavailable", chunked("-5\r\n", BAIT)),
  raw("a chunk size beyond all numbers", "unavailable", chunked(`${"f".repeat(40)}\r\n`, BAIT)),
  raw("a chunk longer than its size", "unavailable", chunked("5\r\n", BAIT)),
  raw("an unknown transfer encoding", "unavailable", head("Transfer-Encoding: rot13") + BAIT),
  raw("an answer behind the answer", "invalid-response", `${head("Content-Length: 2")}{}${head(LENGTH)}${BAIT}`),
  raw("a length in the trailer", "unavailable", `${chunked(chunk(BAIT))}0\r\nContent-Length: 5\r\n\r\n`),
  odd("chunks of one byte, with extensions and trailers", [EVENT], (page) => {
    const chunks = [...Buffer.from(page)].map((byte) => `1;a="b"\r\n${String.fromCharCode(byte)}\r\n`);
    return Buffer.from(`${chunked(...chunks)}0\r\nX-Trailer: 1\r\n\r\n`);
  }),
  odd("a second answer that nobody asked for", [EVENT], (page) =>
    Buffer.concat([reply({ body: page }), reply({ body: pageOf([eventLine(31)], "smuggled") })]),
  ),
  oddHeaders("a cookie", "Set-Cookie: session=1; Path=/", "Set-Cookie2: a=b"),
  oddHeaders(
    "another place to go",
    `Location: ${TRAP_URL}`,
    `Refresh: 0; url=${TRAP_URL}`,
    `Content-Location: ${TRAP_URL}`,
  ),
  oddHeaders(
    "another service",
    `Alt-Svc: h2="127.0.0.1:${trap.port}"`,
    `Link: <${TRAP_URL}>; rel=next`,
    "Upgrade: h2c",
  ),
  oddHeaders("no date", "Date:"),
  oddHeaders("a date that is none", "Date: Someday, 99 Foo 2026 99:99:99 GMT"),
  oddHeaders("two dates", "Date: Fri, 01 May 2026 12:01:00 GMT", "Date: Thu, 01 Jan 1970 00:00:00 GMT"),
  oddHeaders("the year 9999", "Date: Fri, 31 Dec 9999 23:59:59 GMT"),
  oddHeaders("the year 1970", "Date: Thu, 01 Jan 1970 00:00:00 GMT"),
  oddHeaders("a thousand changes of the API", `Asana-Change: ${"name=a;info=b;affected=true,".repeat(1_000)}`),
  oddHeaders("a header that names a prototype", "__proto__: 1", "constructor: 1", "toString: 1"),
  oddHeaders("a retry order beside a page", "Retry-After: 100000"),
  oddHeaders("no wish to keep the connection", "Connection: close", "Keep-Alive: timeout=0"),
  answer("a length of 0 and a body", "unavailable", { headers: ["Content-Length: 0"], body: BAIT }),
];
