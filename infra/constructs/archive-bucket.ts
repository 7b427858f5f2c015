import { Aws, Duration, Lazy, Size, Validations } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { type IKey, Key } from "aws-cdk-lib/aws-kms";
import { Bucket, type BucketProps, type LifecycleRule, ObjectLockRetention, StorageClass } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { ENVIRONMENT } from "../../lambda/contract.ts";
import { acknowledge } from "./acknowledge.ts";
import { archiveGuards, RECORD_PREFIXES, sealedArns } from "./archive-bucket-policy.ts";
import type { Grantee, Worker } from "./grantee.ts";
import { ArchiveKey, useOfKeys } from "./keys.ts";
import { acknowledgeS3Keys, guardBucket, privateBucketProps } from "./private-bucket.ts";

export interface LockedBucketProps {
  readonly accessLogs: Bucket;
  readonly retentionMode: "governance" | "compliance";
  readonly retentionDays: number;
  readonly expireAfterDays: number | null;
  readonly coldAfterDays: number | null;
}

export interface ArchiveBucketProps extends LockedBucketProps {
  readonly breakGlassRoleArn: string | null;
  readonly deploymentRoleArns: readonly string[];
  readonly writerRoleArns: readonly string[];
  readonly encryption: "kms" | "sse-s3";
  readonly archiveKeyArn: string | null;
  readonly keyRotation: boolean;
}

/**
 * The record. The archiver creates each segment once and says what it looked at, the sealer signs that; nothing else can
 * happen to any of it before its lock ends.
 */
export class ArchiveBucket extends Construct {
  readonly bucket: Bucket;
  /** Encrypts segments and query results; null: S3's own keys do. */
  readonly key: IKey | null;
  /** That key where the stack creates it. */
  readonly ownKey: ArchiveKey | null;
  private readonly writers: string[];
  private readonly sealers: string[] = [];

  constructor(scope: Construct, id: string, props: ArchiveBucketProps) {
    super(scope, id);
    this.writers = [...props.writerRoleArns];
    this.ownKey = this.createKey(props);
    this.key = this.ownKey?.key ?? this.foreignKey(props);
    this.bucket = new Bucket(this, "Bucket", lockedBucketProps(props, this.key));
    const guards = archiveGuards({
      ...props,
      bucketArn: this.bucket.bucketArn,
      keyArn: this.key?.keyArn ?? null,
      writerRoleArns: Lazy.list({ produce: () => this.writers }),
      sealerRoleArns: Lazy.list({ produce: () => this.sealers }),
    });
    guardBucket(this.bucket, guards);
    acknowledgeObjectSize(this.bucket);
    if (this.key === null) acknowledgeS3Keys(this.bucket);
    acknowledge(
      this.bucket,
      ["nist", "hipaa", "pci"],
      "S3BucketReplicationEnabled",
      "Versions are locked, and S3 stores them in at least three zones. Whether personal data may also be in a second account or region is the customer's decision, and the setting replicaBucketArn.",
    );
  }

  /** Allows the worker to create and read the segments of these workspaces, and sets the bucket in its environment. */
  grantAppend(worker: Worker, workspaces: readonly string[]): void {
    this.writers.push(worker.role.roleArn);
    this.name(worker);
    worker.allow(
      new PolicyStatement({
        sid: "CreateAndReadSegments",
        actions: ["s3:PutObject", "s3:GetObject"],
        resources: workspaces.map((gid) => this.segmentArns(gid)),
      }),
      this.listing(workspaces.map((gid) => `events/workspace=${gid}/*`)),
      ...this.keyUse("UseArchiveKey", ["kms:GenerateDataKey", "kms:Decrypt"]),
    );
  }

  /** For the archiver: creates and reads what it says about its looks at these workspaces. */
  coverageAccess(workspaces: readonly string[]): PolicyStatement[] {
    return [
      new PolicyStatement({
        sid: "CreateAndReadCoverage",
        actions: ["s3:PutObject", "s3:GetObject"],
        resources: workspaces.map((gid) => this.coverageArns(gid)),
      }),
      new PolicyStatement({
        sid: "ListCoverage",
        actions: ["s3:ListBucket"],
        resources: [this.bucket.bucketArn],
        conditions: { StringLike: { "s3:prefix": workspaces.map((gid) => `coverage/workspace=${gid}/*`) } },
      }),
    ];
  }

  /** Allows the worker to read everything and to create seals, stamps and keys, and sets the bucket in its environment. */
  grantSeal(worker: Worker): void {
    this.sealers.push(worker.role.roleArn);
    this.name(worker);
    worker.allow(
      new PolicyStatement({ sid: "ReadRecord", actions: ["s3:GetObject"], resources: this.recordArns() }),
      new PolicyStatement({
        sid: "CreateSeals",
        actions: ["s3:PutObject"],
        resources: sealedArns(this.bucket.bucketArn),
      }),
      // Of the whole bucket, because of an object that is not there S3 says so only to whoever may list without conditions.
      new PolicyStatement({ sid: "ListAll", actions: ["s3:ListBucket"], resources: [this.bucket.bucketArn] }),
      ...this.keyUse("UseArchiveKey", ["kms:GenerateDataKey", "kms:Decrypt"]),
    );
  }

  /** Allows the worker to read everything, versions and delete markers too, and sets the bucket in its environment. */
  grantVerify(worker: Worker): void {
    this.name(worker);
    worker.allow(
      new PolicyStatement({ sid: "ReadRecord", actions: ["s3:GetObject"], resources: this.recordArns() }),
      // Of the whole bucket, as for the sealer.
      new PolicyStatement({
        sid: "ListAll",
        actions: ["s3:ListBucket", "s3:ListBucketVersions"],
        resources: [this.bucket.bucketArn],
      }),
      ...this.keyUse("DecryptSegments", ["kms:Decrypt"]),
    );
  }

