/** Which events a day's log holds: what of a page is new, how many lie in a window, and which were not shown again. */
import type { SourceEvent } from "../event/event.ts";
import { compareInstants, type Instant, shiftDay, startOfDay } from "../event/instant.ts";
import type { LogEnd } from "../ports.ts";
import type { Codec } from "../segment/codec.ts";
import { segmentKey } from "../segment/key.ts";
import {
  type ArchivedIds,
  type IdMap,
  lineFingerprint,
  readEvents,
  readIndex,
  type SegmentIndex,
} from "./archived-ids.ts";
import { inLanes } from "./lanes.ts";
import { createLogSegments, type LogSegmentsDeps, READS_AT_ONCE, type SegmentRead } from "./log-segments.ts";
import {
  type Extent,
  extentOf,
  isRecent,
  isSurelyNew,
  MAX_RECENT_IDS,
  readRecentIds,
  writeRecentIds,
} from "./overlap.ts";

/** Events of segments that are read at the same time: what they hold is in memory twice for a moment. */
const EVENTS_AT_ONCE = 50_000;
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

export interface DayLogDeps extends LogSegmentsDeps {
  readonly codec: Codec;
  readonly ids: ArchivedIds;
}

/** Opens a log with one list, and with no read where the hint is good. */
export async function openDayLog(
  { archive, codec, ids, isExpirable }: DayLogDeps,
  workspace: string,
  day: string,
  hint: LogEnd | null,
): Promise<DayLog> {
  const segments = createLogSegments({ archive, isExpirable }, workspace, day, hint);
  const hintedIds = hint?.recentIds ?? null; // what this run appends is in memory
  let hintedSet: ReadonlySet<number> | null = null;
  const hinted = () => (hintedSet ??= readRecentIds(hintedIds)); // a day without events needs none
  let recentIds: readonly string[] = []; // appended since it was opened
  let lastTurn: Promise<unknown> = Promise.resolve();
  await segments.open();

  return {
    sortOut,
    archivedAfter,
    countIn,
    missing,
    refresh: segments.refresh,
    appended: (segment, index, idsAtNewest) => {
      ids.add(segment.manifest.number, index);
      remember(index);
      segments.appended(segment, idsAtNewest);
    },
    inTurn: (append) => {
      const turn = lastTurn.then(append);
      lastTurn = turn.catch(() => undefined);
      return turn;
    },
    get end() {
      const { end } = segments;
      if (end === null) return null;
      return { ...end, recentIds: recentIds.length === 0 ? hintedIds : writeRecentIds(hinted(), recentIds) };
    },
    get number() {
      return segments.end?.number ?? 0;
    },
  };

  /** Reads segments that are not in memory, and gives each to `look` before it may be forgotten again. */
  async function read(
    numbers: readonly number[],
    look: (index: SegmentIndex, number: number) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    for (const group of inGroups(numbers, (number) => segments.manifest(number).count)) {
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
    const unsure = events.filter((event) => !isSurelyNew(event, segments.end, hinted()));
    await lookUp(
      wanted,
      unsure.length === 0 ? [] : await segments.overlapping(0, extentOf(unsure), signal),
      found,
      signal,
    );
    // Shown again with another time, which says nothing about the segment that has it.
    const isMoved = unsure.some((event) => !found.has(event.id) && isRecent(event, hinted()));
    if (isMoved) {
      await lookUp(wanted, await segments.overlapping(0, ANY_TIME, signal), found, signal);
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
    await lookUp([...wanted.keys()], await segments.overlapping(after, ANY_TIME), archived);
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
    const { end } = segments;
    if (end === null) return 0;
    const isAll = from <= startOfDay(day) && until >= startOfDay(shiftDay(day, 1));
    if (isAll && segments.isWhole) return end.logCount;
    const isInside = (at: Instant) => compareInstants(at, from) >= 0 && compareInstants(at, until) < 0;
    let count = 0;
    const straddling: number[] = [];
    for (const number of await segments.overlapping(0, { oldest: from, newest: until }, signal)) {
      const manifest = segments.manifest(number);
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
    for (const number of (await segments.overlapping(0, { oldest: from, newest: until })).reverse()) {
      await readEvents(archive, codec, segmentKey(workspace, day, number), ({ id, at }) => {
        if (at === null || compareInstants(at, from) < 0 || compareInstants(at, until) >= 0 || shown.has(id)) return;
        count += 1;
        if (found.length < most) found.push(id);
      });
    }
    return { count, ids: found };
  }
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
