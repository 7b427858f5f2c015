import { createServer } from "node:https";
import type { Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { createHttpsTransport, defaultTransportSettings } from "../../lambda/source/https-transport.ts";
import { createCertificate } from "../fakes/certificate.ts";
import { listen } from "../fakes/loopback.ts";
import { NEVER } from "../fakes/run.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

function open(certificateAuthority?: string) {
  const transport = createHttpsTransport({
    ...defaultTransportSettings,
    ...(certificateAuthority !== undefined && { certificateAuthority }),
  });
  closers.push(transport.close);
  return (url: string) => transport({ url: new URL(url), headers: {} }, NEVER);
}

async function serve(cert: string, key: string, onConnection: (socket: Socket) => void = () => {}): Promise<string> {
  const server = createServer({ cert, key }, (_, response) => response.end("ok"));
  server.on("secureConnection", onConnection);
  const port = await listen(server);
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `https://127.0.0.1:${port}/`;
}

describe("https", () => {
  it("answers when the certificate is trusted, over one connection until it is closed", async () => {
    const { cert, key } = createCertificate();
    const connections: Socket[] = [];
    const base = await serve(cert, key, (socket) => connections.push(socket));
    const transport = createHttpsTransport({ ...defaultTransportSettings, certificateAuthority: cert });
    const send = () => transport({ url: new URL(base), headers: {} }, NEVER);
    expect((await send()).body.toString()).toBe("ok");
    expect((await send()).body.toString()).toBe("ok");
    expect(connections).toHaveLength(1);
    const ended = new Promise<void>((resolve) => connections[0]?.once("close", () => resolve()));
    transport.close();
    await ended;
  });

  it("is refused when the certificate is not trusted, has expired, or is another host's", async () => {
    const { cert, key } = createCertificate();
    const old = createCertificate("210101");
    const elsewhere = createCertificate("491231", "127.0.0.9");
    await expect(open()(await serve(cert, key))).rejects.toMatchObject({ fault: "tls" });
    await expect(open(old.cert)(await serve(old.cert, old.key))).rejects.toMatchObject({ fault: "tls" });
    await expect(open(elsewhere.cert)(await serve(elsewhere.cert, elsewhere.key))).rejects.toMatchObject({
      fault: "tls",
    });
  });

  it("is not spoken to a server that offers TLS 1.1 at most, or none", async () => {
    const { cert, key } = createCertificate();
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" } as const;
    const outdated = createTlsServer({ cert, key, ...old });
    const port = await listen(outdated);
    closers.push(() => outdated.close());
    outdated.on("tlsClientError", () => {});
    const base = `https://127.0.0.1:${port}/`;
    await expect(open(cert)(base)).rejects.toMatchObject({ fault: "tls" });
  });
});
