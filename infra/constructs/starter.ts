import { Aws, TimeZone } from "aws-cdk-lib";
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Schedule, ScheduleExpression, type ScheduleGroup, type ScheduleProps } from "aws-cdk-lib/aws-scheduler";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";

/** What a construct needs to have schedules. */
export interface Scheduling {
  readonly group: ScheduleGroup;
  /** Keeps what the scheduler could not start. */
  readonly undelivered: IQueue;
}

export interface StarterProps extends Scheduling {
  readonly description: string;
  /** Allow what the schedules start. */
  readonly statements: readonly PolicyStatement[];
}

/**
 * A role with which schedules of the archive's group, and nobody else, start something. `prefix`: how the ids of role and
 * policy begin.
 */
export function createStarter(scope: Construct, prefix: "" | "Schedules", props: StarterProps) {
  const { group, undelivered } = props;
  const role = new Role(scope, `${prefix}Role`, {
    description: props.description,
    assumedBy: new ServicePrincipal("scheduler.amazonaws.com", {
      conditions: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID, "aws:SourceArn": group.scheduleGroupArn } },
    }),
  });
  const recording = new PolicyStatement({
    sid: "RecordUndelivered",
    actions: ["sqs:SendMessage"],
    resources: [undelivered.queueArn],
  });
  const policy = new ManagedPolicy(scope, `${prefix}Policy`, {
    roles: [role],
    statements: [...props.statements, recording],
  });
  return {
    /**
     * What the targets of all schedules have in common. The scheduler tries again only if it could not start something, as
     * where Lambda is throttled or unavailable.
     */
    target: { role: role.withoutPolicyUpdates(), retryAttempts: 3, deadLetterQueue: undelivered },
    schedule(id: string, schedule: Omit<ScheduleProps, "scheduleGroup">): void {
      new Schedule(scope, id, { ...schedule, scheduleGroup: group }).node.addDependency(policy);
    },
  };
}

/** Every day at a full hour of UTC, which may be given as one of a later day. */
export const dailyAt = (hour: number): ScheduleExpression =>
  ScheduleExpression.cron({ minute: "0", hour: String(hour % 24), timeZone: TimeZone.ETC_UTC });
