import { readFile } from "node:fs/promises";
import { Template } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { workspaceAlarms } from "../../infra/constructs/alarms.ts";
import { TRIPWIRE_HEADING } from "../../infra/constructs/tripwire.ts";
import { anchorOf } from "../../infra/constructs/watch.ts";
import { METRICS, SEALING, UNCOLLECTED, UNSTAMPED, UNVERIFIED } from "../../lambda/contract.ts";
import { metricsOf } from "./billed.ts";
import { resolveTemplate } from "./policy/resolve.ts";
import {
  COPY,
  createStack,
  OTHER_WORKSPACE,
  type Resource,
  resourcesOf,
  synthesise,
  TWENTY,
  WORKSPACE,
} from "./synth.ts";

interface Widget {
  readonly type: string;
  readonly properties: { readonly alarms?: readonly string[] };
}

const workspaces = [WORKSPACE, OTHER_WORKSPACE];
/** With all that has an alarm. */
const template = synthesise({ workspaces, ...COPY });
const nameOf = (alarm: Resource["Properties"]): string => alarm.AlarmName;
const headingOf = (alarm: Resource["Properties"]): string => nameOf(alarm).replace(/^AsanaAuditArchive (\d+ )?/, "");
const textOf = (alarm: Resource["Properties"]): string =>
  typeof alarm.AlarmDescription === "string" ? alarm.AlarmDescription : alarm.AlarmDescription["Fn::Join"][1].join("");
const alarmsOf = (of: Template) =>
  Object.values(resourcesOf(of, "AWS::CloudWatch::Alarm")).map(({ Properties }) => Properties);
const alarms = alarmsOf(template);
/** With authorities that stamp seals, which have an alarm more. */
const stamped = synthesise({ dashboard: "on", timestampUrls: ["https://tsa.example.com/tsr"] });
const STAMPS_HEADING = "No time stamp for 14 days";
/** With a columnar copy, which has two. */
const columnar = alarmsOf(synthesise({ columnarCopy: "on" })).filter((alarm) =>
  /^Copy (differs|not)/.test(headingOf(alarm)),
);
const allAlarms = [...alarms, ...alarmsOf(stamped).filter((alarm) => headingOf(alarm) === STAMPS_HEADING), ...columnar];

const find = (heading: string, workspace = WORKSPACE) => {
  const found = allAlarms.filter(
    (alarm) => headingOf(alarm) === heading && (!/\d{4}/.test(nameOf(alarm)) || nameOf(alarm).includes(workspace)),
  );
  expect(found).toHaveLength(1);
  return found[0];
};

/** When each alarm goes off: what it makes of missing data, its metric, and at how much of it over how many seconds. */
const GOES_OFF: readonly (readonly [
  heading: string,
  missing: string,
  metric: string,
  statistic: string | undefined,
  seconds: number | undefined,
  threshold: number,
])[] = [
  ["Not archiving", "breaching", "DrainFailed", "Minimum", 1800, 1],
  ["Stopped", "notBreaching", "Stopped", "Maximum", 3600, 1],
  ["Rescans not done", "notBreaching", "RescansOverdue", "Maximum", 3600, 1],
  ["Unreadable or lost", "notBreaching", "SpansMissing", "Maximum", 3600, 1],
  ["Source contradicts the archive", "notBreaching", "SourceContradictions", "Sum", 3600, 1],
  ["Lagging", "notBreaching", "Behind", "Minimum", 3600, 6 * 3600],
  ["Late events found", "notBreaching", "LateEvents", "Sum", 3600, 1],
  ["Unarchived for 30 days", "breaching", "Behind", "Minimum", 6 * 3600, 30 * 86_400],
  ["Unarchived for 60 days", "breaching", "Behind", "Minimum", 6 * 3600, 60 * 86_400],
  ["No longer collected", "breaching", "WorkspacesNotCollected", undefined, undefined, 1], // see controls.ts
  ["Not sealed", "breaching", "WorkspacesNotSealed", "Maximum", 86_400, 1],
  ["Sealer halted", "ignore", "SealerHalted", "Maximum", 3600, 1],
  ["Sealed with a gap", "notBreaching", "DaysSealedWithGap", "Maximum", 3600, 1],
  ["Verification", "breaching", "ArchiveNotVerified", "Maximum", 86_400, 1],
  [STAMPS_HEADING, "ignore", "WorkspacesNotStamped", "Maximum", 3600, 1],
  ["Copy behind", "notBreaching", "ApproximateNumberOfMessagesVisible", "Maximum", 300, 1],
  ["Copy differs from the record", "ignore", "CopyDiffers", "Maximum", 3600, 1],
  ["Copy not brought up to date for 3 days", "breaching", "CopyDiffers", "Maximum", 86_400, 1],
  ["Function errors", "notBreaching", "Errors", "Sum", 1800, 3],
  ["Dead letters", "notBreaching", "ApproximateNumberOfMessagesVisible", "Maximum", 300, 1],
];

