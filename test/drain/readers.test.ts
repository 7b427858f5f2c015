/** Several readers over the list of spans: who reads what, when, and what keeps whom from being read. */
import { describe, expect, it } from "vitest";
import { emptyCheckpoint } from "../../lambda/drain/checkpoint.ts";
import type { Limits } from "../../lambda/drain/limits.ts";
import { type Failures, readSpans, worst } from "../../lambda/drain/readers.ts";
import { type SpanList, spansInMemory, storedSpans } from "../../lambda/drain/span-list.ts";
import { ArchiverError, type ErrorKind } from "../../lambda/errors.ts";
import type { SourceEvent } from "../../lambda/event/event.ts";
import { type Instant, msToInstant, shiftInstant } from "../../lambda/event/instant.ts";
import type { ArchiveStore, Page, PageRequest, Span, SpanPurpose } from "../../lambda/ports.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { createMemoryCheckpoint } from "../fakes/memory-checkpoint.ts";
import { WORKSPACE } from "../segment/sample.ts";
import { eventAt, NEVER, NOON_MS, page, scriptedRun, spanOf } from "./scripted-run.ts";

const HOUR_MS = 3_600_000;
const NOON = msToInstant(NOON_MS);
const at = (time: string): Instant => eventAt("", time).at!;
const fault = (kind: ErrorKind = "unavailable", more = {}) => new ArchiverError(kind, kind, { advice: "", ...more });
const hour = (from: number, hours = 1, more: Partial<Span> = {}): Span =>
  spanOf(at(`${String(from).padStart(2, "0")}:00`), at(`${String(from + hours).padStart(2, "0")}:00`), more);
/** One event on each full hour, and one at its end to the minute. */
const hourly = (from: number, count: number): SourceEvent[] =>
  Array.from({ length: count * 2 }, (_, index) => {
    const hours = String(from + (index >> 1)).padStart(2, "0");
    return eventAt(`${hours}${index % 2}`, `${hours}:${index % 2 === 0 ? "00" : "59"}`);
  });

interface Options {
  readonly limits?: Partial<Limits>;
  readonly purposes?: readonly SpanPurpose[];
  readonly pageSize?: number;
  /** Called before each answer; what it throws is the answer. */
  readonly before?: (request: PageRequest) => void | Promise<void>;
  readonly archive?: ArchiveStore;
  readonly checkpoints?: ReturnType<typeof createMemoryCheckpoint>;
  readonly now?: Instant;
  readonly signal?: AbortSignal;
  readonly inMemory?: boolean;
  /** Work on the same run beside the readers. */
  readonly beside?: (list: SpanList, announce: () => void) => Promise<Failures>;
}

/** A source that shows the events; readers over the spans, or over what an earlier run has left of them. */
async function reading(events: readonly SourceEvent[], spans: readonly Span[], options: Options = {}) {
  const { limits = {}, purposes = ["recent", "aged", "settled"], pageSize = 1, signal = NEVER, now = NOON } = options;
  const { checkpoints = createMemoryCheckpoint(), archive = createMemoryArchive() } = options;
  if ((await checkpoints.read(WORKSPACE)) === null && options.inMemory !== true)
    await checkpoints.move(WORKSPACE, { ...emptyCheckpoint, spans }, null);
  const asked: PageRequest[] = [];
  const source = {
    page: async (request: PageRequest): Promise<Page> => {
      asked.push(request);
      await options.before?.(request);
      const { startAt = "", endAt = "9", offset = "0" } = request;
      const shown = events.filter((event) => event.at === null || (event.at >= startAt && event.at < endAt));
      const from = Number(offset);
      return page(shown.slice(from, from + pageSize), String(Math.min(from + pageSize, shown.length)), {
        servedAt: now,
      });
    },
  };
  const world = await scriptedRun([], { limits: { readers: 1, ...limits }, deps: { source, archive, checkpoints } });
  world.run.report.servedAt = now;
  const list = options.inMemory ? spansInMemory(spans) : storedSpans(world.run);
  const beside = async (announce: () => void) => (await options.beside?.(list, announce)) ?? [];
  const outcome = await readSpans(world.run, list, purposes, signal, beside).catch((error: unknown) => error);
  const short = (instant: Instant | null) => (instant === null ? "" : instant.slice(11).replace(/(:00)?\.000Z$/, ""));
  return {
    ...world,
    outcome,
    asked: asked.filter(({ limit }) => limit !== 1),
    probes: asked.filter(({ limit }) => limit === 1),
    checkpoints,
    archive,
    spans: list.spans,
    /** "from-until", "?" in doubt, "!" and how often it could not be read. */
    left: list.spans.map(
      ({ from, until, doubtedAt, failedRuns }) =>
        `${short(from)}-${short(until)}${doubtedAt === null ? "" : "?"}${failedRuns > 0 ? `!${failedRuns}` : ""}`,
    ),
  };
}

