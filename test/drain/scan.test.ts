/** What a tail, a scan and a window ask the source for, and what they leave in the checkpoint. */
import { describe, expect, it } from "vitest";
import { emptyCheckpoint } from "../../lambda/drain/checkpoint.ts";
import { defaultLimits } from "../../lambda/drain/limits.ts";
import { archiveSpan, scan, tail } from "../../lambda/drain/scan.ts";
import { type Instant, msToInstant, shiftInstant } from "../../lambda/event/instant.ts";
import type { CheckpointState, OffsetRefused, Page, PageRequest } from "../../lambda/ports.ts";
import { defaultRunSettings } from "../../lambda/settings.ts";
import { WORKSPACE } from "../segment/sample.ts";
import { eventAt, NEVER, NOON_MS, page, scriptedRun } from "./scripted-run.ts";

const HOUR_MS = 3_600_000;
const NOON = msToInstant(NOON_MS);
const { offsetLifeMs } = defaultLimits;
const overlapMs = defaultRunSettings.overlapMinutes * 60_000;
const [a, b] = [eventAt("a", "09:00"), eventAt("b", "10:00")];
const refused: OffsetRefused = { kind: "offset-refused", reason: "expired" };
const stateWith = (more: Partial<CheckpointState>): CheckpointState => ({ ...emptyCheckpoint, ...more });
const watermark = "2026-05-01T11:00:00.000Z" as Instant;
const noRescans = { recentUntil: null, settledThrough: null, agedThrough: null };

describe("a tail", () => {
  const tailing = async (obtainedAt: Instant | null) => {
    const state = stateWith({ offset: { token: "saved", startAt: watermark, obtainedAt } });
    const world = await scriptedRun([page([], "next")], { state });
    return { ...world, result: await tail(world.run, NEVER) };
  };

  it("goes on from an offset as old as offsets live, with the window it was issued for", async () => {
    const { result, asked, stored } = await tailing(shiftInstant(NOON, -offsetLifeMs));
    expect(result).toMatchObject({ end: "end" });
    expect(asked).toEqual([{ workspace: WORKSPACE, startAt: watermark, offset: "saved" }]);
    expect((await stored())?.offset).toEqual({ token: "next", startAt: watermark, obtainedAt: NOON });
  });

  it.each([
    ["older than that", shiftInstant(NOON, -offsetLifeMs - 1)],
    ["of unknown age", null],
  ])("asks nothing for an offset that is %s", async (_, obtainedAt) => {
    const { result, asked } = await tailing(obtainedAt);
    expect(result).toBeNull();
    expect(asked).toEqual([]);
  });
});

describe("a scan", () => {
  it("begins at the watermark less the overlap", async () => {
    const { run, asked } = await scriptedRun([page([], "1")], { state: stateWith({ watermark }) });
    expect(await scan(run, NEVER)).toMatchObject({ end: "end" });
    expect(asked).toEqual([{ workspace: WORKSPACE, startAt: shiftInstant(watermark, -overlapMs) }]);
  });

  it("overlaps by as much as is set, and asks for pages of the size that is set", async () => {
    const settings = { overlapMinutes: 90, pageLimit: 7 };
    const { run, asked } = await scriptedRun([page([], "1")], { state: stateWith({ watermark }), settings });
    await scan(run, NEVER);
    expect(asked).toEqual([{ workspace: WORKSPACE, startAt: shiftInstant(watermark, -90 * 60_000), limit: 7 }]);
  });

  it("goes on by time from where an offset was refused, and is given up where that is three times one place", async () => {
    const stuck = [page([a], "1"), refused];
    const { run, asked, archived } = await scriptedRun([...stuck, ...stuck, ...stuck, ...stuck, ...stuck]);
    await expect(scan(run, NEVER)).rejects.toMatchObject({
      kind: "unavailable",
      message: "The source refused its own offsets 3 times at one place.",
    });
    const starts = asked.filter(({ offset }) => offset === undefined).map(({ startAt }) => startAt);
    expect(starts).toEqual([undefined, a.at, a.at, a.at]);
    expect(await archived()).toEqual(["2026-05-01/1: a"]);
  });

  it("is no scan where the source refuses an offset that was not sent", async () => {
    const { run } = await scriptedRun([refused]);
    await expect(scan(run, NEVER)).rejects.toMatchObject({ kind: "unavailable", message: /its own offsets/ });
  });

  it("is stopped by a signal while its first page is asked for, and no error besides it is hidden", async () => {
    const stop = new AbortController();
    const stopping = (reason: unknown) => () => {
      stop.abort();
      throw reason ?? stop.signal.reason;
    };
    const stopped = await scriptedRun([stopping(null)]);
    expect(await scan(stopped.run, stop.signal)).toEqual({
      newest: null,
      offset: null,
      servedAt: null,
      end: "stopped",
    });
    const failed = await scriptedRun([stopping(new Error("power cut"))]);
    await expect(scan(failed.run, stop.signal)).rejects.toThrow("power cut");
    const never = await scriptedRun([new Error("power cut")]);
    await expect(scan(never.run, NEVER)).rejects.toThrow("power cut");
  });
});

