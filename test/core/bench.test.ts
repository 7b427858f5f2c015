import { describe, expect, it } from "vitest";
import type { Ratio } from "../../bench/harness/bench.ts";
import { figure, verdictOf } from "../../bench/harness/figures.ts";
import { type Recorded, resultsText, worsened } from "../../bench/harness/record.ts";
import { exactly, spread, spreadOfRatios } from "../../bench/harness/statistics.ts";

const ratio = (value: number, is: "at least" | "at most" = "at most", other: Partial<Ratio> = {}): Ratio => ({
  id: "a",
  meaning: "a ratio",
  value: exactly(value),
  goal: { is, bound: 1.2, stretch: is === "at most" ? 1.1 : 1.35 },
  ...other,
});

describe("what benches find", () => {
  it("is a median with the least and the most", () => {
    expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
    expect(spread([4, 1, 2, 3]).median).toBe(2.5);
  });

  it("is compared within a round, so that a busy machine falls out", () => {
    expect(spreadOfRatios([10, 100], [5, 50])).toEqual({ median: 2, min: 2, max: 2 });
  });

  it("meets a bound, or the aim as well, or misses it", () => {
    expect([1.05, 1.15, 1.25].map((value) => verdictOf(ratio(value)))).toEqual(["stretch", "met", "missed"]);
    expect([1.4, 1.3, 1.1].map((value) => verdictOf(ratio(value, "at least")))).toEqual(["stretch", "met", "missed"]);
  });

  it("is written with three digits", () => {
    expect([0.12345, 1.2345, 12.345, 123.45, 1234.5].map(figure)).toEqual(["0.123", "1.23", "12.3", "123", "1,235"]);
  });
});

describe("what is recorded", () => {
  const recorded: Recorded = {
    recordedAt: "2026-11-25T16:52:20.161Z",
    machine: "2 CPUs",
    rounds: 5,
    ratios: [ratio(1.05), ratio(1.15)],
    tables: [{ title: "a table", columns: ["a"], rows: [["1"], ["2"]] }],
  };

  it("is JSON with a line for each ratio and table", () => {
    const text = resultsText({ scan: recorded, drain: { ...recorded, notes: ["a note"] } });
    expect(JSON.parse(text)).toEqual({ scan: recorded, drain: { ...recorded, notes: ["a note"] } });
    expect(text.split("\n").filter((line) => line.includes("a ratio"))).toHaveLength(4);
    expect(text.trimEnd().split("\n")).toHaveLength(2 + 2 * (3 + 3));
  });

  it("has six digits of a number", () => {
    expect(resultsText({ scan: { ...recorded, ratios: [ratio(1.23456789)] } })).toContain('"median":1.23457,');
  });
});

describe("a check against what was recorded", () => {
  it("forgives a tenth, in the direction that is worse", () => {
    expect(worsened([ratio(1.09)], [ratio(1)])).toEqual([]);
    expect(worsened([ratio(1.11)], [ratio(1)])).toHaveLength(1);
    expect(worsened([ratio(0.92, "at least")], [ratio(1, "at least")])).toEqual([]);
    expect(worsened([ratio(0.9, "at least")], [ratio(1, "at least")])).toHaveLength(1);
    expect(worsened([ratio(0.5)], [ratio(1)])).toEqual([]);
  });

  it("leaves out what belongs to a machine, what has no goal and what was never recorded", () => {
    expect(worsened([ratio(9, "at most", { isAbsolute: true })], [ratio(1)])).toEqual([]);
    expect(worsened([{ ...ratio(9), id: "b" }], [ratio(1)])).toEqual([]);
  });
});
