import { Aws, Duration, Stack, TimeZone } from "aws-cdk-lib";
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Schedule, ScheduleExpression, type ScheduleGroup, ScheduleTargetInput } from "aws-cdk-lib/aws-scheduler";
import { SnsPublish } from "aws-cdk-lib/aws-scheduler-targets";
import type { Topic } from "aws-cdk-lib/aws-sns";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { type ArchiveKey, useOfKeys } from "./keys.ts";

export interface SignOfLifeProps {
  readonly archiveName: string;
  readonly group: ScheduleGroup;
  readonly topic: Topic;
  readonly key: ArchiveKey;
  readonly undelivered: IQueue;
}

/** A message each Monday, on the way that alarms take: whoever misses it knows that no alarm would reach them either. */
export class SignOfLife extends Construct {
  constructor(scope: Construct, id: string, props: SignOfLifeProps) {
    super(scope, id);
    const role = new Role(this, "Role", {
      description: "Publishes the weekly sign of life to the topic of alarms",
      assumedBy: new ServicePrincipal("scheduler.amazonaws.com", {
        conditions: {
          StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID, "aws:SourceArn": props.group.scheduleGroupArn },
        },
      }),
    });
    const policy = new ManagedPolicy(this, "Policy", {
      roles: [role],
      statements: [
        new PolicyStatement({ sid: "Publish", actions: ["sns:Publish"], resources: [props.topic.topicArn] }),
        new PolicyStatement({
          sid: "RecordUndelivered",
          actions: ["sqs:SendMessage"],
          resources: [props.undelivered.queueArn],
        }),
        useOfKeys({
          sid: "EncryptMessages",
          keyArns: [props.key.arn],
          through: "sns",
          actions: ["kms:GenerateDataKey", "kms:Decrypt"],
        }),
      ],
    });
    const { region } = Stack.of(this);
    const schedule = new Schedule(this, "Weekly", {
      description: "sign of life on the topic of alarms",
      schedule: ScheduleExpression.cron({ minute: "0", hour: "7", weekDay: "MON", timeZone: TimeZone.ETC_UTC }),
      scheduleGroup: props.group,
      target: new SnsPublish(props.topic, {
        role: role.withoutPolicyUpdates(),
        input: ScheduleTargetInput.fromText(
          `Weekly sign of life of the Asana audit archive ${props.archiveName} in ${region}. No action is needed: alarms ` +
            'take the same way as this message. If it does not come on a Monday, see "No mail arrives" in the runbook.',
        ),
        retryAttempts: 3,
        maxEventAge: Duration.hours(1),
        deadLetterQueue: props.undelivered,
      }),
    });
    schedule.node.addDependency(policy);
  }
}
