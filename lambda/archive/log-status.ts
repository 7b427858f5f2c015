import type { Instant } from "../event/instant.ts";
import type { ArchiveStore } from "../ports.ts";
import { SegmentError } from "../segment/error.ts";
import type { Manifest } from "../segment/manifest.ts";
import { MANIFEST_RANGE, readHeader } from "../segment/reader.ts";
import type { Fault } from "./fault.ts";
import { judgeDamage, judgeLog, judgePlace } from "./invariants.ts";
import type { ListedLog } from "./inventory.ts";
import { skipUnavailable, type UnreadObject } from "./verify-log.ts";

/** A day log by its listing and its last manifest. */
export interface LogStatus {
  readonly workspace: string;
  readonly day: string;
  readonly segments: number;
  readonly storedBytes: number;
  /** As the last manifest counts; null when it cannot be read. */
  readonly events: number | null;
  readonly newest: Instant | null;
  /** Whether numbers are missing between the first and the last. */
  readonly hasGap: boolean;
  readonly faults: readonly Fault[];
  readonly unread: readonly UnreadObject[];
}

/** One ranged read. */
export async function readLogStatus(
  archive: ArchiveStore,
  { workspace, day, segments }: ListedLog,
): Promise<LogStatus> {
  const unread: UnreadObject[] = [];
  const gaps = judgeLog(segments.map(({ key, number }) => ({ key, number, read: null })));
  const last = segments.at(-1)!.key;
  const { manifest, faults } = (await skipUnavailable(unread, last, () => readLast(archive, last))) ?? UNREAD;
  return {
    workspace,
    day,
    segments: segments.length,
    storedBytes: segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    events: manifest?.logCount ?? null,
    newest: manifest?.logNewest ?? null,
    hasGap: gaps.length > 0,
    faults: [...gaps, ...faults],
    unread,
  };
}

interface LastManifest {
  readonly manifest: Manifest | null;
  readonly faults: readonly Fault[];
}
const UNREAD: LastManifest = { manifest: null, faults: [] };

async function readLast(archive: ArchiveStore, key: string): Promise<LastManifest> {
  const head = await archive.get(key, MANIFEST_RANGE);
  if (head === null) return { manifest: null, faults: [judgeDamage(key, "was listed and is gone")] };
  try {
    const { manifest } = readHeader(head);
    return { manifest, faults: judgePlace(key, manifest) };
  } catch (error) {
    if (!(error instanceof SegmentError)) throw error;
    return { manifest: null, faults: [judgeDamage(key, error.message)] };
  }
}
