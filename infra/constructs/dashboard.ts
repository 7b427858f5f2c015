import { Duration } from "aws-cdk-lib";
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  LogQueryVisualizationType,
  LogQueryWidget,
  Stats,
  TextWidget,
} from "aws-cdk-lib/aws-cloudwatch";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { SEALING, UNCOLLECTED, UNSTAMPED } from "../../lambda/contract.ts";
import { archiveMetric, workspaceMetric } from "./alarms.ts";
import type { FailureQueues } from "./failure-queues.ts";

export interface DashboardProps {
  readonly archiveName: string;
  readonly workspaces: readonly string[];
  readonly fn: IFunction;
  readonly logs: ILogGroup;
  readonly queues: FailureQueues;
  readonly alarms: readonly Alarm[];
  /** Whether seals are stamped. */
  readonly isStamped: boolean;
  readonly runbookUrl: string;
}

const WIDTH = 24;
const HOUR = Duration.hours(1);

/** CloudWatch refuses a widget with more alarms; ten workspaces have more. */
const MAX_ALARMS_OF_WIDGET = 100;

/** The overview: all alarms, then one row per workspace, then the function. */
export function createDashboard(scope: Construct, props: DashboardProps): Dashboard {
  const dashboard = new Dashboard(scope, "Dashboard", { dashboardName: props.archiveName });
  dashboard.addWidgets(
    new TextWidget({
      markdown: `# ${props.archiveName}\nWhat each alarm means and what to do about it: ${props.runbookUrl}`,
      width: WIDTH,
      height: 2,
    }),
  );
  for (let from = 0; from < props.alarms.length; from += MAX_ALARMS_OF_WIDGET) {
    const alarms = props.alarms.slice(from, from + MAX_ALARMS_OF_WIDGET);
    dashboard.addWidgets(new AlarmStatusWidget({ title: "Alarms", alarms, width: WIDTH, height: 4 }));
  }
  for (const workspace of props.workspaces) dashboard.addWidgets(...workspaceRow(props, workspace));
  dashboard.addWidgets(...functionRow(props));
  return dashboard;
}

function workspaceRow({ archiveName, logs }: DashboardProps, workspace: string) {
  const metric = (name: Parameters<typeof workspaceMetric>[1], statistic: string) =>
    workspaceMetric({ archiveName, workspace }, name, statistic, HOUR);
  const graph = (title: string, ...left: ReturnType<typeof metric>[]) =>
    new GraphWidget({ title: `${workspace}: ${title}`, left, width: WIDTH / 4 });
  return [
    graph("behind (s)", metric("behind", Stats.MAXIMUM)),
    // From the log, which has it anyway: as a metric it would cost more than all the others.
    new LogQueryWidget({
      title: `${workspace}: events archived`,
      logGroupNames: [logs.logGroupName],
      view: LogQueryVisualizationType.BAR,
      queryLines: [
        `filter message = "the run ended" and workspace = "${workspace}"`,
        "stats sum(report.archived) as archived by bin(1h)",
      ],
      width: WIDTH / 4,
    }),
    graph("drains, failed drains", metric("drainFailed", Stats.SAMPLE_COUNT), metric("drainFailed", Stats.SUM)),
    graph(
      "stopped, rescans overdue, missing, contradictions, late",
      metric("stopped", Stats.MAXIMUM),
      metric("rescansOverdue", Stats.MAXIMUM),
      metric("missing", Stats.MAXIMUM),
      metric("contradictions", Stats.SUM),
      metric("late", Stats.SUM),
    ),
  ];
}

function functionRow({ archiveName, fn, queues, isStamped }: DashboardProps) {
  const ofArchive = [UNCOLLECTED, ...Object.values(SEALING), ...(isStamped ? [UNSTAMPED] : [])];
  return [
    new GraphWidget({
      title: "Function: runs, errors, throttles",
      left: [
        fn.metricInvocations({ period: HOUR }),
        fn.metricErrors({ period: HOUR }),
        fn.metricThrottles({ period: HOUR }),
      ],
      width: WIDTH / 4,
    }),
    new GraphWidget({
      title: "Function: duration (ms)",
      left: [
        fn.metricDuration({ period: HOUR, statistic: Stats.AVERAGE }),
        fn.metricDuration({ period: HOUR, statistic: Stats.MAXIMUM }),
      ],
      width: WIDTH / 4,
    }),
    new GraphWidget({
      title: "Workspaces not collected, not sealed, halted at sealing; gaps and stamps",
      left: ofArchive.map((metric) => archiveMetric(metric, archiveName, HOUR)),
      width: WIDTH / 4,
    }),
    new GraphWidget({
      title: "Failed and undelivered runs in the queues",
      left: [queues.failedRuns, queues.undelivered].map((queue) =>
        queue.metricApproximateNumberOfMessagesVisible({ period: HOUR }),
      ),
      width: WIDTH / 4,
    }),
  ];
}
