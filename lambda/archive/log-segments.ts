/** The segments of a day's log as this run knows them: which there are, what each says of itself, and whether it fits its neighbours. */
import { compareInstants } from "../event/instant.ts";
import type { ArchiveStore, LogEnd } from "../ports.ts";
import { dayPrefix, parseSegmentKey, segmentKey } from "../segment/key.ts";
import type { Manifest } from "../segment/manifest.ts";
import { MANIFEST_RANGE, readHeader } from "../segment/reader.ts";
import { damageOf } from "./archived-ids.ts";
import { halt, haltAt } from "./halts.ts";
import {
  type FoundLog,
  judgeBehind,
  judgeDamage,
  judgeNext,
  judgePlace,
  judgeSize,
  type Violation,
} from "./invariants.ts";
import { inLanes } from "./lanes.ts";
import { type Extent, mayOverlap } from "./overlap.ts";

/** Reads under way at a time, of manifests and of small segments. */
export const READS_AT_ONCE = 32;
/** A folder that is being written to may list a number before the one below it; this often it is listed again. */
const LOOKS_AT_A_GAP = 3;

export interface LogSegmentsDeps {
  readonly archive: ArchiveStore;
  /** Whether the bucket's lifecycle may have deleted the first segments of this day by now. */
  readonly isExpirable: boolean;
}

/** What a segment says of itself. */
export interface SegmentRead {
  readonly manifest: Manifest;
  readonly manifestHash: string;
}

export interface LogSegments {
  /**
   * Looks at the archive for the first time, with one list; nothing is known before. A hint saves the reads: it is good when
   * the segment it names is there, and current when nothing follows. A hint for a segment that is not there means that the
   * checkpoint claims more than the archive holds; one for a segment of another size, that this is another archive.
   */
  open(): Promise<void>;
  /** The last one; as it was hinted, until another follows. */
  readonly end: LogEnd | null;
  /** Whether the first segment of the log is there: it may have expired. */
  readonly isWhole: boolean;
  /** Only of a segment that `overlapping` has named. */
  manifest(number: number): Manifest;
  /** Numbers of the segments after `after` that may hold events of the extent, newest first. */
  overlapping(after: number, extent: Extent, signal?: AbortSignal): Promise<number[]>;
  /** Looks at the archive again: others may have appended. */
  refresh(): Promise<void>;
  /** This run appended a segment. */
  appended(segment: SegmentRead & { readonly bytes: Buffer }, idsAtNewest: readonly string[] | null): void;
}

