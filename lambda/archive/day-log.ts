import type { SourceEvent } from "../event/event.ts";
import { compareInstants, type Instant, shiftDay, startOfDay } from "../event/instant.ts";
import type { ArchiveStore, LogEnd } from "../ports.ts";
import type { Codec } from "../segment/codec.ts";
import { dayPrefix, parseSegmentKey, segmentKey } from "../segment/key.ts";
import type { Manifest } from "../segment/manifest.ts";
import { MANIFEST_RANGE, readHeader } from "../segment/reader.ts";
import {
  type ArchivedIds,
  damageOf,
  type IdMap,
  lineFingerprint,
  readEvents,
  readIndex,
  type SegmentIndex,
} from "./archived-ids.ts";
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
import {
  type Extent,
  extentOf,
  isRecent,
  isSurelyNew,
  MAX_RECENT_IDS,
  mayOverlap,
  readRecentIds,
  writeRecentIds,
} from "./overlap.ts";

/** Reads under way at a time, of manifests and of small segments. */
const READS_AT_ONCE = 32;
/** Events of segments that are read at the same time: what they hold is in memory twice for a moment. */
const EVENTS_AT_ONCE = 50_000;
/** A folder that is being written to may list a number before the one below it; this often it is listed again. */
const LOOKS_AT_A_GAP = 3;
/** Of what may be in any segment. */
const ANY_TIME: Extent = { oldest: null, newest: null };

/** A day's log as this run knows it. The archive is the truth; this remembers what was read of it. */
export interface DayLog {
  readonly end: LogEnd | null;
  /** Number of the last segment known; 0 for an empty log. */
  readonly number: number;
  /** Which of the events are not archived yet. */
  sortOut(events: readonly SourceEvent[], signal?: AbortSignal): Promise<Sorted>;
  /**
   * Those of the ids that segments after number `after` hold, with the fingerprints they have there. Of all of them,
   * whatever their times: what another run appended meanwhile is not among the ids that this one remembers.
   */
  archivedAfter(after: number, ids: IdMap): Promise<IdMap>;
  /** How many archived events lie in `[from, until)`. */
  countIn(from: Instant, until: Instant, signal?: AbortSignal): Promise<number>;
  /** Which archived events in `[from, until)` have none of these ids: how many, and the first ids, `most` at most. */
  missing(shown: { has(id: string): boolean }, from: Instant, until: Instant, most: number): Promise<Missing>;
  /** Looks at the archive again: others may have appended. */
  refresh(): Promise<void>;
  /** This run appended a segment. */
  appended(
    segment: SegmentRead & { readonly bytes: Buffer },
    index: SegmentIndex,
    idsAtNewest: readonly string[] | null,
  ): void;
  /** Readers of one process that meet in a log append to it one after the other. */
  inTurn<T>(append: () => Promise<T>): Promise<T>;
}

export interface Missing {
  readonly count: number;
  readonly ids: readonly string[];
}

export interface Sorted {
  readonly fresh: readonly SourceEvent[];
  /** Archived already, conflicts included. */
  readonly repeats: readonly SourceEvent[];
  /** Repeats whose id is archived with another content: the first archived stays. */
  readonly conflicts: ReadonlySet<SourceEvent>;
}

export interface DayLogDeps {
  readonly archive: ArchiveStore;
  readonly codec: Codec;
  readonly ids: ArchivedIds;
  /** Whether the bucket's lifecycle may have deleted the first segments of this day by now. */
  readonly isExpirable: boolean;
}

/** What a segment says of itself. */
export interface SegmentRead {
  readonly manifest: Manifest;
  readonly manifestHash: string;
}

/**
 * Opens a log with one list. A hint saves the reads: it is good when the segment it names is there, and current when
 * nothing follows. A hint for a segment that is not there means that the checkpoint claims more than the archive holds;
 * one for a segment of another size, that this is another archive.
 */
