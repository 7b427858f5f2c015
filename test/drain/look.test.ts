/** One look at a span: what is asked for, what leaves the list, and what is doubted or believed of what is not shown. */
import { describe, expect, it } from "vitest";
import { createBatch } from "../../lambda/drain/batch.ts";
import { emptyCheckpoint } from "../../lambda/drain/checkpoint.ts";
import type { Limits } from "../../lambda/drain/limits.ts";
import { type Assignment, look } from "../../lambda/drain/look.ts";
import { PageFailure } from "../../lambda/drain/pages.ts";
import { DOUBT_MS } from "../../lambda/drain/schedule.ts";
import { spansInMemory, storedSpans } from "../../lambda/drain/span-list.ts";
import { DAY_MS, type Instant, msToInstant, shiftInstant } from "../../lambda/event/instant.ts";
import type { CheckpointState, SavedOffset, SpanPurpose } from "../../lambda/ports.ts";
import { WORKSPACE } from "../segment/sample.ts";
import { type Answer, eventAt, NEVER, NOON_MS, page, scriptedRun, spanOf } from "./scripted-run.ts";

const NOON = msToInstant(NOON_MS);
const at = (time: string): Instant => eventAt("", time).at!;
const [FROM, UNTIL] = [at("06:00"), at("12:00")];
const [a, b, c] = [eventAt("a", "07:00"), eventAt("b", "08:00"), eventAt("c", "09:00")];
const end = page([], "end");
const refused: Answer = { kind: "offset-refused", reason: "expired" };
/** Pages of one event each. */
const [onlyA, onlyB, onlyC] = [page([a], "1"), page([b], "2"), page([c], "3")];

interface Options {
  readonly purpose?: SpanPurpose;
  readonly from?: Instant | null;
  readonly until?: Instant;
  readonly ask?: Assignment["ask"];
  readonly offset?: SavedOffset | null;
  readonly isSuspect?: boolean;
  readonly doubtedAt?: Instant | null;
  /** Events that are archived before. */
  readonly archived?: readonly ReturnType<typeof eventAt>[];
  readonly limits?: Partial<Limits>;
  readonly watermark?: Instant;
  /** Where the tail begins: behind all spans of new events, unless an earlier checkpoint was put back. */
  readonly tailFrom?: Instant;
  readonly signal?: AbortSignal;
  readonly turnPages?: number;
}

async function looking(answers: readonly Answer[], options: Options = {}) {
  const { purpose = "settled", from = FROM, until = UNTIL, ask = "first", offset = null, isSuspect = false } = options;
  const { doubtedAt = ask === "later" ? shiftInstant(NOON, -DOUBT_MS) : null } = options;
  const { archived = [], limits = {}, watermark = null, signal = NEVER, turnPages = 100 } = options;
  const tail = { from: options.tailFrom ?? UNTIL, offset: null, failedRuns: 0 };
  const span = spanOf(from, until, { purpose, doubtedAt, offset });
  const isAsked = purpose === "asked";
  const state: CheckpointState = { ...emptyCheckpoint, spans: isAsked ? [] : [span], watermark, tail };
  const world = await scriptedRun(answers, { state, limits });
  const batch = createBatch(world.run, 1e9, false);
  await batch.add(archived);
  await batch.commit();
  world.run.report.archived = 0;
  const unread = { beganAt: null, reached: null, pages: 0 };
  const assignment: Assignment = { purpose, from, until, offset, ask, doubtedAt, isSuspect, ...unread };
  const list = isAsked ? spansInMemory([span]) : storedSpans(world.run);
  const result = look(world.run, list, assignment, (pages) => pages >= turnPages, signal);
  result.catch(() => undefined);
  /** What is left on the list: "from-until", with a "?" where it is in doubt. */
  const left = async () => {
    await list.save();
    return (isAsked ? list : (await world.stored())!).spans.map((span) => {
      const time = (instant: Instant | null) =>
        instant === null ? "" : instant.slice(11).replace(/(:00)?\.000Z$/, "");
      return `${time(span.from)}-${time(span.until)}${span.doubtedAt === null ? "" : "?"}`;
    });
  };
  const doubted = async () =>
    (await result).doubts.map(({ from, until }) => `${from?.slice(11, 16) ?? ""}-${until.slice(11, 16)}`);
  return { ...world, assignment, result, left, doubted };
}

