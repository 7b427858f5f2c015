/** How long what is due has been waiting. The alarms look at it, so no way for a run to fail may keep it at 0. */
import { describe, expect, it } from "vitest";
import { oldestUnread, overdue } from "../../lambda/drain/schedule.ts";
import type { Instant } from "../../lambda/event/instant.ts";
import type { Schedule, Span } from "../../lambda/ports.ts";
import { defaultRunSettings } from "../../lambda/settings.ts";
import { spanOf } from "./scripted-run.ts";

const at = (text: string): Instant => text as Instant;
const NOW = at("2026-05-03T12:00:00.000Z");
const upToDate: Schedule = { recentUntil: NOW, settledThrough: "2026-05-02", agedThrough: "2026-02-12" };

const span = (change: Partial<Span>): Span =>
  spanOf(at("2026-05-01T00:00:00.000Z"), at("2026-05-02T00:00:00.000Z"), { dueAt: NOW, ...change });

const overdueWith = (spans: readonly Span[], scheduled: Partial<Schedule> = {}, watermark: Instant | null = NOW) =>
  overdue({ spans, watermark, scheduled: { ...upToDate, ...scheduled } }, NOW, defaultRunSettings);

describe("what is overdue", () => {
  it("is nothing where all is scheduled and read", () => {
    expect(overdueWith([])).toEqual({ new: 0, recent: 0, settled: 0, aged: 0 });
  });

  it("is the oldest span of each purpose, from when it was due", () => {
    const spans = [
      span({ dueAt: at("2026-05-03T10:00:00.000Z") }),
      span({ dueAt: at("2026-05-03T11:00:00.000Z") }),
      span({ purpose: "new", dueAt: at("2026-05-03T11:59:00.000Z") }),
    ];
    expect(overdueWith(spans)).toEqual({ new: 60, recent: 0, settled: 7200, aged: 0 });
  });

  it("leaves a span in doubt the hour for which it is not asked again", () => {
    const dueAt = at("2026-05-01T00:00:00.000Z");
    expect(overdueWith([span({ dueAt, doubtedAt: at("2026-05-03T11:30:00.000Z") })]).settled).toBe(0);
    expect(overdueWith([span({ dueAt, doubtedAt: at("2026-05-03T10:30:00.000Z") })]).settled).toBe(1800);
  });

  it.each<[what: string, scheduled: Partial<Schedule>, purpose: "recent" | "settled" | "aged", hours: number]>([
    ["the recent hour, from an hour after the last", { recentUntil: at("2026-05-03T07:00:00.000Z") }, "recent", 4],
    ["a day, from six hours after its end", { settledThrough: "2026-05-01" }, "settled", 6],
    ["an old day, from its 80th day on", { agedThrough: "2026-02-11" }, "aged", 12],
  ])("is also what no rescan has put on the list: %s", (_, scheduled, purpose, hours) => {
    expect(overdueWith([], scheduled)).toEqual({ ...overdueWith([]), [purpose]: hours * 3600 });
  });

  it("is not overdue before it is due, though it is the next", () => {
    const scheduled = { recentUntil: at("2026-05-03T11:00:00.000Z") };
    expect(overdueWith([], scheduled).recent).toBe(0);
  });

  it("is the recent hour alone where rescans have never come to schedule anything: it is the first to be done", () => {
    const never = { recentUntil: null, settledThrough: null, agedThrough: null };
    expect(overdueWith([], never)).toEqual({ new: 0, recent: 23 * 3600, settled: 0, aged: 0 });
    expect(overdueWith([], never, null)).toEqual(overdueWith([]));
  });
});

describe("the oldest place of new events that is not read", () => {
  const from = at("2026-04-01T00:00:00.000Z");

  it("is where the oldest span of new events begins", () => {
    const spans = [span({ purpose: "new" }), span({ purpose: "new", from }), span({ from: null })];
    expect(oldestUnread(spans, NOW)).toBe(from);
  });

  it("is the oldest that the source keeps where the span has no beginning", () => {
    expect(oldestUnread([span({ purpose: "new", from: null })], NOW)).toBe("2026-02-02T12:00:00.000Z");
  });

  it("is none where there is no such span, or only one in doubt that is not to be asked again yet", () => {
    const doubtedAt = at("2026-05-03T11:30:00.000Z");
    expect(oldestUnread([span({}), span({ purpose: "new", doubtedAt })], NOW)).toBeNull();
  });
});
