/**
 * The list of spans that are still to be read. Everything here is a pure function of a list, and each can be applied
 * again to what another run made of the list meanwhile: what is read only ever shrinks it, so two runs side by side
 * merge what each has done, and nothing that is done becomes undone.
 */
import {
  compareInstants,
  type Instant,
  instantToMs,
  isStartOfDay,
  laterInstant,
  msToInstant,
} from "../event/instant.ts";
import type { SavedOffset, Span, SpanPurpose } from "../ports.ts";

/** A part of the list, `[from, until)`; null: from the oldest on. */
export interface Part {
  readonly purpose: SpanPurpose;
  readonly from: Instant | null;
  readonly until: Instant;
}

/** Below a millisecond the source cannot be asked. */
const SMALLEST_MS = 1;
/** An item of a table has 400 KB at most and is billed by the kilobyte; longer lists are not split any further. */
export const MAX_SPANS = 200;
/** A token has 4 KB at most, and an ordinary one a tenth of it. */
const MAX_TOKEN_BYTES = 24 * 1024;

/** Null is the beginning of time. */
export const isBefore = (a: Instant | null, b: Instant | null): boolean =>
  b !== null && (a === null || compareInstants(a, b) < 0);
export const earlier = (a: Instant, b: Instant): Instant => (isBefore(b, a) ? b : a);

/** Replaces what lies in the part by what `change` makes of it; the rest of each span stays as it is. */
function within(spans: readonly Span[], part: Part, change: (inside: Span) => readonly Span[]): readonly Span[] {
  const changed: Span[] = [];
  for (const span of spans) {
    const from = laterInstant(span.from, part.from);
    const until = earlier(span.until, part.until);
    if (span.purpose !== part.purpose || !isBefore(from, until)) {
      changed.push(span);
      continue;
    }
    if (isBefore(span.from, from)) changed.push({ ...span, until: from! });
    changed.push(...change(from === span.from ? { ...span, until } : { ...span, from, until, offset: null }));
    if (isBefore(until, span.until)) changed.push({ ...span, from: until, offset: null, failedRuns: 0 });
  }
  return changed;
}

/** The part is read: it leaves the list. */
export const markRead = (spans: readonly Span[], part: Part): readonly Span[] => within(spans, part, () => []);

/** A quick way to go on with the span that begins at `from`. */
export const keepOffset = (
  spans: readonly Span[],
  { purpose, from }: Pick<Part, "purpose" | "from">,
  offset: SavedOffset | null,
): readonly Span[] =>
  spans.map((span) => (span.purpose === purpose && span.from === from ? { ...span, offset } : span));

/** The source showed nothing in this part, or less than is archived. An earlier doubt's time stays, unless it `isOver`. */
export const markDoubted = (spans: readonly Span[], part: Part, at: Instant, isOver = false): readonly Span[] =>
  within(spans, part, (inside) => [
    { ...inside, doubtedAt: isOver ? at : earlier(inside.doubtedAt ?? at, at), failedRuns: 0, offset: null },
  ]);

/** What was doubted of the part was shown not to be so. */
export const clearDoubt = (spans: readonly Span[], part: Part): readonly Span[] =>
  within(spans, part, (inside) => [{ ...inside, doubtedAt: null }]);

/** The page at the part's beginning could not be read by this run. `failedRuns`: with this one. */
export const markFailed = (spans: readonly Span[], part: Part, failedRuns: number): readonly Span[] =>
  within(spans, part, (inside) => [{ ...inside, failedRuns: Math.max(inside.failedRuns, failedRuns), offset: null }]);

/** Cuts the part in the middle, so that each half is asked for by itself. A span of a millisecond stays whole. */
export function splitInHalf(spans: readonly Span[], part: Part, oldest: Instant): readonly Span[] {
  if (spans.length >= MAX_SPANS) return spans;
  return within(spans, part, (inside) => {
    const middle = middleOf(inside.from ?? oldest, inside.until);
    if (middle === null) return [inside];
    return [
      { ...inside, until: middle, offset: null },
      { ...inside, from: middle, offset: null },
    ];
  });
}

/** Null: there is nothing between the two that the source could be asked for. */
export function middleOf(from: Instant, until: Instant): Instant | null {
  const fromMs = instantToMs(from);
  const spanMs = instantToMs(until) - fromMs;
  return spanMs <= SMALLEST_MS ? null : msToInstant(fromMs + Math.floor(spanMs / 2));
}

