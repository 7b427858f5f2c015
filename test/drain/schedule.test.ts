import { describe, expect, it } from "vitest";
import { emptyCheckpoint } from "../../lambda/drain/checkpoint.ts";
import { forgetPassed, isDue, isOldDoubt, overdue, schedule } from "../../lambda/drain/schedule.ts";
import { beginSurvey } from "../../lambda/drain/surveys.ts";
import { DAY_MS, dayOf, type Instant, shiftInstant } from "../../lambda/event/instant.ts";
import type { CheckpointState, Schedule, Span, SpanPurpose } from "../../lambda/ports.ts";
import { defaultRunSettings } from "../../lambda/settings.ts";
import { spanOf } from "./scripted-run.ts";

const at = (text: string): Instant => text as Instant;
const NOW = at("2026-05-03T06:30:00.000Z");
const HOUR_MS = 3_600_000;
const ago = (ms: number): Instant => shiftInstant(NOW, -ms);
/** What has been scheduled by NOW. */
const DONE: Schedule = { recentUntil: NOW, settledThrough: "2026-05-02", agedThrough: "2026-02-12" };
const NOTHING = emptyCheckpoint.scheduled;

const stateWith = (scheduled: Partial<Schedule>, spans: readonly Span[] = []): CheckpointState => {
  return { ...emptyCheckpoint, watermark: ago(HOUR_MS), scheduled: { ...DONE, ...scheduled }, spans };
};
const span = (purpose: SpanPurpose, from: string, until: string, more: Partial<Span> = {}): Span =>
  spanOf(at(from), at(until), { purpose, dueAt: at(from), ...more });
const run = (state: CheckpointState, now = NOW, rules: Partial<typeof defaultRunSettings> = {}) =>
  schedule(state, now, { ...defaultRunSettings, ...rules });
const partsOf = ({ spans }: CheckpointState, purpose: SpanPurpose): string[] =>
  spans.filter((each) => each.purpose === purpose).map(({ from, until }) => `${from} ${until}`);
const daysOf = ({ spans }: CheckpointState, purpose: SpanPurpose): string[] =>
  spans.filter((each) => each.purpose === purpose).map(({ from }) => dayOf(from!));