const startsOf = (asked: readonly PageRequest[]) =>
  asked.filter(({ offset }) => offset === undefined).map(({ startAt }) => startAt?.slice(11, 16));

describe("a run reads", () => {
  it("all that is due, oldest first, and asks for each silence again when all else is done", async () => {
    const { outcome, asked, left, run } = await reading(hourly(5, 6), [hour(10), hour(6), hour(8)]);
    expect(outcome).toEqual([]);
    expect(startsOf(asked)).toEqual(["06:00", "08:00", "10:00", "06:59", "08:59", "10:59"]);
    expect(left).toEqual(["06:59-07:00?", "08:59-09:00?", "10:59-11:00?"]);
    expect(run.report.spans).toBe(0);
  });

  it("what is doubted and shows something, and what lies behind that is no longer in doubt wherever the look is cut off", async () => {
    const stop = new AbortController();
    const shown = [eventAt("a", "06:10"), eventAt("b", "06:20"), eventAt("c", "06:30")];
    const before = ({ offset }: PageRequest) => {
      if (offset === "2") stop.abort(new Error("Time is up."));
    };
    const spans = [hour(6, 1, { doubtedAt: shiftInstant(NOON, -HOUR_MS) })];
    const { left } = await reading(shown, spans, { before, signal: stop.signal });
    expect(left).toEqual(["06:20-07:00"]);
  });

  it("nothing that is in doubt since less than an hour, and believes what is still silent after that", async () => {
    const spans = [
      hour(6, 1, { doubtedAt: shiftInstant(NOON, -HOUR_MS + 1) }),
      hour(8, 1, { doubtedAt: shiftInstant(NOON, -HOUR_MS) }),
    ];
    const { asked, left, run } = await reading([], spans);
    expect(startsOf(asked)).toEqual(["08:00"]);
    expect(left).toEqual(["06:00-07:00?"]);
    expect(run.report.spans).toBe(1);
  });

  it("what a clock doubted that was ahead", async () => {
    const doubtedAt = shiftInstant(NOON, HOUR_MS + 1);
    const { asked, left } = await reading([], [hour(6, 1, { doubtedAt })]);
    expect(startsOf(asked)).toEqual(["06:00", "06:00"]);
    expect(left).toEqual(["06:00-07:00?"]);
  });

  it("what somebody asked for twice, and believes it then", async () => {
    const { asked, left, run } = await reading([], [hour(6, 1, { purpose: "asked" })], {
      purposes: ["asked"],
      inMemory: true,
    });
    expect(startsOf(asked)).toEqual(["06:00", "06:00"]);
    expect(left).toEqual([]);
    expect(run.report.spans).toBe(1);
  });

  it("the given purposes only", async () => {
    const spans = [hour(6, 1, { purpose: "new" }), hour(8, 1, { purpose: "aged" })];
    const { asked, left } = await reading([], spans, { purposes: ["new"] });
    expect(new Set(startsOf(asked))).toEqual(new Set(["06:00"]));
    expect(left).toEqual(["08:00-09:00", "06:00-07:00?"]);
  });

  it("purposes in turns, and spans in turns of so many pages, so that none starves", async () => {
    const doubtedAt = shiftInstant(NOON, -HOUR_MS);
    const spans = [
      hour(1, 2, { purpose: "aged", doubtedAt }),
      hour(3, 2, { purpose: "settled", doubtedAt }),
      hour(6, 2, { purpose: "settled", doubtedAt, dueAt: at("11:00") }),
      hour(9, 2, { purpose: "recent", doubtedAt }),
    ];
    const { asked, left } = await reading(hourly(0, 12), spans, { limits: { turnPages: 2 } });
    const order = asked.map(({ endAt }) => endAt!.slice(11, 13));
    expect(order.filter((span, index) => span !== order[index - 1]).slice(0, 8)).toEqual([
      ..."11 03 05 11 03 08 11 03".split(" "),
    ]);
    // Every span showed something in the end, so that the silence behind it is new.
    expect([...left].sort()).toEqual(["02:59-03:00?", "04:59-05:00?", "07:59-08:00?", "10:59-11:00?"]);
  });

  it("for a turn at least until it has come further: a page that shows only where it began does not end the turn", async () => {
    const seen = [eventAt("a", "06:10"), eventAt("b", "06:20"), eventAt("c", "06:50")];
    const stop = new AbortController();
    const before = ({ startAt }: PageRequest) => {
      if (startAt === at("08:00")) stop.abort(new Error("Time is up."));
    };
    const spans = [hour(6, 1, { from: at("06:10") }), hour(8)];
    const { left } = await reading(seen, spans, { limits: { turnPages: 1 }, before, signal: stop.signal });
    expect(left[0]).toBe("06:20-07:00");
  });

  it("side by side, as many as there are readers", async () => {
    let open = 0;
    let most = 0;
    const before = async () => {
      most = Math.max(most, ++open);
      await new Promise(setImmediate);
      open -= 1;
    };
    const spans = [1, 3, 5, 7, 9].map((from) => hour(from));
    await reading([], spans, { limits: { readers: 3 }, before });
    expect(most).toBe(3);
  });

  it("nothing more once time is up, and nothing of it is a failure", async () => {
    const stop = new AbortController();
    const before = ({ startAt }: PageRequest) => {
      if (startAt! >= at("07:00")) stop.abort(new Error("time is up"));
      stop.signal.throwIfAborted();
    };
    const { outcome, left } = await reading([], [hour(6), hour(8), hour(10)], { before, signal: stop.signal });
    expect(outcome).toEqual([]);
    expect(left).toEqual(["06:00-07:00?", "08:00-09:00", "10:00-11:00"]);
  });
});

