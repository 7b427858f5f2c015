/** Connections that break, crawl or never end. */
import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { pageOf, reply } from "../hostile-server.ts";
import { BAIT, type Behaviour, EVENT, gzipped, pour, trickle } from "./behaviour.ts";

const HEAD = `HTTP/1.1 200 OK\r\nContent-Length: ${BAIT.length}\r\n\r\n`;
const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const CHUNK = `${BAIT.length.toString(16)}\r\n${BAIT}\r\n`;
const ENDLESS = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n";

const plays = (name: string, ends: Behaviour["ends"], play: (socket: Socket) => void): Behaviour => ({
  name,
  ends,
  play,
});
/** Sends so much and resets the connection, or ends it in good order. */
const breaksOff = (name: string, text: string | Buffer): readonly Behaviour[] => [
  plays(`reset ${name}`, "unavailable", (socket) => void socket.write(text, () => socket.resetAndDestroy())),
  plays(`end ${name}`, "unavailable", (socket) => void socket.end(text)),
];
const stalls = (name: string, text: string): Behaviour =>
  plays(`silence ${name}`, "unavailable", (socket) => void (text && socket.write(text)));
const crawls = (name: string, text: string, chunk: string): Behaviour =>
  plays(`a trickle of ${name}`, "unavailable", (socket) => {
    socket.write(text);
    trickle(socket, chunk);
  });
const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 0x20));
const asGzip = (given: Buffer): Buffer => reply({ headers: ["Content-Encoding: gzip"], body: given });

export const connections: readonly Behaviour[] = [
  plays("reset without a byte", "unavailable", (socket) => void socket.resetAndDestroy()),
  plays("end without a byte", "unavailable", (socket) => void socket.end()),
  ...breaksOff("in the status line", "HTTP/1.1 2"),
  ...breaksOff("behind the status line", "HTTP/1.1 200 OK\r\n"),
  ...breaksOff("in a header", "HTTP/1.1 200 OK\r\nContent-Le"),
  ...breaksOff("behind the headers", HEAD),
  ...breaksOff("in the body", HEAD + BAIT.slice(0, 30)),
  ...breaksOff("one byte before the end", HEAD + BAIT.slice(0, -1)),
  ...breaksOff("in a chunk's size", `${CHUNKED}1`),
  ...breaksOff("in a chunk", CHUNKED + CHUNK.slice(0, 30)),
  ...breaksOff("before the last chunk", CHUNKED + CHUNK),
  ...breaksOff("in the last chunk", `${CHUNKED}${CHUNK}0\r\n`),
  ...breaksOff("in compressed data", asGzip(gzipped(BAIT)).subarray(0, -12)),
  stalls("without a byte", ""),
  stalls("in the headers", "HTTP/1.1 200 OK\r\nX-A: "),
  stalls("behind the headers", HEAD),
  stalls("before the last byte", HEAD + BAIT.slice(0, -1)),
  stalls("before the last chunk", CHUNKED + CHUNK),
  crawls("headers", "HTTP/1.1 200 OK\r\n", "X-A: 1\r\n"),
  crawls("white space", ENDLESS, " "),
  crawls("chunks", CHUNKED, "1\r\n \r\n"),
  crawls("early hints", "", "HTTP/1.1 103 Early Hints\r\n\r\n"),
  plays("a body without end", "invalid-response", (socket) => {
    socket.write(ENDLESS);
    pour(socket, Buffer.alloc(64 * 1024, 0x20));
  }),
  plays("chunks without end", "invalid-response", (socket) => {
    socket.write(CHUNKED);
    pour(socket, Buffer.from(`10000\r\n${" ".repeat(65_536)}\r\n`));
  }),
  plays("events without end", "invalid-response", (socket) => {
    socket.write(`${ENDLESS}{"data":[`);
    pour(socket, Buffer.from(`${EVENT},`.repeat(100)));
  }),
  plays("a gzip bomb", "invalid-response", (socket) => void socket.write(asGzip(bomb))),
  plays("a gzip bomb in a gzip bomb", "invalid-response", (socket) => void socket.write(asGzip(gzipSync(bomb)))),
  plays("gzip that gives nothing, without end", "invalid-response", (socket) => {
    socket.write(`${ENDLESS.replace("\r\n\r\n", "\r\nContent-Encoding: gzip\r\n\r\n")}`);
    socket.write(gzipped("").subarray(0, 10));
    pour(socket, Buffer.from("000000ffff".repeat(10_000), "hex"));
  }),
  plays("gzip that is none", "unavailable", (socket) => void socket.write(asGzip(Buffer.from(BAIT)))),
  plays("gzip with a wrong checksum", "unavailable", (socket) => {
    const damaged = gzipped(BAIT);
    damaged[damaged.length - 6]! ^= 1;
    socket.write(asGzip(damaged));
  }),
  {
    name: "a body that ends with the connection",
    ends: "caught-up",
    adds: [EVENT],
    play: (socket, n) =>
      void socket.end(`HTTP/1.0 200 OK\r\n\r\n${n === 1 ? pageOf([EVENT], "h1") : pageOf([], "h2")}`),
  },
  {
    name: "pages without end",
    ends: "invalid-response",
    adds: ["{}"],
    play: (socket, n) => void socket.write(reply({ body: pageOf(["{}"], `h${n}`) })),
  },
  {
    name: "two offsets that lead to each other",
    ends: "invalid-response",
    adds: [EVENT],
    play: (socket, n) => void socket.write(reply({ body: pageOf([EVENT], n % 2 === 0 ? "a" : "b") })),
  },
  {
    name: "an offset that leads to itself",
    ends: "invalid-response",
    adds: [EVENT],
    play: (socket) => void socket.write(reply({ body: pageOf([EVENT], "a") })),
  },
  {
    name: "blank pages, as if there had never been an event",
    ends: "caught-up",
    play: (socket) => void socket.write(reply({ body: pageOf([], null) })),
  },
];
