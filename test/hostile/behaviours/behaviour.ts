import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import type { ErrorKind } from "../../../lambda/errors.ts";
import { eventLine, type Play, pageOf, type Reply, reply, startHostileServer } from "../hostile-server.ts";

/** How a server may behave, and what has to become of a drain that meets it. */
export interface Behaviour {
  readonly name: string;
  /** From the second page on: the first was an honest one. */
  readonly play: Play;
  /** `caught-up`: strange, but a page; else how the run must end. */
  readonly ends: ErrorKind | "caught-up";
  /** Lines that have to be archived because of it, byte for byte. */
  readonly adds?: readonly string[];
}

/** Another origin, open as soon as this file is loaded: nobody may ever ask it. */
export const trap = await startHostileServer(() => undefined);
export const TRAP_URL = `http://127.0.0.1:${trap.port}/`;

/** Every request gets these bytes, and the connection stays open. */
export const bytes = (name: string, ends: Behaviour["ends"], given: () => Buffer | string): Behaviour => ({
  name,
  ends,
  play: (socket) => void socket.write(given()),
});

export const answer = (name: string, ends: Behaviour["ends"], given: Reply | (() => Reply)): Behaviour =>
  bytes(name, ends, () => reply(typeof given === "function" ? given() : given));

export const body = (name: string, ends: Behaviour["ends"], given: string | Buffer): Behaviour =>
  answer(name, ends, { body: given });

/** A page that is strange and right: it has to be archived, and the end is reached behind it. */
export const odd = (name: string, adds: readonly string[], given: (page: string) => Buffer): Behaviour => ({
  name,
  ends: "caught-up",
  adds,
  play: (socket, _, { target }) =>
    void socket.write(target.includes("offset=o6") ? given(pageOf(adds, "h1")) : reply({ body: pageOf([], "h2") })),
});

/** An event that only a hostile answer shows. */
export const EVENT = eventLine(20);

/** A page that is right, for answers that are wrong in another way: it must not be archived. */
export const BAIT = pageOf([eventLine(30)], "bait");

export const gzipped = (text: string | Buffer): Buffer => gzipSync(text);

/** Writes as long as the other side takes it. */
export function pour(socket: Socket, chunk: Buffer): void {
  const more = () => {
    while (!socket.destroyed && socket.write(chunk));
    if (!socket.destroyed) socket.once("drain", more);
  };
  more();
}

/** A chunk every few milliseconds for as long as the connection lives. */
export function trickle(socket: Socket, chunk: Buffer | string): void {
  const timer = setInterval(() => void socket.write(chunk), 10);
  socket.once("close", () => clearInterval(timer));
}
