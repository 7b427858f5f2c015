import { expect, it } from "vitest";
import { connectionFault } from "../../lambda/source/transport-fault.ts";

it.each([
  ["refused", ["ECONNREFUSED", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "EADDRNOTAVAIL"]],
  ["no-such-host", ["ENOTFOUND"]],
  ["proxy", ["ERR_PROXY_TUNNEL", "ERR_PROXY_INVALID_CONFIG"]],
  ["timeout", ["ETIMEDOUT"]],
  ["tls", ["EPROTO", "ERR_TLS_CERT_ALTNAME_INVALID", "ERR_SSL_WRONG_VERSION_NUMBER", "CERT_HAS_EXPIRED"]],
  ["tls", ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "SELF_SIGNED_CERT_IN_CHAIN", "DEPTH_ZERO_SELF_SIGNED_CERT"]],
  ["tls", ["HOSTNAME_MISMATCH", "INVALID_CA"]],
  ["headers-too-large", ["HPE_HEADER_OVERFLOW"]],
  ["truncated", ["HPE_INVALID_CONSTANT", "HPE_INVALID_EOF_STATE"]],
  ["reset", ["ECONNRESET", "EPIPE", "ABORTED_CERT_", "X_HPE_INVALID"]],
])("a connection is %s when node reports %j", (fault, codes) => {
  for (const code of codes) {
    const error = connectionFault(Object.assign(new Error("private words"), { code, rawPacket: "private" }));
    expect({ ...error, message: error.message }).toEqual({ name: "TransportError", fault, message: code });
    expect(error.cause).toBeUndefined();
  }
});

it("what a proxy refused has its status besides", () => {
  const error = Object.assign(new Error("private words"), { code: "ERR_PROXY_TUNNEL", statusCode: 407 });
  expect(connectionFault(error)).toMatchObject({ fault: "proxy", message: "ERR_PROXY_TUNNEL 407" });
});

it("a connection that failed without a code is reset, and nothing else of it is told", () => {
  expect(connectionFault(new Error("private words"))).toMatchObject({ fault: "reset", message: "no code" });
});
