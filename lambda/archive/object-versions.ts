import { ArchiverError } from "../errors.ts";
import type { ArchiveStore } from "../ports.ts";
import { EVENTS_PREFIX, parseSegmentKey, workspacePrefix } from "../segment/key.ts";
import { type ArchiveRange, isInRange } from "./inventory.ts";
import { type Violation, violation } from "./violation.ts";

/** Null where the store keeps no versions. */
export type VersionFindings = {
  readonly faults: readonly Violation[];
  /** Why the versions could not be listed; null: they were. */
  readonly unlisted: string | null;
} | null;

/**
 * Delete markers, which hide a segment from every listing, and second versions, one of which was written over the other.
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
  let last: string | null = null;
  try {
    for await (const { key, isMarker } of archive.versions(
      workspace === undefined ? EVENTS_PREFIX : workspacePrefix(workspace),
    )) {
      signal?.throwIfAborted();
      const day = parseSegmentKey(key)?.day;
      if (day !== undefined && !isInRange(day, range)) continue;
      if (isMarker) {
        if (day === undefined || !mayBeExpired(day)) faults.push(violation("I5", key, "has a delete marker"));
        continue;
      }
      if (key === last) faults.push(violation("I5", key, "has a second version"));
      last = key;
    }
  } catch (error) {
    if (!(error instanceof ArchiverError)) throw error;
    return { faults, unlisted: error.message };
  }
  return { faults, unlisted: null };
}