describe("a look asks", () => {
  it("for the window of the span, and archives what is shown", async () => {
    const { result, asked, archived } = await looking([onlyA, onlyB, end]);
    expect((await result).end).toBe("end");
    const window = { workspace: WORKSPACE, startAt: FROM, endAt: UNTIL };
    expect(asked).toMatchObject([window, { ...window, offset: "1" }, { ...window, offset: "2" }]);
    expect(asked[0]).not.toHaveProperty("offset");
    expect(await archived()).toEqual(["2026-05-01/1: a b"]);
  });

  it("without a start where the span begins with the oldest event", async () => {
    const { result, asked } = await looking([onlyA, end], { from: null });
    await result;
    expect(asked[0]).not.toHaveProperty("startAt");
  });

  it("with an offset while it is fresh, and the filters it was issued for", async () => {
    const offset = { token: "saved", startAt: at("05:00"), endAt: at("13:00"), obtainedAt: NOON, newest: a.at };
    const { result, asked } = await looking([onlyB, end], { offset, from: a.at });
    await result;
    expect(asked[0]).toMatchObject({ startAt: at("05:00"), endAt: at("13:00"), offset: "saved" });
    const old = await looking([onlyB, end], { offset: { ...offset, obtainedAt: null }, from: a.at });
    await old.result;
    expect(old.asked[0]).toMatchObject({ startAt: a.at, endAt: UNTIL });
  });

  it("once for a span that could not be read before, and as often as the source is set to otherwise", async () => {
    const { result, asked } = await looking([onlyA, end], { isSuspect: true });
    await result;
    expect(asked.map(({ attempts }) => attempts)).toEqual([1, 1]);
    const other = await looking([end]);
    await other.result;
    expect(other.asked[0]).not.toHaveProperty("attempts");
  });

  it("by time from where it has come, where its offset is refused", async () => {
    const { result, asked, archived } = await looking([page([a], "1"), refused, page([a, b], "2"), end]);
    await result;
    expect(asked.map(({ startAt }) => startAt)).toEqual([FROM, FROM, a.at, a.at]);
    expect(await archived()).toEqual(["2026-05-01/1: a", "2026-05-01/2: b"]);
  });

  it("by time where the offset that it was given is refused", async () => {
    const offset = { token: "saved", startAt: FROM, endAt: UNTIL, obtainedAt: NOON, newest: a.at };
    const { result, asked } = await looking([refused, page([b], "2"), end], { offset, from: a.at });
    await result;
    expect(asked.map(({ startAt, offset }) => [startAt, offset])).toEqual([
      [FROM, "saved"],
      [a.at, undefined],
      [a.at, "2"],
    ]);
  });

  it("no more where its offsets are refused at one place three times, and as long as it gets further", async () => {
    const stuck = [page([a], "1"), refused];
    const { result, asked, archived } = await looking([...stuck, ...stuck, ...stuck, ...stuck, ...stuck]);
    const failure = await result.catch((error) => error);
    expect(failure).toBeInstanceOf(PageFailure);
    expect(failure).toMatchObject({
      kind: "unavailable",
      message: "The source refused its own offsets 3 times at one place.",
      advice: "What was read is archived; the next run goes on.",
    });
    expect(asked.length).toBe(8);
    expect(await archived()).toEqual(["2026-05-01/1: a"]);
    const thrice = [...stuck, ...stuck, ...stuck];
    const further = [...thrice, page([a, b], "2"), refused, page([b], "3"), refused, page([b], "4"), end];
    expect((await (await looking(further)).result).end).toBe("end");
  });
});

