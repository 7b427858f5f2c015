import { crc32 } from "node:zlib";
import type { SourceEvent } from "../event/event.ts";
import { scanEvent } from "../event/event-scanner.ts";
import type { Instant } from "../event/instant.ts";
import type { ArchiveStore } from "../ports.ts";
import { MAX_SEGMENT_BYTES } from "../segment/bounds.ts";
import type { Codec } from "../segment/codec.ts";
import { segmentLines } from "../segment/reader.ts";
import { halt, haltAt } from "./halts.ts";
import { judgeDamage, judgeSize } from "./invariants.ts";

/** Id of each event, and the CRC-32 of its line: enough to notice that one gid came with two contents. */
export type IdMap = Map<string, number>;

/** Signed: V8 then keeps it as a small integer, where half of the unsigned ones would be objects of their own. */
export const lineFingerprint = (line: Buffer): number => crc32(line) | 0;

/** What is compared of the events of a segment: not their content. */
export interface SegmentIndex {
  readonly ids: IdMap;
  /** Their instants, those that have one. */
  readonly times: readonly Instant[];
}

/** The events of one day's log that are in memory. What is forgotten is read again when it is asked for. */
export interface ArchivedIds {
  /** The fingerprint of an archived event; undefined for one that is not archived, or not in memory. */
  get(id: string): number | undefined;
  has(segment: number): boolean;
  /** Instants of a segment that is in memory. */
  times(segment: number): readonly Instant[] | undefined;
  /** `index.ids` belongs to this memory from now on, which may add to it. */
  add(segment: number, index: SegmentIndex): void;
}

/**
 * Memory for ids of archived events, bounded over all days: `maxIds` of them, about 150 bytes each. Of the day used
 * longest ago everything is forgotten first.
 */
export function createIdMemory(maxIds: number): () => ArchivedIds {
  const days = new Set<{ count: number; forget: () => void }>(); // in order of last use
  let total = 0;
  return () => {
    let ids: IdMap = new Map();
    const segments = new Map<number, readonly Instant[]>();
    const day = {
      count: 0,
      forget: () => {
        total -= day.count;
        day.count = 0;
        ids = new Map();
        segments.clear();
        days.delete(day);
      },
    };
    return {
      get: (id) => ids.get(id),
      has: (segment) => segments.has(segment),
      times: (segment) => segments.get(segment),
      add: (segment, index) => {
        if (segments.has(segment)) return;
        days.delete(day);
        for (const other of days) {
          if (total + index.ids.size <= maxIds) break;
          other.forget();
        }
        if (total + index.ids.size > maxIds) day.forget();
        days.add(day);
        if (ids.size === 0) ids = index.ids;
        else for (const [id, fingerprint] of index.ids) if (!ids.has(id)) ids.set(id, fingerprint);
        segments.set(segment, index.times);
        day.count += index.ids.size;
        total += index.ids.size;
      },
    };
  };
}

/** One byte more than a segment can have: without a listing, the size is not known. */
const WHOLE_SEGMENT = { start: 0, end: MAX_SEGMENT_BYTES };

/** Reads which events a segment holds. Halts where it is gone or damaged. */
export async function readIndex(archive: ArchiveStore, codec: Codec, key: string): Promise<SegmentIndex> {
  const ids: IdMap = new Map();
  const times: Instant[] = [];
  await readEvents(archive, codec, key, ({ id, at }, line) => {
    ids.set(id, lineFingerprint(line));
    if (at !== null) times.push(at);
  });
  return { ids, times };
}

/** Gives `look` each event of a segment, and its line. Halts where it is gone or damaged. */
export async function readEvents(
  archive: ArchiveStore,
  codec: Codec,
  key: string,
  look: (event: Pick<SourceEvent, "id" | "at">, line: Buffer) => void,
): Promise<void> {
  const bytes = await archive.get(key, WHOLE_SEGMENT);
  if (bytes === null) throw halt(judgeDamage(key, "was listed but is gone"));
  haltAt(judgeSize(key, bytes.length));
  try {
    for await (const lines of segmentLines(bytes, codec)) for (const line of lines) look(scanEvent(line), line);
  } catch (cause) {
    throw halt(judgeDamage(key, damageOf(cause)), cause);
  }
}

/** What a reader says is wrong with a segment. */
export const damageOf = (cause: unknown): string =>
  `cannot be read: ${cause instanceof Error ? cause.message : "it is damaged"}`;
