import { ManagedPolicy, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import type { AccessLogs } from "./access-logs.ts";
import { acknowledge, acknowledgeWildcards } from "./acknowledge.ts";
import type { ArchiveBucket } from "./archive-bucket.ts";
import type { CheckpointTable } from "./checkpoint-table.ts";
import { OWN_STACK, PeopleRole } from "./people-role.ts";
import type { ReportsBucket } from "./reports-bucket.ts";

export interface AuditorRoleProps {
  readonly principalArns: readonly string[];
  readonly archive: ArchiveBucket;
  readonly accessLogs: AccessLogs;
  readonly reports: ReportsBucket;
  readonly checkpoints: CheckpointTable;
  readonly workspaces: readonly string[];
  readonly bucketArns: readonly string[];
  readonly keyArns: readonly string[];
  /** What schedules start, of which it sees the code's hash. */
  readonly functionArns: readonly string[];
  /** Of whose subscriptions it sees who they are. */
  readonly topicArns: readonly string[];
}

/** The role for whoever checks the archive and its protection: `verify`, `doctor`, locks, versions, policies, access logs. */
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
    // A policy of its own, because that of many retired workspaces is nearly as long as IAM takes.
    const inspection = new ManagedPolicy(this, "InspectionPolicy", {
      roles: [this.role],
      statements: [
        new PolicyStatement({ sid: "InspectBuckets", actions: BUCKET_ACTIONS, resources: [...props.bucketArns] }),
        new PolicyStatement({ sid: "InspectKeys", actions: KEY_ACTIONS, resources: [...props.keyArns] }),
        new PolicyStatement({ sid: "CompareStack", actions: STACK_ACTIONS, resources: [this.stackArns] }),
        new PolicyStatement({
          sid: "CompareCode",
          actions: ["lambda:GetFunctionConfiguration"],
          resources: [...props.functionArns],
        }),
        new PolicyStatement({
          sid: "SeeWhoIsTold",
          actions: ["sns:ListSubscriptionsByTopic"],
          resources: [...props.topicArns],
        }),
        new PolicyStatement({ sid: "Look", actions: LOOK, resources: ["*"] }),
        ...props.reports.reading(),
      ],
    });
    acknowledge(inspection, ["solutions"], "IAM5[Resource::*]", "These actions only look, and know no resources.");
    acknowledgeWildcards(inspection, [this.stackArns], OWN_STACK);
    acknowledgeWildcards(inspection, [props.reports.reportArns], NAMED);
    acknowledgeWildcards(this.policy, [...archive.recordArns(), archive.objectArns, accessLogs.logArns], NAMED);
  }
}

const NAMED =
  "Segments and seals are named by day and number, access logs and reports by time, so a policy can only refer to them by their prefix.";

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

const STACK_ACTIONS = [
  "cloudformation:DescribeStacks",
  "cloudformation:ListStackResources",
  "cloudformation:GetTemplate",
];

/** What `doctor` looks at besides. */
const LOOK = [
  "cloudtrail:DescribeTrails",
  "cloudtrail:GetTrailStatus",
  "cloudtrail:GetEventSelectors",
  "lambda:GetAccountSettings",
  "scheduler:ListSchedules",
];
