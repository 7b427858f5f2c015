import { expect, it } from "vitest";
import { advance, emptyCheckpoint } from "../../lambda/drain/checkpoint.ts";
import type { Instant } from "../../lambda/event/instant.ts";
import type { DayHint } from "../../lambda/ports.ts";

const at = (text: string): Instant => text as Instant;
const hint = (number: number): DayHint => ({
  number,
  manifestHash: "",
  logCount: number,
  logNewest: null,
  idsAtNewest: null,
  sizeBytes: 9,
});
const state = { ...emptyCheckpoint, watermark: at("2026-05-01T09:00:00.000Z") };

it("the watermark never falls", () => {
  expect(advance(state, { watermark: at("2026-05-01T08:59:59.999Z") })).toBeNull();
  expect(advance(state, { watermark: null })).toBeNull();
  expect(advance(state, { watermark: at("2026-05-01T09:00:00.000Z") })).not.toBeNull();
  expect(advance(state, { watermark: at("2026-05-01T09:00:00.0001Z") })).not.toBeNull();
});

it("what another run knows of a log is not forgotten, and the hint that reaches further stays", () => {
  const before = { ...state, hints: { "2026-05-01": hint(5), "2026-05-02": hint(1) } };
  expect(advance(before, { hints: { "2026-05-01": hint(4), "2026-05-02": hint(2) } })?.hints).toEqual({
    "2026-05-01": hint(5),
    "2026-05-02": hint(2),
  });
});

it("hints are kept for the three newest days", () => {
  const hints = Object.fromEntries(["01", "02", "03", "04"].map((day) => [`2026-05-${day}`, hint(1)]));
  expect(Object.keys(advance(state, { hints })!.hints)).toEqual(["2026-05-02", "2026-05-03", "2026-05-04"]);
});

it("a rescan that was done stays done, whoever moves the checkpoint next", () => {
  const before = { ...state, rescans: { recentUntil: null, settledThrough: "2026-05-02", agedThrough: null } };
  const rescans = { recentUntil: null, settledThrough: "2026-05-01", agedThrough: "2026-02-01" };
  expect(advance(before, { rescans })?.rescans).toEqual({ ...rescans, settledThrough: "2026-05-02" });
  expect(advance(before, { blankRuns: 1 })?.rescans.settledThrough).toBe("2026-05-02");
});
