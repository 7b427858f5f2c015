/** How runs begin and end at their edges: "not before", a source that shows nothing, and what a rescan asks for. */
import { describe, expect, it } from "vitest";
import { emptyCheckpoint } from "../../lambda/drain/checkpoint.ts";
import { drain } from "../../lambda/drain/drain.ts";
import { type RescanWhat, rescan } from "../../lambda/drain/rescan.ts";
import { ArchiverError } from "../../lambda/errors.ts";
import { type Instant, msToInstant, shiftInstant } from "../../lambda/event/instant.ts";
import { WORKSPACE } from "../segment/sample.ts";
import { type Answer, eventAt, NEVER, NOON_MS, page, scriptedRun, spanOf } from "./scripted-run.ts";

const HOUR_MS = 3_600_000;
const NOON = msToInstant(NOON_MS);
const stateWith = (more: Partial<typeof emptyCheckpoint>) => ({ ...emptyCheckpoint, ...more });
const asking = (notBefore: number) => new ArchiverError("unavailable", "Later.", { advice: "", notBefore });

describe("when the source asked not to be called", () => {
  it("a run before that time asks nothing and says when", async () => {
    const notBefore = shiftInstant(NOON, 1);
    await expect(scriptedRun([], { state: stateWith({ notBefore }) })).rejects.toMatchObject({
      kind: "unavailable",
      message: `The source asked not to be called before ${notBefore}.`,
      advice: "Nothing to do: a run after that time goes on.",
    });
  });

  it.each([
    ["at that time", NOON],
    ["after it", shiftInstant(NOON, -1)],
    ["when it is further ahead than any that is kept", shiftInstant(NOON, HOUR_MS + 1)],
  ])("a run %s goes on", async (_, notBefore) => {
    await expect(scriptedRun([], { state: stateWith({ notBefore }) })).resolves.toBeDefined();
  });

  it("an hour ahead is still kept", async () => {
    const notBefore = shiftInstant(NOON, HOUR_MS);
    await expect(scriptedRun([], { state: stateWith({ notBefore }) })).rejects.toMatchObject({ kind: "unavailable" });
  });

  it.each([
    ["as it said", 1000, 1000],
    ["at most an hour ahead", 5 * HOUR_MS, HOUR_MS],
  ])("the checkpoint keeps it, %s", async (_, askedMs, keptMs) => {
    const { deps, stored, progressed } = await scriptedRun([asking(NOON_MS + askedMs)]);
    await expect(drain(deps, { workspace: WORKSPACE }, NEVER)).rejects.toThrow("Later.");
    expect((await stored())?.notBefore).toBe(shiftInstant(NOON, keptMs));
    expect(progressed()).toBeGreaterThan(0);
  });

  it("a failure without such a word leaves the checkpoint as it is", async () => {
    const { deps, stored } = await scriptedRun([new ArchiverError("unavailable", "Broken.", { advice: "" })]);
    await expect(drain(deps, { workspace: WORKSPACE }, NEVER)).rejects.toThrow("Broken.");
    expect(await stored()).toBeNull();
  });
});

it("a source that shows nothing where it showed something is reported, with how often in a row", async () => {
  const state = stateWith({ watermark: "2026-05-01T09:00:00.000Z" as Instant, blankRuns: 1 });
  const { deps, said, stored } = await scriptedRun([page([], null)], { state });
  expect(await drain(deps, { workspace: WORKSPACE }, NEVER)).toMatchObject({ blankRuns: 2, outcome: "caught-up" });
  expect((await stored())?.blankRuns).toBe(2);
  expect(said).toContainEqual({
    level: "warn",
    message: "the source shows no events at all, where it showed some before",
    workspace: WORKSPACE,
    blankRuns: 2,
  });
});