export async function openDayLog(
  deps: DayLogDeps,
  workspace: string,
  day: string,
  hint: LogEnd | null,
): Promise<DayLog> {
  const { archive, codec, ids, isExpirable } = deps;
  const known = new Map<number, SegmentRead>();
  const sizes = new Map<number, number>(); // of what was listed from the hint on, or appended
  let end: LogEnd | null = null;
  let first = 1; // number of the first segment that is there
  const hintedIds = hint?.recentIds ?? null; // what this run appends is in memory
  let hintedSet: ReadonlySet<number> | null = null;
  const hinted = () => (hintedSet ??= readRecentIds(hintedIds)); // a day without events needs none
  let recentIds: readonly string[] = []; // appended since it was opened
  let lastTurn: Promise<unknown> = Promise.resolve();
  await open();

  return {
    sortOut,
    archivedAfter,
    countIn,
    missing,
    refresh: async () => readOnTo(await lastNumber((end?.number ?? 0) + 1)),
    appended: ({ manifest, manifestHash, bytes }, index, idsAtNewest) => {
      sizes.set(manifest.number, bytes.length);
      ids.add(manifest.number, index);
      remember(index);
      take(manifest.number, { manifest, manifestHash }, idsAtNewest);
    },
    inTurn: (append) => {
      const turn = lastTurn.then(append);
      lastTurn = turn.catch(() => undefined);
      return turn;
    },
    get end() {
      if (end === null) return null;
      return { ...end, recentIds: recentIds.length === 0 ? hintedIds : writeRecentIds(hinted(), recentIds) };
    },
    get number() {
      return end?.number ?? 0;
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

  /** Numbers of the segments after `after` that may hold events of the extent, newest first. */
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

  /** Reads segments that are not in memory, and gives each to `look` before it may be forgotten again. */
  async function read(
    numbers: readonly number[],
    look: (index: SegmentIndex, number: number) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    for (const group of inGroups(numbers, (number) => known.get(number)!.manifest.count)) {
      await inLanes(group, READS_AT_ONCE, async (number) => {
        signal?.throwIfAborted();
        const index = await readIndex(archive, codec, segmentKey(workspace, day, number));
        look(index, number);
        ids.add(number, index);
        // Those of segments that were appended after the hint was saved are not among its ids.
        if (number > (hint?.number ?? 0)) remember(index);
      });
    }
  }

  async function sortOut(events: readonly SourceEvent[], signal?: AbortSignal): Promise<Sorted> {
    const wanted = events.map(({ id }) => id);
    const found: IdMap = new Map();
    const unsure = events.filter((event) => !isSurelyNew(event, end, hinted()));
    await lookUp(wanted, unsure.length === 0 ? [] : await overlapping(0, extentOf(unsure), signal), found, signal);
    // Shown again with another time, which says nothing about the segment that has it.
    const isMoved = unsure.some((event) => !found.has(event.id) && isRecent(event, hinted()));
    if (isMoved) {
      await lookUp(wanted, await overlapping(0, ANY_TIME, signal), found, signal);
    }
    const repeats = events.filter(({ id }) => found.has(id));
    return {
      fresh: repeats.length === 0 ? events : events.filter(({ id }) => !found.has(id)),
      repeats,
      conflicts: new Set(repeats.filter(({ id, line }) => found.get(id) !== lineFingerprint(line))),
    };
  }

  async function archivedAfter(after: number, wanted: IdMap): Promise<IdMap> {
    const archived: IdMap = new Map();
    await lookUp([...wanted.keys()], await overlapping(after, ANY_TIME), archived);
    return archived;
  }

  /** Notes which of the ids are archived: in memory, or in one of the segments, which are read unless they are in memory. */
  async function lookUp(
    wanted: readonly string[],
    numbers: readonly number[],
    found: IdMap,
    signal?: AbortSignal,
  ): Promise<void> {
    const note = (known: Pick<ArchivedIds | IdMap, "get">): void => {
      for (const id of wanted) {
        const fingerprint = known.get(id);
        if (fingerprint !== undefined && !found.has(id)) found.set(id, fingerprint);
      }
    };
    // What is in memory is asked in one go, and what is not as soon as it is read: in between it may be forgotten.
    note(ids);
    const unread = numbers.filter((number) => !ids.has(number));
    await read(unread, (index) => note(index.ids), signal);
  }

  function remember({ ids: added }: SegmentIndex): void {
    recentIds = [...recentIds, ...added.keys()].slice(-MAX_RECENT_IDS);
  }

  async function countIn(from: Instant, until: Instant, signal?: AbortSignal): Promise<number> {
    if (end === null) return 0;
    const isAll = from <= startOfDay(day) && until >= startOfDay(shiftDay(day, 1));
    if (isAll && first === 1) return end.logCount;
    const isInside = (at: Instant) => compareInstants(at, from) >= 0 && compareInstants(at, until) < 0;
    let count = 0;
    const straddling: number[] = [];
    for (const number of await overlapping(0, { oldest: from, newest: until }, signal)) {
      const { manifest } = known.get(number)!;
      if (isInside(manifest.oldest!) && isInside(manifest.newest!)) count += manifest.count;
      else straddling.push(number);
    }
    const countOf = (times: readonly Instant[]) => times.filter(isInside).length;
    for (const number of straddling) count += countOf(ids.times(number) ?? []);
    const unread = straddling.filter((number) => !ids.has(number));
    await read(
      unread,
      ({ times }) => {
        count += countOf(times);
      },
      signal,
    );
    return count;
  }

  /** What is in memory has no times beside its ids, and this is rare: the segments are read. */
  async function missing(
    shown: { has(id: string): boolean },
    from: Instant,
    until: Instant,
    most: number,
  ): Promise<Missing> {
    let count = 0;
    const found: string[] = [];
    for (const number of (await overlapping(0, { oldest: from, newest: until })).reverse()) {
      await readEvents(archive, codec, segmentKey(workspace, day, number), ({ id, at }) => {
        if (at === null || compareInstants(at, from) < 0 || compareInstants(at, until) >= 0 || shown.has(id)) return;
        count += 1;
        if (found.length < most) found.push(id);
      });
    }
    return { count, ids: found };
  }
}

function descending(from: number, to: number): number[] {
  return Array.from({ length: from - to + 1 }, (_, index) => from - index);
}

/** In order, so many at a time that their counts add up to `EVENTS_AT_ONCE`, or one. */
function inGroups(numbers: readonly number[], countOf: (number: number) => number): number[][] {
  const groups: number[][] = [];
  let events = Number.POSITIVE_INFINITY;
  for (const number of numbers) {
    const count = countOf(number);
    if (events + count > EVENTS_AT_ONCE) {
      groups.push([]);
      events = 0;
    }
    groups.at(-1)!.push(number);
    events += count;
  }
  return groups;
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
