/** The list of spans, on a scale of milliseconds: `settled 2-8` is [00:00:00.002, 00:00:00.008) of 1 May 2026. */
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  addSpan,
  isSmallest,
  keepOffset,
  MAX_SPANS,
  markDoubted,
  markFailed,
  markRead,
  middleOf,
  type Part,
  sorted,
  splitInHalf,
  subtract,
} from "../../lambda/drain/spans.ts";
import { DAY_MS, type Instant, msToInstant } from "../../lambda/event/instant.ts";
import type { SavedOffset, Span, SpanPurpose } from "../../lambda/ports.ts";

const START_MS = Date.parse("2026-05-01T00:00:00.000Z");
const LAST = 40;
const at = (tick: number): Instant => msToInstant(START_MS + tick);
const tickOf = (instant: Instant | null): number => (instant === null ? -1 : Date.parse(instant) - START_MS);
const token = (text: string, obtainedAt: Instant | null = null): SavedOffset => {
  return { token: text, startAt: null, endAt: null, obtainedAt, newest: null };
};

/** -1: from the beginning of time. */
const part = (purpose: SpanPurpose, from: number, until: number): Part => {
  return { purpose, from: from < 0 ? null : at(from), until: at(until) };
};
const span = (purpose: SpanPurpose, from: number, until: number, more: Partial<Span> = {}): Span => ({
  ...part(purpose, from, until),
  ...{ dueAt: at(0), doubtedAt: null, failedRuns: 0, offset: null, ...more },
});
const FULL = { doubtedAt: at(3), failedRuns: 2, offset: token("a") };

/** `new 2-8`, and what is not usual: ` ?3` in doubt since 3, ` !2` failed runs, ` @a` an offset. */
const shown = (spans: readonly Span[]): string[] =>
  spans.map(({ purpose, from, until, doubtedAt, failedRuns, offset }) =>
    [
      `${purpose} ${tickOf(from)}-${tickOf(until)}`,
      ...(doubtedAt === null ? [] : [`?${tickOf(doubtedAt)}`]),
      ...(failedRuns === 0 ? [] : [`!${failedRuns}`]),
      ...(offset === null ? [] : [`@${offset.token}`]),
    ].join(" "),
  );

const one = [span("new", 2, 8, FULL)];
const doubt = (from: number, until: number, when = 9) => markDoubted(one, part("new", from, until), at(when));
const fail = (from: number, until: number, runs: number) => markFailed(one, part("new", from, until), runs);

it.each<[rule: string, spans: readonly Span[], expected: string[]]>([
  ["what is read leaves the list", markRead(one, part("new", 2, 8)), []],
  ["more than a span may be read", markRead(one, part("new", -1, 9)), []],
  ["the rest begins with a clean slate", markRead(one, part("new", 2, 5)), ["new 5-8 ?3"]],
  ["the front keeps its place", markRead(one, part("new", 5, 8)), ["new 2-5 ?3 !2 @a"]],
  ["the middle may be read first", markRead(one, part("new", 4, 6)), ["new 2-4 ?3 !2 @a", "new 6-8 ?3"]],
  ["what only touches is not read", markRead(one, part("new", 8, 9)), shown(one)],
  ["another purpose is not read", markRead(one, part("aged", 2, 8)), shown(one)],
  ["time begins before any instant", markRead([span("new", -1, 8)], part("new", 0, 4)), ["new -1-0", "new 4-8"]],
  [
    "a doubt drops place and failures",
    markDoubted([span("new", 2, 8, { ...FULL, doubtedAt: null })], part("new", 2, 8), at(9)),
    ["new 2-8 ?9"],
  ],
  ["the first doubt's time stays", doubt(2, 8), ["new 2-8 ?3"]],
  ["an earlier doubt takes its place", doubt(2, 8, 1), ["new 2-8 ?1"]],
  ["only the part is doubted", doubt(4, 6, 1), ["new 2-4 ?3 !2 @a", "new 4-6 ?1", "new 6-8 ?3"]],
  ["failed runs are counted", fail(2, 8, 3), ["new 2-8 ?3 !3"]],
  ["failed runs never become fewer", fail(2, 8, 1), ["new 2-8 ?3 !2"]],
  [
    "halves go on as suspects, without an offset",
    splitInHalf(one, part("new", 2, 8), at(0)),
    ["new 2-5 ?3 !2", "new 5-8 ?3 !2"],
  ],
  [
    "without a beginning, the oldest event is one",
    splitInHalf([span("new", -1, 8)], part("new", -1, 8), at(2)),
    ["new -1-5", "new 5-8"],
  ],
  ["a millisecond stays whole", splitInHalf([span("new", 2, 3)], part("new", 2, 3), at(0)), ["new 2-3"]],
  [
    "an offset is kept with its span",
    keepOffset([...one, span("aged", 2, 8)], part("aged", 2, 8), token("b")),
    [...shown(one), "aged 2-8 @b"],
  ],
  ["an offset is forgotten", keepOffset(one, part("new", 2, 8), null), ["new 2-8 ?3 !2"]],
  ["an offset from elsewhere is not kept", keepOffset(one, part("new", 3, 8), token("b")), shown(one)],
  ["what is on the list stays as it is", addSpan(one, span("new", 0, 9)), ["new 0-2", "new 2-8 ?3 !2 @a", "new 8-9"]],
  ["nothing is added twice", addSpan(one, span("new", 3, 7)), shown(one)],
  ["purposes do not meet", addSpan(one, span("aged", 3, 7)), ["aged 3-7", ...shown(one)]],
  ["an empty span is not added", addSpan(one, span("aged", 3, 3)), shown(one)],
  ["a span that ends before it begins is not added", addSpan([], span("recent", 4, 3)), []],
  [
    "a span less others of its purpose",
    subtract(one, [part("new", 3, 4), part("aged", 5, 6), part("new", 7, 9)]),
    ["new 2-3 ?3 !2 @a", "new 4-7 ?3"],
  ],
  [
    "spans less others that reach over several of them, or into each other",
    subtract(
      [span("new", 0, 2), span("new", 2, 4, { failedRuns: 1 }), span("new", 6, 9), span("aged", 0, 4)],
      [part("new", 7, 8), part("new", 1, 7), part("new", 2, 3), part("aged", 4, 5)],
    ),
    ["aged 0-4", "new 0-1", "new 8-9"],
  ],
  ["a span less nothing", subtract(one, [part("new", 4, 4), part("new", 6, 5)]), shown(one)],
  ["nothing of a span is read", markRead(one, part("new", 4, 4)), shown(one)],
])("%s", (_, spans, expected) => {
  expect(shown(spans)).toEqual(expected);
});