describe("days", () => {
  const before = { settledThrough: "2026-05-01" };
  const settled = ["2026-05-02"];
  it.each<[rule: string, now: string, rules: object, scheduled: Partial<Schedule>, settled: string[], aged: string[]]>([
    ["just before it is settled, a day is not due", "05-03T05:59:59.999Z", {}, before, [], []],
    ["a day is settled six hours after its end", "05-03T06:00:00.000Z", {}, before, settled, []],
    [
      "a day is read once more from its 80th day on",
      "05-03T00:00:00.000Z",
      {},
      { ...before, agedThrough: "2026-02-11" },
      [],
      ["2026-02-12"],
    ],
    ["nothing is due twice", "05-03T23:59:59.999Z", {}, {}, [], []],
    ["how late can be set", "05-04T06:00:00.000Z", { settledAfterHours: 30 }, before, settled, ["2026-02-13"]],
    ["how old, too", "05-03T06:00:00.000Z", { agedAfterDays: 85 }, { agedThrough: "2026-02-06" }, [], ["2026-02-07"]],
  ])("%s", (_, now, rules, scheduled, wanted, aged) => {
    const after = run(stateWith(scheduled), at(`2026-${now}`), rules);
    expect([daysOf(after, "settled"), daysOf(after, "aged")]).toEqual([wanted, aged]);
  });

  it("are whole, and due from when they were put on the list", () => {
    const { spans } = run(stateWith({ settledThrough: "2026-05-01" }));
    expect(spans).toContainEqual(
      span("settled", "2026-05-02T00:00:00.000Z", "2026-05-03T00:00:00.000Z", { dueAt: NOW }),
    );
  });

  it.each<[string, Partial<Schedule>]>([
    ["the first time", NOTHING],
    [
      "after a year's pause",
      { recentUntil: ago(365 * DAY_MS), settledThrough: "2025-05-02", agedThrough: "2025-02-12" },
    ],
  ])("%s, each that the source still keeps is read once: as aged, or as settled", (_, scheduled) => {
    const after = run(stateWith(scheduled));
    const [aged, settled] = [daysOf(after, "aged"), daysOf(after, "settled")];
    expect([aged[0], aged.length, aged.at(-1)]).toEqual(["2026-02-02", 11, "2026-02-12"]);
    expect([settled[0], settled.length, settled.at(-1)]).toEqual(["2026-02-13", 79, "2026-05-02"]);
    expect(after.scheduled).toEqual(DONE);
  });

  it("that are scheduled are looked at once: what lies in them to be read again for any reason leaves the list", () => {
    const more = { doubtedAt: ago(1), failedRuns: 2 };
    const spans = (["new", "recent", "settled", "aged"] as const).map((purpose) =>
      span(purpose, "2026-02-11T12:00:00.000Z", "2026-02-13T12:00:00.000Z", more),
    );
    const after = run(stateWith({ agedThrough: "2026-02-11" }, spans));
    const [day, next] = ["2026-02-12T00:00:00.000Z", "2026-02-13T00:00:00.000Z"];
    const around = [`2026-02-11T12:00:00.000Z ${day}`, `${next} 2026-02-13T12:00:00.000Z`];
    expect([partsOf(after, "recent").slice(0, 2), partsOf(after, "settled")]).toEqual([around, around]);
    expect(after.spans).toEqual(expect.arrayContaining([spans[0], spans[3]]));
    const settled = run(
      stateWith({ settledThrough: "2026-05-01" }, [
        span("recent", "2026-05-02T08:00:00.000Z", "2026-05-02T09:00:00.000Z", more),
        span("settled", "2026-05-02T12:00:00.000Z", "2026-05-03T00:00:00.000Z", more),
      ]),
    );
    expect(settled.spans.filter(({ until }) => until < NOW)).toEqual([
      span("settled", "2026-05-02T00:00:00.000Z", "2026-05-03T00:00:00.000Z", { dueAt: NOW }),
    ]);
  });
});

it.each<[rule: string, recentUntil: Instant | null, overlapMinutes: number, from: Instant | null]>([
  ["goes back a day the first time", null, 60, ago(DAY_MS)],
  ["begins an overlap before the end of the last one", ago(HOUR_MS), 60, ago(2 * HOUR_MS)],
  ["begins as far back as is set", ago(HOUR_MS), 5, ago(HOUR_MS + 5 * 60_000)],
  ["goes back a day at most", ago(40 * HOUR_MS), 60, ago(DAY_MS)],
  ["is an overlap where the clock stood still", NOW, 60, ago(HOUR_MS)],
  ["is the rest of the overlap where another clock was a little ahead", ago(-HOUR_MS / 2), 60, ago(HOUR_MS / 2)],
  ["is nothing where that clock was ahead by the overlap", ago(-HOUR_MS), 60, null],
  ["is nothing where that clock was ahead by more than the overlap", ago(-HOUR_MS / 2), 5, null],
])("the recent hour %s", (_, recentUntil, overlapMinutes, from) => {
  const after = run(stateWith({ recentUntil }), NOW, { overlapMinutes });
  expect(partsOf(after, "recent")).toEqual(from === null ? [] : [`${from} ${NOW}`]);
  expect(after.scheduled.recentUntil).toBe(recentUntil !== null && recentUntil > NOW ? recentUntil : NOW);
});

it("the recent hour that was not read and the next one are one span, as old as the first", () => {
  const { spans } = run(run(stateWith({ recentUntil: ago(2 * HOUR_MS) }), ago(HOUR_MS)));
  expect(spans.filter(({ purpose }) => purpose === "recent")).toMatchObject([
    { from: ago(3 * HOUR_MS), until: NOW, dueAt: ago(HOUR_MS) },
  ]);
});

it("nothing is scheduled where nothing was ever shown", () => {
  expect(run(emptyCheckpoint)).toBe(emptyCheckpoint);
});

it("scheduling twice changes nothing more", () => {
  const once = run(stateWith(NOTHING));
  expect(run(once)).toEqual(once);
});

