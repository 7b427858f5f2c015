/** The live tail: where it begins, what each commit leaves in the checkpoint, and what is set aside to go on behind it. */
import { describe, expect, it } from "vitest";
import { emptyCheckpoint } from "../../lambda/drain/checkpoint.ts";
import { defaultLimits } from "../../lambda/drain/limits.ts";
import { PageFailure } from "../../lambda/drain/pages.ts";
import { readTail, setAside } from "../../lambda/drain/tail.ts";
import { ArchiverError } from "../../lambda/errors.ts";
import { type Instant, msToInstant, ODD_DAY, shiftInstant } from "../../lambda/event/instant.ts";
import type { CheckpointState, EventSource, SavedOffset, Tail } from "../../lambda/ports.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { createMemoryCheckpoint } from "../fakes/memory-checkpoint.ts";
import { WORKSPACE } from "../segment/sample.ts";
import { type Answer, eventAt, NEVER, NOON_MS, page, scriptedRun, spanOf } from "./scripted-run.ts";

const HOUR_MS = 3_600_000;
const NOON = msToInstant(NOON_MS);
const at = (time: string): Instant => eventAt("", time).at!;
const [a, b] = [eventAt("a", "09:00"), eventAt("b", "10:00")];
const end = page([], "end");
const refused: Answer = { kind: "offset-refused", reason: "expired" };
const tailFrom = (from: Instant | null, more: Partial<Tail> = {}): Tail => {
  return { from, offset: null, failedRuns: 0, ...more };
};
const stateWith = (more: Partial<CheckpointState>): CheckpointState => ({ ...emptyCheckpoint, ...more });
const saved: SavedOffset = { token: "saved", startAt: at("08:00"), endAt: null, obtainedAt: NOON, newest: at("08:30") };

async function tailing(
  answers: readonly Answer[],
  options: Parameters<typeof scriptedRun>[1] & { readonly signal?: AbortSignal } = {},
) {
  const world = await scriptedRun(answers, options);
  const signal = options.signal ?? NEVER;
  const result = readTail(world.run, () => undefined, signal);
  result.catch(() => undefined);
  const state = async () => {
    await result;
    return (await world.stored())!;
  };
  return { ...world, result, state };
}

describe("a tail begins", () => {
  it("at the oldest event that the source keeps, where nothing is known", async () => {
    const { result, asked } = await tailing([page([a], "1"), end]);
    expect(await result).toBe("end");
    expect(asked[0]).toEqual({ workspace: WORKSPACE, maxBytes: expect.any(Number) });
  });

  it.each<[string, Instant | null, boolean]>([
    ["as old as offsets live", shiftInstant(NOON, -defaultLimits.offsetLifeMs), true],
    ["older than that", shiftInstant(NOON, -defaultLimits.offsetLifeMs - 1), false],
    ["of unknown age", null, false],
  ])("with an offset %s, or else where it is to go on by time", async (_, obtainedAt, isTried) => {
    const tail = tailFrom(at("07:00"), { offset: { ...saved, obtainedAt } });
    const { result, asked } = await tailing([end], { state: stateWith({ tail }) });
    await result;
    const window = isTried ? { startAt: saved.startAt, offset: "saved" } : { startAt: at("07:00") };
    expect(asked).toMatchObject([{ workspace: WORKSPACE, ...window }]);
    expect(asked[0]).not.toHaveProperty("endAt");
  });

  it("with pages of the size that is set", async () => {
    const { result, asked } = await tailing([page([a], "1"), end], { settings: { pageLimit: 50 } });
    await result;
    expect(asked.map(({ limit }) => limit)).toEqual([50, 50]);
  });

  it("and says that its first page could not be read, where that is so", async () => {
    const { result } = await tailing([new ArchiverError("unavailable", "Broken.", { advice: "" })]);
    await expect(result).rejects.toBeInstanceOf(PageFailure);
  });
});

