import type { SourceEvent } from "../event/event.ts";
import { compareInstants } from "../event/instant.ts";
import type { ArchiveStore, DayHint } from "../ports.ts";
import { dayPrefix, parseSegmentKey, segmentKey } from "../segment/key.ts";
import type { Manifest } from "../segment/manifest.ts";
import { MANIFEST_RANGE, readHeader } from "../segment/reader.ts";
import { halt, haltAt } from "./halts.ts";
import {
  type Fault,
  type FoundLog,
  judgeBehind,
  judgeDamage,
  judgeNext,
  judgePlace,
  judgeSize,
  type LogPlace,
  type LogSegment,
} from "./invariants.ts";
import { isSurelyNew, type LogEnd, mayOverlap, type Span, spanOf } from "./judge.ts";
import { damageOf, lineFingerprint, type SegmentIds } from "./segment-ids.ts";

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
  appended(segment: SegmentRead & { readonly bytes: Buffer }, idsAtNewest: ReadonlySet<string> | null): void;
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
export async function openDayLog(deps: LogDeps, workspace: string, day: string, hint: DayHint | null): Promise<DayLog> {
  const known = new Map<number, SegmentRead>();
  const sizes = new Map<number, number>(); // of what was listed from the hint on, or appended
  const first = await lastNumber(hint?.number ?? 1);
  const sizeAtHint = sizes.get(hint?.number ?? 0) ?? null;
  if (hint !== null) haltAt(judgeHint(workspace, day, hint, sizeAtHint === null ? null : { sizeBytes: sizeAtHint }));
  let end: LogEnd | null = hint === null ? null : endOfHint({ ...hint, sizeBytes: sizeAtHint });
  await readOnTo(first);

  return {
    judge,
    idsAfter,
    refresh: async () => readOnTo(await lastNumber((end?.number ?? 0) + 1)),
    appended: ({ manifest, manifestHash, bytes }, idsAtNewest) => {
      sizes.set(manifest.number, bytes.length);
      take(manifest.number, { manifest, manifestHash }, idsAtNewest);
    },
    get end() {
      return end;
    },
    get number() {
      return end?.number ?? 0;
    },
  };

  /** Takes in what was appended since, up to segment `last`; the first of it must continue what was known. */
  async function readOnTo(last: number): Promise<void> {
    const from = end?.number ?? 0;
    if (from > 0 && last > from) await segmentAt(from + 1);
    if (last > from) await segmentAt(last);
  }

  /** Number of the last segment, if numbers go on from `from` without a gap; `from` - 1 if there is none. */
  async function lastNumber(from: number): Promise<number> {
    const after = from > 1 ? segmentKey(workspace, day, from - 1) : undefined;
    let last = from - 1;
    for await (const { key, sizeBytes } of deps.archive.list(dayPrefix(workspace, day), after)) {
      const number = parseSegmentKey(key)?.number;
      if (number === undefined) continue; // not a segment: verify reports it
      haltAt(judgeNext({ number: last, read: null }, { key, number, read: null }));
      haltAt(judgeSize(key, sizeBytes));
      sizes.set(number, sizeBytes);
      last = number;
    }
    return last;
  }

  /** Reads what a segment says of itself, and checks that it fits its neighbours, as far as they are known. */
  async function segmentAt(number: number): Promise<SegmentRead> {
    const have = known.get(number);
    if (have !== undefined) return have;
    const key = segmentKey(workspace, day, number);
    const read = await readManifest(deps.archive, key);
    const segment: LogSegment = { key, number, read };
    const before = placeAt(number - 1);
    const after = known.get(number + 1);
    haltAt(judgePlace(key, read.manifest));
    if (hint?.number === number) haltAt(judgeHint(workspace, day, hint, asHint(read)));
    if (before !== null || number === 1) haltAt(judgeNext(before, segment));
    if (after)
      haltAt(judgeNext(segment, { key: segmentKey(workspace, day, number + 1), number: number + 1, read: after }));
    take(number, read, null);
    return read;
  }

  function placeAt(number: number): LogPlace | null {
    const read = known.get(number);
    if (read !== undefined) return { number, read };
    return end?.number === number ? { number, read: { manifest: end, manifestHash: end.hash } } : null;
  }

  function take(number: number, read: SegmentRead, idsAtNewest: ReadonlySet<string> | null): void {
    known.set(number, read);
    if (number <= (end?.number ?? 0)) return;
    const { logCount, logNewest } = read.manifest;
    const sizeBytes = sizes.get(number) ?? null;
    end = { number, hash: read.manifestHash, logCount, logNewest, idsAtNewest, sizeBytes };
  }

  async function* idsAfter(after: number, span: Span): AsyncGenerator<ReadonlyMap<string, number>> {
    for (let number = end?.number ?? 0; number > after; number -= 1) {
      const { manifest } = await segmentAt(number);
      // logNewest only grows along a log: once it is older than the span, nothing before it can overlap.
      if (span.oldest && manifest.logNewest && compareInstants(manifest.logNewest, span.oldest) < 0) break;
      if (mayOverlap(manifest, span)) yield await deps.ids(segmentKey(workspace, day, number));
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

function endOfHint({ manifestHash: hash, idsAtNewest, ...rest }: DayHint): LogEnd {
  return { ...rest, hash, idsAtNewest: idsAtNewest === null ? null : new Set(idsAtNewest) };
}

/** `found`: what is known so far of the segment that the hint names; null when it is not there. */
function judgeHint(workspace: string, day: string, hint: DayHint, found: Partial<DayHint> | null): Fault[] {
  const logs = new Map<string, FoundLog>();
  if (found !== null) logs.set(day, { logNewest: hint.logNewest, hinted: { ...hint, ...found } });
  return judgeBehind(workspace, { hints: { [day]: hint }, watermark: null }, logs);
}

const asHint = ({ manifest: { logCount, logNewest }, manifestHash }: SegmentRead): Partial<DayHint> => ({
  manifestHash,
  logCount,
  logNewest,
});

async function readManifest(archive: ArchiveStore, key: string): Promise<SegmentRead> {
  const head = await archive.get(key, MANIFEST_RANGE);
  if (head === null) throw halt(judgeDamage(key, "was listed and is gone"));
  try {
    return readHeader(head);
  } catch (cause) {
    throw halt(judgeDamage(key, damageOf(cause)), cause);
  }
}
