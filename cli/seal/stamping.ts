/** Time stamps of seals, where `seal` is given authorities. */
import { randomBytes } from "node:crypto";
import type { ArchiveStore } from "../../lambda/ports.ts";
import { type StampedSeal, type StampReport, stampNewest } from "../../lambda/seal/stamp-newest.ts";
import { NONCE_BYTES } from "../../lambda/seal/timestamp-request.ts";
import { openAuthorities } from "../../lambda/stamps/open-authorities.ts";
import type { Session } from "../command.ts";
import { readProxy } from "../proxy.ts";

/** As on AWS by default. */
const STAMP_EVERY_DAYS = 7;

/**
 * Has the newest seal of a workspace stamped by each of these authorities whose last stamp is a week old. Throws
 * ArchiverError for a URL that cannot be used; what an authority answers is in the report, and in the log where it gave none.
 */
export function openStamping(
  urls: readonly string[],
  archive: ArchiveStore,
  { environment, clock, log, signal }: Session,
): (workspace: string, newest: StampedSeal) => Promise<StampReport> {
  const proxyEnv = readProxy(environment);
  const { authorities, close } = openAuthorities(urls, { ...(proxyEnv !== null && { proxyEnv }) });
  const nonce = () => randomBytes(NONCE_BYTES);
  const deps = { archive, clock, log, authorities, everyDays: STAMP_EVERY_DAYS, nonce };
  return async (workspace, newest) => {
    try {
      return await stampNewest(deps, workspace, newest, signal);
    } finally {
      close();
    }
  };
}