describe("work beside the readers", () => {
  it("puts spans on the list that they read meanwhile, and adds its failures to theirs", async () => {
    const failure = fault();
    const isRead = Promise.withResolvers<void>();
    const { outcome, left } = await reading([], [], {
      before: () => isRead.resolve(),
      beside: async (list, announce) => {
        await new Promise(setImmediate);
        await list.update((listed) => ({ ...listed, spans: [hour(6)] }));
        announce();
        await isRead.promise;
        return [failure];
      },
    });
    expect(outcome).toEqual([failure]);
    expect(left).toEqual(["06:00-07:00?"]);
  });

  it("ends the readers where it throws", async () => {
    const error = new Error("power cut");
    const beside = async () => {
      throw error;
    };
    const { outcome, left } = await reading([], [hour(6), hour(8), hour(10)], { beside });
    expect(outcome).toBe(error);
    expect(left).toEqual(expect.arrayContaining(["08:00-09:00", "10:00-11:00"]));
  });
});

it("what a run has changed is stored once something is archived, or after twenty changes, and at its end", async () => {
  const moves: number[] = [];
  const checkpoints = createMemoryCheckpoint();
  const counting: typeof checkpoints = {
    ...checkpoints,
    move: async (...args) => {
      moves.push(asked);
      return await checkpoints.move(...args);
    },
  };
  let asked = 0;
  const before = () => {
    asked += 1;
  };
  const minutes = Array.from({ length: 25 }, (_, index) => {
    const from = shiftInstant(at("06:00"), index * 120_000);
    return spanOf(from, shiftInstant(from, 60_000), { doubtedAt: shiftInstant(NOON, -HOUR_MS) });
  });
  await checkpoints.move(WORKSPACE, { ...emptyCheckpoint, spans: minutes }, null);
  const { left } = await reading([eventAt("late", "06:02")], [], { checkpoints: counting, before });
  expect(left).toEqual([]);
  expect((await checkpoints.read(WORKSPACE))!.state.spans).toEqual([]);
  expect(moves).toEqual([3, 13, 23, 26]); // counted in requests; an empty page and the end of a span are a change each
});

