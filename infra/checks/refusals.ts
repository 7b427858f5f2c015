/**
 * Requests that the archive bucket must refuse, whoever makes them. They are real: if the bucket does not refuse one, it
 * takes effect. So run them only against a deployment made for these checks, never against one that holds an archive.
 */
import {
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
} from "@aws-sdk/client-s3";

/** An object that the check has created conditionally, as the writer does. */
export interface Target {
  readonly Bucket: string;
  readonly Key: string;
  readonly VersionId: string;
}

export interface Refusal {
  readonly title: string;
  /** Error codes with which S3 may refuse the request. */
  readonly codes: readonly string[];
  attempt(client: S3Client, target: Target): Promise<unknown>;
}

const DENIED = ["AccessDenied"];
const SOON = () => new Date(Date.now() + 3_600_000);
const conditional = ({ Bucket, Key }: Target, name: string) => ({
  Bucket,
  Key: `${Key}.${name}`,
  Body: "x",
  IfNoneMatch: "*",
});

export const refusals: readonly Refusal[] = [
  {
    title: "a put without If-None-Match",
    codes: DENIED,
    attempt: (s3, { Bucket, Key }) => s3.send(new PutObjectCommand({ Bucket, Key: `${Key}.plain`, Body: "x" })),
  },
  {
    title: "a second create of a key",
    codes: ["PreconditionFailed"],
    attempt: (s3, { Bucket, Key }) => s3.send(new PutObjectCommand({ Bucket, Key, Body: "x", IfNoneMatch: "*" })),
  },
  {
    title: "a multipart upload",
    codes: DENIED,
    attempt: (s3, { Bucket, Key }) => s3.send(new CreateMultipartUploadCommand({ Bucket, Key: `${Key}.parts` })),
  },
  {
    title: "a copy over a segment",
    codes: DENIED,
    attempt: (s3, { Bucket, Key }) =>
      s3.send(new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/${Key}`, MetadataDirective: "REPLACE" })),
  },
  {
    title: "a create whose bytes do not match its checksum",
    codes: ["BadDigest", "XAmzContentChecksumMismatch", "InvalidRequest"],
    attempt: (s3, target) =>
      s3.send(
        new PutObjectCommand({ ...conditional(target, "digest"), ChecksumSHA256: Buffer.alloc(32).toString("base64") }),
      ),
  },
  {
    title: "a create with S3's own encryption",
    codes: DENIED,
    attempt: (s3, target) =>
      s3.send(new PutObjectCommand({ ...conditional(target, "aes"), ServerSideEncryption: "AES256" })),
  },
  {
    title: "a create with another key",
    codes: DENIED,
    attempt: (s3, target) =>
      s3.send(
        new PutObjectCommand({
          ...conditional(target, "key"),
          ServerSideEncryption: "aws:kms",
          SSEKMSKeyId: "alias/aws/s3",
        }),
      ),
  },
  {
    title: "a create with a lock that ends in an hour",
    codes: DENIED,
    attempt: (s3, target) =>
      s3.send(
        new PutObjectCommand({
          ...conditional(target, "lock"),
          ObjectLockMode: "GOVERNANCE",
          ObjectLockRetainUntilDate: SOON(),
          ChecksumAlgorithm: "SHA256",
        }),
      ),
  },
  {
    title: "a delete marker",
    codes: DENIED,
    attempt: (s3, { Bucket, Key }) => s3.send(new DeleteObjectCommand({ Bucket, Key })),
  },
  {
    title: "the deletion of a version",
    codes: DENIED,
    attempt: (s3, target) => s3.send(new DeleteObjectCommand(target)),
  },
  {
    title: "the deletion of a version, bypassing governance",
    codes: DENIED,
    attempt: (s3, target) => s3.send(new DeleteObjectCommand({ ...target, BypassGovernanceRetention: true })),
  },
  {
    title: "a shorter lock",
    codes: DENIED,
    attempt: (s3, target) =>
      s3.send(
        new PutObjectRetentionCommand({
          ...target,
          Retention: { Mode: "GOVERNANCE", RetainUntilDate: SOON() },
          BypassGovernanceRetention: true,
        }),
      ),
  },
  {
    title: "lifting a legal hold",
    codes: DENIED,
    attempt: (s3, target) => s3.send(new PutObjectLegalHoldCommand({ ...target, LegalHold: { Status: "OFF" } })),
  },
  {
    title: "deleting the bucket's policy",
    codes: DENIED,
    attempt: (s3, { Bucket }) => s3.send(new DeleteBucketPolicyCommand({ Bucket })),
  },
  {
    title: "suspending versions",
    codes: DENIED,
    attempt: (s3, { Bucket }) =>
      s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Suspended" } })),
  },
  {
    title: "a default lock of a day",
    codes: DENIED,
    attempt: (s3, { Bucket }) =>
      s3.send(
        new PutObjectLockConfigurationCommand({
          Bucket,
          ObjectLockConfiguration: {
            ObjectLockEnabled: "Enabled",
            Rule: { DefaultRetention: { Mode: "GOVERNANCE", Days: 1 } },
          },
        }),
      ),
  },
  {
    title: "a lifecycle that deletes tomorrow",
    codes: DENIED,
    attempt: (s3, { Bucket }) =>
      s3.send(
        new PutBucketLifecycleConfigurationCommand({
          Bucket,
          LifecycleConfiguration: { Rules: [{ Status: "Enabled", Filter: { Prefix: "" }, Expiration: { Days: 1 } }] },
        }),
      ),
  },
  {
    title: "opening the bucket to the public",
    codes: DENIED,
    attempt: (s3, { Bucket }) =>
      s3.send(
        new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: { BlockPublicPolicy: false } }),
      ),
  },
  {
    title: "a create in a bucket that somebody else is expected to own",
    codes: DENIED,
    attempt: (s3, target) =>
      s3.send(new PutObjectCommand({ ...conditional(target, "owner"), ExpectedBucketOwner: "123456789012" })),
  },
];