export function createLogSegments(
  { archive, isExpirable }: LogSegmentsDeps,
  workspace: string,
  day: string,
  hint: LogEnd | null,
): LogSegments {
  const known = new Map<number, SegmentRead>();
  const sizes = new Map<number, number>(); // of what was listed from the hint on, or appended
  let end: LogEnd | null = null;
  let first = 1; // number of the first segment that is there

  return {
    open,
    get end() {
      return end;
    },
    get isWhole() {
      return first === 1;
    },
    manifest: (number) => known.get(number)!.manifest,
    overlapping,
    refresh: async () => readOnTo(await lastNumber((end?.number ?? 0) + 1)),
    appended: ({ manifest, manifestHash, bytes }, idsAtNewest) => {
      sizes.set(manifest.number, bytes.length);
      take(manifest.number, { manifest, manifestHash }, idsAtNewest);
    },
  };

  async function open(): Promise<void> {
    const last = await lastNumber(hint?.number ?? 1, isExpirable);
    const sizeBytes = sizes.get(hint?.number ?? 0) ?? null;
    if (hint === null || (sizeBytes === null && last > hint.number)) return await readOnTo(last);
    if (sizeBytes === null && isExpirable && (await isEmpty())) {
      first = hint.number + 1; // all of the log has expired; the next segment continues it all the same
      end = hint;
      return;
    }
    haltAt(judgeHint(workspace, day, hint, sizeBytes === null ? null : { sizeBytes }));
    end = { ...hint, sizeBytes };
    await readOnTo(last);
  }

  /** Where something is left before the hint, the end of the log was cut off: the lifecycle begins at the front. */
  async function isEmpty(): Promise<boolean> {
    for await (const { key } of archive.list(dayPrefix(workspace, day)))
      if (parseSegmentKey(key) !== null) return false;
    return true;
  }

  /** Takes in what was appended since, up to segment `last`; the first of it must continue what was known. */
  async function readOnTo(last: number): Promise<void> {
    const from = end?.number ?? 0;
    if (from > 0 && last > from) await readManifests([from + 1]);
    if (last > from) await readManifests([last]);
  }

  /**
   * Number of the last segment, if numbers go on from `from` without a gap; `from` - 1 if there is none. With
   * `mayBeginLater` the first of them may be a later one, since those before it have expired.
   */
  async function lastNumber(from: number, mayBeginLater = false): Promise<number> {
    const after = from > 1 ? segmentKey(workspace, day, from - 1) : undefined;
    for (let looks = 1; ; looks += 1) {
      let last = from - 1;
      let gap: readonly Violation[] = [];
      for await (const { key, sizeBytes } of archive.list(dayPrefix(workspace, day), after)) {
        const number = parseSegmentKey(key)?.number;
        if (number === undefined) continue; // not a segment: verify reports it
        if (mayBeginLater && last === from - 1 && number > from) {
          first = number;
          last = number - 1;
        }
        if (gap.length === 0) gap = judgeNext({ number: last, read: null }, { key, number, read: null });
        haltAt(judgeSize(key, sizeBytes));
        sizes.set(number, sizeBytes);
        last = number;
      }
      if (gap.length === 0) return last;
      if (looks >= LOOKS_AT_A_GAP) haltAt(gap);
    }
  }

  /** Reads what segments say of themselves, and checks that each fits its neighbours, as far as they are known. */
  async function readManifests(numbers: readonly number[], signal?: AbortSignal): Promise<void> {
    await inLanes(numbers, READS_AT_ONCE, async (number) => {
      if (known.has(number)) return;
      signal?.throwIfAborted();
      const key = segmentKey(workspace, day, number);
      const read = await readManifest(archive, key);
      haltAt(judgePlace(key, read.manifest));
      if (hint?.number === number) haltAt(judgeHint(workspace, day, hint, asHint(read)));
      known.set(number, read);
      fitIn(number);
      fitIn(number + 1);
      take(number, read, null);
    });
  }

  /** Checks a segment against the one before it, where both are known. */
  function fitIn(number: number): void {
    const read = known.get(number);
    if (read === undefined) return;
    const before = known.get(number - 1) ?? (end?.number === number - 1 ? asRead(end) : undefined);
    if (before === undefined && number !== 1) return;
    const segment = { key: segmentKey(workspace, day, number), number, read };
    haltAt(judgeNext(before === undefined ? null : { number: number - 1, read: before }, segment));
  }

  function take(number: number, read: SegmentRead, idsAtNewest: readonly string[] | null): void {
    known.set(number, read);
    if (number <= (end?.number ?? 0)) return;
    const { logCount, logNewest } = read.manifest;
    const { manifestHash } = read;
    const sizeBytes = sizes.get(number) ?? null;
    end = { number, manifestHash, logCount, logNewest, idsAtNewest, recentIds: null, sizeBytes };
  }

  async function overlapping(after: number, extent: Extent, signal?: AbortSignal): Promise<number[]> {
    const numbers: number[] = [];
    const least = Math.max(after + 1, first);
    for (let last = end?.number ?? 0; last >= least; last -= READS_AT_ONCE) {
      const chunk = descending(last, Math.max(least, last - READS_AT_ONCE + 1));
      await readManifests(chunk, signal);
      for (const number of chunk) {
        const { manifest } = known.get(number)!;
        // logNewest only grows along a log: once it is older than the extent, nothing before it can overlap.
        if (extent.oldest && manifest.logNewest && compareInstants(manifest.logNewest, extent.oldest) < 0)
          return numbers;
        if (mayOverlap(manifest, extent)) numbers.push(number);
      }
    }
    return numbers;
  }
}

function descending(from: number, to: number): number[] {
  return Array.from({ length: from - to + 1 }, (_, index) => from - index);
}

const asRead = (end: LogEnd) => ({ manifest: end, manifestHash: end.manifestHash });

/** `found`: what is known so far of the segment that the hint names; null when it is not there. */
function judgeHint(workspace: string, day: string, hint: LogEnd, found: Partial<LogEnd> | null): Violation[] {
  const logs = new Map<string, FoundLog>();
  if (found !== null) logs.set(day, { logNewest: hint.logNewest, hinted: { ...hint, ...found } });
  return judgeBehind(workspace, { hints: { [day]: hint }, watermark: null }, logs);
}

const asHint = ({ manifest: { logCount, logNewest }, manifestHash }: SegmentRead): Partial<LogEnd> => ({
  manifestHash,
  logCount,
  logNewest,
});

async function readManifest(archive: ArchiveStore, key: string): Promise<SegmentRead> {
  const head = await archive.get(key, MANIFEST_RANGE);
  if (head === null) throw halt(judgeDamage(key, "was listed but is gone"));
  try {
    return readHeader(head);
  } catch (cause) {
    throw halt(judgeDamage(key, damageOf(cause)), cause);
  }
}
