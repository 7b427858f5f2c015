import type { TimestampAuthority } from "../seal/timestamp-request.ts";
import { createHttpsTransport, defaultTransportSettings, type TransportSettings } from "../source/https-transport.ts";
import { createHttpsAuthority } from "./https-authority.ts";

/** Authorities answer within seconds; who waits for one holds up what else a sealing has to do. */
const LIMITS: TransportSettings = { ...defaultTransportSettings, attemptMs: 20_000, stallMs: 10_000 };

/**
 * The authorities at these URLs, for `stampNewest`. Whatever has to stamp calls `close` at its end. Throws ArchiverError
 * `misconfigured` for a URL that cannot be used.
 */
export function openAuthorities(
  urls: readonly string[],
  settings: Pick<TransportSettings, "certificateAuthority" | "proxyEnv"> = {},
): { readonly authorities: readonly TimestampAuthority[]; close(): void } {
  const transport = createHttpsTransport({ ...LIMITS, ...settings });
  return { authorities: urls.map((url) => createHttpsAuthority(url, transport)), close: () => transport.close() };
}