describe("a rescan", () => {
  const rescanOf = async (what: RescanWhat, answers: readonly Answer[], state = emptyCheckpoint, signal = NEVER) => {
    const world = await scriptedRun(answers, { state });
    return { ...world, report: rescan(world.deps, { workspace: WORKSPACE, what }, signal) };
  };
  const clock = page([], "now");
  const end = page([], "end");

  it("of the last hour asks for the time, and then from an hour before it to it", async () => {
    const { report, asked } = await rescanOf({ kind: "last", ms: HOUR_MS }, [clock, end, end]);
    expect(await report).toMatchObject({ outcome: "caught-up", spans: 1 });
    expect(asked[0]).toMatchObject({ limit: 1, attempts: 1, startAt: shiftInstant(NOON, -HOUR_MS) });
    expect(asked[1]).toMatchObject({ startAt: shiftInstant(NOON, -HOUR_MS), endAt: NOON });
  });

  it("of an open window ends at the source's now", async () => {
    const startAt = shiftInstant(NOON, -2 * HOUR_MS);
    const { report, asked } = await rescanOf({ kind: "window", startAt, endAt: null }, [
      clock,
      page([eventAt("1", "11:00")], "a"),
      end,
      page([eventAt("1", "11:00")], "a"),
      end,
    ]);
    expect(await report).toMatchObject({ outcome: "caught-up", archived: 1 });
    expect(asked[1]).toMatchObject({ startAt, endAt: NOON });
  });

  it("asks for the time again with more room where the answer, a single event, was too large", async () => {
    const tooLarge: Answer = { kind: "too-large" };
    const { report, asked } = await rescanOf({ kind: "last", ms: HOUR_MS }, [tooLarge, tooLarge, clock, end, end]);
    expect(await report).toMatchObject({ outcome: "caught-up" });
    const [first, second, third] = asked.map(({ maxBytes }) => maxBytes!);
    expect([second, third]).toEqual([2 * first!, 4 * first!]);
    expect(new Set(asked.slice(0, 3).map(({ startAt }) => startAt)).size).toBe(1);
  });

  it.each<[string, Answer]>([
    ["no Date header", page([], "now", { servedAt: null })],
    ["a refusal of an offset that was not sent", { kind: "offset-refused", reason: "invalid" }],
  ])("cannot tell the time by %s", async (_, answer) => {
    const { report } = await rescanOf({ kind: "last", ms: 1 }, [answer]);
    await expect(report).rejects.toMatchObject({
      kind: "invalid-response",
      message: "The source's answer has no `Date` header, so its time is not known.",
      advice: "Give the window an end (--to), or ask again; if it persists, a proxy may be taking the header away.",
    });
  });

  it("ends out of time where time is up while the time is asked for, and fails where the source fails", async () => {
    for (const error of [null, new Error("broken")]) {
      const stop = new AbortController();
      const answer: Answer = (_, signal) => {
        stop.abort();
        throw error ?? signal.reason;
      };
      const { report } = await rescanOf({ kind: "last", ms: 1 }, [answer], emptyCheckpoint, stop.signal);
      if (error === null) expect(await report).toMatchObject({ outcome: "out-of-time" });
      else await expect(report).rejects.toBe(error);
    }
    const broken = new Error("broken");
    await expect((await rescanOf({ kind: "last", ms: 1 }, [broken])).report).rejects.toBe(broken);
  });

  it("of what is due puts it on the list, with what was scheduled, reads it, and leaves what is silent in doubt", async () => {
    const watermark = "2026-05-01T09:00:00.000Z" as Instant;
    const scheduled = {
      recentUntil: shiftInstant(NOON, -HOUR_MS / 2),
      settledThrough: "2026-04-30",
      agedThrough: "2026-02-10",
    };
    const state = stateWith({ watermark, scheduled });
    const { report, asked, stored } = await rescanOf({ kind: "due" }, [clock, end, end], state);
    expect(await report).toMatchObject({ outcome: "caught-up", doubted: 1, spans: 0, unreadable: 0, lost: 0 });
    const [startAt, endAt] = [shiftInstant(NOON, -1.5 * HOUR_MS), NOON];
    expect(asked.slice(1)).toMatchObject([
      { startAt, endAt },
      { startAt, endAt },
    ]);
    expect(await stored()).toMatchObject({
      scheduled: { ...scheduled, recentUntil: NOON },
      spans: [{ purpose: "recent", from: startAt, until: endAt, doubtedAt: NOON }],
    });
  });

  it("says how long what can be read is due, what cannot be, and of doubts and losses those of this run only", async () => {
    const at = (time: string) => `2026-05-01T${time}:00.000Z` as Instant;
    const dueAt = shiftInstant(NOON, -60_000);
    const spans = [
      spanOf(null, at("01:00"), { purpose: "new", failedRuns: 3, dueAt: shiftInstant(NOON, -5 * HOUR_MS) }),
      spanOf(at("02:00"), at("03:00"), { purpose: "new", dueAt }),
      spanOf(null, at("03:00"), { purpose: "aged", dueAt, doubtedAt: shiftInstant(NOON, -HOUR_MS / 2) }),
    ];
    const lost = [{ purpose: "new", from: null, until: "2026-01-01T00:00:00.000Z" as Instant, notedAt: NOON }] as const;
    const { report } = await rescanOf({ kind: "last", ms: HOUR_MS }, [clock, end, end], stateWith({ spans, lost }));
    expect(await report).toMatchObject({
      overdueSeconds: { new: 60, recent: 0, settled: 0, aged: 0 },
      oldestUnread: at("02:00"),
      doubted: 0,
      unreadable: 1,
      lost: 0,
    });
  });
});