describe("a reader without a span", () => {
  const minutes = Array.from({ length: 600 }, (_, index) =>
    eventAt(String(index), msToInstant(NOON_MS - (600 - index) * HOUR_MS)),
  );
  const long = spanOf(minutes[0]!.at, NOON, { doubtedAt: shiftInstant(NOON, -HOUR_MS) });
  const sharing = (sharePages: number, readers = 2) =>
    reading(minutes, [long], { pageSize: 10, limits: { readers, sharePages } });

  it("takes over half of what another has still before it, and all is archived once", async () => {
    const { asked, left, run } = await sharing(20, 4);
    expect(left.every((span) => span.endsWith("?"))).toBe(true);
    expect(run.report).toMatchObject({ archived: 600, gone: 0 });
    expect(startsOf(asked).length).toBeGreaterThan(2);
    // A page in flight at each border, and an empty one at the end of each part.
    expect(asked.length).toBeLessThanOrEqual(60 + 3 * startsOf(asked).length);
  });

  it("and none is interrupted for a turn of its own where nobody waits for one", async () => {
    const { asked } = await reading(minutes, [long], { pageSize: 10, limits: { turnPages: 2 } });
    expect(startsOf(asked).length).toBe(2); // the silence at its end is asked for again
  });

  it("takes over none of a doubt that the other was shown to be wrong: no silence there is believed", async () => {
    const options = { pageSize: 10, limits: { readers: 2, sharePages: 5 } };
    const { asked, left, spans } = await reading(minutes.slice(0, 200), [long], options);
    expect(startsOf(asked).length).toBeGreaterThan(2);
    expect(left).toEqual(["19:00-12:00?"]); // from the newest event shown, days ago, to the end
    expect(spans[0]).toMatchObject({ from: minutes[199]!.at, doubtedAt: NOON });
  });

  it("takes over none of a doubt that begins with many events at one instant: the silence behind them is believed", async () => {
    const burst = Array.from({ length: 60 }, (_, index) => eventAt(`burst${index}`, long.from!));
    const { asked, left } = await reading(burst, [long], { pageSize: 10, limits: { readers: 2, sharePages: 5 } });
    expect(left).toEqual([]);
    expect(startsOf(asked)).toEqual(["12:00"]);
  });

  it("does not where that is not worth it", async () => {
    const { asked, left } = await sharing(1000);
    expect(left).toEqual(["11:00-12:00?"]);
    expect(startsOf(asked).length).toBe(2); // the silence at its end is asked for again
  });
});

