import { AnyPrincipal, Effect, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Topic } from "aws-cdk-lib/aws-sns";
import { Construct } from "constructs";
import { ENVIRONMENT } from "../../lambda/contract.ts";
import type { Worker } from "./grantee.ts";
import { type ArchiveKey, useOfKeys } from "./keys.ts";

export interface SealsTopicProps {
  readonly archiveName: string;
  readonly key: ArchiveKey;
  /** The only one who publishes. */
  readonly sealer: Worker;
}

/** Where the number and the hash of each new seal are published, for whoever keeps them out of the reach of this account. */
export class SealsTopic extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, { archiveName, key, sealer }: SealsTopicProps) {
    super(scope, id);
    this.topic = new Topic(this, "Topic", {
      displayName: `${archiveName} seals`,
      masterKey: key.key,
      enforceSSL: true,
    });
    const publish = { actions: ["sns:Publish"], resources: [this.topic.topicArn] };
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: "OnlyTheSealerPublishes",
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        ...publish,
        conditions: { ArnNotEquals: { "aws:PrincipalArn": sealer.role.roleArn } },
      }),
    );
    sealer.setEnvironment(ENVIRONMENT.sealsTopic, this.topic.topicArn);
    sealer.allow(
      new PolicyStatement({ sid: "PublishSeals", ...publish }),
      useOfKeys({
        sid: "EncryptMessages",
        keyArns: [key.arn],
        through: "sns",
        actions: ["kms:GenerateDataKey", "kms:Decrypt"],
      }),
    );
  }
}
