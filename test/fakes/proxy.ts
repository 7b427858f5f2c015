/** An HTTP proxy on loopback, and a way to have any address lead to a server here, over TLS. */
import { createServer } from "node:http";
import { connect, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { onTestFinished } from "vitest";
import type { createCertificate } from "./certificate.ts";
import { listen } from "./loopback.ts";

export interface Proxy {
  /** With the user and password that it asks for. */
  readonly url: string;
  /** `host:port` of each tunnel that was asked for, and the URL of each request that was not for a tunnel. */
  readonly asked: readonly string[];
  /** All headers that it could read. */
  readonly seen: string;
}

const CREDENTIALS = "desk:pass word";

/** `ports`: which port of this machine a `host:port` leads to; what is not among them is refused with 502. */
export async function startProxy(ports: Readonly<Record<string, number>>): Promise<Proxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  let seen = "";
  const isAllowed = (header: string | undefined) => header === `Basic ${Buffer.from(CREDENTIALS).toString("base64")}`;
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    seen += JSON.stringify(request.headers);
    response.writeHead(502).end();
  });
  server.on("connect", (request, client: Socket) => {
    sockets.add(client);
    client.on("error", () => undefined);
    seen += JSON.stringify(request.headers);
    if (!isAllowed(request.headers["proxy-authorization"])) {
      return client.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    }
    asked.push(request.url ?? "");
    const port = ports[request.url ?? ""];
    if (port === undefined) return client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    const behind = connect(port, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      client.pipe(behind).pipe(client);
    });
    sockets.add(behind);
    behind.on("error", () => client.destroy());
    return undefined;
  });
  const port = await listen(server);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const [user = "", password = ""] = CREDENTIALS.split(":").map(encodeURIComponent);
  return {
    url: `http://${user}:${password}@127.0.0.1:${port}`,
    asked,
    get seen() {
      return seen;
    },
  };
}

/** A port that speaks TLS with the certificate, before the plain server at `port`. */
export async function wrapInTls(certificate: ReturnType<typeof createCertificate>, port: number): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createTlsServer({ ...certificate }, (socket) => {
    const behind = connect(port, "127.0.0.1");
    socket.on("error", () => behind.destroy());
    behind.on("error", () => socket.destroy());
    socket.pipe(behind).pipe(socket);
    sockets.add(socket);
  });
  server.on("tlsClientError", () => undefined);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return await listen(server);
}
