import { crc32 } from "node:zlib";
import { scanEvent } from "../event/event-scanner.ts";
import type { ArchiveStore } from "../ports.ts";
import { MAX_SEGMENT_BYTES } from "../segment/bounds.ts";
import type { Codec } from "../segment/codec.ts";
import { segmentLines } from "../segment/reader.ts";
import { halt, haltAt } from "./halts.ts";
import { judgeDamage, judgeSize } from "./invariants.ts";

/** Id of each archived event, and the CRC-32 of its line: enough to notice that one gid came with two contents. */
export type IdMap = Map<string, number>;

/** Signed: V8 then keeps it as a small integer, where half of the unsigned ones would be objects of their own. */
export const lineFingerprint = (line: Buffer): number => crc32(line) | 0;

/** Reads which events a segment holds. */
export type SegmentIds = (key: string) => Promise<IdMap>;

/** Remembers the segments used last, up to `maxIds` ids in all but at least one segment: memory is bounded. */
export function createSegmentIds(archive: ArchiveStore, codec: Codec, maxIds: number): SegmentIds {
  const kept = new Map<string, IdMap>(); // in order of last use
  let total = 0;
  return async (key) => {
    const ids = kept.get(key) ?? (await readIds(archive, codec, key));
    total += kept.delete(key) ? 0 : ids.size;
    kept.set(key, ids);
    for (const [oldest, other] of kept) {
      if (total <= maxIds || oldest === key) break;
      kept.delete(oldest);
      total -= other.size;
    }
    return ids;
  };
}

/** A byte more than any segment has: of one that was not listed, the size is not known without a request more. */
const WHOLE_SEGMENT = { start: 0, end: MAX_SEGMENT_BYTES };

async function readIds(archive: ArchiveStore, codec: Codec, key: string): Promise<IdMap> {
  const bytes = await archive.get(key, WHOLE_SEGMENT);
  if (bytes === null) throw halt(judgeDamage(key, "was listed and is gone"));
  haltAt(judgeSize(key, bytes.length));
  const ids: IdMap = new Map();
  try {
    for await (const lines of segmentLines(bytes, codec)) {
      for (const line of lines) ids.set(scanEvent(line).id, lineFingerprint(line));
    }
  } catch (cause) {
    throw halt(judgeDamage(key, damageOf(cause)), cause);
  }
  return ids;
}

/** What a reader says is wrong with a segment. */
export const damageOf = (cause: unknown): string =>
  `cannot be read: ${cause instanceof Error ? cause.message : "it is damaged"}`;