describe("a long history", () => {
  const limits = { windows: 2, windowsFromEvents: 2, windowsFromPages: 2, windowPages: 100 };
  const [first, second] = ["2026-04-28T00:00:00.000Z", "2026-04-28T01:00:00.000Z"] as const;
  const longPage = (more: Partial<Page> = {}) => page([eventAt("x", first), eventAt("y", second)], "long", more);
  /** Answers whatever is open behind with the long page, and windows with nothing; tells the windows asked for. */
  const reading = async (more: Partial<Page> = {}, onWindow: () => void = () => undefined) => {
    const windows: [start: string | null, end: string][] = [];
    const open: PageRequest[] = [];
    const source = {
      page: async (request: PageRequest) => {
        if (request.endAt === undefined) open.push(request);
        if (request.offset !== undefined) return page([], `after ${request.offset}`, more);
        if (request.endAt === undefined || request.limit !== undefined) return longPage(more);
        windows.push([request.startAt ?? null, request.endAt]);
        onWindow();
        return page([], "window", more);
      },
    };
    const world = await scriptedRun([], { limits, deps: { source } });
    return { ...world, windows, open };
  };

  it("is read as windows up to the source's now less the overlap, once, and then as one scan", async () => {
    const servedAt = "2026-05-01T13:00:00.000Z" as Instant;
    const { run, windows, open, archived } = await reading({ servedAt });
    expect(await scan(run, NEVER)).toMatchObject({ end: "end", servedAt });
    expect(windows.length).toBeGreaterThan(1);
    expect(windows[0]?.[0]).toBeNull();
    expect(windows.at(-1)?.[1]).toBe(shiftInstant(servedAt, -overlapMs));
    expect(open.map(({ offset }) => offset)).toEqual([undefined, undefined, "long"]);
    expect(await archived()).toEqual(["2026-04-28/1: x y"]);
  });

  it("ends at our now less the overlap where the source tells no time", async () => {
    const { run, windows } = await reading({ servedAt: null });
    await scan(run, NEVER);
    expect(windows.at(-1)?.[1]).toBe(shiftInstant(NOON, -overlapMs));
  });

  it("is stopped within its windows, and goes no further", async () => {
    const stop = new AbortController();
    const { run, open } = await reading({}, () => stop.abort());
    expect(await scan(run, stop.signal)).toEqual({ newest: null, offset: null, servedAt: NOON, end: "stopped" });
    expect(open.length).toBe(1);
  });
});

