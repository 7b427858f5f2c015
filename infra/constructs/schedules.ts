import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Alias, IFunction } from "aws-cdk-lib/aws-lambda";
import { ScheduleExpression, ScheduleGroup, ScheduleTargetInput } from "aws-cdk-lib/aws-scheduler";
import { LambdaInvoke } from "aws-cdk-lib/aws-scheduler-targets";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { type CensusInput, drainBudgetSeconds, type RunInput } from "../../lambda/contract.ts";
import { createStarter, dailyAt } from "./starter.ts";

export interface SchedulesProps {
  readonly target: Alias;
  readonly sealer: Alias;
  readonly undelivered: IQueue;
  readonly workspaces: readonly string[];
  readonly drainEveryMinutes: number;
  /** How long after a day's end it is settled. */
  readonly settledAfterHours: number;
}

const RESCAN_EVERY_MINUTES = 60;
const CENSUS_EVERY_MINUTES = 60;

/** From when a day is settled to the sealing: the rescan that makes it so runs every hour, and may need a second one. */
const HOURS_TO_SEALING = 2;

/**
 * Starts the runs: for each workspace a drain every few minutes, which ends before the next one starts, and a rescan every
 * hour; for the archive a census every hour, and a sealing every day.
 */
export class Schedules extends Construct {
  readonly group: ScheduleGroup;
  private readonly starter: ReturnType<typeof createStarter>;
  private readonly props: SchedulesProps;

  constructor(scope: Construct, id: string, props: SchedulesProps) {
    super(scope, id);
    this.props = props;
    this.group = new ScheduleGroup(this, "Group", { removalPolicy: RemovalPolicy.DESTROY });
    this.starter = createStarter(this, "", {
      description: "Starts runs of the archiver function, and sealings",
      group: this.group,
      undelivered: props.undelivered,
      statements: [
        new PolicyStatement({
          sid: "StartRuns",
          actions: ["lambda:InvokeFunction"],
          resources: [props.target.functionArn, props.sealer.functionArn],
        }),
      ],
    });
    for (const workspace of props.workspaces) {
      const budgetSeconds = drainBudgetSeconds(props.drainEveryMinutes);
      this.start({ workspace, task: "drain", budgetSeconds }, props.drainEveryMinutes);
      this.start({ workspace, task: "rescan" }, RESCAN_EVERY_MINUTES);
    }
    this.start({ task: "census" }, CENSUS_EVERY_MINUTES);
    this.startSealing();
  }

  private start(input: RunInput | CensusInput, everyMinutes: number): void {
    const interval = Duration.minutes(everyMinutes);
    const isOfArchive = input.task === "census";
    this.starter.schedule(isOfArchive ? input.task : `${input.task}-${input.workspace}`, {
      description: isOfArchive ? "census of the archive's workspaces" : `${input.task} of workspace ${input.workspace}`,
      schedule: ScheduleExpression.rate(interval),
      target: this.invoke(this.props.target, interval, ScheduleTargetInput.fromObject(input)),
    });
  }

  /** Once a day, at an hour at which the day before is settled in the usual case. */
  private startSealing(): void {
    this.starter.schedule("seal", {
      description: "sealing of the archive's settled days",
      schedule: dailyAt(this.props.settledAfterHours + HOURS_TO_SEALING),
      target: this.invoke(this.props.sealer, Duration.days(1)),
    });
  }

  private invoke(alias: Alias, interval: Duration, input?: ScheduleTargetInput): LambdaInvoke {
    return new LambdaInvoke(alias as IFunction, {
      ...this.starter.target,
      ...(input === undefined ? {} : { input }),
      // Later, the next one is due.
      maxEventAge: interval,
    });
  }
}
