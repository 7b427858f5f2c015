/** What status says of the work that a checkpoint still has to do. */
import { describe, expect, it } from "vitest";
import { spanLines } from "../../cli/span-lines.ts";
import { describeSpans, type SpanState } from "../../lambda/archive/span-status.ts";

import type { Instant } from "../../lambda/event/instant.ts";
import type { Span } from "../../lambda/ports.ts";

const at = (text: string) => `2026-05-${text}Z` as Instant;
const NOW = at("10T00:00:00.000");
const DAY: Span = {
  purpose: "settled",
  from: at("08T00:00:00.000"),
  until: at("09T00:00:00.000"),
  dueAt: at("09T06:00:00.000"),
  doubtedAt: null,
  failedRuns: 0,
  offset: null,
};
const NOTHING: SpanState = {
  tail: { from: null, offset: null, failedRuns: 0 },
  spans: [],
  scheduled: { recentUntil: null, settledThrough: null, agedThrough: null },
  lost: [],
};
const spans = (...changes: Partial<Span>[]) =>
  describeSpans({ ...NOTHING, spans: changes.map((change) => ({ ...DAY, ...change })) }, NOW);

it("nothing on the list is nothing to tell", () => {
  const { scheduled } = NOTHING;
  expect(describeSpans(NOTHING, NOW)).toEqual({
    toRead: [],
    doubted: [],
    unreadable: [],
    lost: [],
    scheduled,
    drainedAt: null,
  });
});

it("spans of a purpose are one: how many, over what time, and since when the oldest is due", () => {
  expect(
    spans(
      { from: at("09T00:00:00.000"), until: at("10T00:00:00.000"), dueAt: at("09T12:00:00.000") },
      {},
      { purpose: "new", from: null, dueAt: at("10T00:00:01.000") },
      { purpose: "new", from: at("01T00:00:00.000"), until: at("08T00:00:00.000"), dueAt: at("10T00:00:02.000") },
    ).toRead,
  ).toEqual([
    {
      ...{ purpose: "new", count: 2, from: null, until: at("09T00:00:00.000") },
      ...{ dueSince: at("10T00:00:01.000"), dueForMs: 0 },
    },
    {
      ...{ purpose: "settled", count: 2, from: at("08T00:00:00.000"), until: at("10T00:00:00.000") },
      ...{ dueSince: at("09T06:00:00.000"), dueForMs: 18 * 3_600_000 },
    },
  ]);
});

describe("each span is told once", () => {
  it("as doubted until it was looked at a second time, at least an hour later", () => {
    const { toRead, doubted } = spans({ doubtedAt: at("09T23:15:00.000") }, { doubtedAt: at("09T23:00:00.000") });
    expect(toRead).toEqual([]);
    expect(doubted.map((span) => [span.secondLookAt, span.secondLookInMs])).toEqual([
      [at("10T00:15:00.000"), 15 * 60_000],
      [at("10T00:00:00.000"), 0],
    ]);
  });

  it("as unreadable from the third failed run on, doubted or not", () => {
    const { toRead, doubted, unreadable } = spans(
      { failedRuns: 2 },
      { failedRuns: 2, doubtedAt: NOW },
      { failedRuns: 3 },
      { failedRuns: 4, doubtedAt: NOW },
    );
    expect([toRead[0]?.count, doubted.length, unreadable.map(({ failedRuns }) => failedRuns)]).toEqual([1, 1, [3, 4]]);
  });
});

describe("as text", () => {
  const offset = { token: "a", startAt: null, endAt: null, newest: null, obtainedAt: at("09T23:10:00.000") };
  const full: SpanState = {
    tail: { from: at("09T23:00:00.000"), offset, failedRuns: 0 },
    spans: [
      { ...DAY, purpose: "new", from: null },
      ...Array.from({ length: 1200 }, () => ({ ...DAY, dueAt: at("01T00:00:00.000") })),
      { ...DAY, doubtedAt: at("09T23:15:00.500") },
      { ...DAY, doubtedAt: at("09T03:15:00.000") },
      { ...DAY, failedRuns: 12, from: at("08T10:11:12.345678"), until: at("08T10:11:12.346") },
    ],
    scheduled: { recentUntil: at("09T23:00:00.000"), settledThrough: "2026-05-08", agedThrough: "2026-02-18" },
    lost: Array.from({ length: 7 }, () => ({ ...DAY, notedAt: at("09T23:00:00.000") })),
  };

  it("it fits a hundred columns", () => {
    const lines = [...spanLines(at("09T23:00:00.123456"), describeSpans(full, NOW))];
    const lost = "  lost       2026-05-08T00:00:00.000Z to 2026-05-09T00:00:00.000Z  noted 2026-05-09T23:00:00Z";
    expect(lines).toEqual([
      "everything that the source showed up to 2026-05-09T23:00:00Z is archived, except:",
      "  to read    the oldest event to 2026-05-09T00:00:00Z  new, 1 span, due for 18 h 0 min",
      "  to read    2026-05-08T00:00:00Z to 2026-05-09T00:00:00Z  settled, 1,200 spans, due for 9 d 0 h",
      "  quiet      2 spans showed nothing new when first read; the next rescan reads again",
      "  unreadable 2026-05-08T10:11:12.345Z to 2026-05-08T10:11:12.346Z  tried in 12 runs",
      ...Array.from({ length: 5 }, () => lost),
      "  lost       and 2 more spans",
      "  drained    the newest events, last at 2026-05-09T23:10:00Z",
      "  rescanned  last hour to 2026-05-09T23:00:00Z, days to 2026-05-08, 80-day-old days to 2026-02-18",
      "             no day after 2026-05-08 was read again yet for events that became visible late",
    ]);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it("with nothing on the list, all is archived; and before the first drain, that is not said", () => {
    const nothing = describeSpans(NOTHING, NOW);
    const rescanned = "  rescanned  last hour never, days never, 80-day-old days never";
    const again = "             no day was read again yet for events that became visible late";
    expect([...spanLines(NOW, nothing)]).toEqual([
      "everything that the source showed up to 2026-05-10T00:00:00Z is archived",
      rescanned,
      again,
    ]);
    expect([...spanLines(null, nothing)]).toEqual([
      "no drain without a window has read anything yet",
      rescanned,
      again,
    ]);
  });

  it("spans in doubt are one line, which says when the first of them is asked for again", () => {
    const inDoubt = spans({ doubtedAt: at("09T23:15:00.500") }, { doubtedAt: at("09T23:30:00.000") });
    const [, line] = spanLines(NOW, inDoubt);
    expect(line).toBe("  quiet      2 spans showed nothing new when first read; read again in 15 min 1 s");
  });

  it("what is not due yet says so", () => {
    const [, line] = spanLines(NOW, spans({ dueAt: at("11T00:00:00.000") }));
    expect(line).toMatch(/ {2}settled, 1 span, not due yet$/);
  });
});
