import { Aws, Duration, Lazy, RemovalPolicy, Size, Validations } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type IBucket,
  type LifecycleRule,
  ObjectLockRetention,
  ObjectOwnership,
  StorageClass,
} from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { ENVIRONMENT } from "../../lambda/contract.ts";
import { acknowledge } from "./acknowledge.ts";
import { archiveGuards } from "./archive-bucket-policy.ts";
import type { Grantee, Worker } from "./grantee.ts";
import { ArchiveKey, useOfKeys } from "./keys.ts";

export interface ArchiveBucketProps {
  readonly accessLogs: Bucket;
  readonly retentionMode: "governance" | "compliance";
  readonly retentionDays: number;
  readonly expireAfterDays: number | null;
  readonly coldAfterDays: number | null;
  readonly breakGlassRoleArn: string | null;
  readonly deploymentRoleArn: string;
  readonly writerRoleArns: readonly string[];
}

/** The record. Segments are created, once, by the writer; nothing else happens to them before their lock ends. */
export class ArchiveBucket extends Construct {
  readonly bucket: Bucket;
  readonly key: ArchiveKey;
  private readonly writers: string[];

  constructor(scope: Construct, id: string, props: ArchiveBucketProps) {
    super(scope, id);
    this.writers = [...props.writerRoleArns];
    this.key = new ArchiveKey(this, "Key", {
      description: "Asana audit archive: segments and query results",
      breakGlassRoleArn: props.breakGlassRoleArn,
    });
    const days = Duration.days(props.retentionDays);
    this.bucket = new Bucket(this, "Bucket", {
      versioned: true,
      objectLockEnabled: true,
      objectLockDefaultRetention:
        props.retentionMode === "compliance"
          ? ObjectLockRetention.compliance(days)
          : ObjectLockRetention.governance(days),
      encryption: BucketEncryption.KMS,
      encryptionKey: this.key.key,
      bucketKeyEnabled: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      serverAccessLogsBucket: props.accessLogs as IBucket,
      serverAccessLogsPrefix: "archive/",
      lifecycleRules: lifecycle(props),
      removalPolicy: RemovalPolicy.RETAIN,
    });
    for (const guard of archiveGuards({
      ...props,
      bucketArn: this.bucket.bucketArn,
      keyArn: this.key.arn,
      writerRoleArns: Lazy.list({ produce: () => this.writers }),
    })) {
      this.bucket.addToResourcePolicy(guard);
    }
    // Without its policy the bucket would outlive the stack unguarded.
    this.bucket.policy?.applyRemovalPolicy(RemovalPolicy.RETAIN);
    Validations.of(this.bucket).acknowledge({
      id: "CloudFormation-Validate::W9003",
      reason: "The CDK writes ObjectSizeGreaterThan as a number where the schema has text; CloudFormation takes both.",
    });
    acknowledge(
      this.bucket,
      ["nist", "hipaa", "pci"],
      "S3BucketReplicationEnabled",
      "Versions are locked and S3 keeps them in three zones or more. A second region is the customer's choice of where personal data may be: docs/security.md says how to add one.",
    );
  }

  /** Lets it create and read the segments of these workspaces, and names the bucket to it. */
  grantAppend(worker: Worker, workspaces: readonly string[]): void {
    this.writers.push(worker.role.roleArn);
    worker.setEnvironment(ENVIRONMENT.bucket, this.bucket.bucketName);
    worker.setEnvironment(ENVIRONMENT.bucketOwner, Aws.ACCOUNT_ID);
    worker.allow(
      new PolicyStatement({
        sid: "CreateAndReadSegments",
        actions: ["s3:PutObject", "s3:GetObject"],
        resources: workspaces.map((gid) => this.segmentArns(gid)),
      }),
      this.listing(workspaces.map((gid) => `events/workspace=${gid}/*`)),
      this.keyUse("UseArchiveKey", ["kms:GenerateDataKey", "kms:Decrypt"]),
    );
  }

  /** Lets it read all segments. */
  grantRead(reader: Grantee): void {
    reader.allow(
      new PolicyStatement({
        sid: "ReadSegments",
        actions: ["s3:GetObject"],
        resources: [this.segmentArns()],
      }),
      this.listing(["events/*"]),
      // Athena asks for the region of the data.
      new PolicyStatement({ sid: "FindBucket", actions: ["s3:GetBucketLocation"], resources: [this.bucket.bucketArn] }),
      this.keyUse("DecryptSegments", ["kms:Decrypt"]),
    );
  }

  /** Of the segments of one workspace, or of all. */
  segmentArns(workspace?: string): string {
    return this.bucket.arnForObjects(workspace === undefined ? "events/*" : `events/workspace=${workspace}/*`);
  }

  private keyUse(sid: string, actions: readonly string[]): PolicyStatement {
    return useOfKeys({ sid, keyArns: [this.key.arn], through: "s3", actions });
  }

  private listing(prefixes: readonly string[]): PolicyStatement {
    return new PolicyStatement({
      sid: "ListSegments",
      actions: ["s3:ListBucket"],
      resources: [this.bucket.bucketArn],
      conditions: { StringLike: { "s3:prefix": prefixes } },
    });
  }
}

function lifecycle(props: ArchiveBucketProps): LifecycleRule[] {
  const rules: LifecycleRule[] = [{ id: "no-leftovers", abortIncompleteMultipartUploadAfter: Duration.days(1) }];
  if (props.coldAfterDays !== null) {
    rules.push({
      id: "cold",
      prefix: "events/",
      // Smaller objects are billed as 128 KiB there, and cost more than they save.
      objectSizeGreaterThan: Size.kibibytes(128).toBytes(),
      transitions: [
        { storageClass: StorageClass.GLACIER_INSTANT_RETRIEVAL, transitionAfter: Duration.days(props.coldAfterDays) },
      ],
    });
  }
  if (props.expireAfterDays !== null) {
    rules.push({
      id: "expire",
      prefix: "events/",
      expiration: Duration.days(props.expireAfterDays),
      noncurrentVersionExpiration: Duration.days(1),
    });
  }
  return rules;
}
