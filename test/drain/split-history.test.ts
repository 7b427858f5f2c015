import { expect, it } from "vitest";
import { defaultLimits, type Limits } from "../../lambda/drain/limits.ts";
import { splitHistory } from "../../lambda/drain/tail.ts";
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
const split = (page: Page, until = UNTIL, limits: Partial<Limits> = {}, from: Instant | null = null) =>
  splitHistory(page, from, until, { ...defaultLimits, ...limits });
const after = (ms: number): Instant => shiftInstant(START, ms);

it.each<[history: string, page: Page, until: Instant, limits: Partial<Limits>, spans: number]>([
  ["a quarter of a year with a page per day", firstPage(DAY_MS), UNTIL, {}, 8],
  ["a burst, and then nothing", firstPage(0), UNTIL, {}, 8],
  ["few pages", firstPage(10 * DAY_MS), UNTIL, {}, 0],
  ["fifty pages", firstPage(DAY_MS / 50), after(DAY_MS), {}, 8],
  ["a little less than fifty pages", firstPage(DAY_MS / 50 + 1), after(DAY_MS), {}, 0],
  ["two hours, however full", firstPage(1000), after(2 * HOUR_MS), {}, 8],
  ["less than two hours, however full", firstPage(1000), after(2 * HOUR_MS - 1), {}, 0],
  ["no events", firstPage(0, 0), UNTIL, {}, 0],
  ["too few events to judge by", firstPage(0, 99), UNTIL, {}, 0],
  ["as many events as are needed to judge by", firstPage(0, 100), UNTIL, {}, 8],
  ["too few events with a time", firstPage(0, 99, 50), UNTIL, {}, 0],
  ["enough events with a time", firstPage(DAY_MS / 2, 100, 50), UNTIL, {}, 8],
  ["two readers", firstPage(DAY_MS / 2), UNTIL, { readers: 2 }, 2],
  ["one reader", firstPage(DAY_MS / 2), UNTIL, { readers: 1 }, 0],
])("%s (%#)", (_, page, until, limits, spans) => {
  expect(split(page, until, limits)).toHaveLength(spans);
});

it.each<[Instant | null]>([[null], [after(-HOUR_MS)]])(
  "from %s on, each reader gets as much time, without a gap, up to where the tail begins",
  (from) => {
    const spans = split(firstPage(HOUR_MS), after(8 * DAY_MS), {}, from);
    const borders = [from, ...[1, 2, 3, 4, 5, 6, 7, 8].map((days) => after(days * DAY_MS))];
    expect(spans).toEqual(
      borders.slice(0, -1).map((border, index) => ({
        ...{ purpose: "new", from: border, until: borders[index + 1] },
        ...{ dueAt: NOW, doubtedAt: null, failedRuns: 0, offset: null },
      })),
    );
  },
);

it("without a clock of the source, the spans are due from where they end", () => {
  expect(split({ ...firstPage(HOUR_MS), servedAt: null })[0]?.dueAt).toBe(UNTIL);
});
