import { Aws, CfnOutput, Duration, Stack } from "aws-cdk-lib";
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { CfnBucket } from "aws-cdk-lib/aws-s3";
import { type CfnQueuePolicy, Queue, QueueEncryption, QueuePolicy } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { SettingsError } from "../settings/settings.ts";
import { acknowledge, acknowledgeWildcards } from "./acknowledge.ts";
import type { ArchiveBucket } from "./archive-bucket.ts";

export interface ReplicationProps {
  readonly archiveName: string;
  readonly archive: ArchiveBucket;
  readonly replicaBucketArn: string;
  /** In the copy's region; null: S3's own encryption, here as there. */
  readonly replicaKeyArn: string | null;
}

/** What IAM takes as a role's name, with room for the longest name of a region. */
const NAME = /^[\w+=,.@-]{1,37}$/;

/** Within which S3 promises to copy, which is the only time that it can be asked for. */
const MINUTES = 15;

/** What S3 tells of an object that is not copied, or not in time. */
const SETBACKS = ["OperationFailedReplication", "OperationMissedThreshold", "OperationNotTracked"];

/** Copies every object of the archive bucket, whatever its prefix, into the bucket of a second copy. Delete markers stay here. */
export class Replication extends Construct {
  readonly role: Role;
  /** What S3 tells of objects that it did not copy, or not in time. */
  readonly uncopied: Queue;
  private readonly props: ReplicationProps;

  constructor(scope: Construct, id: string, props: ReplicationProps) {
    super(scope, id);
    this.props = props;
    this.role = this.createRole();
    this.uncopied = this.createQueue();
    this.configure();
    this.offerToCopyExisting();
  }

  private createRole(): Role {
    const { archive, archiveName, replicaBucketArn, replicaKeyArn } = this.props;
    if (!NAME.test(archiveName)) {
      throw new SettingsError([
        `The archive's name is "${archiveName}", of which the role that copies cannot be named. Allowed with ` +
          "replicaBucketArn: up to 37 letters, digits and hyphens, in stackName or archiveName.",
      ]);
    }
    const role = new Role(this, "Role", {
      // A name of its own, because the copy is deployed first and has to know it. Nobody of another account may pass it.
      roleName: `${archiveName}-${Aws.REGION}-replication`,
      description: "With which S3 copies the Asana audit archive",
      assumedBy: new ServicePrincipal("s3.amazonaws.com"),
    });
    const { bucketArn } = archive.bucket;
    const objects = archive.bucket.arnForObjects("*");
    const copies = `${replicaBucketArn}/*`;
    const policy = new ManagedPolicy(this, "Policy", {
      roles: [role],
      statements: [
        new PolicyStatement({
          sid: "ReadConfiguration",
          actions: ["s3:GetReplicationConfiguration", "s3:ListBucket"],
          resources: [bucketArn],
        }),
        new PolicyStatement({
          sid: "ReadVersionsAndLocks",
          actions: [
            "s3:GetObjectVersionForReplication",
            "s3:GetObjectVersionAcl",
            "s3:GetObjectVersionTagging",
            "s3:GetObjectRetention",
            "s3:GetObjectLegalHold",
          ],
          resources: [objects],
        }),
        ...archive.keyUse("DecryptObjects", ["kms:Decrypt"]),
        new PolicyStatement({
          sid: "WriteCopies",
          actions: ["s3:ReplicateObject", "s3:ReplicateTags"],
          resources: [copies],
        }),
        ...(replicaKeyArn === null ? [] : [encryption(replicaKeyArn)]),
      ],
    });
    acknowledgeWildcards(policy, [objects, copies], "It copies every object.");
    return role;
  }

  private createQueue(): Queue {
    const queue = new Queue(this, "Uncopied", {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    queue.addToResourcePolicy(
      new PolicyStatement({
        sid: "ToldByS3",
        principals: [new ServicePrincipal("s3.amazonaws.com")],
        actions: ["sqs:SendMessage"],
        resources: [queue.queueArn],
        // Not the bucket: S3 asks whether it may before CloudFormation could name it.
        conditions: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID } },
      }),
    );
    const reason =
      "It is a record of what was not copied. Nothing consumes its messages, so consuming them cannot fail.";
    acknowledge(queue, ["solutions"], "SQS3", reason);
    acknowledge(queue, ["serverless"], "SQSRedrivePolicy", reason);
    return queue;
  }