describe("what was scheduled while the source's clock was ahead", () => {
  const FUTURE: Schedule = {
    recentUntil: at("2031-01-01T00:00:00.000Z"),
    ...{ settledThrough: "2030-12-30", agedThrough: "2030-10-13" },
  };
  it.each<[what: string, scheduled: Partial<Schedule>, recent: number, settled: number, aged: number]>([
    ["recent hour", { recentUntil: FUTURE.recentUntil }, 24, 0, 0],
    ["settled days", { settledThrough: FUTURE.settledThrough }, 1, 79, 0],
    ["aged days", { agedThrough: FUTURE.agedThrough }, 1, 0, 11],
    ["recent hour, just", { recentUntil: ago(-HOUR_MS - 1) }, 24, 0, 0],
    ["settled days, just", { settledThrough: "2026-05-03" }, 1, 79, 0],
    ["aged days, just", { agedThrough: "2026-02-13" }, 1, 0, 11],
  ])("is not believed, and all that the source keeps is read again: %s", (_, scheduled, recent, settled, aged) => {
    const after = run(stateWith(scheduled));
    const hours = partsOf(after, "recent").map(
      (part) => (Date.parse(part.slice(25)) - Date.parse(part.slice(0, 24))) / HOUR_MS,
    );
    expect([hours, daysOf(after, "settled").length, daysOf(after, "aged").length]).toEqual([[recent], settled, aged]);
    expect(after.scheduled).toEqual(DONE);
  });

  it("is believed up to an hour, for clocks differ", () => {
    for (const [now, settledThrough, agedThrough] of [
      ["2026-05-03T05:00:00.000Z", "2026-05-02", "2026-02-12"],
      ["2026-05-02T23:00:00.000Z", "2026-05-01", "2026-02-12"],
    ] as const) {
      const after = run(stateWith({ recentUntil: at(now), settledThrough, agedThrough }), at(now));
      expect(after.spans.map(({ purpose }) => purpose)).toEqual(["recent"]);
      expect(after.scheduled).toEqual({ recentUntil: now, settledThrough, agedThrough });
    }
  });
});

describe("a survey that another run began while this one was frozen", () => {
  const BEGAN = ago(-12 * HOUR_MS);
  const whole = "2026-05-02T00:00:00.000Z 2026-05-03T00:00:00.000Z";
  const half = "2026-05-02T12:00:00.000Z 2026-05-03T00:00:00.000Z";
  it.each<[what: string, frozenMs: number, listed: string, surveyed: string[]]>([
    ["goes on if it began within an hour", HOUR_MS, half, ["2026-05-02"]],
    ["else begins anew, with the whole day to be read", HOUR_MS + 1, whole, ["2026-05-02"]],
    ["is left to a later run where its day was not settled then", 13 * HOUR_MS, half, []],
  ])("%s", (_, frozenMs, listed, surveyed) => {
    const rest = span("settled", "2026-05-02T12:00:00.000Z", "2026-05-03T00:00:00.000Z");
    const surveys = beginSurvey([], { day: "2026-05-02", purpose: "settled", began: BEGAN });
    const after = run({ ...stateWith({}, [rest]), surveys }, shiftInstant(BEGAN, -frozenMs));
    expect([partsOf(after, "settled"), after.surveys.map(({ day }) => day)]).toEqual([[listed], surveyed]);
    expect(run(after, BEGAN).surveys.map(({ day }) => day)).toEqual(["2026-05-02"]);
  });

  it("is of its purpose, and the oldest of them counts", () => {
    const days = ["2026-02-12", "2026-02-10", "2026-02-11"];
    const surveys = days.reduce<CheckpointState["surveys"]>(
      (begun, day) => beginSurvey(begun, { day, purpose: "aged", began: BEGAN }),
      [],
    );
    const after = run({ ...stateWith({}), surveys });
    expect([daysOf(after, "aged"), daysOf(after, "settled")]).toEqual([days.toSorted(), []]);
    expect(after.surveys.map(({ day, began }) => [day, began])).toEqual(days.toSorted().map((day) => [day, NOW]));
  });
});

