/**
 * One HTTP exchange over keep-alive connections. No fetch and no `import "node:http"` at load time: both bring in
 * undici, which costs a cold start more than all the rest of the client. Redirects are answers like any other.
 */
import type { ClientRequest, Agent as HttpAgent, IncomingMessage, RequestOptions } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import { ArchiverError } from "../errors.ts";
import { isAllowed } from "./base-url.ts";
import { readResponseBody } from "./response-body.ts";
import { type HttpRequest, type HttpResponse, type Transport, TransportError } from "./transport.ts";
import { connectionFault } from "./transport-fault.ts";

export interface TransportSettings {
  /** A whole exchange may take this long, however steadily it trickles. */
  readonly attemptMs: number;
  /** A connection without a byte for this long is given up. */
  readonly stallMs: number;
  /** Of a request that does not say. Applies to the bytes on the wire and to the body after decompression, each. */
  readonly maxBodyBytes: number;
  readonly maxSockets: number;
  /** PEM of a certificate authority to trust instead of the built-in ones. */
  readonly certificateAuthority?: string;
  /** `HTTPS_PROXY` and `NO_PROXY`, for https alone: the proxy is asked for a tunnel to the host, and sees no header. */
  readonly proxyEnv?: { readonly HTTPS_PROXY?: string; readonly NO_PROXY?: string };
}

export const defaultTransportSettings: TransportSettings = {
  attemptMs: 60_000,
  stallMs: 20_000,
  // 1,000 logins with a SAML answer of 50 KB each still fit; a gzip bomb ends before it fills a 256 MB Lambda.
  maxBodyBytes: 64 * 1024 * 1024,
  maxSockets: 50,
};

/** Twice what node allows by default; Asana's headers, its `Asana-Change` notices included, take about 2 KB. */
const MAX_HEADER_BYTES = 32_768;
/** Idle connections found dead in a row before an exchange counts as failed. */
const MAX_STALE_CONNECTIONS = 3;

/** How to send over one protocol: the functions of `node:https` and `node:http` have the same shape. */
interface Client {
  readonly agent: HttpAgent;
  readonly send: (url: URL, options: RequestOptions, onResponse: (response: IncomingMessage) => void) => ClientRequest;
}

/**
 * https for all hosts, http for loopback addresses only (ArchiverError `misconfigured` otherwise). `close` ends all
 * connections; a later exchange opens new ones.
 */
export function createHttpsTransport(
  settings: TransportSettings = defaultTransportSettings,
): Transport & { close(): void } {
  const { maxSockets, certificateAuthority: ca, proxyEnv } = settings;
  const secureAgent = new Agent({
    keepAlive: true,
    maxSockets,
    minVersion: "TLSv1.2",
    ...(ca !== undefined && { ca }),
    ...(proxyEnv !== undefined && { proxyEnv: { ...proxyEnv } }),
  });
  const secure: Client = { agent: secureAgent, send: httpsRequest };
  let plain: Client | undefined;

  return Object.assign(transport, { close });

  async function transport(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    const client = await clientFor(request.url);
    for (let stale = 0; stale < MAX_STALE_CONNECTIONS; stale++) {
      signal.throwIfAborted();
      const outcome = await exchange(client, request, settings, signal);
      if (outcome !== "stale-connection") return outcome;
    }
    throw new TransportError("reset", "idle connections were closed");
  }

  async function clientFor(url: URL): Promise<Client> {
    if (!isAllowed(url)) {
      throw new ArchiverError("misconfigured", "the source's URL is neither https nor http on a loopback address", {
        advice: "Use https.",
      });
    }
    if (url.protocol === "https:") return secure;
    const http = await import("node:http");
    plain ??= { agent: new http.Agent({ keepAlive: true, maxSockets }), send: http.request };
    return plain;
  }

  function close(): void {
    secureAgent.destroy();
    plain?.agent.destroy();
  }
}

/** `stale-connection`: a connection kept from earlier was closed at the other end before it carried an answer. */
function exchange(
  { agent, send }: Client,
  { url, headers, body, maxBytes }: HttpRequest,
  settings: TransportSettings,
  signal: AbortSignal,
): Promise<HttpResponse | "stale-connection"> {
  return new Promise((resolve, reject) => {
    const tooLong = AbortSignal.timeout(settings.attemptMs);
    const options = {
      agent,
      method: body === undefined ? "GET" : "POST",
      headers: { ...headers, "accept-encoding": "gzip" },
      timeout: settings.stallMs,
      maxHeaderSize: MAX_HEADER_BYTES,
    };
    const request = send(url, options, (response) => {
      readResponseBody(response, maxBytes ?? settings.maxBodyBytes).then(
        (answer) => end(() => resolve({ status: response.statusCode ?? 0, headers: joined(response), body: answer })),
        (error) => stop(error),
      );
    });
    request.on("timeout", () => stop(new TransportError("timeout", `no byte for ${settings.stallMs} ms`)));
    request.on("error", (error) => {
      if (request.reusedSocket && isClosed(error)) end(() => resolve("stale-connection"));
      else stop(connectionFault(error));
    });
    signal.addEventListener("abort", onAbort);
    tooLong.addEventListener("abort", onTooLong);
    request.end(body);

    function onAbort(): void {
      stop(signal.reason);
    }
    function onTooLong(): void {
      stop(new TransportError("timeout", `no complete answer in ${settings.attemptMs} ms`));
    }
    /** The first reason to stop is the one that is thrown; what the broken connection reports afterwards is not. */
    function stop(reason: unknown): void {
      end(() => reject(reason));
      request.destroy();
    }
    function end(settle: () => void): void {
      signal.removeEventListener("abort", onAbort);
      tooLong.removeEventListener("abort", onTooLong);
      settle();
    }
  });
}

function isClosed(error: NodeJS.ErrnoException): boolean {
  return error.code === "ECONNRESET" || error.code === "EPIPE";
}

function joined({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value ?? ""].flat().join(", ")]));
}