const dayAt = (days: number) => days * DAY_MS;
it.each<[rule: string, spans: readonly Span[], expected: string[]]>([
  ["neighbours in the same state become one", [span("new", 4, 6), span("new", 2, 4)], ["new 2-6"]],
  [
    "so do doubts, with the later time: none is believed too early",
    [span("new", 2, 4, { doubtedAt: at(1) }), span("new", 4, 6, { doubtedAt: at(2) })],
    ["new 2-6 ?2"],
  ],
  [
    "but not doubts of two runs, more than a minute apart",
    [60_001, 120_002, 60_003].map((ms, index) => span("new", index, index + 1, { doubtedAt: at(ms) })),
    ["new 0-1 ?60001", "new 1-3 ?120002"],
  ],
  ["a gap stays one", [span("new", 2, 3), span("new", 4, 6)], ["new 2-3", "new 4-6"]],
  ["purposes stay apart", [span("new", 2, 4), span("aged", 4, 6)], ["aged 4-6", "new 2-4"]],
  [
    "what is in doubt stays apart",
    [span("new", 2, 4), span("new", 4, 6, { doubtedAt: at(2) })],
    ["new 2-4", "new 4-6 ?2"],
  ],
  ["what became due at another time joins it", [span("new", 2, 4), span("new", 4, 6, { dueAt: at(9) })], ["new 2-6"]],
  [
    "what could not be read stays apart",
    [span("new", 2, 4, { failedRuns: 1 }), span("new", 4, 6)],
    ["new 2-4 !1", "new 4-6"],
  ],
  [
    "what has a place of its own stays apart",
    [span("new", 2, 4), span("new", 4, 6, { offset: token("a") })],
    ["new 2-4", "new 4-6 @a"],
  ],
  [
    "days stay apart",
    [span("settled", 0, dayAt(1)), span("settled", dayAt(1), dayAt(2))],
    [`settled 0-${dayAt(1)}`, `settled ${dayAt(1)}-${dayAt(2)}`],
  ],
  ["the halves of a day become one", [span("aged", 0, 5), span("aged", 5, dayAt(1))], [`aged 0-${dayAt(1)}`]],
  [
    "new spans may reach over midnight",
    [span("new", 0, dayAt(1)), span("new", dayAt(1), dayAt(2))],
    [`new 0-${dayAt(2)}`],
  ],
])("in order: %s", (_, spans, expected) => {
  expect(shown(sorted(spans))).toEqual(expected);
});

it.each<[number, number, number | null]>([
  [0, 1, null],
  [0, 2, 1],
  [0, 3, 1],
  [0, DAY_MS, DAY_MS / 2],
])("between %i and %i the middle is %s", (from, until, middle) => {
  expect(middleOf(at(from), at(until))).toBe(middle === null ? null : at(middle));
  expect(isSmallest(part("new", from, until))).toBe(middle === null);
});

it("what has no beginning is never the smallest part", () => {
  expect(isSmallest(part("new", -1, 0))).toBe(false);
});

// Properties

const purposes = fc.constantFrom<SpanPurpose>("new", "settled");
const parts = fc
  .tuple(purposes, fc.integer({ min: -1, max: LAST - 1 }), fc.integer({ min: 1, max: 12 }))
  .map(([purpose, from, ticks]) => part(purpose, from, from + ticks));
