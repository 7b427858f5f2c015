import { RemovalPolicy } from "aws-cdk-lib";
import { AttributeType, BillingMode, Table, TableEncryption } from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import { CHECKPOINT_KEY, ENVIRONMENT } from "../../lambda/contract.ts";
import { acknowledge } from "./acknowledge.ts";
import type { Grantee, Worker } from "./grantee.ts";
import { type ArchiveKey, useOfKeys } from "./keys.ts";

/** Where the source's cursor stands, one item a workspace. Losing it costs time, never an event. */
export class CheckpointTable extends Construct {
  readonly table: Table;
  private readonly key: ArchiveKey;

  constructor(scope: Construct, id: string, props: { readonly key: ArchiveKey }) {
    super(scope, id);
    this.key = props.key;
    this.table = new Table(this, "Table", {
      partitionKey: { name: CHECKPOINT_KEY, type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: props.key.key,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    acknowledge(
      this.table,
      ["nist", "hipaa"],
      "DynamoDBInBackupPlan",
      "Point-in-time recovery is on, and a lost table is made anew from the archive: the next run scans from the oldest event and writes nothing twice.",
    );
  }

  /** Lets it read and move the checkpoints of these workspaces, and names the table to it. */
  grantMove(worker: Worker, workspaces: readonly string[]): void {
    worker.setEnvironment(ENVIRONMENT.table, this.table.tableName);
    worker.allow(
      this.access("MoveCheckpoints", ["dynamodb:GetItem", "dynamodb:UpdateItem"], workspaces),
      this.keyUse("UseCheckpointKey", [...DECRYPT, ...ENCRYPT]),
    );
  }

  /** Lets it read the checkpoints of these workspaces. */
  grantRead(reader: Grantee, workspaces: readonly string[]): void {
    reader.allow(
      this.access("ReadCheckpoints", ["dynamodb:GetItem"], workspaces),
      this.keyUse("DecryptCheckpoints", DECRYPT),
    );
  }

  private access(sid: string, actions: string[], workspaces: readonly string[]): PolicyStatement {
    return new PolicyStatement({
      sid,
      actions,
      resources: [this.table.tableArn],
      conditions: { "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": workspaces } },
    });
  }

  private keyUse(sid: string, actions: readonly string[]): PolicyStatement {
    return useOfKeys({ sid, keyArns: [this.key.arn], through: "dynamodb", actions });
  }
}

/** DynamoDB uses the table's key in the name of whoever calls it. */
const DECRYPT = ["kms:Decrypt", "kms:DescribeKey"];
const ENCRYPT = ["kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"];
