import { describe, expect, it } from "vitest";
import { openLife } from "../../bench/requests/virtual-life.ts";
import counted from "../../cli/cost/fixed.json" with { type: "json" };
import { type CostInput, monthlyBill, REQUESTS } from "../../cli/cost/model.ts";
import { DAY_MS } from "../../lambda/event/instant.ts";

const usual: CostInput = {
  eventsPerDay: 25_000,
  everyMs: 300_000,
  years: 7,
  workspaces: 1,
  memoryMiB: 512,
  dashboard: false,
  tracing: false,
  keyRotation: false,
  operationsKey: "own",
  tokenIn: "secrets",
  timeStamps: false,
  columnarCopy: false,
  hasCopy: false,
};
const bill = (change: Partial<CostInput> = {}) => monthlyBill({ ...usual, ...change });
const lineOf = (name: string, change: Partial<CostInput> = {}) =>
  bill(change).lines.find((line) => line.name === name)!;

describe("what a month costs", () => {
  it("is reckoned with the requests that real runs make", async () => {
    const life = openLife({ daysBefore: 2, daysAfter: 1, eventsPerDay: 300, latencyMs: 300 });
    await life.drain();
    const seen = { idle: 0, busy: 0 };
    // From noon on: the first event of a day costs one list more, of its new log.
    await life.waitUntil(life.startMs + DAY_MS / 2);
    await life.drain();
    for (let at = 300_000; at <= DAY_MS / 4; at += 300_000) {
      await life.waitUntil(life.startMs + DAY_MS / 2 + at);
      const { report, counts } = await life.drain();
      const kind = report.archived === 0 ? "idle" : "busy";
      seen[kind] += 1;
      // A late event sends a run to the manifests and segments that may hold it already.
      if (report.late === 0) expect(counts, `${kind} run`).toEqual(REQUESTS[kind]);
    }
    expect(seen.idle).toBeGreaterThan(0);
    expect(seen.busy).toBeGreaterThan(0);
  });

  it("is the sum of its lines", () => {
    const { lines, first, last } = bill();
    expect(first).toBeCloseTo(lines.reduce((sum, line) => sum + line.first, 0));
    expect(last).toBeCloseTo(lines.reduce((sum, line) => sum + line.last, 0));
  });

  it("grows with the years by storage alone, and by what it takes to verify what is stored", () => {
    for (const { name, first, last } of bill({ hasCopy: true, columnarCopy: true }).lines) {
      if (/storage$|^Verification$/.test(name)) expect(last).toBeCloseTo(first * 84);
      else expect(last, name).toBe(first);
    }
  });

  it("has no puts where nothing happens, and never more than one a run", () => {
    expect(lineOf("S3 puts and lists", { eventsPerDay: 0 }).quantity).toMatch(/^0 and /);
    expect(lineOf("S3 puts and lists", { eventsPerDay: 1e9 }).quantity).toMatch(/^8,766 and /);
  });

  it("has a second copy's lines where there is one: as many puts and bytes as the archive gets, and what is fixed", () => {
    expect(bill().lines.filter(({ name }) => name.startsWith("Copy"))).toEqual([]);
    const copied = { hasCopy: true };
    expect(lineOf("Copy: storage", copied)).toMatchObject({ ...lineOf("S3 storage"), name: "Copy: storage" });
    const { keys, metrics, alarmMetrics } = counted.copy;
    expect(lineOf("Copy: fixed", copied).first).toBeCloseTo(keys + metrics * 0.3 + alarmMetrics * 0.1);
    expect(lineOf("Copy: requests", { ...copied, eventsPerDay: 0 }).first).toBe(0);
  });

  it("has the columnar copy's lines where there is one: what is read for it, what it stores, and the alarms, metric and start", () => {
    expect(bill().lines.filter(({ name }) => name.startsWith("Columnar"))).toEqual([]);
    const inColumns = { columnarCopy: true, eventsPerDay: 1_000 };
    const without = { eventsPerDay: 1_000 };
    // On a Sunday 92 days are read twice, and on each other day three: 220 days of objects a week, and 0.8 GB of smallest statements.
    const objects = Number(/^[\d,]+/.exec(lineOf("S3 puts and lists", without).quantity)![0].replaceAll(",", ""));
    expect(lineOf("Columnar copy: reading", inColumns).first).toBeCloseTo(
      ((objects * 220) / 7) * 0.4e-6 + 0.8 * 0.005,
      5,
    );
    expect(lineOf("Columnar copy: storage", inColumns).first).toBeCloseTo(lineOf("S3 storage", without).first * 1.8, 8);
    expect(lineOf("Alarms", inColumns).first - lineOf("Alarms", without).first).toBeCloseTo(0.2, 8);
    expect(lineOf("Metrics", inColumns).first - lineOf("Metrics", without).first).toBeCloseTo(0.3 / 24, 8);
    expect(lineOf("Scheduler", inColumns).first - lineOf("Scheduler", without).first).toBeCloseTo(
      (365.25 / 12) * 1e-6,
      8,
    );
  });

  it("bills Athena for the bytes that it reads, where those are more than its smallest statements", () => {
    const many = { columnarCopy: true, eventsPerDay: 10_000_000 };
    const reading = lineOf("Columnar copy: reading", many);
    const gigabytes = Number(/^[\d.]+/.exec(lineOf("S3 storage", many).quantity)![0]);
    expect(reading.first).toBeGreaterThan(((gigabytes * 220) / 7) * 0.005);
  });

  it("counts what each workspace adds, and only once what all share", () => {
    expect(lineOf("Secrets", { workspaces: 3 }).first).toBeCloseTo(3 * lineOf("Secrets").first);
    expect(lineOf("Keys", { workspaces: 3 }).first).toBe(lineOf("Keys").first);
  });

  it("has the keys' rotations, each billed like a key, up to the second", () => {
    const keys = (years: number) => lineOf("Keys", { keyRotation: true, years });
    expect(keys(7).first).toBe(lineOf("Keys").first);
    expect([1, 2, 7].map((years) => keys(years).last - keys(years).first)).toEqual([2, 4, 4]);
    expect(keys(7).quantity).toBe("3, 2 of them rotated");
    const one = lineOf("Keys", { keyRotation: true, operationsKey: "archive" });
    expect([one.first, one.last]).toEqual([2, 4]);
  });

  it("has a line for the dashboard and for traces only where the settings ask for them", () => {
    const names = (change: Partial<CostInput>) => bill(change).lines.map(({ name }) => name);
    expect(names({})).not.toEqual(expect.arrayContaining(["Dashboard"]));
    expect(names({})).not.toEqual(expect.arrayContaining(["Traces"]));
    expect(lineOf("Dashboard", { dashboard: true }).first).toBe(3);
    expect(lineOf("Traces", { tracing: true }).first).toBeCloseTo(0.053);
  });

  it("has the calls for the token: one in each run of a workspace", () => {
    expect(lineOf("Secrets").quantity).toBe("1, 9,497 calls");
    expect(lineOf("Secrets", { tokenIn: "parameters" })).toBeUndefined();
  });

  it("bills a metric by the hours in which it is sent", () => {
    // A heartbeat and a sixth for how far it is behind; two thirds for the census, two hours a day for sealing, and one for
    // the look at the newest verification.
    const months = 24 / 24 + 4 / 24 + 16 / 24 + 3 / 24;
    expect(lineOf("Metrics").first).toBeCloseTo(months * 0.3);
    // With time stamps, one more is sent by each sealing.
    expect(lineOf("Metrics", { timeStamps: true }).first).toBeCloseTo((months + 1 / 24) * 0.3);
  });
});
