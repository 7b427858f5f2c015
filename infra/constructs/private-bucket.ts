import type { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import {
  BlockPublicAccess,
  type Bucket,
  BucketEncryption,
  type BucketProps,
  type IBucket,
  ObjectOwnership,
} from "aws-cdk-lib/aws-s3";
import { acknowledge } from "./acknowledge.ts";
import { RETAINED } from "./retained.ts";

export interface PrivateBucketProps {
  /** Encrypts what is in it; null: S3's own keys do. */
  readonly key: IKey | null;
  /** Where S3 delivers the bucket's access logs, and how their keys begin there; null: they are not kept. */
  readonly logs: { readonly bucket: Bucket; readonly prefix: string } | null;
}

/** What all buckets have in common: encrypted, private, reached over TLS only, versioned, and left behind by their stack. */
export const privateBucketProps = ({ key, logs }: PrivateBucketProps): BucketProps => ({
  ...(key === null
    ? { encryption: BucketEncryption.S3_MANAGED }
    : { encryption: BucketEncryption.KMS, encryptionKey: key, bucketKeyEnabled: true }),
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  versioned: true,
  ...(logs !== null && { serverAccessLogsBucket: logs.bucket as IBucket, serverAccessLogsPrefix: logs.prefix }),
  removalPolicy: RETAINED,
});

/** Gives a bucket its policy. The bucket outlives the stack, and so does the policy, without which it would be unprotected. */
export function guardBucket(bucket: Bucket, statements: readonly PolicyStatement[]): void {
  for (const statement of statements) bucket.addToResourcePolicy(statement);
  bucket.policy?.applyRemovalPolicy(RETAINED);
}

export const acknowledgeS3Keys = (bucket: Bucket): void =>
  acknowledge(
    bucket,
    ["nist", "hipaa", "pci"],
    "S3DefaultEncryptionKMS",
    "The setting encryption asks for S3's own keys, which nobody can destroy or withhold.",
  );