describe("a day whose log is damaged", () => {
  const day = (date: number) => `2026-04-${date}`;
  const dayAt = (date: number, time: string) => at(`${day(date)}T${time}:00.000Z`);
  const days = [25, 26, 27];
  const events = days.flatMap((date) => [
    eventAt(`${date}a`, dayAt(date, "00:00")),
    eventAt(`${date}b`, dayAt(date, "23:59")),
  ]);
  const damaged = async () => {
    const objects = new Map<string, Buffer>();
    objects.set(`events/workspace=${WORKSPACE}/dt=${day(26)}/000001.ndjson.gz`, Buffer.from("garbage"));
    return { objects, archive: createMemoryArchive(objects) };
  };

  it.each<[string, Span[]]>([
    [
      "a span each",
      days.map((date) => spanOf(dayAt(date, "00:00"), dayAt(date + 1, "00:00"), { dueAt: dayAt(date, "00:00") })),
    ],
    ["one span", [spanOf(dayAt(25, "00:00"), dayAt(28, "00:00"))]],
  ])("leaves the other days of %s, and is this run's failure", async (_, spans) => {
    const { archive, objects } = await damaged();
    const { outcome, said, spans: left } = await reading(events, spans, { archive, limits: { readers: 2 } });
    expect((outcome as ArchiverError[]).map(({ kind, day }) => [kind, day])).toEqual([["halted", day(26)]]);
    const held = [...objects.keys()].map((key) => key.slice(-27, -17)).sort();
    expect(held.filter((date) => date !== day(26))).toEqual([day(25), day(27)]);
    expect(
      left.some(
        ({ from, until, doubtedAt }) =>
          doubtedAt === null && from! <= dayAt(26, "00:00") && until >= dayAt(27, "00:00"),
      ),
    ).toBe(true);
    expect(said).toContainEqual({
      level: "error",
      message: "a day's log is damaged; the other days go on",
      workspace: WORKSPACE,
      day: day(26),
    });
  });
});

describe("a page that cannot be read", () => {
  /** A source that fails for whatever includes this instant; the millisecond of it at the least. */
  const bad = at("08:17");
  const failing =
    (error: unknown = fault("invalid-response")) =>
    ({ startAt, endAt, limit }: PageRequest) => {
      if (limit !== 1 && (startAt ?? "") <= bad && (endAt ?? "9") > bad) throw error;
    };
  const good = [eventAt("a", "08:05"), eventAt("b", "08:16"), eventAt("c", "08:18"), eventAt("d", "08:55")];

  it("is tried by three runs, and then taken apart to the millisecond: all around it is archived", async () => {
    const first = await reading(good, [hour(8), hour(10)], { before: failing() });
    expect((first.outcome as ArchiverError[]).map(({ kind }) => kind)).toEqual(["invalid-response"]);
    expect(first.left).toEqual(["08:00-09:00!1", "10:00-11:00?"]);
    const { archive, checkpoints } = first;
    expect(first.run.report.archived).toBe(0);
    const again = (run: number) =>
      reading(good, [], { archive, checkpoints, before: failing(), now: shiftInstant(NOON, run * 60_000) });
    const second = await again(1);
    expect(second.outcome).toHaveLength(1);
    expect(second.left[0]).toBe("08:00-09:00!2");
    expect(second.asked).toHaveLength(1);
    const third = await again(2);
    expect(third.outcome).toEqual([]);
    expect(third.run.report.archived).toBe(4);
    const unreadable = third.spans.filter(({ failedRuns }) => failedRuns > 0);
    expect(unreadable).toMatchObject([{ from: bad, until: shiftInstant(bad, 1) }]);
    const suspects = third.asked.slice(1).filter(({ startAt, endAt }) => startAt! <= bad && endAt! > bad);
    expect(new Set(suspects.map(({ attempts }) => attempts))).toEqual(new Set([1]));
    const fourth = await again(3);
    expect(fourth.outcome).toEqual([]);
    expect(fourth.asked).toMatchObject([{ startAt: bad, endAt: shiftInstant(bad, 1), attempts: 1 }]);
    const readable = await reading([...good, eventAt("e", "08:17")], [], {
      archive,
      checkpoints,
      now: shiftInstant(NOON, 4 * HOUR_MS),
    });
    expect(readable.run.report.archived).toBe(1);
  });

  it("counts its runs in a row: one that could read it begins anew", async () => {
    const { archive, checkpoints } = await reading(good, [hour(8)], { before: failing() });
    const other = await reading(good, [], { archive, checkpoints });
    expect(other.left.some((span) => span.includes("!"))).toBe(false);
  });

  it("counts as one even where it holds the newest archived event: the reader then asks for the source's present", async () => {
    const before = (request: PageRequest) => {
      if ((request.startAt ?? "") <= bad && (request.endAt ?? "9") > bad) throw fault("invalid-response");
    };
    const checkpoints = createMemoryCheckpoint();
    await checkpoints.move(WORKSPACE, { ...emptyCheckpoint, spans: [hour(8)], watermark: bad }, null);
    const { left, probes } = await reading(good, [], { before, checkpoints });
    expect(left).toEqual(["08:00-09:00!1"]);
    expect(probes.map(({ startAt }) => startAt)).toEqual([bad, NOON]);
  });

  it("is the source's fault where that answers nothing else either, and ends the run", async () => {
    const away = fault();
    const before = () => {
      throw away;
    };
    const { outcome, left, probes } = await reading(good, [hour(8)], { before });
    expect(outcome).toMatchObject({ kind: "unavailable" });
    expect(left).toEqual(["08:00-09:00"]);
    expect(probes).toMatchObject([
      { limit: 1, attempts: 1 },
      { limit: 1, attempts: 1 },
    ]);
  });

  it.each<[string, ArchiverError]>([
    ["a refusal", fault("refused")],
    ["an order to come back later", fault("unavailable", { notBefore: NOON_MS + 1 })],
  ])("is no such page where the source answers %s: that concerns all", async (_, error) => {
    const { outcome, left, probes } = await reading(good, [hour(8), hour(10)], { before: failing(error) });
    expect(outcome).toBe(error);
    expect(left).toEqual(["08:00-09:00", "10:00-11:00"]);
    expect(probes).toEqual([]);
  });

  it("stays whole where the list is as long as it may be", async () => {
    const spans = Array.from({ length: 200 }, (_, index) =>
      hour(8, 1, {
        purpose: "aged",
        from: shiftInstant(at("08:00"), index * 2000),
        until: shiftInstant(at("08:00"), index * 2000 + 1000),
        doubtedAt: NOON,
      }),
    );
    const span = hour(8, 1, { failedRuns: 2 });
    const { left, asked } = await reading(good, [...spans, span], { before: failing() });
    expect(asked).toHaveLength(1);
    expect(left).toContain("08:00-09:00!3");
  });
});

