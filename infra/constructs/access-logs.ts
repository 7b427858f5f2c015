import { Duration } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";
import { accessLogGuards, type TrustedRoles } from "./archive-bucket-policy.ts";
import type { Grantee } from "./grantee.ts";
import { guardBucket, privateBucketProps } from "./private-bucket.ts";

/** More than a year, so that a yearly review still sees who read what. */
const KEPT_DAYS = 400;

/** The bucket to which S3 delivers the access logs of the other buckets. Nobody else writes there, and nobody deletes. */
export class AccessLogs extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, trusted: TrustedRoles) {
    super(scope, id);
    this.bucket = new Bucket(this, "Bucket", {
      ...privateBucketProps({ key: null, logs: null }),
      lifecycleRules: [
        {
          id: "forget",
          expiration: Duration.days(KEPT_DAYS),
          noncurrentVersionExpiration: Duration.days(1),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
    });
    guardBucket(this.bucket, accessLogGuards(this.bucket.bucketArn, trusted));
    this.acknowledgeRules();
  }

  /** Allows reading who asked what of the archive. */
  grantRead(auditor: Grantee): void {
    auditor.allow(
      new PolicyStatement({ sid: "ReadAccessLogs", actions: ["s3:GetObject"], resources: [this.logArns] }),
      new PolicyStatement({ sid: "ListAccessLogs", actions: ["s3:ListBucket"], resources: [this.bucket.bucketArn] }),
    );
  }

  get logArns(): string {
    return this.bucket.arnForObjects("*");
  }

  private acknowledgeRules(): void {
    acknowledge(
      this,
      ["nist", "hipaa", "pci"],
      "S3DefaultEncryptionKMS",
      "S3 delivers access logs only to buckets that are encrypted with S3's own keys.",
    );
    acknowledge(
      this,
      ["nist", "hipaa", "pci"],
      "S3BucketReplicationEnabled",
      "Holds access logs for 400 days. The archive does not depend on them.",
    );
  }
}
