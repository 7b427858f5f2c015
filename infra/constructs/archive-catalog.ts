import { Aws, Duration, Size, Stack } from "aws-cdk-lib";
import { CfnWorkGroup } from "aws-cdk-lib/aws-athena";
import { CfnDatabase, CfnTable } from "aws-cdk-lib/aws-glue";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";
import type { ArchiveBucket } from "./archive-bucket.ts";
import { configurationGuard, resultsGuard, type TrustedRoles } from "./archive-bucket-policy.ts";
import { eventLines } from "./event-lines.ts";
import type { Grantee } from "./grantee.ts";
import { acknowledgeS3Keys, guardBucket, privateBucketProps } from "./private-bucket.ts";

export interface ArchiveCatalogProps {
  /** Name of the archive. The workgroup has the same name; the database has it in lower case with underscores. */
  readonly archiveName: string;
  readonly archive: ArchiveBucket;
  readonly accessLogs: Bucket;
  readonly trusted: TrustedRoles;
  /** Every workspace that has segments, retired ones included. Queries silently return nothing for one that is missing. */
  readonly workspaces: readonly string[];
  readonly scanLimitGiB: number;
}

const RESULTS_KEPT_DAYS = 30;

/** The archive as a table: one column, the line as received. Glue and Athena have no L2 constructs in the CDK's core. */
export class ArchiveCatalog extends Construct {
  readonly databaseName: string;
  readonly workgroupName: string;
  readonly database: CfnDatabase;
  readonly eventLines: CfnTable;
  readonly workgroup: CfnWorkGroup;
  readonly results: Bucket;
  private readonly archive: ArchiveBucket;

