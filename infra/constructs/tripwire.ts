import { ArnFormat, Aws, Names, Stack } from "aws-cdk-lib";
import { type CfnRule, EventField, Rule, RuleTargetInput } from "aws-cdk-lib/aws-events";
import { SnsTopic } from "aws-cdk-lib/aws-events-targets";
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { Topic } from "aws-cdk-lib/aws-sns";
import { type IQueue, Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { type ArchiveKey, useOfKeys } from "./keys.ts";
import { READ_ONLY_PATTERNS, tripwirePatterns, type Watched } from "./tripwire-patterns.ts";

export interface TripwireProps {
  readonly watched: Omit<Watched, "ruleNamePrefix" | "stack">;
  readonly topic: Topic;
  readonly key: ArchiveKey;
  readonly undelivered: IQueue;
  /** Where to read on: a link, or the section's name. */
  readonly runbook: string;
}

/** The tripwire's heading in docs/runbook.md. */
export const TRIPWIRE_HEADING = "Tripwire";

/** So that a rule's whole name has the 64 characters that EventBridge takes. */
const PREFIX_CHARACTERS = 48;

/** A rule that is only "ENABLED" is given no read-only calls. */
const WITH_READ_ONLY_EVENTS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS";

/**
 * Tells the topic of alarms when somebody calls what would weaken the archive's protection, whether it was done or refused.
 * It sees what CloudTrail records: without a trail in the account, nothing.
 */
export class Tripwire extends Construct {
  constructor(scope: Construct, id: string, props: TripwireProps) {
    super(scope, id);
    const { account, region } = Stack.of(this);
    // Named by us, because a rule watches over all of them, itself included.
    const ruleNamePrefix = `${Names.uniqueResourceName(this, { maxLength: PREFIX_CHARACTERS })}-`;
    const ruleArns = Stack.of(this).formatArn({
      service: "events",
      resource: "rule",
      resourceName: `${ruleNamePrefix}*`,
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    });
    const role = new Role(this, "Role", {
      description: "Publishes what the tripwire sees to the topic of alarms",
      assumedBy: new ServicePrincipal("events.amazonaws.com", {
        conditions: {
          StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID },
          ArnLike: { "aws:SourceArn": ruleArns },
        },
      }),
    });
    const policy = new ManagedPolicy(this, "Policy", {
      roles: [role],
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
    props.undelivered.addToResourcePolicy(
      new PolicyStatement({
        sid: "RecordUndelivered",
        principals: [new ServicePrincipal("events.amazonaws.com")],
        actions: ["sqs:SendMessage"],
        resources: [props.undelivered.queueArn],
        conditions: { ArnLike: { "aws:SourceArn": ruleArns } },
      }),
    );
    const target = new SnsTopic(props.topic, {
      role: role.withoutPolicyUpdates(),
      message: message(props, `${account}, ${region}`),
      // By its ARN, to whose policy the CDK adds nothing: it would add a statement for each rule, and SQS takes 20.
      deadLetterQueue: Queue.fromQueueArn(this, "Undelivered", props.undelivered.queueArn),
    });
    const patterns = tripwirePatterns({
      ...props.watched,
      ruleNamePrefix,
      stack: { name: Aws.STACK_NAME, id: Aws.STACK_ID },
    });
    for (const [name, eventPattern] of Object.entries(patterns)) {
      const rule = new Rule(this, name, {
        ruleName: `${ruleNamePrefix}${name}`,
        description: `Tripwire of the Asana audit archive ${props.watched.archiveName}: ${name}`,
        eventPattern,
        targets: [target],
      });
      rule.node.addDependency(policy);
      if (READ_ONLY_PATTERNS.has(name)) (rule.node.defaultChild as CfnRule).state = WITH_READ_ONLY_EVENTS;
    }
  }
}

/** A mail that says what happened without another look. Where an event lacks a field, its place stays empty. */
function message({ watched, runbook }: TripwireProps, place: string): RuleTargetInput {
  const field = (path: string) => EventField.fromPath(`$.detail.${path}`);
  return RuleTargetInput.fromMultilineText(
    [
      `Tripwire of the Asana audit archive ${watched.archiveName} (${place}): somebody called ${field("eventName")} of ${field("eventSource")}.`,
      `Refused with (empty if it was done): ${field("errorCode")}`,
      `Who: ${field("userIdentity.arn")} from ${field("sourceIPAddress")} at ${field("eventTime")}`,
      `CloudTrail event: ${field("eventID")} in ${field("awsRegion")}`,
      `If this was not you or a deployment, somebody is working on the archive's protection. Runbook: ${runbook}`,
    ].join("\n"),
  );
}