describe("a long history", () => {
  const limits = { readers: 2, longFromPages: 10 };
  /** Pages that are so far apart, the third of them so long before now. */
  const pagesUntil = (beforeNowMs: number, apartMs: number) =>
    [2, 1, 0].map((back) => {
      const created = shiftInstant(NOON, -beforeNowMs - back * apartMs);
      return page([eventAt(`${back}`, created)], `${back}`);
    });
  const DAY_MS = 24 * HOUR_MS;

  it("becomes one span up to an overlap before the source's now, to go on where its pages ended; the tail begins there", async () => {
    const pages = pagesUntil(10 * DAY_MS, HOUR_MS);
    const { result, asked, state } = await tailing([...pages, end, end], { limits });
    expect(await result).toBe("end");
    const until = shiftInstant(NOON, -HOUR_MS);
    expect(asked.at(-1)).toEqual({ ...asked[0], startAt: until });
    const from = shiftInstant(NOON, -10 * DAY_MS);
    const offset = { token: "0", newest: from };
    const { spans } = await state();
    expect(spans).toMatchObject([{ purpose: "new", from, until, dueAt: NOON, doubtedAt: null, failedRuns: 0, offset }]);
  });

  it("ends as much before now as is set", async () => {
    const answers = [...pagesUntil(10 * DAY_MS, HOUR_MS), end, end];
    const { state } = await tailing(answers, { limits, settings: { overlapMinutes: 30 } });
    expect((await state()).spans[0]?.until).toBe(shiftInstant(NOON, -HOUR_MS / 2));
  });

  it.each<[history: string, isLeft: boolean, beforeNowMs: number, apartMs: number, readers?: number]>([
    ["of ten pages more", true, 21 * HOUR_MS, 2 * HOUR_MS],
    ["of a little less", false, 21 * HOUR_MS - 1, 2 * HOUR_MS],
    ["of two hours, however full", true, 3 * HOUR_MS, 1],
    ["of less, however full", false, 3 * HOUR_MS - 1, 1],
    ["that there is one reader for", false, 10 * DAY_MS, HOUR_MS, 1],
  ])("%s: left to several readers: %s", async (_, isLeft, beforeNowMs, apartMs, readers = 2) => {
    const answers = [...pagesUntil(beforeNowMs, apartMs), end, end];
    const { state } = await tailing(answers, { limits: { ...limits, readers } });
    expect((await state()).spans).toHaveLength(isLeft ? 1 : 0);
  });
});

describe("the overlap before the watermark", () => {
  const limits = { readers: 2, longFromPages: 10 };
  const burst = [1, 2, 3, 4].map((index) => page([eventAt(`${index}`, at("08:00"))], `${index}`));
  const state = stateWith({ watermark: at("08:00"), tail: tailFrom(at("07:00")) });

  it("however full, is no long history: an earlier run has read on from there to the end", async () => {
    const world = await tailing([...burst, end], { limits, state });
    expect(await world.result).toBe("end");
    expect((await world.state()).spans).toEqual([]);
  });

  it("does not count where what follows it is long", async () => {
    const later = [1, 2, 3].map((minute) => page([eventAt(`later-${minute}`, at(`08:0${minute}`))], `later-${minute}`));
    const world = await tailing([...burst, ...later, end, end], { limits, state });
    expect(await world.result).toBe("end");
    const [span] = (await world.state()).spans;
    expect(span).toMatchObject({ purpose: "new", from: at("08:03"), until: at("11:00") });
  });
});