describe("of the span leaves the list", () => {
  it.each<[string, Answer[], Options, string[]]>([
    ["nothing, where nothing is shown: it is doubted", [end], {}, ["06:00-12:00?"]],
    ["nothing, where the answer is blank", [page([], null)], {}, ["06:00-12:00?"]],
    ["all up to the newest event shown; silence behind it is doubted", [onlyA, onlyB, end], {}, ["08:00-12:00?"]],
    ["the same, where the source cuts it short there", [onlyA, page([b], null)], {}, ["08:00-12:00?"]],
    ["the same, however long a page is", [page([a, b], "1"), end], {}, ["08:00-12:00?"]],
    [
      "all up to a minute before that at a turn's end, where a page is longer",
      [page([a, b], "1")],
      { turnPages: 1 },
      ["07:59-12:00"],
    ],
    ["all, where this silence was met long enough ago", [onlyA, end], { ask: "later", from: a.at }, []],
    ["all but a silence that was not met before", [onlyA, end], { ask: "later" }, ["07:00-12:00?"]],
    ["all, where nothing was shown then and now", [end], { ask: "later" }, []],
    ["all, where it has no beginning and shows nothing then and now", [end], { ask: "later", from: null }, []],
    [
      "all but a silence that begins later than what was doubted, by a millisecond",
      [onlyA, end],
      { ask: "later", from: shiftInstant(a.at!, -1) },
      ["07:00-12:00?"],
    ],
    ["all, where a blank answer was given then and now", [page([], null)], { ask: "later" }, []],
    ["not the silence, in the same run", [onlyA, end], { ask: "again" }, ["07:00-12:00?"]],
    ["all up to its turn's end, and nothing is doubted", [onlyA, onlyB], { turnPages: 2 }, ["08:00-12:00"]],
    ["all, once reading has come to its end", [onlyA, onlyB], { until: b.at! }, []],
    ["nothing for an event without a time", [page([eventAt("odd", "")], "1"), end], {}, ["06:00-12:00?"]],
  ])("%s", async (_, answers, options, expected) => {
    const { result, left, doubted } = await looking(answers, options);
    await result;
    expect(await left()).toEqual(expected);
    const doubts = expected.filter((span) => span.endsWith("?")).map((span) => span.slice(0, -1));
    expect(await doubted()).toEqual(doubts);
  });

  it("what was read before time was up, and the look is stopped", async () => {
    const stop = new AbortController();
    const stopping: Answer = (_, signal) => {
      stop.abort();
      throw signal.reason;
    };
    const { result, left, archived } = await looking([page([a], "1"), page([b], "2"), stopping], {
      signal: stop.signal,
    });
    expect(await result).toEqual({ end: "stopped", doubts: [] });
    expect(await left()).toEqual(["08:00-12:00"]);
    expect(await archived()).toEqual(["2026-05-01/1: a b"]);
  });

  it("what was read before a page failed", async () => {
    const { result, left, assignment } = await looking([page([a], "1"), new Error("power cut")]);
    await expect(result).rejects.toThrow("power cut");
    expect(await left()).toEqual(["07:00-12:00"]);
    expect(assignment.from).toBe(a.at);
  });

  it("no more than the assignment has, which may have become shorter meanwhile", async () => {
    const other: Answer = () => {
      world.assignment.until = at("07:30");
      return page([b], "2");
    };
    const world = await looking([page([a], "1"), other, end]);
    expect((await world.result).end).toBe("turn");
    expect(await world.left()).toEqual(["07:30-12:00"]);
  });
});

describe("the offset behind what was read", () => {
  const offsetAfter = async (answers: Answer[], options: Options = {}) => {
    const world = await looking(answers, { turnPages: 1, ...options });
    await world.result;
    return [(await world.stored())!.spans[0]?.offset ?? null, world.assignment.offset];
  };

  it("is kept with the span and its window, and by the reader", async () => {
    const offset = { token: "1", startAt: FROM, endAt: UNTIL, obtainedAt: NOON, newest: a.at };
    expect(await offsetAfter([page([a], "1")])).toEqual([offset, offset]);
  });

  it("is kept where no event with a time was shown", async () => {
    const [stored] = await offsetAfter([page([eventAt("odd", "")], "1")]);
    expect(stored).toMatchObject({ token: "1", newest: null });
  });

  it("is not kept where there is none, nor where it leads out of the span", async () => {
    expect(await offsetAfter([page([a], null)])).toEqual([null, null]);
    expect(await offsetAfter([page([eventAt("x", "11:59"), eventAt("y", "12:00")], "1")])).toEqual([null, null]);
  });
});

