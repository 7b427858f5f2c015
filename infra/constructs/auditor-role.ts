import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import type { AccessLogs } from "./access-logs.ts";
import { acknowledgeWildcards } from "./acknowledge.ts";
import type { ArchiveBucket } from "./archive-bucket.ts";
import type { CheckpointTable } from "./checkpoint-table.ts";
import { PeopleRole } from "./people-role.ts";

export interface AuditorRoleProps {
  readonly principalArns: readonly string[];
  readonly archive: ArchiveBucket;
  readonly accessLogs: AccessLogs;
  readonly checkpoints: CheckpointTable;
  readonly workspaces: readonly string[];
  readonly bucketArns: readonly string[];
  readonly keyArns: readonly string[];
}

/** The role for whoever checks the archive and its protection: `verify`, locks, versions, policies, access logs. */
export class AuditorRole extends PeopleRole {
  constructor(scope: Construct, id: string, props: AuditorRoleProps) {
    super(scope, id, {
      description: "Verifies the Asana audit archive and inspects how it is protected",
      principalArns: props.principalArns,
    });
    const { archive, accessLogs } = props;
    archive.grantRead(this);
    archive.grantInspection(this);
    accessLogs.grantRead(this);
    props.checkpoints.grantRead(this, props.workspaces);
    this.allow(
      new PolicyStatement({ sid: "InspectBuckets", actions: BUCKET_ACTIONS, resources: [...props.bucketArns] }),
      new PolicyStatement({ sid: "InspectKeys", actions: KEY_ACTIONS, resources: [...props.keyArns] }),
    );
    acknowledgeWildcards(
      this.policy,
      [archive.segmentArns(), accessLogs.logArns],
      "Segments are named by day and number, access logs by time, so a policy can only refer to them by their prefix.",
    );
  }
}

/** What shows how a bucket is protected. */
export const BUCKET_ACTIONS = [
  "s3:GetBucketPolicy",
  "s3:GetBucketVersioning",
  "s3:GetBucketObjectLockConfiguration",
  "s3:GetLifecycleConfiguration",
  "s3:GetEncryptionConfiguration",
  "s3:GetBucketPublicAccessBlock",
  "s3:GetBucketOwnershipControls",
  "s3:GetBucketLogging",
  "s3:GetReplicationConfiguration",
];

/** What shows how a key is protected. */
export const KEY_ACTIONS = ["kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListGrants"];
