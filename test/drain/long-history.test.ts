/** When a history is worth several readers. */
import { expect, it } from "vitest";
import { defaultLimits, type Limits } from "../../lambda/drain/limits.ts";
import { isLong } from "../../lambda/drain/tail.ts";
import { createEvent } from "../../lambda/event/event.ts";
import { DAY_MS, type Instant, instantToMs, msToInstant, shiftInstant } from "../../lambda/event/instant.ts";
import type { Page } from "../../lambda/ports.ts";

const HOUR_MS = 3_600_000;
const START = "2026-02-01T08:30:00.000Z" as Instant;
const NOW = shiftInstant(START, 90 * DAY_MS);
const UNTIL = shiftInstant(NOW, -HOUR_MS);

/** A first page of events that cover `spanMs`, with `odd` more that have no time. */
function firstPage(spanMs: number, events = 1000, odd = 0): Page {
  const atMs = (index: number) => instantToMs(START) + Math.round((spanMs * index) / Math.max(1, events - 1));
  return {
    kind: "page",
    events: [
      ...Array.from({ length: odd }, (_, index) => createEvent(`odd${index}`, "yesterday", Buffer.from("{}"))),
      ...Array.from({ length: events }, (_, index) =>
        createEvent(`${index}`, msToInstant(atMs(index)), Buffer.from("{}")),
      ),
    ],
    offset: "next",
    servedAt: NOW,
  };
}
const after = (ms: number): Instant => shiftInstant(START, ms);

it.each<[history: string, isWorthIt: boolean, page: Page, until?: Instant, limits?: Partial<Limits>]>([
  ["a quarter of a year with a page per day", true, firstPage(DAY_MS)],
  ["a burst, and then nothing", true, firstPage(0)],
  ["few pages", false, firstPage(10 * DAY_MS)],
  ["fifty pages", true, firstPage(DAY_MS / 50), after(DAY_MS)],
  ["a little less than fifty pages", false, firstPage(DAY_MS / 50 + 1), after(DAY_MS)],
  ["two hours, however full", true, firstPage(1000), after(2 * HOUR_MS)],
  ["less than two hours, however full", false, firstPage(1000), after(2 * HOUR_MS - 1)],
  ["no events", false, firstPage(0, 0)],
  ["too few events to judge by", false, firstPage(0, 99)],
  ["as many events as are needed to judge by", true, firstPage(0, 100)],
  ["too few events with a time", false, firstPage(0, 99, 50)],
  ["enough events with a time", true, firstPage(DAY_MS / 2, 100, 50)],
  ["two readers", true, firstPage(DAY_MS / 2), UNTIL, { readers: 2 }],
  ["one reader", false, firstPage(DAY_MS / 2), UNTIL, { readers: 1 }],
])("%s: worth several readers: %s (%#)", (_, isWorthIt, page, until = UNTIL, limits = {}) => {
  expect(isLong(page, until, { ...defaultLimits, ...limits })).toBe(isWorthIt);
});