describe("what is archived and not shown", () => {
  it.each<[string, Answer[], Options, left: string[], gone: number]>([
    ["is doubted where something newer is shown", [onlyB, onlyC, end], {}, ["06:00-12:00?"], 0],
    ["is doubted where nothing is shown", [end], {}, ["06:00-12:00?"], 0],
    ["is doubted again in the same run", [onlyB, onlyC, end], { ask: "again" }, ["06:00-12:00?"], 0],
    ["is believed to be gone in a run an hour later", [onlyB, onlyC, end], { ask: "later" }, ["09:00-12:00?"], 1],
    ["is believed where nothing is shown then", [end], { ask: "later" }, [], 3],
    [
      "is believed the second time by a look that somebody asked for",
      [onlyB, end],
      { ask: "again", purpose: "asked" },
      ["08:00-12:00?"],
      1,
    ],
    ["and not the first time", [page([b, c], "1"), end], { purpose: "asked" }, ["06:00-12:00?"], 0],
    ["is none where all is shown", [page([a, b, c], "1"), end], {}, ["09:00-12:00?"], 0],
    ["is none where all is shown over pages", [onlyA, onlyB, onlyC, end], {}, ["09:00-12:00?"], 0],
    [
      "is not looked for outside of the span",
      [onlyB, end],
      { from: at("07:30"), until: at("08:30") },
      ["08:00-08:30?"],
      0,
    ],
  ])("%s", async (_, answers, options, expected, gone) => {
    const { result, left, run, said } = await looking(answers, { archived: [a, b, c], ...options });
    await result;
    expect(await left()).toEqual(expected);
    expect(run.report).toMatchObject({ gone, archived: 0 });
    const warned = said.filter(({ level }) => level === "warn");
    expect(warned.some(({ isBelieved }) => isBelieved)).toBe(gone > 0);
  });

  it("is reported with the span and how many, without their content", async () => {
    const { result, said } = await looking([onlyB, end], { archived: [a, b] });
    await result;
    expect(said).toContainEqual({
      level: "warn",
      message: "the source shows less than is archived",
      workspace: WORKSPACE,
      from: FROM,
      until: b.at,
      missing: 1,
      isBelieved: false,
    });
  });

  it("is doubted for each stretch between two commits, and what is complete leaves the list", async () => {
    const [x, y] = [eventAt("x", "10:00"), eventAt("y", "11:00")];
    const pages = [page([a, x], "1"), page([b, y], "2"), end];
    const { result, doubted, left } = await looking(pages, { archived: [a, b, c], limits: { readerBatchBytes: 1 } });
    await result;
    expect(await doubted()).toEqual(["06:00-10:00", "11:00-12:00"]);
    expect(await left()).toEqual(["06:00-10:00?", "11:00-12:00?"]);
  });

  it("is none where it is about to be forgotten: that may be gone at any moment", async () => {
    const from = shiftInstant(NOON, -89 * DAY_MS - 1);
    const old = eventAt("old", shiftInstant(from, 60_000));
    const all: Options = { until: shiftInstant(from, 3_600_000), archived: [old], ask: "later" };
    const { result, run, left } = await looking([end], { ...all, from });
    await result;
    expect(run.report.gone).toBe(0);
    expect(await left()).toEqual([]);
    const other = await looking([end], { ...all, from: shiftInstant(from, 1) });
    await other.result;
    expect(other.run.report.gone).toBe(1);
  });

  it("before the oldest event shown is none where the span has no beginning", async () => {
    const { result, run, left } = await looking([onlyB, end], { from: null, archived: [a, b], ask: "later" });
    await result;
    expect(run.report.gone).toBe(0);
    expect(await left()).toEqual(["08:00-12:00?"]);
  });

  it("is not counted for what lies before an offset: that was compared before it was saved", async () => {
    const offset = { token: "saved", startAt: FROM, endAt: UNTIL, obtainedAt: NOON, newest: b.at };
    const options: Options = { offset, from: at("07:59"), archived: [a, b, c], ask: "later" };
    const { result, run } = await looking([onlyC, end], options);
    await result;
    expect(run.report.gone).toBe(0);
  });

  it("is not counted twice where events are shown again by time", async () => {
    const answers = [page([a, b], "1"), refused, page([b, c], "2"), end];
    const { result, run } = await looking(answers, { archived: [a, b, c], ask: "later" });
    await result;
    expect(run.report.gone).toBe(0);
  });

  it("is compared over all days of the span", async () => {
    const days = ["2026-04-28", "2026-04-29", "2026-04-30"].map((day) => eventAt(day, `${day}T10:00:00.000Z`));
    const options = { from: at("2026-04-28T00:00:00.000Z"), until: at("2026-05-01T00:00:00.000Z"), archived: days };
    const { result, run } = await looking([page([days[0]!, days[2]!], "1"), end], { ...options, ask: "later" });
    await result;
    expect(run.report.gone).toBe(1);
  });
});