const someSpans = fc
  .tuple(
    parts,
    fc.constantFrom(0, 5),
    fc.option(fc.constantFrom(1, 2)),
    fc.constantFrom(0, 0, 3),
    fc.constantFrom(null, "a"),
  )
  .map(([where, due, doubted, failedRuns, text]) => ({
    ...{ ...where, dueAt: at(due), failedRuns, doubtedAt: doubted === null ? null : at(doubted) },
    offset: text === null ? null : token(text),
  }));
const lists = fc.array(someSpans, { maxLength: 12 }).map((spans) => spans.reduce(addSpan, [] as readonly Span[]));

type Change = { readonly read?: Part; readonly apply: (spans: readonly Span[]) => readonly Span[] };
const changes: fc.Arbitrary<Change> = fc.oneof(
  parts.map((read) => ({ read, apply: (spans: readonly Span[]) => markRead(spans, read) })),
  parts.map((where) => ({ apply: (spans: readonly Span[]) => markDoubted(spans, where, at(9)) })),
  parts.map((where) => ({ apply: (spans: readonly Span[]) => markFailed(spans, where, 2) })),
  parts.map((where) => ({ apply: (spans: readonly Span[]) => splitInHalf(spans, where, at(0)) })),
  parts.map((where) => ({ apply: (spans: readonly Span[]) => keepOffset(spans, where, token("b")) })),
);
const runs = fc.array(changes, { maxLength: 6 });
const applied = (spans: readonly Span[], run: readonly Change[]) =>
  run.reduce((list, { apply }) => sorted(apply(list)), spans);

/** Each instant of the scale that a list holds, as often as it does; -1 stands for all before. */
const instantsOf = (spans: readonly Part[]): string[] =>
  spans
    .flatMap(({ purpose, from, until }) =>
      Array.from({ length: tickOf(until) - tickOf(from) }, (_, index) => `${purpose} ${tickOf(from) + index}`),
    )
    .sort();
const without = (instants: readonly string[], read: readonly Part[]): string[] => {
  const gone = new Set(instantsOf(read));
  return instants.filter((instant) => !gone.has(instant));
};

it("whatever runs do, exactly what they have read is gone, in whatever order two of them did it", () => {
  fc.assert(
    fc.property(lists, runs, runs, (spans, a, b) => {
      const left = without(
        instantsOf(spans),
        [...a, ...b].flatMap(({ read }) => read ?? []),
      );
      expect(instantsOf(applied(applied(spans, a), b))).toEqual(left);
      expect(instantsOf(applied(applied(spans, b), a))).toEqual(left);
    }),
    { numRuns: 200 },
  );
});

/** What a list says of each instant, whatever spans it is in. */
const statesOf = (spans: readonly Span[]): Map<string, string> =>
  new Map(
    spans.flatMap((span) =>
      instantsOf([span]).map((instant) => [instant, `${span.failedRuns} ${span.doubtedAt !== null}`]),
    ),
  );

it("what is added is on the list once, and what was there is as it was", () => {
  fc.assert(
    fc.property(lists, parts, (spans, where) => {
      const added: Span = { ...where, dueAt: at(7), doubtedAt: null, failedRuns: 0, offset: null };
      const list = addSpan(spans, added);
      expect(instantsOf(list)).toEqual([...new Set([...instantsOf(spans), ...instantsOf([added])])].sort());
      expect(statesOf(list)).toEqual(new Map([...statesOf([added]), ...statesOf(spans)]));
    }),
  );
});

it("order and merging lose and add no instant, change no state, and leave nothing to merge", () => {
  const shuffled = lists.chain((spans) => fc.shuffledSubarray([...spans], { minLength: spans.length }));
  fc.assert(
    fc.property(shuffled, (spans) => {
      const list = sorted(spans);
      expect(instantsOf(list)).toEqual(instantsOf(spans));
      expect(statesOf(list)).toEqual(statesOf(spans));
      expect(sorted(list)).toEqual(list);
    }),
  );
});

it("a list that is as long as it may be is not split any further", () => {
  const spans = Array.from({ length: MAX_SPANS - 1 }, (_, index) => span("new", index * 10, index * 10 + 9));
  const longest = splitInHalf(spans, spans[0]!, at(0));
  expect(longest).toHaveLength(MAX_SPANS);
  expect(splitInHalf(longest, spans[1]!, at(0))).toBe(longest);
});

const MOST_SPANS = Array.from({ length: MAX_SPANS }, (_, index) =>
  span("settled", index * 10, index * 10 + 9, { doubtedAt: at(1), failedRuns: 1_000, dueAt: at(index) }),
);
const withTokens = (bytes: number) =>
  sorted(MOST_SPANS.map((each, index) => ({ ...each, offset: token("x".repeat(bytes), at((index * 7) % MAX_SPANS)) })));

it.each([1, 300, 4_096])("the longest list with a token of %i bytes for each span has less than 100 KB", (bytes) => {
  expect(Buffer.byteLength(JSON.stringify(withTokens(bytes)))).toBeLessThan(100_000);
});

it("of more offsets than a list may have, the newest stay", () => {
  const times = withTokens(4_096).flatMap(({ offset }) => (offset === null ? [] : tickOf(offset.obtainedAt)));
  expect(times.sort()).toEqual([194, 195, 196, 197, 198, 199]);
});