export const isSmallest = ({ from, until }: Part): boolean => from !== null && middleOf(from, until) === null;

/** Adds a span; where one of its purpose is on the list already, that one stays as it is. */
export function addSpan(spans: readonly Span[], added: Span): readonly Span[] {
  // The source's clock went back, or somebody asked for the future.
  if (!isBefore(added.from, added.until)) return spans;
  const rest = subtract([added], spans);
  return rest.length === 0 ? spans : sorted([...spans, ...rest]);
}

/** What is left of spans where the others, each of its own purpose, are taken out of them. */
export function subtract(spans: readonly Span[], others: readonly Part[]): readonly Span[] {
  const taken = inOrder(others.filter(({ from, until }) => isBefore(from, until)));
  const left: Span[] = [];
  let next = 0; // of the others, the first that may reach into this span or into one behind it
  for (const span of inOrder(spans)) {
    while (next < taken.length && isPassed(taken[next]!, span)) next += 1;
    let rest: Span | null = span;
    for (let index = next; rest !== null && index < taken.length; index += 1) {
      const { purpose, from, until } = taken[index]!;
      if (purpose !== span.purpose || !isBefore(from, rest.until)) break;
      if (!isBefore(rest.from, until)) continue;
      if (isBefore(rest.from, from)) left.push({ ...rest, until: from! });
      rest = isBefore(until, rest.until) ? { ...rest, from: until, offset: null, failedRuns: 0 } : null;
    }
    if (rest !== null) left.push(rest);
  }
  return left;
}

const isPassed = (other: Part, { purpose, from }: Part): boolean =>
  other.purpose === purpose ? !isBefore(from, other.until) : other.purpose < purpose;

const byPlace = (a: Part, b: Part): number =>
  a.purpose === b.purpose ? (isBefore(a.from, b.from) ? -1 : 1) : a.purpose < b.purpose ? -1 : 1;

/** Most lists are in order already, and it takes less to see that than to sort a copy. */
function inOrder<T extends Part>(parts: readonly T[]): readonly T[] {
  const isInOrder = parts.every((part, index) => index === 0 || byPlace(parts[index - 1]!, part) < 0);
  return isInOrder ? parts : [...parts].sort(byPlace);
}

/** Oldest first; neighbours that are in the same state become one. */
export function sorted(spans: readonly Span[]): readonly Span[] {
  const merged: Span[] = [];
  for (const span of inOrder(spans)) {
    const last = merged.at(-1);
    if (last === undefined || !isContinued(last, span)) merged.push(span);
    else {
      const doubtedAt = laterInstant(last.doubtedAt, span.doubtedAt);
      merged[merged.length - 1] = { ...last, until: span.until, dueAt: earlier(last.dueAt, span.dueAt), doubtedAt };
    }
  }
  return withFewOffsets(merged);
}

/** Keeps the newest offsets, as many as fit: the source takes no old ones, and without one a span goes on by time. */
function withFewOffsets(spans: readonly Span[]): readonly Span[] {
  if (spans.every(({ offset }) => offset === null)) return spans;
  let bytes = 0;
  const kept = spans
    .flatMap(({ offset }) => offset ?? [])
    .sort((a, b) => (isBefore(a.obtainedAt, b.obtainedAt) ? 1 : -1))
    .filter(({ token }) => {
      bytes += Buffer.byteLength(token);
      return bytes <= MAX_TOKEN_BYTES;
    });
  return spans.map((span) => (span.offset === null || kept.includes(span.offset) ? span : { ...span, offset: null }));
}

/** A day that is read again stays a span of its own, and so does what could not be read or has an offset to go on from. */
const isContinued = (a: Span, b: Span): boolean =>
  a.purpose === b.purpose &&
  a.until === b.from &&
  a.failedRuns + b.failedRuns === 0 &&
  b.offset === null &&
  !(isDaily(a.purpose) && isStartOfDay(b.from)) &&
  isSameDoubt(a.doubtedAt, b.doubtedAt);

/** Doubts of one run, or none. The doubts of two runs must not join: the second would put off the look that the first waits for. */
function isSameDoubt(a: Instant | null, b: Instant | null): boolean {
  if (a === b || a === null || b === null) return a === b;
  return Math.abs(instantToMs(a) - instantToMs(b)) <= SAME_DOUBT_MS;
}

const SAME_DOUBT_MS = 60_000;

const isDaily = (purpose: SpanPurpose): boolean => purpose === "settled" || purpose === "aged";
