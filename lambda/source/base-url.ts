/** Where the API is. A token is sent there, so what it may be is narrow. */
import { ArchiverError } from "../errors.ts";

export const ASANA_BASE_URL = "https://app.asana.com/api/1.0";

/**
 * https, or http on this machine's loopback; no user, query or fragment. Throws ArchiverError `misconfigured`, which
 * does not repeat the text: it may hold a password.
 */
export function parseBaseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) throw misconfigured("the source's base URL is not a URL");
  if (url.username !== "" || url.password !== "") throw misconfigured("the source's base URL holds a user or password");
  if (url.search !== "" || url.hash !== "") throw misconfigured("the source's base URL has a query or a fragment");
  if (!isAllowed(url)) throw misconfigured("the source's base URL is neither https nor http on a loopback address");
  return url;
}

/** Whether a token may be sent there. */
export function isAllowed(url: URL): boolean {
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname));
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

function misconfigured(message: string): ArchiverError {
  return new ArchiverError("misconfigured", message, { advice: `Use a base URL like ${ASANA_BASE_URL}.` });
}
