import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { FIXED } from "../../cli/cost/model.ts";
import { PRICES } from "../../cli/cost/prices.ts";
import { refusals } from "../../infra/checks/refusals.ts";

const read = (path: string) => readFile(path, "utf8");

describe("docs/deploy.md", () => {
  it("counts the metrics and alarms that one has to pay for", async () => {
    const { alarmMetrics, alarmMetricsEach, metrics, metricsEach } = FIXED;
    const cost = (await read("docs/deploy.md")).split("## Cost")[1]!.replaceAll("\n", " ");
    const inAll = alarmMetrics + alarmMetricsEach;
    expect(cost, "docs/deploy.md, Cost").toContain(
      `alarms on ${inAll} metrics ($${(inAll * PRICES.alarmMonth).toFixed(2)})`,
    );
    const first = metrics + metricsEach;
    expect(cost).toContain(`${first} metrics ($${(first * PRICES.metricMonth).toFixed(2)})`);
    expect(cost).toContain(`adds alarms on ${alarmMetricsEach} metrics, ${metricsEach} metrics and a secret`);
  });

  it("is right about the sample in cdk.json", async () => {
    expect(JSON.parse(await read("cdk.json")).context).toEqual({ workspaces: "sample" });
  });
});

describe("docs/aws-checks.md", () => {
  it("counts the requests that have to be refused, at least 12", async () => {
    expect(refusals.length).toBeGreaterThanOrEqual(12);
    expect(await read("docs/aws-checks.md")).toContain(`${refusals.length} requests have to be refused`);
  });
});
