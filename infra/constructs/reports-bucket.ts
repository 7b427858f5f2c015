import { Duration } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { ENVIRONMENT } from "../../lambda/contract.ts";
import { acknowledge, acknowledgeWildcards } from "./acknowledge.ts";
import { reportGuards, type TrustedRoles } from "./archive-bucket-policy.ts";
import { type ArchiveKey, useOfKeys } from "./keys.ts";
import { acknowledgeS3Keys, guardBucket, privateBucketProps } from "./private-bucket.ts";
import type { WorkerFunction } from "./worker-function.ts";

export interface ReportsBucketProps {
  readonly accessLogs: Bucket;
  /** Null: S3's own keys encrypt. */
  readonly key: ArchiveKey | null;
  readonly trusted: TrustedRoles;
  /** The only one who writes. */
  readonly verifier: WorkerFunction;
}

/** What the steps of a verification leave for each other is of no use once it has ended; a week is for whoever looks into one. */
const RUNS_KEPT_DAYS = 7;

/**
 * Reports of verifications. A bucket of their own: whoever reads the archive to judge it has no right to write there, and
 * whoever answers alarms may read what was found, and no events.
 */
export class ReportsBucket extends Construct {
  readonly bucket: Bucket;
  private readonly key: ArchiveKey | null;

  constructor(scope: Construct, id: string, props: ReportsBucketProps) {
    super(scope, id);
    const { key, verifier } = props;
    this.key = key;
    this.bucket = new Bucket(this, "Bucket", {
      ...privateBucketProps({ key: key?.key ?? null, logs: { bucket: props.accessLogs, prefix: "reports/" } }),
      lifecycleRules: [
        {
          id: "forget",
          prefix: "runs/",
          expiration: Duration.days(RUNS_KEPT_DAYS),
          noncurrentVersionExpiration: Duration.days(1),
        },
        { id: "no-leftovers", abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
    });
    guardBucket(this.bucket, reportGuards(this.bucket.bucketArn, [verifier.role.roleArn], props.trusted));
    verifier.setEnvironment(ENVIRONMENT.reportsBucket, this.bucket.bucketName);
    verifier.allow(
      new PolicyStatement({
        sid: "KeepReports",
        actions: ["s3:PutObject", "s3:GetObject"],
        resources: [this.runArns, this.reportArns],
      }),
      new PolicyStatement({ sid: "FindReports", actions: ["s3:ListBucket"], resources: [this.bucket.bucketArn] }),
      ...this.keyUse("UseReportsKey", ["kms:GenerateDataKey", "kms:Decrypt"]),
    );
    acknowledgeWildcards(
      verifier.policy,
      [this.runArns, this.reportArns],
      "Reports are named by time, so a policy can only refer to them by their prefix.",
    );
    if (key === null) acknowledgeS3Keys(this.bucket);
    acknowledge(
      this.bucket,
      ["nist", "hipaa", "pci"],
      "S3BucketReplicationEnabled",
      "Holds reports about the archive, and no events. Another verification makes another one.",
    );
  }

  /** Statements that allow reading the reports. */
  reading(): PolicyStatement[] {
    return [
      new PolicyStatement({ sid: "ReadReports", actions: ["s3:GetObject"], resources: [this.reportArns] }),
      new PolicyStatement({
        sid: "ListReports",
        actions: ["s3:ListBucket"],
        resources: [this.bucket.bucketArn],
        conditions: { StringLike: { "s3:prefix": "reports/*" } },
      }),
      ...this.keyUse("DecryptReports", ["kms:Decrypt"]),
    ];
  }

  /** Statements that allow reading what the steps leave for each other, such as the inventory. */
  readingRuns(): PolicyStatement[] {
    return [
      new PolicyStatement({ sid: "ReadInventory", actions: ["s3:GetObject"], resources: [this.runArns] }),
      ...this.keyUse("DecryptInventory", ["kms:Decrypt"]),
    ];
  }

  get runArns(): string {
    return this.bucket.arnForObjects("runs/*");
  }

  get reportArns(): string {
    return this.bucket.arnForObjects("reports/*");
  }

  private keyUse(sid: string, actions: readonly string[]): PolicyStatement[] {
    return this.key === null ? [] : [useOfKeys({ sid, keyArns: [this.key.arn], through: "s3", actions })];
  }
}
