/** What a checkpoint says is still to be read, for whoever asks how far an archive is. */
import { compareInstants, type Instant, instantToMs, shiftInstant } from "../event/instant.ts";
import type { CheckpointState, LostSpan, Schedule, Span, SpanPurpose } from "../ports.ts";

/** All spans of one purpose that only have to be read. */
export interface SpansToRead {
  readonly purpose: SpanPurpose;
  readonly count: number;
  /** null: from the oldest event that the source keeps. */
  readonly from: Instant | null;
  readonly until: Instant;
  readonly dueSince: Instant;
  /** 0: it is due from now on, or later. */
  readonly dueForMs: number;
}

interface SpanPlace {
  readonly purpose: SpanPurpose;
  readonly from: Instant | null;
  readonly until: Instant;
}

/** The source showed nothing here, or less than is archived; that is believed at the second look. */
export interface DoubtedSpan extends SpanPlace {
  readonly doubtedAt: Instant;
  readonly secondLookAt: Instant;
  /** 0: it is due. */
  readonly secondLookInMs: number;
}

/** The source answers, and does not give what lies here. */
export interface UnreadableSpan extends SpanPlace {
  readonly failedRuns: number;
}

/** Each span of the list is in exactly one of the first three. */
export interface SpanStatus {
  /** By purpose, in the order of `PURPOSES`; those without a span are left out. */
  readonly toRead: readonly SpansToRead[];
  readonly doubted: readonly DoubtedSpan[];
  readonly unreadable: readonly UnreadableSpan[];
  readonly lost: readonly LostSpan[];
  /** Up to where rescans have been put on the list. */
  readonly scheduled: Schedule;
  /** When a drain last read the newest events, on the source's clock. Null: none has, or no fresh offset tells. */
  readonly drainedAt: Instant | null;
}

const PURPOSES: readonly SpanPurpose[] = ["new", "recent", "settled", "aged", "asked"];
/** A page that could not be read by so many runs in a row is unreadable; by fewer, it may have been the moment. */
const UNREADABLE_AFTER_RUNS = 3;
const SECOND_LOOK_AFTER_MS = 3_600_000;

/** What a checkpoint says is still to be read. */
export type SpanState = Pick<CheckpointState, "tail" | "spans" | "scheduled" | "lost">;

export function describeSpans({ tail, spans, scheduled, lost }: SpanState, now: Instant): SpanStatus {
  const inOrder = [...spans].sort((a, b) => order(a, b));
  const unreadable = inOrder.filter(({ failedRuns }) => failedRuns >= UNREADABLE_AFTER_RUNS);
  const readable = inOrder.filter(({ failedRuns }) => failedRuns < UNREADABLE_AFTER_RUNS);
  const certain = readable.filter(({ doubtedAt }) => doubtedAt === null);
  return {
    toRead: PURPOSES.flatMap((purpose) =>
      addUp(
        certain.filter((span) => span.purpose === purpose),
        now,
      ),
    ),
    doubted: readable.flatMap(({ purpose, from, until, doubtedAt }) => {
      if (doubtedAt === null) return [];
      const secondLookAt = shiftInstant(doubtedAt, SECOND_LOOK_AFTER_MS);
      return [{ purpose, from, until, doubtedAt, secondLookAt, secondLookInMs: sinceMs(now, secondLookAt) }];
    }),
    unreadable: unreadable.map(({ purpose, from, until, failedRuns }) => ({ purpose, from, until, failedRuns })),
    lost: [...lost].sort((a, b) => order(a, b)),
    scheduled,
    drainedAt: tail.offset?.obtainedAt ?? null,
  };
}

/** `spans`: of one purpose, oldest first. */
function addUp(spans: readonly Span[], now: Instant): SpansToRead[] {
  const [first] = spans;
  if (first === undefined) return [];
  const until = spans.map((span) => span.until).reduce((a, b) => (compareInstants(a, b) >= 0 ? a : b));
  const dueSince = spans.map(({ dueAt }) => dueAt).reduce((a, b) => (compareInstants(a, b) <= 0 ? a : b));
  const { purpose, from } = first;
  return [{ purpose, count: spans.length, from, until, dueSince, dueForMs: sinceMs(dueSince, now) }];
}

const sinceMs = (from: Instant, to: Instant): number => Math.max(0, instantToMs(to) - instantToMs(from));

/** Oldest first; null is the beginning of time. */
function order(a: SpanPlace, b: SpanPlace): number {
  if (a.from === null || b.from === null) return Number(a.from !== null) - Number(b.from !== null);
  return compareInstants(a.from, b.from);
}