  constructor(scope: Construct, id: string, props: ArchiveCatalogProps) {
    super(scope, id);
    this.archive = props.archive;
    this.databaseName = props.archiveName
      .replace(/(?<=[a-z0-9])(?=[A-Z])/g, "_")
      .replaceAll("-", "_")
      .toLowerCase();
    this.workgroupName = props.archiveName;
    this.database = new CfnDatabase(this, "Database", {
      catalogId: Aws.ACCOUNT_ID,
      databaseInput: { name: this.databaseName, description: "Asana audit log events" },
    });
    this.eventLines = new CfnTable(this, "EventLines", {
      catalogId: Aws.ACCOUNT_ID,
      databaseName: this.databaseName,
      tableInput: eventLines(props.archive.bucket.bucketName, props.workspaces),
    });
    this.eventLines.addResourceDependency(this.database);
    this.results = this.createResults(props);
    this.workgroup = new CfnWorkGroup(this, "Workgroup", {
      name: this.workgroupName,
      description: "Queries of the Asana audit archive",
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        bytesScannedCutoffPerQuery: Size.gibibytes(props.scanLimitGiB).toBytes(),
        engineVersion: { selectedEngineVersion: "Athena engine version 3" },
        resultConfiguration: {
          outputLocation: this.results.s3UrlForObject("results/"),
          expectedBucketOwner: Aws.ACCOUNT_ID,
          encryptionConfiguration:
            props.archive.key === null
              ? { encryptionOption: "SSE_S3" }
              : { encryptionOption: "SSE_KMS", kmsKey: props.archive.key.keyArn },
        },
      },
    });
  }

  /** Allows queries of this database in this workgroup, and reading their results. The archive grants reading segments. */
  grantQuery(reader: Grantee): void {
    this.grantResults(reader, WORKGROUP_ACTIONS);
    reader.allow(
      // What Athena's console shows before anybody has chosen; these rights know no resources.
      new PolicyStatement({
        sid: "FindWorkgroup",
        actions: ["athena:ListWorkGroups", "athena:ListDataCatalogs"],
        resources: ["*"],
      }),
    );
  }

  /** Allows a state machine to run statements in this workgroup, and to read their answers. */
  grantStatements(copier: Grantee): void {
    this.grantResults(copier, STATEMENT_ACTIONS);
    copier.allow(
      new PolicyStatement({
        sid: "FindCatalog",
        actions: ["athena:GetDataCatalog"],
        resources: [this.athenaArn("datacatalog", "AwsDataCatalog")],
      }),
    );
  }

  /** The ARNs that Glue asks for where tables of the database are written. */
  arnsToWrite(tables: readonly string[]): string[] {
    return [...this.databaseArns, ...tables.map((table) => this.tableArn(table))];
  }

  /** Glue asks for them besides those of tables. */
  private get databaseArns(): string[] {
    return ["catalog", `database/${this.databaseName}`].map((resource) => this.glueArn(resource));
  }

  private tableArn(table: string): string {
    return this.glueArn(`table/${this.databaseName}/${table}`);
  }

  private glueArn(resource: string): string {
    return Stack.of(this).formatArn({ service: "glue", resource });
  }

  private athenaArn(resource: string, resourceName: string): string {
    return Stack.of(this).formatArn({ service: "athena", resource, resourceName });
  }

  private grantResults(grantee: Grantee, workgroupActions: string[]): void {
    grantee.allow(
      new PolicyStatement({
        sid: "AskInWorkgroup",
        actions: workgroupActions,
        resources: [this.athenaArn("workgroup", this.workgroupName)],
      }),
      new PolicyStatement({
        sid: "ReadCatalog",
        actions: ["glue:GetDatabase", "glue:GetTable", "glue:GetTables", "glue:GetPartition", "glue:GetPartitions"],
        resources: [...this.databaseArns, this.tableArns],
      }),
      // Athena names results by the query's id; directly, a reader could put an answer in place of somebody else's.
      new PolicyStatement({
        sid: "KeepResults",
        actions: ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
        resources: [this.resultArns],
        conditions: { "ForAnyValue:StringEquals": { "aws:CalledVia": ["athena.amazonaws.com"] } },
      }),
      new PolicyStatement({ sid: "ReadResults", actions: ["s3:GetObject"], resources: [this.resultArns] }),
      new PolicyStatement({
        sid: "FindResults",
        actions: ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
        resources: [this.results.bucketArn],
      }),
      ...this.archive.keyUse("EncryptResults", ["kms:GenerateDataKey", "kms:Decrypt"]),
    );
  }

  /** The ARN pattern of all tables and views of the database. */
  get tableArns(): string {
    return this.tableArn("*");
  }

  get resultArns(): string {
    return this.results.arnForObjects("results/*");
  }

  private createResults({ accessLogs, trusted }: ArchiveCatalogProps): Bucket {
    const results = new Bucket(this, "Results", {
      ...privateBucketProps({ key: this.archive.key, logs: { bucket: accessLogs, prefix: "results/" } }),
      lifecycleRules: [
        {
          id: "forget",
          expiration: Duration.days(RESULTS_KEPT_DAYS),
          noncurrentVersionExpiration: Duration.days(1),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
    });
    guardBucket(results, [resultsGuard(results.bucketArn), configurationGuard(results.bucketArn, trusted)]);
    if (this.archive.key === null) acknowledgeS3Keys(results);
    acknowledge(
      results,
      ["nist", "hipaa", "pci"],
      "S3BucketReplicationEnabled",
      "Holds query results for 30 days. Running a query again reproduces its results.",
    );
    return results;
  }
}

/** What Step Functions does to run a statement and wait for its end, and to read its answer. */
const STATEMENT_ACTIONS = [
  "athena:StartQueryExecution",
  "athena:StopQueryExecution",
  "athena:GetQueryExecution",
  "athena:GetQueryResults",
];

const WORKGROUP_ACTIONS = [
  "athena:GetWorkGroup",
  "athena:StartQueryExecution",
  "athena:StopQueryExecution",
  "athena:GetQueryExecution",
  "athena:GetQueryResults",
  "athena:GetQueryResultsStream",
  "athena:ListQueryExecutions",
  "athena:ListNamedQueries",
  "athena:GetNamedQuery",
  "athena:BatchGetNamedQuery",
];