describe("each commit of a tail saves", () => {
  it("how far it came, also below the watermark", async () => {
    const stop = new AbortController();
    const stopping: Answer = () => {
      stop.abort();
      throw stop.signal.reason;
    };
    const state = stateWith({ watermark: at("11:00"), tail: tailFrom(at("08:00")) });
    const world = await tailing([page([a], "1"), page([b], "2"), stopping], { state, signal: stop.signal });
    expect(await world.result).toBe("stopped");
    expect(await world.state()).toMatchObject({
      watermark: at("11:00"),
      tail: { from: b.at, offset: { token: "2", startAt: at("08:00"), newest: b.at }, failedRuns: 0 },
    });
  });

  it.each<[string, Instant | null, Instant]>([
    ["the newest event archived", null, b.at!],
    ["the one there was, where that is newer", at("11:00"), at("11:00")],
  ])(
    "the watermark, %s, and at the end a place an overlap before it, with the offset",
    async (_, watermark, expected) => {
      const { state, progressed } = await tailing([page([a, b], "1"), end], { state: stateWith({ watermark }) });
      expect(await state()).toMatchObject({
        watermark: expected,
        tail: { from: shiftInstant(expected, -HOUR_MS), offset: { token: "end", startAt: null, obtainedAt: NOON } },
        notBefore: null,
        blankRuns: 0,
      });
      expect(progressed()).toBe(3); // a page, what was archived, and the checkpoint
    },
  );

  it("no place behind another run that has come further", async () => {
    const world = await tailing([page([a], "1"), page([], "2")]);
    await world.result;
    const further = stateWith({ watermark: at("11:30"), tail: tailFrom(at("11:00"), { offset: saved }) });
    const { checkpoints } = world.deps;
    let asked = 0;
    const source = {
      page: async () => {
        asked += 1;
        if (asked === 1) return page([b], "3");
        const { version } = (await checkpoints.read(WORKSPACE))!;
        await checkpoints.move(WORKSPACE, further, version);
        throw new Error("power cut");
      },
    };
    const other = await scriptedRun([], { deps: { source, checkpoints, archive: world.deps.archive } });
    await expect(readTail(other.run, () => undefined, NEVER)).rejects.toThrow("power cut");
    expect((await checkpoints.read(WORKSPACE))?.state).toMatchObject({ watermark: at("11:30"), tail: further.tail });
  });

  it("no place and no watermark ahead of what an earlier checkpoint, put back meanwhile, has still to read", async () => {
    const checkpoints = createMemoryCheckpoint();
    await checkpoints.move(WORKSPACE, stateWith({ tail: tailFrom(at("08:00")) }), null);
    const earlier = stateWith({ tail: tailFrom(at("06:00")), blankRuns: 1 });
    let asked = 0;
    const source = {
      page: async () => {
        const { version } = (await checkpoints.read(WORKSPACE))!;
        await checkpoints.move(WORKSPACE, earlier, version);
        return asked++ === 0 ? page([a], "1") : end;
      },
    };
    const { run, archived } = await scriptedRun([], { deps: { source, checkpoints } });
    expect(await readTail(run, () => undefined, NEVER)).toBe("end");
    expect(await archived()).toEqual(["2026-05-01/1: a"]);
    expect((await checkpoints.read(WORKSPACE))?.state).toMatchObject({ tail: earlier.tail, watermark: null });
  });

  it("at the end no offset where nothing was ever shown: what was kept back before it would not be met again", async () => {
    const { state } = await tailing([end]);
    expect((await state()).tail).toEqual(tailFrom(null));
  });

  it("at the end no place in what is left to be read as a span, where nothing newer was shown since", async () => {
    const aside = (from: string, until: string) => spanOf(at(from), at(until), { purpose: "new", failedRuns: 3 });
    const spans = [aside("06:00", "07:00"), aside("08:45", "11:00")];
    const before = stateWith({ spans, watermark: at("09:00"), tail: tailFrom(at("11:00")) });
    const idle = await tailing([page([], "1")], { state: before });
    expect((await idle.state()).tail.from).toBe(at("11:00"));
    const busy = await tailing([page([eventAt("c", "11:10")], "1"), end], { state: before });
    expect((await busy.state()).tail.from).toBe(at("11:00"));
    const later = await tailing([page([eventAt("c", "12:00")], "1"), end], {
      state: { ...before, spans: [spans[0]!] },
    });
    expect((await later.state()).tail.from).toBe(at("11:00"));
  });

  it("nothing of spans or of what is scheduled", async () => {
    const scheduled = { recentUntil: null, settledThrough: "2026-04-01", agedThrough: null };
    const { state } = await tailing([page([a], "1"), end], { state: stateWith({ scheduled }) });
    expect(await state()).toMatchObject({ scheduled, spans: [] });
    expect((await (await tailing([page([a], "1"), end])).state()).scheduled).toEqual(emptyCheckpoint.scheduled);
  });

  it("the days' last segments, the odd day and days from the future left out", async () => {
    const events = [
      eventAt("odd", ""),
      eventAt("today", "12:00"),
      eventAt("tomorrow", "2026-05-02T23:00:00Z"),
      eventAt("later", "2026-05-03T00:00:00Z"),
    ];
    const { state, archived } = await tailing([page(events, "1"), end]);
    const { hints } = await state();
    expect((await archived()).length).toBe(4);
    expect(Object.keys(hints)).toEqual(["2026-05-01", "2026-05-02"]);
    expect(hints["2026-05-01"]).toMatchObject({
      number: 1,
      logCount: 1,
      logNewest: NOON,
      idsAtNewest: ["today"],
      manifestHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it("days from the future where the source has no clock", async () => {
    const events = [eventAt("later", "2026-05-03T00:00:00Z"), eventAt("last", "9999-12-31T00:00:00Z")];
    const timeless = { servedAt: null };
    const { state } = await tailing([page(events, "1", timeless), page([], "end", timeless)]);
    expect(Object.keys((await state()).hints)).toEqual(["2026-05-03", "9999-12-31"]);
  });
});

describe("a tail whose offset is refused", () => {
  it("goes on by time from where it has come", async () => {
    const tail = tailFrom(at("07:00"), { offset: saved });
    const { result, asked, archived } = await tailing([refused, page([a], "1"), refused, page([a, b], "2"), end], {
      state: stateWith({ tail }),
    });
    expect(await result).toBe("end");
    const starts = asked.filter(({ offset }) => offset === undefined).map(({ startAt }) => startAt);
    expect(starts).toEqual([at("07:00"), a.at]);
    expect(await archived()).toEqual(["2026-05-01/1: a", "2026-05-01/2: b"]);
  });

  it("is given up where that is three times one place", async () => {
    const stuck = [page([a], "1"), refused];
    const { result, asked, archived } = await tailing([...stuck, ...stuck, ...stuck, ...stuck, ...stuck]);
    await expect(result).rejects.toMatchObject({
      kind: "unavailable",
      message: "The source refused its own offsets 3 times at one place.",
    });
    await expect(result).rejects.toBeInstanceOf(PageFailure);
    const starts = asked.filter(({ offset }) => offset === undefined).map(({ startAt }) => startAt);
    expect(starts).toEqual([undefined, a.at, a.at, a.at]);
    expect(await archived()).toEqual(["2026-05-01/1: a"]);
  });

  it("is given up where one is refused that was not sent", async () => {
    const { result } = await tailing(Array.from({ length: 9 }, () => refused));
    await expect(result).rejects.toMatchObject({ kind: "unavailable", message: /its own offsets/ });
  });
});

describe("a blank answer", () => {
  it("where something was shown before is counted, reported, and changes nothing else", async () => {
    const before = stateWith({ watermark: at("09:00"), blankRuns: 1, tail: tailFrom(at("08:00")) });
    const { result, run, said, stored } = await tailing([page([], null)], { state: before });
    expect(await result).toBe("blank");
    expect(await stored()).toEqual({ ...before, blankRuns: 2 });
    expect(run.report.blankRuns).toBe(2);
    const message = "the source shows no events at all, where it showed some before";
    expect(said).toContainEqual({ level: "warn", message, workspace: WORKSPACE, blankRuns: 2 });
  });

  it("behind the watermark is nothing to note: the tail may begin there after a page was set aside", async () => {
    const before = stateWith({ watermark: at("09:00"), tail: tailFrom(shiftInstant(at("09:00"), 1)) });
    const { result, stored, said } = await tailing([page([], null)], { state: before });
    expect(await result).toBe("blank");
    expect(await stored()).toEqual(before);
    expect(said).toEqual([]);
    const from = await tailing([page([], null)], { state: { ...before, tail: tailFrom(at("09:00")) } });
    expect((await from.state()).blankRuns).toBe(1);
  });

  it("where nothing was ever shown is nothing to note", async () => {
    const { result, stored, said } = await tailing([page([], null)]);
    expect(await result).toBe("blank");
    expect(await stored()).toBeNull();
    expect(said).toEqual([]);
  });

  it("is an answer: no page has failed before it", async () => {
    const tail = tailFrom(at("09:30"), { failedRuns: 2 });
    const { state } = await tailing([page([], null)], { state: stateWith({ watermark: at("09:00"), tail }) });
    expect(await state()).toMatchObject({ tail: { from: at("09:30"), failedRuns: 0 }, blankRuns: 0 });
  });

  it("is forgotten once events are shown", async () => {
    const { state } = await tailing([page([a], "1"), end], { state: stateWith({ blankRuns: 3 }) });
    expect((await state()).blankRuns).toBe(0);
  });
});

describe("a tail that cannot be read", () => {
  const failure = new PageFailure(new ArchiverError("invalid-response", "No page.", { advice: "" }));
  const halted = (day?: string) => new ArchiverError("halted", "Damaged.", { advice: "", ...(day && { day }) });
  const setting = async (
    error: unknown,
    answers: readonly Answer[],
    failedRuns = 0,
    from: Instant | null = at("07:00"),
  ) => {
    const watermark = at("09:00");
    const world = await scriptedRun(answers, {
      state: stateWith({ tail: tailFrom(from, { failedRuns, offset: saved }), watermark }),
    });
    const goesOn = await setAside(world.run, error, NEVER).catch((thrown) => thrown);
    return { ...world, goesOn, state: (await world.stored())! };
  };

  it.each([0, 1])("by %i runs before, while the source answers, is tried by the next run", async (failedRuns) => {
    const { goesOn, state, asked } = await setting(failure, [end], failedRuns);
    expect(goesOn).toBe(false);
    expect(state).toMatchObject({ tail: { from: at("07:00"), failedRuns: failedRuns + 1 }, spans: [] });
    expect(asked).toMatchObject([{ limit: 1, maxBytes: 4 * 1024 * 1024, startAt: at("09:00"), attempts: 1 }]);
  });

  it("by three runs becomes a span, up to a minute before the source's present, and the tail goes on behind it", async () => {
    const { goesOn, state } = await setting(failure, [end], 2);
    expect(goesOn).toBe(true);
    const until = shiftInstant(NOON, -60_000);
    expect(state.tail).toEqual(tailFrom(until));
    expect(state.spans).toEqual([
      { purpose: "new", from: at("07:00"), until, dueAt: NOON, doubtedAt: null, failedRuns: 3, offset: null },
    ]);
    expect(state.watermark).toBe(at("09:00"));
  });

  it("by three runs becomes a span that ends by the source's clock, also where it has answered nothing else", async () => {
    const { state } = await setting(failure, [page([], "end", { servedAt: at("09:31") })], 2);
    expect(state.tail.from).toBe(at("09:30"));
  });

  it("counts its runs, although each reads the page before it again, and from one again behind any other page", async () => {
    const [checkpoints, archive] = [createMemoryCheckpoint(), createMemoryArchive()];
    let shown = a;
    const source: EventSource = {
      page: async ({ limit, offset }) => {
        if (limit === 1) return end;
        if (offset !== undefined) throw new ArchiverError("invalid-response", "No page.", { advice: "" });
        return page([shown], "1");
      },
    };
    const counts: unknown[] = [];
    for (const event of [a, a, b, b, b]) {
      shown = event;
      const { run } = await scriptedRun([], { deps: { source, checkpoints, archive }, limits: { offsetLifeMs: -1 } });
      const error = await readTail(run, () => undefined, NEVER).catch((thrown) => thrown);
      const goesOn = await setAside(run, error, NEVER);
      const { tail, spans } = (await checkpoints.read(WORKSPACE))!.state;
      counts.push([goesOn, tail.failedRuns, spans.map(({ failedRuns }) => failedRuns)]);
    }
    expect(counts).toEqual([
      [false, 1, []],
      [false, 2, []],
      [false, 1, []],
      [false, 2, []],
      [true, 0, [3]],
    ]);
  });

  it("cannot be set aside within the last minute, and is tried again", async () => {
    const { goesOn, state } = await setting(failure, [end], 2, shiftInstant(NOON, -60_000));
    expect(goesOn).toBe(false);
    expect(state.spans).toEqual([]);
  });

  it.each<[string, Answer]>([
    ["nothing else either", new Error("away")],
    ["a refusal of an offset that was not sent", refused],
  ])("is no fault of its page where the source answers %s", async (_, answer) => {
    const { goesOn, state } = await setting(failure, [answer], 2);
    expect(goesOn).toBe(failure);
    expect(state).toMatchObject({ tail: { from: at("07:00"), failedRuns: 2 }, spans: [] });
  });

  it("because of a damaged past day leaves that day, and what is before it, for a span", async () => {
    const { goesOn, state } = await setting(halted("2026-04-29"), [], 0, at("2026-04-28T10:00:00.000Z"));
    expect(goesOn).toBe(true);
    expect(state.tail).toEqual(tailFrom(at("2026-04-30T00:00:00.000Z")));
    expect(state.spans).toMatchObject([
      { purpose: "new", from: at("2026-04-28T10:00:00.000Z"), until: at("2026-04-30T00:00:00.000Z"), failedRuns: 0 },
    ]);
  });

  it.each([
    ["today's", "2026-05-01"],
    ["a later day's", "2026-05-02"],
  ])("because of damage to %s log stays where it is", async (_, day) => {
    const { goesOn, state } = await setting(halted(day), []);
    expect(goesOn).toBe(false);
    expect(state.spans).toEqual([]);
  });

  it("because of a damaged odd day is one whose page cannot be read", async () => {
    expect(await setting(halted(ODD_DAY), [])).toMatchObject({ goesOn: false, state: { tail: { failedRuns: 1 } } });
    expect(await setting(halted(ODD_DAY), [], 2)).toMatchObject({
      goesOn: true,
      state: { spans: [{ failedRuns: 3 }] },
    });
  });

  it.each<[string, unknown]>([
    ["a halt that concerns no day", halted()],
    ["a refusal", new ArchiverError("refused", "No.", { advice: "" })],
    ["a store that is away", new ArchiverError("unavailable", "Away.", { advice: "" })],
    ["a defect", new Error("defect")],
  ])("because of %s ends the run", async (_, error) => {
    const { goesOn, state } = await setting(error, []);
    expect(goesOn).toBe(error);
    expect(state.spans).toEqual([]);
  });
});