  /** Allows reading all segments, and what shows that they are whole: coverage, seals, stamps and keys. */
  grantRead(reader: Grantee): void {
    reader.allow(
      new PolicyStatement({ sid: "ReadRecord", actions: ["s3:GetObject"], resources: this.recordArns() }),
      this.listing(RECORD_PREFIXES.map((prefix) => `${prefix}*`)),
      // Athena looks up the region of the data.
      new PolicyStatement({ sid: "FindBucket", actions: ["s3:GetBucketLocation"], resources: [this.bucket.bucketArn] }),
      ...this.keyUse("DecryptSegments", ["kms:Decrypt"]),
    );
  }

  /** Allows Athena to read all events on behalf of the grantee, and the grantee to see which days have some. */
  grantEvents(copier: Grantee): void {
    copier.allow(
      new PolicyStatement({ sid: "ReadEvents", actions: ["s3:GetObject"], resources: [this.eventArns] }),
      this.listing(["events/*"]),
      new PolicyStatement({ sid: "FindBucket", actions: ["s3:GetBucketLocation"], resources: [this.bucket.bucketArn] }),
    );
  }

  /** Allows seeing how all of it is protected: locks and versions of each object. */
  grantInspection(auditor: Grantee): void {
    auditor.allow(
      new PolicyStatement({
        sid: "InspectRecord",
        actions: ["s3:GetObjectRetention", "s3:GetObjectLegalHold", "s3:GetObjectVersion"],
        resources: [this.objectArns],
      }),
      new PolicyStatement({
        sid: "ListVersions",
        actions: ["s3:ListBucketVersions"],
        resources: [this.bucket.bucketArn],
      }),
    );
  }

  /** For the census: lists the folders of all workspaces, and nothing in them. */
  workspaceListing(): PolicyStatement {
    return new PolicyStatement({
      sid: "ListWorkspaces",
      actions: ["s3:ListBucket"],
      resources: [this.bucket.bucketArn],
      conditions: { StringEquals: { "s3:prefix": "events/", "s3:delimiter": "/" } },
    });
  }

  /** The ARN pattern of everything in the bucket. */
  get objectArns(): string {
    return this.bucket.arnForObjects("*");
  }

  /** The ARN pattern of the segments of all workspaces. */
  get eventArns(): string {
    return this.bucket.arnForObjects("events/*");
  }

  /** The ARN pattern of the segments of one workspace. */
  segmentArns(workspace: string): string {
    return this.bucket.arnForObjects(`events/workspace=${workspace}/*`);
  }

  /** The ARN pattern of what the archiver says about its looks at one workspace. */
  coverageArns(workspace: string): string {
    return this.bucket.arnForObjects(`coverage/workspace=${workspace}/*`);
  }

  /** The ARN patterns of everything that the archiver or the sealer writes. */
  recordArns(): string[] {
    return RECORD_PREFIXES.map((prefix) => this.bucket.arnForObjects(`${prefix}*`));
  }

  /** A statement for an identity policy; none where there is no key to use. */
  keyUse(sid: string, actions: readonly string[]): PolicyStatement[] {
    return this.key === null ? [] : [useOfKeys({ sid, keyArns: [this.key.keyArn], through: "s3", actions })];
  }

  private createKey(props: ArchiveBucketProps): ArchiveKey | null {
    if (props.encryption === "sse-s3" || props.archiveKeyArn !== null) return null;
    return new ArchiveKey(this, "Key", { ...props, description: "Asana audit archive: segments and query results" });
  }

  private foreignKey({ archiveKeyArn }: ArchiveBucketProps): IKey | null {
    return archiveKeyArn === null ? null : Key.fromKeyArn(this, "ForeignKey", archiveKeyArn);
  }

  private name(worker: Worker): void {
    worker.setEnvironment(ENVIRONMENT.bucket, this.bucket.bucketName);
    worker.setEnvironment(ENVIRONMENT.bucketOwner, Aws.ACCOUNT_ID);
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

/** A bucket of segments, the archive's or a copy's: as all others are, and locked. */
export function lockedBucketProps(props: LockedBucketProps, key: IKey | null): BucketProps {
  const days = Duration.days(props.retentionDays);
  return {
    ...privateBucketProps({ key, logs: { bucket: props.accessLogs, prefix: "archive/" } }),
    objectLockEnabled: true,
    objectLockDefaultRetention:
      props.retentionMode === "compliance"
        ? ObjectLockRetention.compliance(days)
        : ObjectLockRetention.governance(days),
    lifecycleRules: lifecycle(props),
  };
}

export const acknowledgeObjectSize = (bucket: Bucket): void =>
  Validations.of(bucket).acknowledge({
    id: "CloudFormation-Validate::W9003",
    reason:
      "The CDK writes ObjectSizeGreaterThan as a number where the schema expects a string; CloudFormation accepts both.",
  });

function lifecycle(props: LockedBucketProps): LifecycleRule[] {
  const rules: LifecycleRule[] = [{ id: "no-leftovers", abortIncompleteMultipartUploadAfter: Duration.days(1) }];
  if (props.coldAfterDays !== null) {
    rules.push({
      id: "cold",
      prefix: "events/",
      // That storage class bills smaller objects as 128 KiB, so moving them would cost more than it saves.
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
