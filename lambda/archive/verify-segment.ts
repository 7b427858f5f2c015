import type { SourceEvent } from "../event/event.ts";
import { scanEvent } from "../event/event-scanner.ts";
import { compareInstants, type Instant, laterInstant } from "../event/instant.ts";
import { MalformedError } from "../event/json-scanner.ts";
import type { ArchiveStore } from "../ports.ts";
import type { Codec } from "../segment/codec.ts";
import { SegmentError } from "../segment/error.ts";
import type { MerkleTree } from "../segment/merkle.ts";
import { readHeader, type SegmentHeader, segmentLines } from "../segment/reader.ts";
import { judgeDamage, judgeExtent, judgeLine, judgePlace, judgeSize } from "./invariants.ts";
import type { ListedSegment } from "./inventory.ts";
import type { ViolationList } from "./violation.ts";

/** What one segment holds, as far as it can be read. */
export interface SegmentFacts {
  /** Null: its manifest cannot be read. */
  readonly read: SegmentHeader | null;
  /** All of its content is there, and is what was written. */
  readonly isWhole: boolean;
  readonly events: number;
  readonly contentBytes: number;
  readonly oldest: Instant | null;
  readonly newest: Instant | null;
}

const NOTHING = { read: null, isWhole: false, events: 0, contentBytes: 0, oldest: null, newest: null };

/**
 * Reads and judges one segment by itself: its bytes, its place, its lines. `seeEvent` is called for every event, also
 * for those of a segment that turns out to be damaged, and the lines are added to `logTree`. Memory: the stored bytes, the
 * longest line, and a chunk.
 */
export async function verifySegment(
  deps: { readonly archive: ArchiveStore; readonly codec: Codec },
  { key, sizeBytes }: ListedSegment,
  day: string,
  violations: ViolationList,
  seeEvent: (event: SourceEvent, line: number) => void,
  logTree?: MerkleTree,
): Promise<SegmentFacts> {
  const damage = (message: string) => violations.add([judgeDamage(key, message)]);
  const tooLarge = judgeSize(key, sizeBytes);
  if (tooLarge.length > 0) {
    violations.add(tooLarge);
    return NOTHING;
  }
  const bytes = await deps.archive.get(key);
  if (bytes === null) {
    damage("was listed but is gone");
    return NOTHING;
  }
  const read = readOr(bytes, damage);
  if (read === null) return NOTHING;
  violations.add(judgePlace(key, read.manifest));

  let isWhole = false;
  let events = 0;
  let contentBytes = 0;
  let oldest: Instant | null = null;
  let newest: Instant | null = null;
  try {
    for await (const lines of segmentLines(bytes, deps.codec, read, logTree)) {
      for (const line of lines) {
        events += 1;
        contentBytes += line.length + 1;
        const event = eventOf(line);
        violations.add(judgeLine(key, day, events, event));
        if (event === null) continue;
        seeEvent(event, events);
        if (event.at === null) continue;
        if (oldest === null || compareInstants(event.at, oldest) < 0) oldest = event.at;
        newest = laterInstant(newest, event.at);
      }
    }
    isWhole = true;
    violations.add(judgeExtent(key, read.manifest, oldest, newest));
  } catch (error) {
    if (!(error instanceof SegmentError)) throw error;
    damage(error.message);
  }
  return { read, isWhole, events, contentBytes, oldest, newest };
}

function readOr(bytes: Buffer, damage: (message: string) => void): SegmentHeader | null {
  try {
    return readHeader(bytes);
  } catch (error) {
    if (!(error instanceof SegmentError)) throw error;
    damage(error.message);
    return null;
  }
}

/** Exactly one event. Being JSON it holds no raw 0x01, and scanned as one line no CR: no query engine will cut it. */
function eventOf(line: Buffer): SourceEvent | null {
  try {
    return scanEvent(line);
  } catch (error) {
    if (error instanceof MalformedError) return null;
    throw error;
  }
}