describe("alarms", () => {
  it("have a heading in the runbook each, as has the tripwire, and the runbook has no other", async () => {
    const runbook = await readFile("docs/runbook.md", "utf8");
    const [alarmPart = ""] = runbook.split(/^# Procedures$/m);
    const headings = [...alarmPart.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(
      [...new Set(headings)].sort(),
      "docs/runbook.md must have a heading for each alarm before its procedures, and no other",
    ).toEqual([...new Set([...allAlarms.map(headingOf), TRIPWIRE_HEADING])].sort());
  });

  it("say what is wrong, what to do, where to read on and where to look", () => {
    for (const alarm of allAlarms) {
      const text = textOf(alarm);
      const [sentences = "", runbook = "", fn = ""] = text.split("\n");
      expect(sentences.match(/[.;]( |$)/g)?.length).toBeGreaterThanOrEqual(2);
      expect(runbook).toBe(
        `Runbook: the section "${headingOf(alarm)}" of docs/runbook.md, in the repository that was deployed`,
      );
      expect(fn).toMatch(
        columnar.includes(alarm)
          ? /^State machine: https:\/\/.*console\.aws\.amazon\.com\/states\//
          : /^Function: https:\/\/.*console\.aws\.amazon\.com\/lambda\/.*\?tab=monitoring$/,
      );
      expect(text.length).toBeLessThan(1024);
      if (/\d{4}/.test(nameOf(alarm))) expect(sentences).toContain(nameOf(alarm).split(" ")[1]);
    }
  });

  it("link to wherever the settings say the runbook is", () => {
    const elsewhere = synthesise({ runbookUrl: "https://wiki.example.com/archive" });
    for (const { Properties } of Object.values(resourcesOf(elsewhere, "AWS::CloudWatch::Alarm"))) {
      const link = `https://wiki.example.com/archive#${anchorOf(headingOf(Properties))}`;
      expect(textOf(Properties).split("\n")[1]).toBe(`Runbook: ${link}`);
    }
  });

  it("watch each workspace on its own: when one fails, only its alarms go off", () => {
    const own = alarms.filter((alarm) => /\d{4}/.test(nameOf(alarm)));
    const each = workspaceAlarms({ archiveName: "A", workspace: WORKSPACE, drainEveryMinutes: 10, lagAlarmHours: 6 });
    expect(own.length).toBe(workspaces.length * each.length);
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

  it.each(GOES_OFF)(
    "%s: with missing data %s, goes off for %s",
    (heading, missing, metric, statistic, seconds, threshold) => {
      const alarm = find(heading);
      expect(alarm.ComparisonOperator).toBe("GreaterThanOrEqualToThreshold");
      // Some look at a whole day, in four periods of six hours, and one at three days.
      const periods = ["Not sealed", "Copy not brought up to date for 3 days"].includes(heading)
        ? 3
        : heading.startsWith("Unarchived")
          ? 4
          : 1;
      expect(alarm.EvaluationPeriods).toBe(periods);
      const { TreatMissingData, Statistic, Period, Threshold } = alarm;
      const { MetricName } = metricsOf(alarm)[0]!;
      const seen = [TreatMissingData, MetricName, Statistic, Period, Threshold];
      expect(seen).toEqual([missing, metric, statistic, seconds, threshold]);
    },
  );

  it("every alarm has a row in GOES_OFF", () => {
    const headings = GOES_OFF.map(([heading]) => heading);
    expect(new Set(allAlarms.map(headingOf)), "say it in GOES_OFF").toEqual(new Set(headings));
  });

  it("that take missing data for the worst are sent a 0 in each of their periods", () => {
    const isSentOnce = (hours: readonly number[], { seconds }: { seconds: number }) =>
      Array.from({ length: 86_400 / seconds }, (_, index) => (index * seconds) / 3600).every((from) =>
        hours.some((hour) => hour >= Math.floor(from) && hour < from + Math.max(1, seconds / 3600)),
      );
    const definitions = [...Object.values(METRICS), UNCOLLECTED];
    const looked = alarms
      .filter(({ TreatMissingData }) => TreatMissingData === "breaching")
      .flatMap((alarm) => metricsOf(alarm).map(({ MetricName, Period }) => ({ MetricName, seconds: Period })))
      .filter(({ MetricName }) => ![SEALING.unsealed.name, UNVERIFIED.name].includes(MetricName)); // always sent, once a day
    expect(new Set(looked.map(({ MetricName }) => MetricName))).toEqual(
      new Set(["DrainFailed", "Behind", "WorkspacesNotCollected"]),
    );
    for (const { MetricName, seconds } of looked) {
      const { zeroHours } = definitions.find(({ name }) => name === MetricName)!;
      expect(isSentOnce(zeroHours, { seconds }), MetricName).toBe(true);
    }
  });

  it("look at every metric that is paid for", () => {
    for (const { name } of [...Object.values(METRICS), UNCOLLECTED, ...Object.values(SEALING), UNSTAMPED, UNVERIFIED])
      expect(JSON.stringify(allAlarms), name).toContain(name);
  });

  it("of time stamps are there, with their metric, only where seals are stamped", () => {
    const added = alarmsOf(stamped).length - alarmsOf(synthesise()).length;
    expect([added, alarms.map(headingOf).includes(STAMPS_HEADING)]).toEqual([1, false]);
    const dashboard = (of: Template) => JSON.stringify(resourcesOf(of, "AWS::CloudWatch::Dashboard"));
    const unstamped = synthesise({ dashboard: "on" });
    expect([dashboard(stamped), dashboard(unstamped)].map((body) => body.includes(UNSTAMPED.name))).toEqual([
      true,
      false,
    ]);
  });

  it("are patient in proportion to the schedule", () => {
    const hourly = synthesise({ drainEveryMinutes: 60 });
    const failing = Object.values(resourcesOf(hourly, "AWS::CloudWatch::Alarm")).find(({ Properties }) =>
      /Not archiving$/.test(Properties.AlarmName),
    );
    expect(failing!.Properties.Period).toBe(3 * 3600);
  });

  it("are all on the dashboard where there is one, with a row for each workspace", () => {
    const shown = synthesise({ workspaces, dashboard: "on", ...COPY });
    const [dashboard] = Object.values(resourcesOf(shown, "AWS::CloudWatch::Dashboard"));
    const body = JSON.stringify(dashboard!.Properties.DashboardBody);
    for (const id of Object.keys(resourcesOf(shown, "AWS::CloudWatch::Alarm"))) expect(body).toContain(id);
    for (const workspace of [WORKSPACE, OTHER_WORKSPACE]) expect(body).toContain(`${workspace}: behind`);
  });

  it("are at most a hundred to a widget, however many workspaces there are: CloudWatch refuses more", () => {
    const many = createStack({ workspaces: TWENTY, dashboard: true });
    const dashboard = resolveTemplate(Template.fromStack(many)).find(
      ({ type }) => type === "AWS::CloudWatch::Dashboard",
    );
    const { widgets } = JSON.parse(dashboard!.properties.DashboardBody) as { widgets: Widget[] };
    const shown = widgets.flatMap(({ type, properties }) => (type === "alarm" ? [properties.alarms!.length] : []));
    expect(Math.max(...shown)).toBeLessThanOrEqual(100);
    expect(shown.reduce((sum, count) => sum + count)).toBe(many.archive.watch.alarms.length);
  });
});