it("a doubt that was answered is over: what is silent behind it is doubted from now on", async () => {
  const doubtedAt = shiftInstant(NOON, -3_600_000);
  const spansAfter = async (options: Options) => {
    const { result, run } = await looking([onlyA, end], { ask: "later", doubtedAt, ...options });
    await result;
    return run.checkpoint.state.spans;
  };
  expect(await spansAfter({})).toMatchObject([{ from: a.at, until: UNTIL, doubtedAt: NOON }]);
  expect(await spansAfter({ from: a.at })).toEqual([]);
  expect(await spansAfter({ from: null })).toMatchObject([{ from: a.at, until: UNTIL, doubtedAt: NOON }]);
});

it("silence is as old as the source's clock says, which the first answer shows: ours may be ahead", async () => {
  const doubtedAt = shiftInstant(NOON, -DOUBT_MS);
  const leftAt = async (servedAt: Instant) => {
    const { result, left } = await looking([page([], "end", { servedAt })], { ask: "later", doubtedAt });
    await result;
    return await left();
  };
  expect(await leftAt(shiftInstant(NOON, -1))).toEqual(["06:00-12:00?"]);
  expect(await leftAt(NOON)).toEqual([]);
});

it("silence of new events is believed up to when it was met: what was still to come then is doubted anew", async () => {
  const doubtedAt = shiftInstant(NOON, -DOUBT_MS);
  const until = shiftInstant(NOON, 2 * DOUBT_MS); // a clock that was wrong had set the end
  const { result, run } = await looking([end], { purpose: "new", ask: "later", doubtedAt, until, tailFrom: until });
  expect((await result).doubts).toEqual([{ purpose: "new", from: doubtedAt, until }]);
  expect(run.checkpoint.state.spans).toMatchObject([{ from: doubtedAt, until, doubtedAt: NOON }]);
});

describe("the watermark", () => {
  it.each<[SpanPurpose, Instant | null]>([
    ["new", b.at],
    ["settled", at("06:30")],
  ])("after a look at a %s span is %s", async (purpose, watermark) => {
    const { result, stored } = await looking([page([a, b], "1"), end], { purpose, watermark: at("06:30") });
    await result;
    expect((await stored())?.watermark).toBe(watermark);
  });

  it("does not fall", async () => {
    const { result, stored } = await looking([onlyA, end], { purpose: "new", watermark: c.at! });
    await result;
    expect((await stored())?.watermark).toBe(c.at);
  });

  it("stays where the tail has still to read what comes before, as after an earlier checkpoint was put back", async () => {
    const options = { purpose: "new", watermark: at("06:30"), tailFrom: at("06:45") } as const;
    const { result, stored } = await looking([page([a, b], "1"), end], options);
    await result;
    expect((await stored())?.watermark).toBe(at("06:30"));
  });
});

describe("what is older than the watermark", () => {
  it.each<[SpanPurpose, number]>([
    ["new", 0],
    ["recent", 1],
    ["settled", 1],
    ["aged", 1],
  ])("and found by a look at a %s span counts as late: %i", async (purpose, late) => {
    const { result, run } = await looking([onlyA, end], { purpose, watermark: b.at! });
    await result;
    expect(run.report.late).toBe(late);
  });
});
