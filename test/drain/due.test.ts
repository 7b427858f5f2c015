import { describe, expect, it } from "vitest";
import { agedThrough, believableRescans, dueDays, settledThrough } from "../../lambda/drain/due.ts";
import type { Instant } from "../../lambda/event/instant.ts";
import { defaultRunSettings } from "../../lambda/settings.ts";

const rules = defaultRunSettings;
const at = (text: string): Instant => text as Instant;
const state = { recentUntil: null, settledThrough: null, agedThrough: null };

it("a day is settled six hours after its end", () => {
  expect(settledThrough(at("2026-05-03T05:59:59.999Z"), rules)).toBe("2026-05-01");
  expect(settledThrough(at("2026-05-03T06:00:00.000Z"), rules)).toBe("2026-05-02");
});

it("a day is read once more from its 80th day on", () => {
  expect(agedThrough(at("2026-05-01T00:00:00.000Z"), rules)).toBe("2026-02-10");
});

it("how late a day is settled and how old an aged day is can be set", () => {
  const set = { settledAfterHours: 30, agedAfterDays: 85 };
  expect(settledThrough(at("2026-05-04T05:59:59.999Z"), set)).toBe("2026-05-01");
  expect(settledThrough(at("2026-05-04T06:00:00.000Z"), set)).toBe("2026-05-02");
  expect(agedThrough(at("2026-05-01T00:00:00.000Z"), set)).toBe("2026-02-05");
  const done = { ...state, settledThrough: "2026-05-01", agedThrough: "2026-02-04" };
  const due = dueDays(done, at("2026-05-04T06:00:00.000Z"), set);
  expect(due).toEqual({ settled: ["2026-05-02"], aged: ["2026-02-05", "2026-02-06", "2026-02-07", "2026-02-08"] });
});

it("only days after those that were done are due", () => {
  const due = dueDays(
    { ...state, settledThrough: "2026-05-01", agedThrough: "2026-02-10" },
    at("2026-05-03T06:00:00.000Z"),
    rules,
  );
  expect(due).toEqual({ settled: ["2026-05-02"], aged: ["2026-02-11", "2026-02-12"] });
});

it("nothing is due twice", () => {
  const now = at("2026-05-03T06:00:00.000Z");
  expect(dueDays({ ...state, settledThrough: "2026-05-02", agedThrough: "2026-02-12" }, now, rules)).toEqual({
    settled: [],
    aged: [],
  });
});

it("where nothing is known, every day that the source still keeps is due, and none before", () => {
  const { settled, aged } = dueDays(state, at("2026-05-03T06:00:00.000Z"), rules);
  expect([settled[0], settled.length, settled.at(-1)]).toEqual(["2026-02-02", 90, "2026-05-02"]);
  expect([aged[0], aged.at(-1)]).toEqual(["2026-02-02", "2026-02-12"]);
});

it("after a year's pause, no day is asked for that the source has forgotten", () => {
  const { settled } = dueDays({ ...state, settledThrough: "2025-01-01" }, at("2026-05-03T06:00:00.000Z"), rules);
  expect(settled[0]).toBe("2026-02-02");
});

describe("what is said to have been done ahead of the source's clock", () => {
  const now = at("2026-05-03T06:30:00.000Z");
  const done = { recentUntil: now, settledThrough: "2026-05-02", agedThrough: "2026-02-12" };

  it("is not believed: a week of days is due again, and a day is looked back", () => {
    const ahead = {
      recentUntil: at("2031-01-01T00:00:00.000Z"),
      settledThrough: "2030-12-30",
      agedThrough: "2030-10-13",
    };
    expect(believableRescans(ahead, now, rules)).toEqual({
      recentUntil: null,
      settledThrough: "2026-04-25",
      agedThrough: "2026-02-05",
    });
    const { settled, aged } = dueDays(believableRescans(ahead, now, rules), now, rules);
    expect([settled[0], settled.length, aged[0], aged.length]).toEqual(["2026-04-26", 7, "2026-02-06", 7]);
  });

  it("is told for each by itself", () => {
    expect(believableRescans({ ...done, settledThrough: "2026-05-03" }, now, rules)).toEqual({
      ...done,
      settledThrough: "2026-04-25",
    });
    expect(believableRescans({ ...done, agedThrough: "2026-02-13" }, now, rules)).toEqual({
      ...done,
      agedThrough: "2026-02-05",
    });
    expect(believableRescans({ ...done, recentUntil: at("2026-05-03T07:30:00.001Z") }, now, rules)).toEqual({
      ...done,
      recentUntil: null,
    });
  });

  it("is believed up to an hour, for clocks differ: a rescan is not made again for that", () => {
    const earlier = at("2026-05-03T05:30:00.000Z");
    expect(believableRescans(done, now, rules)).toBe(done);
    expect(believableRescans(done, earlier, rules)).toBe(done);
    const midnight = { ...done, settledThrough: "2026-05-01", recentUntil: null };
    expect(believableRescans(midnight, at("2026-05-02T23:00:00.000Z"), rules)).toBe(midnight);
    expect(believableRescans(midnight, at("2026-05-02T22:59:59.999Z"), rules)).not.toBe(midnight);
    expect(believableRescans(state, now, rules)).toBe(state);
  });
});
