import { readFile } from "node:fs/promises";
import { Template } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { FIXED } from "../../cli/cost/model.ts";
import { anchorOf } from "../../infra/constructs/watch.ts";
import { METRICS } from "../../lambda/contract.ts";
import { resolveTemplate } from "./policy/resolve.ts";
import { createStack, OTHER_WORKSPACE, type Resource, resourcesOf, TWENTY, WORKSPACE } from "./synth.ts";

interface Widget {
  readonly type: string;
  readonly properties: { readonly alarms?: readonly string[] };
}

const stack = createStack({ workspaces: [WORKSPACE, OTHER_WORKSPACE] });
const template = Template.fromStack(stack);
const alarms = Object.values(resourcesOf(template, "AWS::CloudWatch::Alarm")).map(({ Properties }) => Properties);

const nameOf = (alarm: Resource["Properties"]): string => alarm.AlarmName;
const headingOf = (alarm: Resource["Properties"]): string => nameOf(alarm).replace(/^AsanaAuditArchive (\d+ )?/, "");
const textOf = (alarm: Resource["Properties"]): string =>
  typeof alarm.AlarmDescription === "string" ? alarm.AlarmDescription : alarm.AlarmDescription["Fn::Join"][1].join("");
/** The metrics that an alarm looks at: one, or those of its expression. */
const metricsOf = (alarm: Resource["Properties"]): Resource["Properties"][] =>
  alarm.Metrics === undefined
    ? [alarm]
    : alarm.Metrics.flatMap(({ MetricStat }: Resource["Properties"]) =>
        MetricStat === undefined ? [] : [{ ...MetricStat, ...MetricStat.Metric }],
      );
const find = (heading: string, workspace = WORKSPACE) => {
  const found = alarms.filter(
    (alarm) => headingOf(alarm) === heading && (!/\d{4}/.test(nameOf(alarm)) || nameOf(alarm).includes(workspace)),
  );
  expect(found).toHaveLength(1);
  return found[0];
};

/** What an alarm makes of missing data, decided one by one. */
const MISSING: readonly (readonly [heading: string, missing: string])[] = [
  ["Failing", "notBreaching"],
  ["Not running", "breaching"],
  ["Rescans not done", "breaching"],
  ["Unreadable", "ignore"],
  ["Source shows less than is archived", "notBreaching"],
  ["Lost", "notBreaching"],
  ["Lagging", "notBreaching"],
  ["Token refused", "ignore"],
  ["Halted", "ignore"],
  ["Conflicting events", "notBreaching"],
  ["Late events found", "notBreaching"],
  ["Source went blank", "ignore"],
  ["Unarchived for 30 days", "breaching"],
  ["Unarchived for 60 days", "breaching"],
  ["Function errors", "notBreaching"],
  ["Dead letters", "notBreaching"],
];

