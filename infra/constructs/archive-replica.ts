import { Aws, CfnOutput, Stack } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Bucket } from "aws-cdk-lib/aws-s3";
import * as cxapi from "aws-cdk-lib/cx-api";
import { Construct } from "constructs";
import { accountProblems, type ReplicaSettings, readReplicaSettings, SettingsError } from "../settings/settings.ts";
import { AccessLogs } from "./access-logs.ts";
import { acknowledge, acknowledgeWildcards } from "./acknowledge.ts";
import { acknowledgeObjectSize, lockedBucketProps } from "./archive-bucket.ts";
import { onlyFor, replicaGrants, replicaGuards } from "./archive-bucket-policy.ts";
import { BUCKET_ACTIONS, KEY_ACTIONS } from "./auditor-role.ts";
import { accountOf, deploymentRoleArns } from "./deployment-role.ts";
import { ArchiveKey, type ArchiveKeyProps, useOfKeys } from "./keys.ts";
import { PeopleRole } from "./people-role.ts";
import { acknowledgeS3Keys, guardBucket } from "./private-bucket.ts";
import { checkSizes } from "./size-limits.ts";

/** The settings of docs/deploy.md that a copy has, except those of the stack itself. */
export interface ArchiveReplicaProps extends Partial<Omit<ReplicaSettings, "stackName" | "tags" | "replicaOf">> {
  /** The role of the archive's stack that copies, of whatever account. It need not exist yet. */
  readonly replicaOf: string;
}

/**
 * A second copy of an archive, for another account or region: locked as the archive is, under a key of its own. S3 alone
 * writes there, with the role of the archive's stack. Throws SettingsError.
 */
export class ArchiveReplica extends Construct {
  readonly bucket: Bucket;
  /** Null: S3's own keys encrypt the copy. */
  readonly key: ArchiveKey | null;
  readonly auditor: PeopleRole;

  constructor(scope: Construct, id: string, props: ArchiveReplicaProps) {
    super(scope, id);
    const settings = readReplicaSettings({ ...props });
    const problems = accountProblems({ ...settings, writerRoleArns: [] }, accountOf(this));
    if (problems.length > 0) throw new SettingsError(problems);
    const { breakGlassRoleArn, replicaOf } = settings;
    const trusted = { deploymentRoleArns: deploymentRoleArns(this, settings), breakGlassRoleArn };

    // Whatever the app's own feature flags are, a bucket policy and not an ACL permits the delivery of access logs.
    this.node.setContext(cxapi.S3_SERVER_ACCESS_LOGS_USE_BUCKET_POLICY, true);
    const accessLogs = new AccessLogs(this, "AccessLogs", trusted);
    this.key =
      settings.encryption === "sse-s3"
        ? null
        : this.createKey({ ...trusted, keyRotation: settings.keyRotation }, replicaOf);
    const locked = { ...settings, accessLogs: accessLogs.bucket };
    this.bucket = new Bucket(this, "Bucket", lockedBucketProps(locked, this.key?.key ?? null));
    const guarded = {
      ...settings,
      ...trusted,
      bucketArn: this.bucket.bucketArn,
      keyArn: this.key?.arn ?? null,
      replicationRoleArn: replicaOf,
    };
    guardBucket(this.bucket, [...replicaGuards(guarded), ...replicaGrants(guarded)]);
    acknowledgeObjectSize(this.bucket);
    if (this.key === null) acknowledgeS3Keys(this.bucket);
    acknowledge(this.bucket, ["nist", "hipaa", "pci"], "S3BucketReplicationEnabled", "It is itself the second copy.");
    this.auditor = this.createAuditor(settings.auditorPrincipalArns, accessLogs);
    this.say();
    checkSizes(this);
  }

  private createKey(props: Omit<ArchiveKeyProps, "description">, replicaOf: string): ArchiveKey {
    const key = new ArchiveKey(this, "Key", { ...props, description: "Asana audit archive: second copy" });
    const { principals, conditions } = onlyFor(replicaOf);
    key.key.addToResourcePolicy(
      new PolicyStatement({
        sid: "Replicate",
        principals,
        actions: ["kms:Encrypt", "kms:GenerateDataKey"],
        resources: ["*"],
        conditions: { ...conditions, StringEquals: { "kms:ViaService": `s3.${Aws.REGION}.amazonaws.com` } },
      }),
    );
    return key;
  }

  /** For whoever verifies the copy and how it is protected; nobody else of the stack reads it. */
  private createAuditor(principalArns: readonly string[], accessLogs: AccessLogs): PeopleRole {
    const auditor = new PeopleRole(this, "Auditor", {
      description: "Verifies the second copy of the Asana audit archive and inspects how it is protected",
      principalArns,
    });
    const { bucketArn } = this.bucket;
    const objects = this.bucket.arnForObjects("*");
    auditor.allow(
      new PolicyStatement({
        sid: "ReadCopies",
        actions: ["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectRetention", "s3:GetObjectLegalHold"],
        resources: [objects],
      }),
      new PolicyStatement({
        sid: "ListCopies",
        actions: ["s3:ListBucket", "s3:ListBucketVersions", "s3:GetBucketLocation"],
        resources: [bucketArn],
      }),
      new PolicyStatement({
        sid: "InspectBuckets",
        actions: [...BUCKET_ACTIONS],
        resources: [bucketArn, accessLogs.bucket.bucketArn],
      }),
    );
    accessLogs.grantRead(auditor);
    if (this.key !== null) {
      const keyArns = [this.key.arn];
      auditor.allow(
        useOfKeys({ sid: "DecryptCopies", keyArns, through: "s3", actions: ["kms:Decrypt"] }),
        new PolicyStatement({ sid: "InspectKey", actions: [...KEY_ACTIONS], resources: keyArns }),
      );
    }
    acknowledgeWildcards(
      auditor.policy,
      [objects, accessLogs.logArns],
      "Who verifies the copy reads all of it, and access logs are named by time.",
    );
    return auditor;
  }

  /** Stack outputs: what the archive's deployment needs, and the commands that prove the copy. */
  private say(): void {
    const { region } = Stack.of(this);
    const { bucketArn, bucketName } = this.bucket;
    const key = this.key === null ? "" : ` -c replicaKeyArn=${this.key.arn}`;
    this.output(
      "ReplicaSettings",
      "Give these settings to the archive's deployment, or put them into its cdk.json",
      `-c replicaBucketArn=${bucketArn}${key}`,
    );
    this.output(
      "Verify",
      "Verify every segment of the copy",
      `AWS_REGION=${region} npm run -s archive -- verify --archive s3://${bucketName}`,
    );
    this.output(
      "Lock",
      "Show that new copies are locked, how and for how long",
      `aws s3api get-object-lock-configuration --region ${region} --bucket ${bucketName}`,
    );
    this.output(
      "AuditorRole",
      "The role to assume for verify, locks and policies of the copy",
      this.auditor.role.roleArn,
    );
  }

  private output(id: string, description: string, value: string): void {
    new CfnOutput(this, id, { description, value }).overrideLogicalId(id);
  }
}
