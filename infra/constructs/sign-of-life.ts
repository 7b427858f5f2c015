import { Duration, Stack, TimeZone } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { ScheduleExpression, ScheduleTargetInput } from "aws-cdk-lib/aws-scheduler";
import { SnsPublish } from "aws-cdk-lib/aws-scheduler-targets";
import type { Topic } from "aws-cdk-lib/aws-sns";
import { Construct } from "constructs";
import { type ArchiveKey, useOfKeys } from "./keys.ts";
import { createStarter, type Scheduling } from "./starter.ts";

export interface SignOfLifeProps extends Scheduling {
  readonly archiveName: string;
  readonly topic: Topic;
  readonly key: ArchiveKey;
}

/** A message each Monday, on the way that alarms take: whoever misses it knows that no alarm would reach them either. */
export class SignOfLife extends Construct {
  constructor(scope: Construct, id: string, props: SignOfLifeProps) {
    super(scope, id);
    const starter = createStarter(this, "", {
      ...props,
      description: "Publishes the weekly sign of life to the topic of alarms",
      statements: [
        new PolicyStatement({ sid: "Publish", actions: ["sns:Publish"], resources: [props.topic.topicArn] }),
        useOfKeys({
          sid: "EncryptMessages",
          keyArns: [props.key.arn],
          through: "sns",
          actions: ["kms:GenerateDataKey", "kms:Decrypt"],
        }),
      ],
    });
    const { region } = Stack.of(this);
    starter.schedule("Weekly", {
      description: "sign of life on the topic of alarms",
      schedule: ScheduleExpression.cron({ minute: "0", hour: "7", weekDay: "MON", timeZone: TimeZone.ETC_UTC }),
      target: new SnsPublish(props.topic, {
        ...starter.target,
        input: ScheduleTargetInput.fromText(
          `Weekly sign of life of the Asana audit archive ${props.archiveName} in ${region}. No action is needed: alarms ` +
            'take the same way as this message. If it does not come on a Monday, see "No mail arrives" in the runbook.',
        ),
        maxEventAge: Duration.hours(1),
      }),
    });
  }
}
