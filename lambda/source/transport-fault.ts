/** What node reports of a connection, as a fault that says whether another try is worth it. */
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

const TLS = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|INVALID_CA)/;

/**
 * Only the error's code is kept. Node's own error does not become the `cause`: a parser's error carries the bytes of the answer, and
 * those are nobody's to log. A proxy's refusal has a status besides.
 */
export function connectionFault(error: NodeJS.ErrnoException & { readonly statusCode?: unknown }): TransportError {
  const code = error.code ?? "no code";
  const status = typeof error.statusCode === "number" ? ` ${error.statusCode}` : "";
  return new TransportError(BY_CODE[code] ?? faultOfFamily(code), code + status);
}

function faultOfFamily(code: string): TransportFault {
  if (TLS.test(code)) return "tls";
  return code.startsWith("HPE_") ? "truncated" : "reset";
}
