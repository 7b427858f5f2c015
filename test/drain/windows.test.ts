import { expect, it } from "vitest";
import { defaultDrainSettings } from "../../lambda/drain/settings.ts";
import { planWindows } from "../../lambda/drain/windows.ts";
import { createEvent } from "../../lambda/event.ts";
import { DAY_MS, type Instant, msToInstant } from "../../lambda/instant.ts";
import type { Page } from "../../lambda/ports.ts";

const START_MS = Date.parse("2026-02-01T08:30:00.000Z");
const until = msToInstant(START_MS + 90 * DAY_MS);

/** A first page of 1,000 events that cover `spanMs`. */
function firstPage(spanMs: number): Page {
  const events = Array.from({ length: 1000 }, (_, index) =>
    createEvent(String(index), msToInstant(START_MS + Math.round((spanMs * index) / 999)), Buffer.from("{}")),
  );
  return { kind: "page", events, offset: "next", servedAt: until, bodyBytes: 0 };
}

it("a history of few pages is read in one scan", () => {
  expect(planWindows(firstPage(10 * DAY_MS), null, until, defaultDrainSettings)).toEqual([]);
});

it("a short time is read in one scan, however full it is", () => {
  const tomorrow = msToInstant(START_MS + DAY_MS / 2);
  expect(planWindows(firstPage(1000), null, tomorrow, defaultDrainSettings)).toEqual([]);
});

it("a page without events, or one reader, gives no windows", () => {
  expect(planWindows({ ...firstPage(1), events: [] }, null, until, defaultDrainSettings)).toEqual([]);
  expect(planWindows(firstPage(DAY_MS / 10), null, until, { ...defaultDrainSettings, windows: 1 })).toEqual([]);
});

it.each([
  ["one page a day", DAY_MS],
  ["ten pages a day", DAY_MS / 10],
  ["a thousand pages a day", DAY_MS / 1000],
  ["a burst", 1],
])(
  "with %s, windows follow each other without a gap, from the oldest on, and end where the scan begins",
  (_, spanMs) => {
    const windows = planWindows(firstPage(spanMs), null, until, defaultDrainSettings);
    expect(windows[0]?.startAt).toBeNull();
    expect(windows.at(-1)?.endAt).toBe(until);
    for (let index = 1; index < windows.length; index += 1) {
      expect(windows[index]?.startAt).toBe(windows[index - 1]?.endAt);
      expect(windows[index]!.startAt! < windows[index]!.endAt).toBe(true);
    }
    expect(windows.length).toBeGreaterThanOrEqual(2 * defaultDrainSettings.windows);
    expect(windows.length).toBeLessThanOrEqual(361);
  },
);

it("windows end on whole hours or days, so that few of them meet in one log", () => {
  const inner = planWindows(firstPage(DAY_MS / 10), null, until, defaultDrainSettings).slice(0, -1);
  for (const { endAt } of inner) expect(endAt.slice(11)).toBe("00:00:00.000Z");
});

it("a scan that begins at the watermark has its first window begin there", () => {
  const startAt = "2026-02-01T07:30:00.000Z" as Instant;
  expect(planWindows(firstPage(DAY_MS / 10), startAt, until, defaultDrainSettings)[0]?.startAt).toBe(startAt);
});
