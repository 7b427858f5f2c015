import type { SourceEvent } from "../event.ts";
import { compareInstants, type Instant } from "../instant.ts";
import type { ArchiveStore, DayHint } from "../ports.ts";
import { dayPrefix, parseSegmentKey, segmentKey } from "../segment/key.ts";
import { MANIFEST_RANGE, readHeader } from "../segment/reader.ts";
import { badSegment, checkpointClaimsMore, gapInLog } from "./halts.ts";
import { isSurelyNew, type LogEnd, mayOverlap, type Span, spanOf } from "./judge.ts";
import { lineFingerprint, type SegmentIds } from "./segment-ids.ts";

/** A day log as this run knows it. The archive is the truth; this remembers what was read of it. */
export interface DayLog {
  readonly end: LogEnd | null;
  /** Number of the last segment known; 0 for an empty log. */
  readonly number: number;
  /** Which of the events are not archived yet. */
  judge(events: readonly SourceEvent[]): Promise<Judgement>;
  /** The ids in segments after number `after` that may hold events of the span; newest segment first. */
  idsAfter(after: number, span: Span): AsyncIterable<ReadonlyMap<string, number>>;
  /** Looks at the archive again: others may have appended. */
  refresh(): Promise<void>;
  /** Tells that this run appended a segment. */
  appended(end: LogEnd, span: Span): void;
}

export interface Judgement {
  readonly fresh: readonly SourceEvent[];
  readonly repeats: number;
  /** Repeats whose id is archived with another content: the first archived stays. */
  readonly conflicts: readonly SourceEvent[];
}

export interface LogDeps {
  readonly archive: ArchiveStore;
  readonly ids: SegmentIds;
}

interface Known extends Span {
  readonly logNewest: Instant | null;
  readonly hash: string;
  readonly previous: string | null;
}

/**
 * Opens a log with one list. A hint saves the reads: it is good when the segment it names is there, and current when
 * nothing follows. A hint for a segment that is not there means that the checkpoint claims more than the archive holds.
 */
export async function openDayLog(deps: LogDeps, workspace: string, day: string, hint: DayHint | null): Promise<DayLog> {
  const known = new Map<number, Known>();
  let end: LogEnd | null = null;
  if (hint !== null) {
    const ids = hint.idsAtNewest === null ? null : new Set(hint.idsAtNewest);
    end = { ...hint, hash: hint.manifestHash, idsAtNewest: ids };
  }
  const last = await lastNumber(hint?.number ?? 1);
  if (hint !== null && last < hint.number) throw checkpointClaimsMore(workspace, day, hint.number);
  await readOnTo(last);

  return {
    judge,
    idsAfter,
    refresh: async () => readOnTo(await lastNumber((end?.number ?? 0) + 1)),
    appended: (next, { oldest, newest }) => {
      const { hash, logNewest } = next;
      known.set(next.number, { oldest, newest, logNewest, hash, previous: end?.hash ?? null });
      end = next;
    },
    get end() {
      return end;
    },
    get number() {
      return end?.number ?? 0;
    },
  };

  /** Takes in what was appended since, up to segment `last`. */
  async function readOnTo(last: number): Promise<void> {
    const before = end;
    if (last <= (before?.number ?? 0)) return;
    if (before !== null) {
      const next = await manifestOf(before.number + 1);
      if (next.previous !== before.hash) {
        throw badSegment(segmentKey(workspace, day, before.number + 1), "does not continue the segment before it");
      }
    }
    await manifestOf(last);
  }

  /** Number of the last segment, if numbers go on from `from` without a gap; `from` - 1 if there is none. */
  async function lastNumber(from: number): Promise<number> {
    const after = from > 1 ? segmentKey(workspace, day, from - 1) : undefined;
    let expected = from;
    for await (const object of deps.archive.list(dayPrefix(workspace, day), after)) {
      const number = parseSegmentKey(object.key)?.number;
      if (number === undefined) continue; // not a segment: verify reports it
      if (number !== expected) throw gapInLog(workspace, day, expected, number);
      expected += 1;
    }
    return expected - 1;
  }

  /** Reads what a segment says of itself, checks it against its neighbours, and takes the newest as the log's end. */
  async function manifestOf(number: number): Promise<Known> {
    const have = known.get(number);
    if (have !== undefined) return have;
    const key = segmentKey(workspace, day, number);
    const { manifest, manifestHash: hash } = await readManifest(deps.archive, key);
    if (manifest.workspace !== workspace || manifest.day !== day || manifest.number !== number) {
      throw badSegment(key, "says that it is another segment");
    }
    const { oldest, newest, logNewest, previous, logCount } = manifest;
    const segment: Known = { oldest, newest, logNewest, previous, hash };
    const before = known.get(number - 1);
    const after = known.get(number + 1);
    if ((before && previous !== before.hash) || (after && after.previous !== hash)) {
      throw badSegment(key, "does not fit the hash its neighbour names");
    }
    known.set(number, segment);
    if (number > (end?.number ?? 0)) end = { number, hash, logCount, logNewest, idsAtNewest: null };
    return segment;
  }

  async function* idsAfter(after: number, span: Span): AsyncGenerator<ReadonlyMap<string, number>> {
    for (let number = end?.number ?? 0; number > after; number -= 1) {
      const segment = await manifestOf(number);
      // logNewest only grows along a log: once it is older than the span, nothing before it can overlap.
      if (span.oldest && segment.logNewest && compareInstants(segment.logNewest, span.oldest) < 0) break;
      if (mayOverlap(segment, span)) yield await deps.ids(segmentKey(workspace, day, number));
    }
  }

  async function judge(events: readonly SourceEvent[]): Promise<Judgement> {
    const repeated = new Set<SourceEvent>();
    const conflicts: SourceEvent[] = [];
    const unsure = events.filter((event) => !isSurelyNew(event, end));
    if (unsure.length > 0) {
      for await (const archived of idsAfter(0, spanOf(unsure))) {
        for (const event of unsure) {
          const fingerprint = archived.get(event.id);
          if (fingerprint === undefined || repeated.has(event)) continue;
          repeated.add(event);
          if (fingerprint !== lineFingerprint(event.line)) conflicts.push(event);
        }
      }
    }
    return { fresh: events.filter((event) => !repeated.has(event)), repeats: repeated.size, conflicts };
  }
}

async function readManifest(archive: ArchiveStore, key: string): Promise<ReturnType<typeof readHeader>> {
  const head = await archive.get(key, MANIFEST_RANGE);
  if (head === null) throw badSegment(key, "was listed and is gone");
  try {
    return readHeader(head);
  } catch (cause) {
    throw badSegment(key, "has no manifest that this version can read", cause);
  }
}
