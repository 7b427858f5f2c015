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
    [
      "the age of the oldest span of new events that is due, though the end of the stream was seen",
      { oldestUnread: at("2026-05-01T08:30:00.000Z") },
      null,
      3 * 3600,
    ],
    [
      "the age of the older of the two where there is also more behind the watermark",
      { outcome: "out-of-time", oldestUnread: at("2026-05-01T11:15:00.000Z") },
      null,
      1800,
    ],
    [
      "the age of the oldest span where nothing is archived yet",
      { outcome: "out-of-time", watermark: null, oldestUnread: at("2026-05-01T11:15:00.000Z") },
      null,
      900,
    ],
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
  const counts = { archived: 7, late: 2, conflicts: 1, unreadable: 4, gone: 5, lost: 6, blankRuns: 3 };
  const overdueSeconds = { new: 1, recent: 10, settled: 20, aged: 30 };
  const ages = { recentOverdue: 10, settledOverdue: 20, agedOverdue: 30 };

  it("are, of a drain that ended well, how far it is behind and what it counted", () => {
    const metrics = runMetrics({ task: "drain", report: report(counts), failure: null }, NOW_MS);
    expect(metrics).toStrictEqual({ drainFailed: 0, refused: 0, halted: 0, behind: 1800, ...counts });
  });

  it.each<[how: string, outcome: RunReport["outcome"], failure: RunEnd["failure"], halted: number]>([
    ["ended well", "caught-up", null, 0],
    ["ran out of time", "out-of-time", null, 0],
    ["failed", "out-of-time", "unavailable", 0],
    ["met a damaged day", "out-of-time", "halted", 1],
  ])("are, of a rescan that %s, its counts and what is overdue by purpose", (_, outcome, failure, halted) => {
    const { blankRuns, ...others } = counts;
    const end = { task: "rescan" as const, report: report({ ...counts, overdueSeconds, outcome }), failure };
    expect(runMetrics(end, NOW_MS)).toStrictEqual({ refused: 0, halted, ...others, ...ages });
  });

  it.each<[failure: RunEnd["failure"], refused: number, halted: number]>([
    ["refused", 1, 0],
    ["halted", 0, 1],
    ["unavailable", 0, 0],
    ["unexpected", 0, 0],
  ])("are, of runs that failed as %s before they had a report, that and nothing else", (failure, refused, halted) => {
    const metricsOf = (task: Task) => runMetrics({ task, report: null, failure }, NOW_MS);
    expect(metricsOf("drain")).toStrictEqual({ drainFailed: 1, refused, halted });
    expect(metricsOf("rescan")).toStrictEqual({ refused, halted });
  });
});
