import { Aws, Duration } from "aws-cdk-lib";
import { Rule, RuleTargetInput } from "aws-cdk-lib/aws-events";
import { SfnStateMachine } from "aws-cdk-lib/aws-events-targets";
import { CfnTable } from "aws-cdk-lib/aws-glue";
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { ScheduleTargetInput } from "aws-cdk-lib/aws-scheduler";
import { StepFunctionsStartExecution } from "aws-cdk-lib/aws-scheduler-targets";
import type { StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import { METRICS_NAMESPACE } from "../../lambda/contract.ts";
import { loadColumnar, loadFastViews } from "../../sql/columnar.ts";
import { acknowledge, acknowledgeWildcards } from "./acknowledge.ts";
import type { ArchiveBucket } from "./archive-bucket.ts";
import { columnarGuard, configurationGuard, type TrustedRoles } from "./archive-bucket-policy.ts";
import type { ArchiveCatalog } from "./archive-catalog.ts";
import { viewInput } from "./archive-queries.ts";
import { columnarSteps } from "./columnar-steps.ts";
import type { Grantee } from "./grantee.ts";
import type { PeopleRole } from "./people-role.ts";
import { acknowledgeS3Keys, guardBucket, privateBucketProps } from "./private-bucket.ts";
import { createStarter, dailyAt, type Scheduling } from "./starter.ts";
import { createMachine, createMachineRole, startingByHand, statesArn } from "./state-machine.ts";

export interface ColumnarCopyProps extends Scheduling {
  /** The first part of the state machine's name. */
  readonly archiveName: string;
  readonly archive: ArchiveBucket;
  readonly catalog: ArchiveCatalog;
  readonly accessLogs: Bucket;
  readonly trusted: TrustedRoles;
  /** All of which there are segments. */
  readonly workspaces: readonly string[];
  readonly settledAfterHours: number;
  readonly expireAfterDays: number | null;
}

/** What was deleted or written over stays for a look at it after an alarm. */
const OLD_VERSIONS_KEPT_DAYS = 30;

/** From when a day is settled to its copying: the rescan that makes it so runs every hour, and the sealing comes first. */
const HOURS_TO_COPYING = 3;

/**
 * A copy of all events in columns, for questions over months and years: an Iceberg table that Athena fills from the record,
 * compares with it, and drops where they differ. It is never trusted over the record, which it cannot write.
 */
export class AthenaCopy extends Construct implements Grantee {
  readonly bucket: Bucket;
  readonly machine: StateMachine;
  /** The ARN pattern of its executions. */
  readonly executionArns: string;
  readonly role: Role;
  private readonly machineArn: string;
  private readonly policy: ManagedPolicy;
  private readonly props: ColumnarCopyProps;

  constructor(scope: Construct, id: string, props: ColumnarCopyProps) {
    super(scope, id);
    this.props = props;
    const { archiveName, catalog } = props;
    const name = `${archiveName}-columnar`;
    this.machineArn = statesArn(this, "stateMachine", name);
    this.executionArns = statesArn(this, "execution", `${name}:*`);
    this.role = createMachineRole(this, "Copies the Asana audit archive into columns, with Athena", this.machineArn);
    this.policy = new ManagedPolicy(this, "Policy", { roles: [this.role] });
    this.bucket = this.createBucket();
    for (const view of loadFastViews()) {
      const table = new CfnTable(this, view.name, {
        catalogId: Aws.ACCOUNT_ID,
        databaseName: catalog.databaseName,
        tableInput: viewInput(view, catalog.databaseName),
      });
      table.addResourceDependency(catalog.database);
    }
    const definition = columnarSteps({
      ...props,
      statements: loadColumnar(this.bucket.s3UrlForObject("events/")),
      databaseName: catalog.databaseName,
      workgroupName: catalog.workgroupName,
      archiveBucketName: props.archive.bucket.bucketName,
    });
    this.machine = createMachine(this, { name, role: this.role, policy: this.policy, definition });
    this.allowCopying();
    this.startDaily();
    this.startAfterDeployment();
    this.acknowledgeRules();
  }

  /** Allows asking the copy in place of the record. The catalog grants the questions. */
  grantRead(reader: PeopleRole): void {
    reader.allow(
      new PolicyStatement({ sid: "ReadCopy", actions: ["s3:GetObject"], resources: [this.objectArns] }),
      new PolicyStatement({
        sid: "ListCopy",
        actions: ["s3:ListBucket", "s3:GetBucketLocation"],
        resources: [this.bucket.bucketArn],
      }),
    );
    acknowledgeWildcards(reader.policy, [this.objectArns], "Athena names the files of tables itself.");
  }

  /** Allows copying now, or anew, and seeing how it went. */
  grantStart(operator: Grantee): void {
    const sids = { start: "CopyNow", follow: "SeeCopying" };
    operator.allow(...startingByHand(sids, this.machineArn, this.executionArns));
  }

  allow(...statements: PolicyStatement[]): void {
    this.policy.addStatements(...statements);
  }

  /** The ARN pattern of all that is in the copy. */
  get objectArns(): string {
    return this.bucket.arnForObjects("*");
  }

  private createBucket(): Bucket {
    const { archive, accessLogs, trusted } = this.props;
    const bucket = new Bucket(this, "Bucket", {
      ...privateBucketProps({ key: archive.key, logs: { bucket: accessLogs, prefix: "columnar/" } }),
      // No lock: what is rewritten and what expires has to go. Nor a rule that expires objects: it would take files that the table
      // still consists of.
      lifecycleRules: [
        {
          id: "forget",
          noncurrentVersionExpiration: Duration.days(OLD_VERSIONS_KEPT_DAYS),
          expiredObjectDeleteMarker: true,
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
    });
    guardBucket(bucket, [
      columnarGuard(bucket.bucketArn, this.role.roleArn),
      configurationGuard(bucket.bucketArn, trusted),
    ]);
    if (archive.key === null) acknowledgeS3Keys(bucket);
    return bucket;
  }

  private allowCopying(): void {
    const { archive, catalog } = this.props;
    catalog.grantStatements(this);
    archive.grantEvents(this);
    this.allow(
      new PolicyStatement({
        sid: "WriteTables",
        actions: ["glue:CreateTable", "glue:UpdateTable", "glue:DeleteTable"],
        resources: catalog.arnsToWrite(["events_columnar", "events_fast", "events_copied"]),
      }),
      new PolicyStatement({
        sid: "WriteCopy",
        actions: [
          "s3:GetObject",
          "s3:PutObject",
          "s3:DeleteObject",
          "s3:AbortMultipartUpload",
          "s3:ListMultipartUploadParts",
        ],
        resources: [this.objectArns],
      }),
      new PolicyStatement({
        sid: "ListCopy",
        actions: ["s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
        resources: [this.bucket.bucketArn],
      }),
      new PolicyStatement({ sid: "SeeOthers", actions: ["states:ListExecutions"], resources: [this.machineArn] }),
      new PolicyStatement({
        sid: "Report",
        actions: ["cloudwatch:PutMetricData"],
        resources: ["*"],
        conditions: { StringEquals: { "cloudwatch:namespace": METRICS_NAMESPACE } },
      }),
    );
  }

  private startDaily(): void {
    const starter = createStarter(this, "Schedules", {
      ...this.props,
      description: "Starts the copying of the archive into columns every day",
      statements: [this.starting()],
    });
    starter.schedule("Daily", {
      description: "copying of the archive's settled days into columns",
      schedule: dailyAt(this.props.settledAfterHours + HOURS_TO_COPYING),
      target: new StepFunctionsStartExecution(this.machine, {
        ...starter.target,
        input: ScheduleTargetInput.fromObject({}),
        maxEventAge: Duration.hours(12),
      }),
    });
  }

  /** So that an archive of years is copied at once where the copy is asked for, and not in the next night. */
  private startAfterDeployment(): void {
    const role = new Role(this, "DeploymentsRole", {
      description: "Starts the copying of the archive into columns after a deployment",
      assumedBy: new ServicePrincipal("events.amazonaws.com", {
        conditions: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID } },
      }),
    });
    const policy = new ManagedPolicy(this, "DeploymentsPolicy", { roles: [role], statements: [this.starting()] });
    const rule = new Rule(this, "Deployed", {
      description: "copying of the archive into columns after a deployment",
      eventPattern: {
        source: ["aws.cloudformation"],
        detailType: ["CloudFormation Stack Status Change"],
        detail: {
          "stack-id": [Aws.STACK_ID],
          "status-details": { status: ["CREATE_COMPLETE", "UPDATE_COMPLETE"] },
        },
      },
      targets: [
        new SfnStateMachine(this.machine, {
          role: role.withoutPolicyUpdates(),
          input: RuleTargetInput.fromObject({}),
          deadLetterQueue: this.props.undelivered,
        }),
      ],
    });
    rule.node.addDependency(policy);
  }

  private starting(): PolicyStatement {
    return new PolicyStatement({
      sid: "StartCopying",
      actions: ["states:StartExecution"],
      resources: [this.machine.stateMachineArn],
    });
  }

  private acknowledgeRules(): void {
    const { catalog, archive } = this.props;
    acknowledge(
      this.bucket,
      ["nist", "hipaa", "pci"],
      "S3BucketReplicationEnabled",
      "Holds a copy that is made again from the record where it is lost.",
    );
    acknowledge(
      this.policy,
      ["solutions"],
      "IAM5[Resource::*]",
      "Metrics know no resources; the condition names the only namespace.",
    );
    acknowledgeWildcards(
      this.policy,
      [this.objectArns, catalog.resultArns, catalog.tableArns, archive.eventArns],
      "Athena names the files of tables and results itself, and segments are named by day and number.",
    );
  }
}
