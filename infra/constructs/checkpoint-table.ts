import { RemovalPolicy } from "aws-cdk-lib";
import { AttributeType, BillingMode, Table, TableEncryption } from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import { CHECKPOINT_KEY, ENVIRONMENT } from "../../lambda/contract.ts";
import { acknowledge } from "./acknowledge.ts";
import type { Grantee, Worker } from "./grantee.ts";
import { type ArchiveKey, useOfKeys } from "./keys.ts";

/** The checkpoints: one item per workspace. Losing them costs time, never an event. */
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
      // Not RETAINED: CloudFormation cannot remove a protected table, so a rollback that tried would fail. Empty, it costs nothing.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    acknowledge(
      this.table,
      ["nist", "hipaa"],
      "DynamoDBInBackupPlan",
      "Point-in-time recovery is on, and a lost table costs no data: the next run reads from the oldest event and archives nothing twice.",
    );
  }

  /** Allows the worker to read and move the checkpoints of these workspaces, and sets the table in its environment. */
  grantMove(worker: Worker, workspaces: readonly string[]): void {
    worker.setEnvironment(ENVIRONMENT.table, this.table.tableName);
    worker.allow(
      this.access("MoveCheckpoints", ["dynamodb:GetItem", "dynamodb:UpdateItem"], workspaces),
      this.keyUse("UseCheckpointKey", [...DECRYPT, ...ENCRYPT]),
    );
  }

  /** Allows reading the checkpoints of these workspaces. */
  grantRead(reader: Grantee, workspaces: readonly string[]): void {
    reader.allow(
      this.access("ReadCheckpoints", ["dynamodb:GetItem"], workspaces),
      this.keyUse("DecryptCheckpoints", DECRYPT),
    );
  }

  /** For the census: lists the workspaces of all checkpoints, and nothing else of them. */
  workspaceListing(): PolicyStatement {
    return new PolicyStatement({
      sid: "ListCheckpoints",
      actions: ["dynamodb:Scan"],
      resources: [this.table.tableArn],
      conditions: {
        StringEquals: { "dynamodb:Select": "SPECIFIC_ATTRIBUTES" },
        "ForAllValues:StringEquals": { "dynamodb:Attributes": [CHECKPOINT_KEY] },
      },
    });
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

/** DynamoDB uses the table's key on behalf of its caller. */
const DECRYPT = ["kms:Decrypt", "kms:DescribeKey"];
const ENCRYPT = ["kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"];
