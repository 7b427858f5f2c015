import type { Instant } from "../event/instant.ts";
import type { ArchiveStore } from "../ports.ts";
import { SegmentError } from "../segment/error.ts";
import type { Manifest } from "../segment/manifest.ts";
import { MANIFEST_RANGE, readHeader } from "../segment/reader.ts";
import { judgeDamage, judgeLog, judgePlace } from "./invariants.ts";
import type { ListedLog } from "./inventory.ts";
import { skipUnavailable, type UnreadObject } from "./verify-log.ts";
import type { Violation } from "./violation.ts";

/** A day log by its listing and its last manifest. */
export interface LogStatus {
  readonly workspace: string;
  readonly day: string;
  readonly segments: number;
  readonly storedBytes: number;
  /** Removed from the front by the bucket's lifecycle. */
  readonly expiredSegments: number;
  /** As the last manifest counts, expired ones included; null when it cannot be read. */
  readonly events: number | null;
  readonly newest: Instant | null;
  /** Whether numbers are missing that are not expired. */
  readonly hasGap: boolean;
  readonly faults: readonly Violation[];
  readonly unread: readonly UnreadObject[];
}

/** One ranged read. */
export async function readLogStatus(
  archive: ArchiveStore,
  { workspace, day, segments }: ListedLog,
  frontMayBeExpired: boolean,
): Promise<LogStatus> {
  const unread: UnreadObject[] = [];
  const listed = segments.map(({ key, number }) => ({ key, number, read: null }));
  const gaps = judgeLog(listed, frontMayBeExpired);
  const last = segments.at(-1)!.key;
  const { manifest, faults } = (await skipUnavailable(unread, last, () => readLast(archive, last))) ?? UNREAD;
  return {
    workspace,
    day,
    segments: segments.length,
    storedBytes: segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    expiredSegments: frontMayBeExpired ? segments[0]!.number - 1 : 0,
    events: manifest?.logCount ?? null,
    newest: manifest?.logNewest ?? null,
    hasGap: gaps.length > 0,
    faults: [...gaps, ...faults],
    unread,
  };
}

interface LastManifest {
  readonly manifest: Manifest | null;
  readonly faults: readonly Violation[];
}
const UNREAD: LastManifest = { manifest: null, faults: [] };

async function readLast(archive: ArchiveStore, key: string): Promise<LastManifest> {
  const head = await archive.get(key, MANIFEST_RANGE);
  if (head === null) return { manifest: null, faults: [judgeDamage(key, "was listed but is gone")] };
  try {
    const { manifest } = readHeader(head);
    return { manifest, faults: judgePlace(key, manifest) };
  } catch (error) {
    if (!(error instanceof SegmentError)) throw error;
    return { manifest: null, faults: [judgeDamage(key, error.message)] };
  }
}
