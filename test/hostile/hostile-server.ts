/** A server on raw sockets that plays Asana honestly until it is told to play something else. */

import { createServer, type Socket } from "node:net";
import { listen } from "../fakes/loopback.ts";

export interface SeenRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  /** Names in lower case; as a list, for a name may be there twice. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** Answers one request by hand. `n` counts from 1 since the behaviour was chosen. */
export type Play = (socket: Socket, n: number, request: SeenRequest) => void;

export interface HostileServer {
  readonly port: number;
  readonly requests: SeenRequest[];
  /** Connections in all, requests or not. */
  connections(): number;
  play(play: Play): void;
  close(): Promise<void>;
}

export async function startHostileServer(first: Play): Promise<HostileServer> {
  const requests: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  let current = first;
  let n = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      for (let end = text.indexOf("\r\n\r\n"); end !== -1; end = text.indexOf("\r\n\r\n")) {
        const request = parseRequest(text.slice(0, end));
        text = text.slice(end + 4);
        requests.push(request);
        n += 1;
        current(socket, n, request);
      }
    });
  });
  const port = await listen(server);
  return {
    port,
    requests,
    connections: () => connections,
    play: (play) => {
      current = play;
      n = 0;
      for (const socket of sockets) socket.destroy();
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function parseRequest(head: string): SeenRequest {
  const [line = "", ...rest] = head.split("\r\n");
  const [method = "", target = ""] = line.split(" ");
  const headers = rest.map((header) => {
    const colon = header.indexOf(":");
    return [header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim()] as const;
  });
  return { method, target, headers };
}

/** The source's clock, shortly after all of its events. */
export const DATE = "Fri, 01 May 2026 12:01:00 GMT";

export interface Reply {
  readonly status?: string;
  /** Each is sent as it is; `date` and `content-length` are added unless given. */
  readonly headers?: readonly string[];
  readonly body?: string | Buffer;
}

/** A whole HTTP/1.1 answer. */
export function reply({ status = "200 OK", headers = [], body = "" }: Reply): Buffer {
  const bytes = Buffer.from(body as string);
  const has = (name: string) => headers.some((header) => header.toLowerCase().startsWith(`${name}:`));
  const all = [
    ...headers,
    ...(has("date") ? [] : [`Date: ${DATE}`]),
    ...(has("content-length") || has("transfer-encoding") ? [] : [`Content-Length: ${bytes.length}`]),
  ];
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status}\r\n${all.join("\r\n")}\r\n\r\n`, "latin1"), bytes]);
}

export const pageOf = (lines: readonly string[], offset: string | null, more = ""): string =>
  `{"data":[${lines.join(",")}],"next_page":${offset === null ? "null" : JSON.stringify({ offset })}${more}}`;

export const eventLine = (index: number): string =>
  JSON.stringify({
    gid: `12010000000000${String(index).padStart(2, "0")}`,
    created_at: `2026-05-01T12:00:${String(index).padStart(2, "0")}.000Z`,
    event_type: "user_login_succeeded",
  });

/** Pages of three, offsets that count, and the words that Asana refuses unknown ones with. */
export const honest =
  (lines: readonly string[]): Play =>
  (socket, _, { target }) => {
    const offset = new URL(target, "http://localhost").searchParams.get("offset");
    const from = offset === null ? 0 : Number(/^o(\d+)$/.exec(offset)?.[1] ?? -1);
    if (from < 0) {
      const body = '{"errors":[{"message":"offset: Your pagination token is invalid."}]}';
      socket.write(reply({ status: "400 Bad Request", body }));
      return;
    }
    const page = lines.slice(from, from + 3);
    socket.write(reply({ body: pageOf(page, `o${from + page.length}`) }));
  };
