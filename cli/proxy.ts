/** The proxy that the environment names, for the source and for AWS alike. */
import { misused } from "./exit.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** As node's agents take it. */
export interface ProxyEnvironment {
  readonly HTTPS_PROXY?: string;
  readonly HTTP_PROXY?: string;
  readonly NO_PROXY: string;
}

/** Never through a proxy: what listens on this machine is not what listens on the proxy's. */
const LOOPBACK = "localhost,127.0.0.1,[::1]";

/**
 * `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, in lower case first as elsewhere; null if no proxy is named, or if
 * `NODE_USE_ENV_PROXY` is 0. Throws ArchiverError `misconfigured` for what node would ignore, since nobody wants to
 * bypass a proxy without knowing it. No message repeats the URL, which may hold a password.
 */
export function readProxy(environment: Environment): ProxyEnvironment | null {
  if (environment["NODE_USE_ENV_PROXY"] === "0") return null;
  const read = (name: string) => environment[name.toLowerCase()] ?? environment[name] ?? "";
  const [secure, plain] = [proxyUrl("HTTPS_PROXY", read), proxyUrl("HTTP_PROXY", read)];
  if (secure === null && plain === null) return null;
  if (!process.allowedNodeEnvironmentFlags.has("--use-env-proxy")) {
    throw misused(
      `A proxy is set, and node ${process.versions.node} cannot use one.`,
      "Use node 24.5 or newer (`npm ci` brings one), or set NODE_USE_ENV_PROXY=0 to go without the proxy.",
    );
  }
  const noProxy = read("NO_PROXY");
  return {
    ...(secure !== null && { HTTPS_PROXY: secure }),
    ...(plain !== null && { HTTP_PROXY: plain }),
    NO_PROXY: noProxy === "" ? LOOPBACK : `${noProxy},${LOOPBACK}`,
  };
}

function proxyUrl(name: string, read: (name: string) => string): string | null {
  const text = read(name).trim();
  if (text === "") return null;
  const url = URL.parse(text.includes("://") ? text : `http://${text}`);
  if (url !== null && (url.protocol === "http:" || url.protocol === "https:") && url.hostname !== "") return url.href;
  throw misused(
    `${name} is not the URL of an HTTP proxy.`,
    "Give http://<host>:<port>, or set NODE_USE_ENV_PROXY=0 to go without the proxy.",
  );
}