describe("a window of a long time", () => {
  const limits = { windows: 2, windowsFromEvents: 2, windowsFromPages: 2, windowPages: 100 };
  const start = "2026-04-28T00:00:00.000Z" as Instant;
  const long = page([eventAt("x", start), eventAt("y", shiftInstant(start, HOUR_MS))], "long");
  const reading = async (endAt: Instant, first: Page = long, signal = NEVER) => {
    const asked: PageRequest[] = [];
    const source = {
      page: async (request: PageRequest) => {
        asked.push(request);
        return asked.length === 1 ? first : page([], `end ${asked.length}`);
      },
    };
    const { run } = await scriptedRun([], { limits, deps: { source } });
    return { isDone: await archiveSpan(run, start, endAt, signal), asked };
  };
  const spans = (asked: readonly PageRequest[]) => asked.slice(1).map(({ startAt, endAt }) => `${startAt} ${endAt}`);

  it("is cut into windows that follow each other, from its start to its end", async () => {
    const endAt = shiftInstant(NOON, -1);
    const { isDone, asked } = await reading(endAt);
    expect(isDone).toBe(true);
    const windows = asked.slice(1);
    expect(windows.length).toBeGreaterThan(2);
    expect(windows[0]?.startAt).toBe(start);
    for (const [index, { endAt: end }] of windows.entries()) expect(end).toBe(windows[index + 1]?.startAt ?? endAt);
  });

  it("that ends at the source's now ends there", async () => {
    const { asked } = await reading(NOON);
    expect(asked.at(-1)?.endAt).toBe(NOON);
    expect(asked.at(-1)?.startAt).not.toBe(NOON);
  });

  it("that ends in the future is cut up to the source's now, and the rest is one window", async () => {
    const endAt = "2036-01-01T00:00:00.000Z" as Instant;
    const [present, future] = [await reading(NOON), await reading(endAt)];
    expect(spans(future.asked)).toEqual([...spans(present.asked), `${NOON} ${endAt}`]);
  });

  it("is one window up to its end where the source tells no time, or little is there", async () => {
    const endAt = "2026-05-03T00:00:00.000Z" as Instant;
    const timeless = await reading(endAt, { ...long, servedAt: null });
    expect(timeless.asked.at(-1)?.endAt).toBe(endAt);
    const quiet = await reading(endAt, page([a], "1"));
    expect(quiet.isDone).toBe(true);
    expect(quiet.asked).toEqual([
      { workspace: WORKSPACE, startAt: start, endAt },
      { workspace: WORKSPACE, startAt: start, endAt, offset: "1" },
    ]);
  });

  it("is not done when time is up at its first page, or behind it", async () => {
    const stop = new AbortController();
    const source = {
      page: async (): Promise<Page> => {
        stop.abort();
        return Promise.reject(stop.signal.reason);
      },
    };
    const { run } = await scriptedRun([], { limits, deps: { source } });
    expect(await archiveSpan(run, start, NOON, stop.signal)).toBe(false);
    expect((await reading(NOON, page([a], "1"), stop.signal)).isDone).toBe(false);
  });
});

describe("the checkpoint after a scan", () => {
  const scanned = async (pages: readonly Page[], state?: CheckpointState) => {
    const world = await scriptedRun([pages[0]!, ...pages.slice(1), page([], "end", { servedAt: pages[0]!.servedAt })], {
      ...(state && { state }),
    });
    await scan(world.run, NEVER);
    return { ...world, state: (await world.stored())! };
  };

  it("has the watermark, the offset with its window and age, and this is told as progress", async () => {
    const { state, progressed } = await scanned([page([a, b], "1")]);
    expect(state).toMatchObject({
      watermark: b.at,
      offset: { token: "end", startAt: null, obtainedAt: NOON },
      notBefore: null,
      blankRuns: 0,
    });
    expect(progressed()).toBe(3); // a page, what was archived, and the checkpoint
  });

  it("of a first drain holds that all it read was settled before", async () => {
    const { state } = await scanned([page([a], "1")]);
    expect(state.rescans).toEqual({ recentUntil: NOON, settledThrough: "2026-04-30", agedThrough: "2026-02-10" });
  });

  it("of a first drain claims no rescans where the source tells no time", async () => {
    const { state } = await scanned([page([a], "1", { servedAt: null })]);
    expect(state.rescans).toEqual(noRescans);
  });

  it("of a later drain, or one after a rescan, leaves the rescans as they were", async () => {
    expect((await scanned([page([a], "1")], stateWith({ watermark }))).state.rescans).toEqual(noRescans);
    const rescans = { recentUntil: null, settledThrough: "2026-04-01", agedThrough: null };
    expect((await scanned([page([a], "1")], stateWith({ rescans }))).state.rescans).toEqual(rescans);
  });

  it("knows the days' last segments, the odd day and days from the future left out", async () => {
    const events = [
      eventAt("odd", ""),
      eventAt("today", "12:00"),
      eventAt("tomorrow", "2026-05-02T23:00:00Z"),
      eventAt("later", "2026-05-03T00:00:00Z"),
    ];
    const { state, archived } = await scanned([page(events, "1")]);
    expect((await archived()).length).toBe(4);
    expect(Object.keys(state.hints)).toEqual(["2026-05-01", "2026-05-02"]);
    expect(state.hints["2026-05-01"]).toMatchObject({
      number: 1,
      logCount: 1,
      logNewest: NOON,
      idsAtNewest: ["today"],
      manifestHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it("knows days from the future where the source tells no time", async () => {
    const events = [eventAt("later", "2026-05-03T00:00:00Z"), eventAt("last", "9999-12-31T00:00:00Z")];
    const { state } = await scanned([page(events, "1", { servedAt: null })]);
    expect(Object.keys(state.hints)).toEqual(["2026-05-03", "9999-12-31"]);
  });
});
