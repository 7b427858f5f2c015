/** The source behind a proxy, which learns only where the tunnel leads. */
import { createServer } from "node:http";
import { expect, it, onTestFinished } from "vitest";
import { createHttpsTransport, defaultTransportSettings } from "../../lambda/source/https-transport.ts";
import { createCertificate } from "../fakes/certificate.ts";
import { listen } from "../fakes/loopback.ts";
import { startProxy, wrapInTls } from "../fakes/proxy.ts";
import { NEVER } from "../fakes/run.ts";

const HOST = "10.20.30.40";
const TOKEN = "c4na7y-token";

/** A source that only a proxy can reach, and a transport with the given environment in place of the proxy's own. */
async function open(proxyEnv?: { readonly HTTPS_PROXY?: string; readonly NO_PROXY?: string }) {
  const seen: (string | undefined)[] = [];
  const source = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.end("ok");
  });
  const certificate = createCertificate("491231", HOST);
  const port = await wrapInTls(certificate, await listen(source));
  const proxy = await startProxy({ [`${HOST}:443`]: port });
  const transport = createHttpsTransport({
    ...defaultTransportSettings,
    stallMs: 500,
    certificateAuthority: certificate.cert,
    proxyEnv: proxyEnv ?? { HTTPS_PROXY: proxy.url },
  });
  onTestFinished(() => {
    transport.close();
    source.closeAllConnections();
    source.close();
  });
  const send = (url = `https://${HOST}/api`) =>
    transport({ url: new URL(url), headers: { authorization: `Bearer ${TOKEN}` } }, NEVER);
  return { proxy, send, seen };
}

it("the token goes to the source alone, through a tunnel, and the next request through the same one", async () => {
  const { proxy, send, seen } = await open();
  for (let count = 0; count < 2; count += 1) expect((await send()).body.toString()).toBe("ok");
  expect(seen).toEqual([`Bearer ${TOKEN}`, `Bearer ${TOKEN}`]);
  expect(proxy.asked).toEqual([`${HOST}:443`]);
  expect(proxy.seen).not.toContain(TOKEN);
});

it("a proxy that refuses is a fault of the proxy, with its status and without its password", async () => {
  const { proxy, send } = await open();
  const refused = await open({ HTTPS_PROXY: proxy.url.replace("desk", "nobody") });
  await expect(refused.send()).rejects.toMatchObject({ fault: "proxy", message: "ERR_PROXY_TUNNEL 407" });
  await expect(send("https://10.9.9.9/api")).rejects.toMatchObject({ fault: "proxy", message: "ERR_PROXY_TUNNEL 502" });
});

it("a proxy that never answers does not hold a request for longer than a stall", async () => {
  const silent = createServer().on("connect", () => undefined);
  const port = await listen(silent);
  onTestFinished(() => {
    silent.closeAllConnections();
    silent.close();
  });
  const { send } = await open({ HTTPS_PROXY: `http://127.0.0.1:${port}` });
  await expect(send()).rejects.toMatchObject({ name: "TransportError" });
});

it("plain http, which is for this machine alone, never goes to a proxy", async () => {
  const { proxy, send } = await open();
  await expect(send("http://127.0.0.1:9/api")).rejects.toMatchObject({ fault: "refused" });
  expect(proxy.asked).toEqual([]);
});