describe("of several errors", () => {
  const errorOf = (kind: ErrorKind | "plain") => (kind === "plain" ? new Error("plain") : fault(kind));
  it.each<[ErrorKind | "plain", ErrorKind | "plain", number]>([
    ["unavailable", "halted", 1],
    ["refused", "halted", 1],
    ["halted", "refused", 0],
    ["refused", "misconfigured", 1],
    ["plain", "refused", 1],
    ["plain", "misconfigured", 1],
    ["refused", "plain", 0],
    ["plain", "unavailable", 0],
    ["unavailable", "plain", 0],
  ])("%s and %s, the one is thrown that needs somebody, a halt before all", (one, other, thrown) => {
    const errors = [errorOf(one), errorOf(other)];
    expect(worst(errors)).toBe(errors[thrown]);
  });

  it("of readers the first stops the others, and their finished work stays", async () => {
    const error = new Error("power cut");
    const gate = Promise.withResolvers<void>();
    const before = async ({ startAt }: PageRequest) => {
      if (startAt === at("08:00")) {
        await gate.promise;
        throw error;
      }
      if (startAt! > at("06:00")) gate.resolve();
    };
    const events = [eventAt("a", "06:10"), eventAt("b", "06:20")];
    const { outcome, left } = await reading(events, [hour(6), hour(8)], {
      limits: { readers: 2, turnPages: 1 },
      before,
    });
    expect(outcome).toBe(error);
    expect(left[0]?.startsWith("06:00")).toBe(false);
    expect(left.at(-1)).toBe("08:00-09:00");
  });
});
