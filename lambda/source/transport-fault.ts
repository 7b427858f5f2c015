/** What node reports of a connection, as a fault that says whether another try is worth it. */
import { isTlsCode } from "../tls-codes.ts";
import { TransportError, type TransportFault } from "./transport.ts";

const BY_CODE: Readonly<Record<string, TransportFault>> = {
  ECONNREFUSED: "refused",
  ENOTFOUND: "no-such-host",
  EAI_AGAIN: "refused",
  EHOSTUNREACH: "refused",
  ENETUNREACH: "refused",
  EADDRNOTAVAIL: "refused",
  ETIMEDOUT: "timeout",
  EPROTO: "tls",
  ERR_PROXY_TUNNEL: "proxy",
  ERR_PROXY_INVALID_CONFIG: "proxy",
  HPE_HEADER_OVERFLOW: "headers-too-large",
};

/**
 * Only the error's code is kept, and the status with which a proxy refused. Node's own error does not become the `cause`:
 * a parser's error carries the bytes of the answer, which must not be logged.
 */
export function connectionFault(error: NodeJS.ErrnoException & { readonly statusCode?: unknown }): TransportError {
  const code = error.code ?? "no code";
  const status = typeof error.statusCode === "number" ? ` ${error.statusCode}` : "";
  return new TransportError(BY_CODE[code] ?? faultOfFamily(code), code + status);
}

function faultOfFamily(code: string): TransportFault {
  if (isTlsCode(code)) return "tls";
  return code.startsWith("HPE_") ? "truncated" : "reset";
}