  /** On the resource itself: the CDK's own way to notifications is a function that runs inside the deployment. */
  private configure(): void {
    const { archive, replicaBucketArn, replicaKeyArn } = this.props;
    const bucket = archive.bucket.node.defaultChild as CfnBucket;
    bucket.replicationConfiguration = {
      role: this.role.roleArn,
      rules: [
        {
          id: "second-copy",
          status: "Enabled",
          priority: 1,
          filter: { prefix: "" },
          deleteMarkerReplication: { status: "Disabled" },
          ...(replicaKeyArn === null
            ? {}
            : { sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: "Enabled" } } }),
          destination: {
            bucket: replicaBucketArn,
            metrics: { status: "Enabled", eventThreshold: { minutes: MINUTES } },
            replicationTime: { status: "Enabled", time: { minutes: MINUTES } },
            ...(replicaKeyArn === null ? {} : { encryptionConfiguration: { replicaKmsKeyId: replicaKeyArn } }),
          },
        },
      ],
    };
    bucket.notificationConfiguration = {
      queueConfigurations: SETBACKS.map((name) => ({
        event: `s3:Replication:${name}`,
        queue: this.uncopied.queueArn,
      })),
    };
    // S3 tries the queue when it is told of it.
    const policy = this.uncopied.node.findAll().find((construct) => construct instanceof QueuePolicy);
    bucket.addResourceDependency(policy!.node.defaultChild as CfnQueuePolicy);
  }

  /** S3 copies what is written from now on. A batch job copies the rest, and what failed, with the rule above. */
  private offerToCopyExisting(): void {
    const { bucketArn } = this.props.archive.bucket;
    const objects = this.props.archive.bucket.arnForObjects("*");
    const role = new Role(this, "ExistingRole", {
      description: "Orders copies of what the Asana audit archive held before it was copied, or that failed",
      assumedBy: new ServicePrincipal("batchoperations.s3.amazonaws.com"),
    });
    const policy = new ManagedPolicy(this, "ExistingPolicy", {
      roles: [role],
      statements: [
        new PolicyStatement({ sid: "OrderCopies", actions: ["s3:InitiateReplication"], resources: [objects] }),
        new PolicyStatement({
          sid: "ListObjects",
          actions: ["s3:GetReplicationConfiguration", "s3:PutInventoryConfiguration"],
          resources: [bucketArn],
        }),
      ],
    });
    acknowledgeWildcards(policy, [objects], "It orders copies of every object.");
    const manifest = {
      S3JobManifestGenerator: {
        ExpectedBucketOwner: Aws.ACCOUNT_ID,
        SourceBucket: bucketArn,
        EnableManifestOutput: false,
        Filter: { EligibleForReplication: true, ObjectReplicationStatuses: ["NONE", "FAILED"] },
      },
    };
    const command = [
      `aws s3control create-job --region ${Stack.of(this).region} --account-id ${Aws.ACCOUNT_ID}`,
      `--operation '{"S3ReplicateObject":{}}' --report '{"Enabled":false}' --priority 1 --no-confirmation-required`,
      `--manifest-generator '${JSON.stringify(manifest)}' --role-arn ${role.roleArn}`,
    ];
    new CfnOutput(this, "CopyExisting", {
      description: "Copy what was archived before the second copy, or what could not be copied",
      value: command.join(" "),
    }).overrideLogicalId("CopyExisting");
  }
}

/** S3 encrypts in the copy's region, which the key's ARN names. */
const encryption = (keyArn: string): PolicyStatement =>
  new PolicyStatement({
    sid: "EncryptCopies",
    actions: ["kms:Encrypt", "kms:GenerateDataKey"],
    resources: [keyArn],
    conditions: { StringEquals: { "kms:ViaService": `s3.${keyArn.split(":")[3]}.amazonaws.com` } },
  });
