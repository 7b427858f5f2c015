import { describe, expect, it } from "vitest";
import type { Task } from "../../lambda/contract.ts";
import { emptyReport, type RunReport } from "../../lambda/drain/report.ts";
import type { Instant } from "../../lambda/event/instant.ts";
import { behindSeconds, type RunEnd, runMetrics } from "../../lambda/telemetry/run-metrics.ts";

const NOW_MS = Date.UTC(2026, 4, 1, 12);
const at = (text: string): Instant => text as Instant;
const report = (change: Partial<RunReport> = {}): RunReport => ({
  ...emptyReport("1201", "run"),
  outcome: "caught-up",
  watermark: at("2026-05-01T11:00:00.000Z"),
  servedAt: at("2026-05-01T11:30:00.000Z"),
  ...change,
});

describe("how far an archive is behind", () => {
  it.each<[what: string, change: Partial<RunReport>, failure: RunEnd["failure"], seconds: number | null]>([
    ["0 when the end of the stream was seen", {}, null, 0],
    ["0 also where nothing was ever seen", { watermark: null }, null, 0],
    ["the watermark's age when time was up", { outcome: "out-of-time" }, null, 1800],
    ["the watermark's age when the run failed", {}, "unavailable", 1800],
    ["the watermark's age when the source suddenly showed nothing", { blankRuns: 1 }, null, 1800],
    ["by our clock where the source told no time", { outcome: "out-of-time", servedAt: null }, null, 3600],
    ["not below 0", { outcome: "out-of-time", servedAt: at("2026-05-01T10:59:00.000Z") }, null, 0],
    ["in whole seconds", { outcome: "out-of-time", servedAt: at("2026-05-01T11:00:01.500Z") }, null, 2],
    ["unknown when nothing is archived and more is there", { outcome: "out-of-time", watermark: null }, null, null],
  ])("is %s", (_, change, failure, seconds) => {
    expect(behindSeconds(report(change), failure, NOW_MS)).toBe(seconds);
  });

  it("is unknown when a run failed before it had read its checkpoint", () => {
    expect(behindSeconds(null, "unavailable", NOW_MS)).toBeNull();
  });
});

describe("the metrics of a run", () => {
  const counts = { archived: 7, late: 2, conflicts: 1, blankRuns: 3 };

  it("are, of a drain that ended well, how far it is behind and what it counted", () => {
    const metrics = runMetrics({ task: "drain", report: report(counts), failure: null }, NOW_MS);
    expect(metrics).toStrictEqual({ drainFailed: 0, refused: 0, halted: 0, behind: 1800, ...counts });
  });

  it("are, of a rescan, without what only drains know", () => {
    const { blankRuns, ...others } = counts;
    const metrics = runMetrics({ task: "rescan", report: report(counts), failure: null }, NOW_MS);
    expect(metrics).toStrictEqual({ rescanFailed: 0, refused: 0, halted: 0, ...others });
  });

  it.each<[failure: RunEnd["failure"], refused: number, halted: number]>([
    ["refused", 1, 0],
    ["halted", 0, 1],
    ["unavailable", 0, 0],
    ["unexpected", 0, 0],
  ])("are, of runs that failed as %s before they had a report, that and nothing else", (failure, refused, halted) => {
    const metricsOf = (task: Task) => runMetrics({ task, report: null, failure }, NOW_MS);
    expect(metricsOf("drain")).toStrictEqual({ drainFailed: 1, refused, halted });
    expect(metricsOf("rescan")).toStrictEqual({ rescanFailed: 1, refused, halted });
  });
});
