import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { FIXED } from "../../cli/cost/model.ts";
import { PRICES } from "../../cli/cost/prices.ts";
import { refusals } from "../../infra/checks/refusals.ts";
import { settingsTable, TABLE_IN_DOCUMENT } from "../../infra/settings/table.ts";

const read = (path: string) => readFile(path, "utf8");

describe("docs/deploy.md", () => {
  it("has the table of settings that the code has", async () => {
    const [table] = TABLE_IN_DOCUMENT.exec(await read("docs/deploy.md")) ?? [];
    expect(table, "Write it with: npx node infra/settings/table.ts").toBe(settingsTable());
  });

  it("counts the metrics and alarms that one has to pay for", async () => {
    const { alarmMetrics, alarmMetricsEach, metricsEach } = FIXED;
    const cost = (await read("docs/deploy.md")).split("## Cost")[1]!.replaceAll("\n", " ");
    const inAll = alarmMetrics + alarmMetricsEach;
    expect(cost).toContain(`alarms on ${inAll} metrics ($${(inAll * PRICES.alarmMonth).toFixed(2)})`);
    expect(cost).toContain(`${metricsEach} metrics ($${(metricsEach * PRICES.metricMonth).toFixed(2)})`);
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

describe("the documents of the AWS part", () => {
  it.each(["docs/deploy.md", "docs/security.md", "docs/runbook.md", "docs/aws-checks.md"])(
    "%s links to what is there",
    async (path) => {
      for (const [, target = ""] of (await read(path)).matchAll(/\]\((?!https?:)([^)#]+)/g)) {
        await expect(read(`docs/${target}`), target).resolves.toBeTruthy();
      }
    },
  );
});
