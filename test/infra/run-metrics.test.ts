import { describe, expect, it } from "vitest";
import { isSent, METRICS, type Task } from "../../lambda/contract.ts";
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
  const none = { stopped: 0, rescansOverdue: 0, missing: 0, contradictions: 0, late: 0 };
  const metricsOf = (task: Task, change: Partial<RunReport>, failure: RunEnd["failure"] = null) =>
    runMetrics({ task, report: report(change), failure }, NOW_MS);

  it("are, of a drain, whether it failed, how far it is behind and what somebody has to look at", () => {
    expect(metricsOf("drain", {})).toStrictEqual({ drainFailed: 0, behind: 0, ...none });
    expect(metricsOf("drain", {}, "unavailable")).toStrictEqual({ drainFailed: 1, behind: 1800, ...none });
  });

  it("are, of a rescan, the same without the first two", () => {
    expect(metricsOf("rescan", { late: 2 }, "unavailable")).toStrictEqual({ ...none, late: 2 });
  });

  it("count together what is read in one section of the runbook", () => {
    expect(metricsOf("drain", { unreadable: 4, lost: 6 })).toMatchObject({ missing: 10 });
    expect(metricsOf("drain", { conflicts: 1, gone: 5 })).toMatchObject({ contradictions: 6 });
  });

  it.each<[what: string, change: Partial<RunReport>, failure: RunEnd["failure"], stopped: number]>([
    ["the source refuses", {}, "refused", 1],
    ["the archive contradicts itself", {}, "halted", 1],
    ["the source was blank three times in a row", { blankRuns: 3 }, null, 1],
    ["the source was blank twice", { blankRuns: 2 }, null, 0],
    ["the source cannot be reached", {}, "unavailable", 0],
    ["there is a bug", {}, "unexpected", 0],
  ])("say whether only a person can make it go on: %s", (_, change, failure, stopped) => {
    for (const task of ["drain", "rescan"] as const)
      expect(metricsOf(task, change, failure)).toMatchObject({ stopped });
  });

  it.each([
    [{ recent: 3 * 3600 - 1, settled: 24 * 3600 - 1, aged: 48 * 3600 - 1 }, 0],
    [{ recent: 3 * 3600, settled: 0, aged: 0 }, 1],
    [{ recent: 0, settled: 24 * 3600, aged: 48 * 3600 }, 2],
  ])("count the purposes of rescans that are overdue, in drains too: %j are %i", (ages, rescansOverdue) => {
    const overdueSeconds = { new: 90 * 86_400, ...ages };
    expect(metricsOf("drain", { overdueSeconds })).toMatchObject({ rescansOverdue });
    expect(metricsOf("rescan", { overdueSeconds })).toMatchObject({ rescansOverdue });
  });

  it.each<[failure: RunEnd["failure"], stopped: number]>([
    ["refused", 1],
    ["halted", 1],
    ["unavailable", 0],
    ["unexpected", 0],
  ])("are, of runs that failed as %s before they had a report, that and nothing else", (failure, stopped) => {
    const metricsWithout = (task: Task) => runMetrics({ task, report: null, failure }, NOW_MS);
    expect(metricsWithout("drain")).toStrictEqual({ drainFailed: 1, stopped });
    expect(metricsWithout("rescan")).toStrictEqual({ stopped });
  });
});

describe("a metric", () => {
  const sentAt = (metric: keyof typeof METRICS, value: number) =>
    Array.from({ length: 24 }, (_, hour) => hour).filter((hour) =>
      isSent(METRICS[metric], value, Date.UTC(2026, 4, 1, hour, 59)),
    );

  it("that is not 0 is always sent", () => {
    for (const name of Object.keys(METRICS) as (keyof typeof METRICS)[]) expect(sentAt(name, 1)).toHaveLength(24);
  });

  it.each([
    ["drainFailed", 24],
    ["behind", 4],
    ["stopped", 0],
    ["late", 0],
  ] as const)("that is 0 is sent in its own hours only, because each hour is billed: %s in %i", (name, hours) => {
    expect(sentAt(name, 0)).toHaveLength(hours);
  });
});