it.each<[rule: string, doubtedAt: Instant | null, isAsked: boolean, isOld: boolean]>([
  ["that is not in doubt is due", null, true, false],
  ["in doubt is left alone for an hour", ago(HOUR_MS - 1), false, false],
  ["in doubt for an hour is due, and silence there is believed", ago(HOUR_MS), true, true],
  ["doubted by a clock a little ahead is left alone", ago(-HOUR_MS), false, false],
  ["doubted in the future is due, and is doubted again", ago(-HOUR_MS - 1), true, false],
])("a span %s", (_, doubtedAt, isAsked, isOld) => {
  expect(isDue({ doubtedAt }, NOW)).toBe(isAsked);
  if (doubtedAt !== null) expect(isOldDoubt(doubtedAt, NOW)).toBe(isOld);
});

describe("what the source has forgotten", () => {
  const forgotten = (purpose: SpanPurpose, more: Partial<Span> = {}) =>
    span(purpose, "2026-01-01T00:00:00.000Z", ago(90 * DAY_MS), more);

  it.each<[rule: string, span: Span, isLost: boolean]>([
    ["was never read is lost", forgotten("new"), true],
    ["showed nothing the first time is not", forgotten("new", { doubtedAt: ago(1) }), false],
    [
      "could not be read is lost, whatever it showed before",
      forgotten("new", { doubtedAt: ago(1), failedRuns: 1 }),
      true,
    ],
    ["was read before is not", forgotten("aged"), false],
    ["could not be read again is lost", forgotten("settled", { failedRuns: 3 }), true],
  ])("leaves the list; what %s", (_, passed, isLost) => {
    const { spans, lost } = forgetPassed(stateWith({}, [passed]), NOW);
    expect(spans).toEqual([]);
    const { purpose, from, until } = passed;
    expect(lost).toEqual(isLost ? [{ purpose, from, until, notedAt: NOW }] : []);
  });

  it("is not what it keeps by a millisecond", () => {
    const state = stateWith({}, [span("new", "2026-01-01T00:00:00.000Z", ago(90 * DAY_MS - 1))]);
    expect(forgetPassed(state, NOW)).toBe(state);
  });

  it("is forgotten by scheduling, and the hundred newest notes are kept", () => {
    const lost = Array.from({ length: 100 }, (_, index) => {
      return { purpose: "new", from: null, until: at(`old ${index}`), notedAt: NOW } as const;
    });
    const after = run({ ...stateWith({}, [forgotten("new")]), lost });
    expect(partsOf(after, "new")).toEqual([]);
    expect([after.lost.length, after.lost[0]?.until, after.lost.at(-1)?.until]).toEqual([
      100,
      "old 1",
      ago(90 * DAY_MS),
    ]);
  });
});

it.each<[rule: string, spans: Partial<Span>[], seconds: number]>([
  ["is that of the oldest", [{ dueAt: ago(60_000) }, { dueAt: ago(90_000) }, { dueAt: ago(1000) }], 90],
  ["counts whole seconds", [{ dueAt: ago(1600) }], 2],
  ["is nothing for what is still to come", [{ dueAt: ago(-60_000) }], 0],
  ["counts for a doubt from when it may be asked again", [{ dueAt: ago(DAY_MS), doubtedAt: ago(HOUR_MS + 5000) }], 5],
  ["is nothing for a doubt that waits", [{ dueAt: ago(DAY_MS), doubtedAt: ago(HOUR_MS) }], 0],
  ["counts from when it was due, where it was doubted long before", [{ dueAt: ago(7000), doubtedAt: ago(DAY_MS) }], 7],
])("a purpose's age %s", (_, spans, seconds) => {
  const of = (purpose: SpanPurpose) => spans.map((more) => span(purpose, "2026-05-01T00:00:00.000Z", NOW, more));
  const none = { new: 0, recent: 0, settled: 0, aged: 0 };
  const state = { ...stateWith({}, [...of("settled"), ...of("asked")]), watermark: null };
  expect(overdue(state, NOW, defaultRunSettings)).toEqual({ ...none, settled: seconds });
});