describe("alarms", () => {
  it("have a heading in the runbook each, and the runbook has no other", async () => {
    const runbook = await readFile("docs/runbook.md", "utf8");
    const [alarmPart = ""] = runbook.split(/^# Procedures$/m);
    const headings = [...alarmPart.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(
      [...new Set(headings)].sort(),
      "docs/runbook.md must have a heading for each alarm before its procedures, and no other",
    ).toEqual([...new Set(alarms.map(headingOf))].sort());
  });

  it("say what is wrong, what to do, where to read on and where to look", () => {
    for (const alarm of alarms) {
      const text = textOf(alarm);
      const [sentences = "", runbook = "", fn = ""] = text.split("\n");
      expect(sentences.match(/[.;]( |$)/g)?.length).toBeGreaterThanOrEqual(2);
      expect(runbook).toBe(`Runbook: docs/runbook.md#${anchorOf(headingOf(alarm))}`);
      expect(fn).toMatch(/^Function: https:\/\/.*console\.aws\.amazon\.com\/lambda\/.*\?tab=monitoring$/);
      expect(text.length).toBeLessThan(1024);
      if (/\d{4}/.test(nameOf(alarm))) expect(sentences).toContain(nameOf(alarm).split(" ")[1]);
    }
  });

  it("link to wherever the settings say the runbook is", () => {
    const elsewhere = Template.fromStack(createStack({ runbookUrl: "https://wiki.example.com/archive" }));
    const [alarm] = Object.values(resourcesOf(elsewhere, "AWS::CloudWatch::Alarm"));
    expect(JSON.stringify(alarm!.Properties.AlarmDescription)).toContain("https://wiki.example.com/archive#");
  });

  it("watch each workspace on its own: when one fails, only its alarms ring", () => {
    const own = alarms.filter((alarm) => /\d{4}/.test(nameOf(alarm)));
    expect(own.length).toBe(alarms.length - 2);
    for (const alarm of own) {
      const [, workspace] = nameOf(alarm).split(" ");
      for (const { Namespace, Dimensions } of metricsOf(alarm)) {
        expect(Namespace).toBe("AsanaAuditArchive");
        expect(Dimensions).toEqual([
          { Name: "service", Value: "AsanaAuditArchive" },
          { Name: "workspace", Value: workspace },
        ]);
      }
    }
  });

  it.each(MISSING)("%s: missing data are decided to be %s", (heading, missing) => {
    expect(find(heading).TreatMissingData).toBe(missing);
  });

  it("every alarm has its missing data decided in the test above", () => {
    expect(new Set(alarms.map(headingOf)), "decide it in MISSING").toEqual(
      new Set(MISSING.map(([heading]) => heading)),
    );
  });

  it.each([
    ["Failing", { MetricName: "DrainFailed", Statistic: "Minimum", Period: 1800, Threshold: 1 }],
    [
      "Not running",
      {
        MetricName: "DrainFailed",
        Statistic: "SampleCount",
        Period: 1800,
        Threshold: 1,
        ComparisonOperator: "LessThanThreshold",
      },
    ],
    ["Unreadable", { MetricName: "UnreadableSpans", Statistic: "Maximum", Period: 600, Threshold: 1 }],
    ["Source shows less than is archived", { MetricName: "EventsGone", Statistic: "Sum", Period: 3600, Threshold: 1 }],
    ["Lost", { MetricName: "LostSpans", Statistic: "Sum", Period: 3600, Threshold: 1 }],
    ["Lagging", { MetricName: "Behind", Statistic: "Minimum", Period: 3600, Threshold: 6 * 3600 }],
    ["Token refused", { MetricName: "Refused", Statistic: "Maximum", Period: 600, Threshold: 1 }],
    ["Halted", { MetricName: "Halted", Statistic: "Maximum", Period: 600, Threshold: 1 }],
    ["Source went blank", { MetricName: "BlankRuns", Threshold: 3 }],
    [
      "Unarchived for 30 days",
      { MetricName: "Behind", Period: 6 * 3600, EvaluationPeriods: 4, Threshold: 30 * 86_400 },
    ],
    [
      "Unarchived for 60 days",
      { MetricName: "Behind", Period: 6 * 3600, EvaluationPeriods: 4, Threshold: 60 * 86_400 },
    ],
    [
      "Function errors",
      { Namespace: "AWS/Lambda", MetricName: "Errors", Statistic: "Sum", Period: 1800, Threshold: 3 },
    ],
    ["Dead letters", { Namespace: "AWS/SQS", MetricName: "ApproximateNumberOfMessagesVisible", Threshold: 1 }],
  ])("%s rings as the runbook says", (heading, expected) => {
    expect(find(heading)).toMatchObject(expected);
  });

  it("Rescans not done rings when a purpose is overdue: the hour for 3 hours, settled days for 24, aged days for 48", () => {
    const alarm = find("Rescans not done");
    expect(alarm).toMatchObject({ Threshold: 1, ComparisonOperator: "GreaterThanOrEqualToThreshold" });
    const [expression] = alarm.Metrics.filter(({ Expression }: Resource["Properties"]) => Expression !== undefined);
    // The lowest age of three hours is that of two hours ago, which is why two hours are taken off each.
    expect(expression.Expression).toBe(
      `MAX([recent / ${(3 - 2) * 3600}, settled / ${(24 - 2) * 3600}, aged / ${(48 - 2) * 3600}])`,
    );
    const looked = alarm.Metrics.filter(({ MetricStat }: Resource["Properties"]) => MetricStat !== undefined);
    const seen = looked.map(({ Id, MetricStat }: Resource["Properties"]) => [
      Id,
      MetricStat.Metric.MetricName,
      MetricStat.Stat,
      MetricStat.Period,
    ]);
    expect(seen).toEqual([
      ["recent", "RecentOverdue", "Minimum", 3 * 3600],
      ["settled", "SettledOverdue", "Minimum", 3 * 3600],
      ["aged", "AgedOverdue", "Minimum", 3 * 3600],
    ]);
  });

  it("are billed as the cost model says, and so are metrics, keys, secrets and the dashboard", () => {
    const billed = alarms.flatMap(metricsOf);
    const ofWorkspace = billed.filter(({ Namespace }) => Namespace === "AsanaAuditArchive");
    const count = "FIXED in cli/cost/model.ts must count the metrics that alarms look at";
    expect(billed.length - ofWorkspace.length, count).toBe(FIXED.alarmMetrics);
    expect(ofWorkspace.length, `${count}, of each of two workspaces`).toBe(2 * FIXED.alarmMetricsEach);
    const numberOf = (type: string) => Object.keys(resourcesOf(template, type)).length;
    expect(numberOf("AWS::KMS::Key")).toBe(FIXED.keys);
    expect(numberOf("AWS::SecretsManager::Secret")).toBe(2 * FIXED.secretsEach);
    expect(numberOf("AWS::CloudWatch::Dashboard")).toBe(FIXED.dashboards);
  });

  it("and the dashboard look at every metric that is paid for", () => {
    const [dashboard] = Object.values(resourcesOf(template, "AWS::CloudWatch::Dashboard"));
    const watched = JSON.stringify([alarms, dashboard]);
    for (const { name } of Object.values(METRICS)) expect(watched).toContain(name);
  });

  it("are patient in proportion to the schedule", () => {
    const hourly = Template.fromStack(createStack({ drainEveryMinutes: 60 }));
    const failing = Object.values(resourcesOf(hourly, "AWS::CloudWatch::Alarm")).find(({ Properties }) =>
      /Failing$/.test(Properties.AlarmName),
    );
    expect(failing!.Properties.Period).toBe(3 * 3600);
  });

  it("are all on the dashboard, with a row for each workspace", () => {
    const [dashboard] = Object.values(resourcesOf(template, "AWS::CloudWatch::Dashboard"));
    const body = JSON.stringify(dashboard!.Properties.DashboardBody);
    for (const id of Object.keys(resourcesOf(template, "AWS::CloudWatch::Alarm"))) expect(body).toContain(id);
    for (const workspace of [WORKSPACE, OTHER_WORKSPACE]) expect(body).toContain(`${workspace}: behind`);
  });

  it("are at most a hundred to a widget, however many workspaces there are: CloudWatch refuses more", () => {
    const many = createStack({ workspaces: TWENTY });
    const dashboard = resolveTemplate(Template.fromStack(many)).find(
      ({ type }) => type === "AWS::CloudWatch::Dashboard",
    );
    const { widgets } = JSON.parse(dashboard!.properties.DashboardBody) as { widgets: Widget[] };
    const shown = widgets.flatMap(({ type, properties }) => (type === "alarm" ? [properties.alarms!.length] : []));
    expect(Math.max(...shown)).toBeLessThanOrEqual(100);
    expect(shown.reduce((sum, count) => sum + count)).toBe(many.archive.watch.alarms.length);
  });
});
