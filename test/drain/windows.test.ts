import { describe, expect, it } from "vitest";
import { defaultLimits } from "../../lambda/drain/limits.ts";
import { isPast, planWindows, type Window } from "../../lambda/drain/windows.ts";
import { createEvent } from "../../lambda/event/event.ts";
import { DAY_MS, type Instant, instantToMs, msToInstant, shiftInstant } from "../../lambda/event/instant.ts";
import type { Page } from "../../lambda/ports.ts";

const HOUR_MS = 3_600_000;
const START_MS = Date.parse("2026-02-01T08:30:00.000Z");
const until = msToInstant(START_MS + 90 * DAY_MS);

/** A first page of 1,000 events that cover `spanMs`. */
function firstPage(spanMs: number): Page {
  const events = Array.from({ length: 1000 }, (_, index) =>
    createEvent(String(index), msToInstant(START_MS + Math.round((spanMs * index) / 999)), Buffer.from("{}")),
  );
  return { kind: "page", events, offset: "next", servedAt: until };
}

it("a history of few pages is read in one scan", () => {
  expect(planWindows(firstPage(10 * DAY_MS), null, until, defaultLimits)).toEqual([]);
});

it("a short time is read in one scan, however full it is", () => {
  const tomorrow = msToInstant(START_MS + DAY_MS / 2);
  expect(planWindows(firstPage(1000), null, tomorrow, defaultLimits)).toEqual([]);
});

it("a page without events, or one reader, gives no windows", () => {
  expect(planWindows({ ...firstPage(1), events: [] }, null, until, defaultLimits)).toEqual([]);
  expect(planWindows(firstPage(DAY_MS / 10), null, until, { ...defaultLimits, windows: 1 })).toEqual([]);
});

it.each([
  ["one page a day", DAY_MS],
  ["ten pages a day", DAY_MS / 10],
  ["a thousand pages a day", DAY_MS / 1000],
  ["a burst", 1],
])(
  "with %s, windows follow each other without a gap, from the oldest on, and end where the scan begins",
  (_, spanMs) => {
    const windows = planWindows(firstPage(spanMs), null, until, defaultLimits);
    expect(windows[0]?.startAt).toBeNull();
    expect(windows.at(-1)?.endAt).toBe(until);
    for (let index = 1; index < windows.length; index += 1) {
      expect(windows[index]?.startAt).toBe(windows[index - 1]?.endAt);
      expect(windows[index]!.startAt! < windows[index]!.endAt).toBe(true);
    }
    expect(windows.length).toBeGreaterThanOrEqual(2 * defaultLimits.windows);
    expect(windows.length).toBeLessThanOrEqual(361);
  },
);

it("windows end on whole hours or days, so that few of them meet in one log", () => {
  const inner = planWindows(firstPage(DAY_MS / 10), null, until, defaultLimits).slice(0, -1);
  for (const { endAt } of inner) expect(endAt.slice(11)).toBe("00:00:00.000Z");
});

it("a scan that begins at the watermark has its first window begin there", () => {
  const startAt = "2026-02-01T07:30:00.000Z" as Instant;
  expect(planWindows(firstPage(DAY_MS / 10), startAt, until, defaultLimits)[0]?.startAt).toBe(startAt);
});

describe("where the limits are", () => {
  const MIDNIGHT = "2026-02-01T00:00:00.000Z" as Instant;
  const plan = (totalMs: number, spanMs: number, more: Partial<typeof defaultLimits> = {}) =>
    planWindows(
      { ...firstPage(spanMs), events: firstPage(spanMs).events.map((event) => ({ ...event, at: earlier(event.at) })) },
      null,
      shiftInstant(MIDNIGHT, totalMs),
      { ...defaultLimits, ...more },
    );
  /** The sample's events, moved to begin at midnight. */
  const earlier = (at: Instant | null) => shiftInstant(at!, Date.parse(MIDNIGHT) - START_MS);
  const spansOf = (windows: readonly Window[]) =>
    new Set(windows.slice(1, -1).map(({ startAt, endAt }) => instantToMs(endAt) - instantToMs(startAt!)));

  it("a day of fifty pages is read as windows, and neither a shorter time nor fewer pages", () => {
    expect(plan(DAY_MS, DAY_MS / 50).length).toBeGreaterThan(1);
    expect(plan(DAY_MS - 1, DAY_MS / 100)).toEqual([]);
    expect(plan(DAY_MS, DAY_MS / 50 + 1)).toEqual([]);
  });

  it("two readers are enough", () => {
    expect(plan(DAY_MS, DAY_MS / 50, { windows: 2 }).length).toBeGreaterThan(1);
  });

  it("events without a time say nothing", () => {
    const { events, ...rest } = firstPage(DAY_MS / 10);
    const odd = Array.from({ length: 50 }, (_, index) => createEvent(`odd${index}`, "yesterday", Buffer.from("{}")));
    const planned = (dated: number) =>
      planWindows({ ...rest, events: [...odd, ...events.slice(0, dated)] }, null, until, defaultLimits);
    expect(planned(99)).toEqual([]);
    expect(planned(100).length).toBeGreaterThan(1);
  });

  it("no window is empty, also where the last one ends on the hour", () => {
    const windows = plan(6 * DAY_MS, (6 * DAY_MS) / 100);
    expect(windows.at(-1)?.endAt).toBe("2026-02-07T00:00:00.000Z");
    for (const { startAt, endAt } of windows.slice(1)) expect(startAt! < endAt).toBe(true);
  });

  it("three windows for each reader are the fewest", () => {
    const windows = plan(6 * DAY_MS, (6 * DAY_MS) / 100);
    expect(windows.length).toBe(3 * defaultLimits.windows);
    expect(spansOf(windows)).toEqual(new Set([6 * HOUR_MS]));
  });

  it("360 windows are the most, until they would be longer than twenty days", () => {
    expect(plan(15 * DAY_MS, 1).length).toBe(360);
    expect(spansOf(plan(15 * DAY_MS, 1))).toEqual(new Set([HOUR_MS]));
    expect(spansOf(plan(7200 * DAY_MS, 1))).toEqual(new Set([20 * DAY_MS]));
    expect(spansOf(plan(8000 * DAY_MS, 1))).toEqual(new Set([20 * DAY_MS]));
  });
});

it.each<[string | null, string | null, boolean]>([
  [null, null, false],
  [null, "12:00:00.000Z", false],
  ["12:00:00.000Z", null, true],
  ["12:00:00.000Z", "12:00:00.000Z", false],
  ["12:00:00.001Z", "12:00:00.000Z", true],
  ["11:59:59.999Z", "12:00:00.000Z", false],
])("reading that came to %s from %s has got further: %s", (newest, from, expected) => {
  const instant = (time: string | null) => (time === null ? null : (`2026-05-01T${time}` as Instant));
  expect(isPast(instant(newest), instant(from))).toBe(expected);
});
