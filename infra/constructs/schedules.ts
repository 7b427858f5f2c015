import { Aws, Duration, RemovalPolicy } from "aws-cdk-lib";
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { Alias, IFunction } from "aws-cdk-lib/aws-lambda";
import { Schedule, ScheduleExpression, ScheduleGroup, ScheduleTargetInput } from "aws-cdk-lib/aws-scheduler";
import { LambdaInvoke } from "aws-cdk-lib/aws-scheduler-targets";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { type CensusInput, drainBudgetSeconds, type RunInput } from "../../lambda/contract.ts";

export interface SchedulesProps {
  readonly target: Alias;
  readonly undelivered: IQueue;
  readonly workspaces: readonly string[];
  readonly drainEveryMinutes: number;
}

export const RESCAN_EVERY_MINUTES = 60;
const CENSUS_EVERY_MINUTES = 60;

/** Starts the runs: for each workspace a drain every few minutes, which ends before the next one starts, and a rescan every hour; for the archive a census every hour. */
export class Schedules extends Construct {
  readonly group: ScheduleGroup;
  private readonly role: Role;
  private readonly props: SchedulesProps;

  constructor(scope: Construct, id: string, props: SchedulesProps) {
    super(scope, id);
    this.props = props;
    this.group = new ScheduleGroup(this, "Group", { removalPolicy: RemovalPolicy.DESTROY });
    this.role = new Role(this, "Role", {
      description: "Starts runs of the archiver function",
      assumedBy: new ServicePrincipal("scheduler.amazonaws.com", {
        conditions: {
          StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID, "aws:SourceArn": this.group.scheduleGroupArn },
        },
      }),
    });
    const policy = new ManagedPolicy(this, "Policy", {
      roles: [this.role],
      statements: [
        new PolicyStatement({
          sid: "StartRuns",
          actions: ["lambda:InvokeFunction"],
          resources: [props.target.functionArn],
        }),
        new PolicyStatement({
          sid: "RecordUndelivered",
          actions: ["sqs:SendMessage"],
          resources: [props.undelivered.queueArn],
        }),
      ],
    });
    for (const workspace of props.workspaces) {
      const budgetSeconds = drainBudgetSeconds(props.drainEveryMinutes);
      this.start({ workspace, task: "drain", budgetSeconds }, props.drainEveryMinutes).node.addDependency(policy);
      this.start({ workspace, task: "rescan" }, RESCAN_EVERY_MINUTES).node.addDependency(policy);
    }
    this.start({ task: "census" }, CENSUS_EVERY_MINUTES).node.addDependency(policy);
  }

  private start(input: RunInput | CensusInput, everyMinutes: number): Schedule {
    const interval = Duration.minutes(everyMinutes);
    const isOfArchive = input.task === "census";
    return new Schedule(this, isOfArchive ? input.task : `${input.task}-${input.workspace}`, {
      description: isOfArchive ? "census of the archive's workspaces" : `${input.task} of workspace ${input.workspace}`,
      schedule: ScheduleExpression.rate(interval),
      scheduleGroup: this.group,
      target: new LambdaInvoke(this.props.target as IFunction, {
        role: this.role.withoutPolicyUpdates(),
        input: ScheduleTargetInput.fromObject(input),
        // The scheduler retries only if Lambda is throttled or unavailable, and only until the next run is due.
        retryAttempts: 3,
        maxEventAge: interval,
        deadLetterQueue: this.props.undelivered,
      }),
    });
  }
}
