import { COVERAGE_PREFIX, parseCoverageKey } from "../coverage/coverage-key.ts";
import { ArchiverError } from "../errors.ts";
import type { ArchiveStore } from "../ports.ts";
import { KEYS_PREFIX, SEALS_PREFIX } from "../seal/seal-key.ts";
import { STAMPS_PREFIX } from "../seal/stamp-key.ts";
import { EVENTS_PREFIX, parseSegmentKey } from "../segment/key.ts";
import { type ArchiveRange, isInRange } from "./inventory.ts";
import { type Violation, violation } from "./violation.ts";

/** Null where the store keeps no versions. */
export type VersionFindings = {
  readonly faults: readonly Violation[];
  /** Why the versions could not be listed; null: they were. */
  readonly unlisted: string | null;
} | null;

/**
 * Delete markers, which hide an object from every listing, and second versions, one of which was written over the other.
 * The markers of days that may be expired are the lifecycle's own. Whoever may read need not be allowed to list
 * versions, so a listing that fails is a finding, not an error.
 */
export async function findVersions(
  archive: ArchiveStore,
  { workspace, ...range }: ArchiveRange,
  mayBeExpired: (day: string) => boolean,
  signal?: AbortSignal,
): Promise<VersionFindings> {
  if (archive.versions === undefined) return null;
  const faults: Violation[] = [];
  const below = workspace === undefined ? "" : `workspace=${workspace}/`;
  try {
    for (const prefix of [EVENTS_PREFIX, COVERAGE_PREFIX, SEALS_PREFIX, STAMPS_PREFIX]) await look(`${prefix}${below}`);
    await look(KEYS_PREFIX);
  } catch (error) {
    if (!(error instanceof ArchiverError)) throw error;
    return { faults, unlisted: error.message };
  }
  return { faults, unlisted: null };

  async function look(prefix: string): Promise<void> {
    let last: string | null = null;
    for await (const { key, isMarker } of archive.versions!(prefix)) {
      signal?.throwIfAborted();
      const segmentDay = parseSegmentKey(key)?.day;
      const day = segmentDay ?? parseCoverageKey(key)?.day;
      if (day !== undefined && !isInRange(day, range)) continue;
      if (isMarker) {
        // Only segments expire.
        if (segmentDay === undefined || !mayBeExpired(segmentDay))
          faults.push(violation("I5", key, "has a delete marker"));
        continue;
      }
      if (key === last) faults.push(violation("I5", key, "has a second version"));
      last = key;
    }
  }
}
