import { Aws, Duration, Stack } from "aws-cdk-lib";
import { AnyPrincipal, Effect, PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";
import { RETAINED } from "./retained.ts";

/** Who may destroy a key. */
export interface KeyKeepers {
  /** The roles that CloudFormation deploys with. KMS creates no key whose policy its creator could not change again. */
  readonly deploymentRoleArns: readonly string[];
  /** The only other role that may destroy the key; null: there is none. */
  readonly breakGlassRoleArn: string | null;
}

export interface ArchiveKeyProps extends KeyKeepers {
  readonly description: string;
  /** Whether KMS makes new key material every year. The old is kept, and billed like a key of its own up to the second rotation. */
  readonly keyRotation: boolean;
}

/** The longest wait before a key is deleted that KMS knows. */
export const WINDOW_DAYS = 30;

/**
 * A customer managed key that outlives the stack. Its users' identity policies decide who may use it. Its key policy
 * refuses everybody else, the account's root user included, whatever would destroy it or let others than services of AWS
 * use it.
 */
export class ArchiveKey extends Construct {
  readonly key: Key;
  readonly arn: string;

  constructor(scope: Construct, id: string, props: ArchiveKeyProps) {
    super(scope, id);
    this.key = new Key(this, "Key", {
      description: props.description,
      enableKeyRotation: props.keyRotation,
      pendingWindow: Duration.days(WINDOW_DAYS),
      removalPolicy: RETAINED,
    });
    this.arn = this.key.keyArn;
    guardKey(this.key, props);
    if (!props.keyRotation) {
      const reason =
        "The setting keyRotation is off. Rotation re-encrypts nothing and withdraws nothing; the key never leaves KMS, and buckets use it once for many objects.";
      acknowledge(this.key, ["solutions"], "KMS5", reason);
      acknowledge(this.key, ["nist", "pci"], "KMSBackingKeyRotationEnabled", reason);
    }
  }

  /** Allows CloudWatch Logs to encrypt log groups of this account. */
  allowLogs(): void {
    const { region, account, partition } = Stack.of(this);
    const actions = [
      "kms:Encrypt",
      "kms:Decrypt",
      "kms:ReEncryptFrom",
      "kms:ReEncryptTo",
      "kms:GenerateDataKey",
      "kms:GenerateDataKeyWithoutPlaintext",
      "kms:DescribeKey",
    ];
    this.allowService("CloudWatchLogs", `logs.${region}.amazonaws.com`, actions, {
      ArnLike: { "kms:EncryptionContext:aws:logs:arn": `arn:${partition}:logs:${region}:${account}:log-group:*` },
    });
  }

  /** Allows CloudWatch alarms of this account to publish to an encrypted topic. */
  allowAlarms(): void {
    this.allowService("CloudWatchAlarms", "cloudwatch.amazonaws.com", ["kms:Decrypt", "kms:GenerateDataKey"], {
      StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID },
    });
  }

  private allowService(sid: string, service: string, actions: string[], conditions: Record<string, unknown>): void {
    this.key.addToResourcePolicy(
      new PolicyStatement({ sid, principals: [new ServicePrincipal(service)], actions, resources: ["*"], conditions }),
    );
  }
}

/**
 * Has a key refuse everybody but its keepers, the account's root user included, whatever would destroy it or let others than
 * services of AWS use it.
 */
export function guardKey(key: Key, { deploymentRoleArns, breakGlassRoleArn }: KeyKeepers): void {
  const trusted = [...deploymentRoleArns, ...(breakGlassRoleArn === null ? [] : [breakGlassRoleArn])];
  const others = { ArnNotEquals: { "aws:PrincipalArn": trusted } };
  // CloudFormation deletes a new key when the first deployment fails, so its role is among the trusted here too.
  denyAll(key, "OnlyDeploymentAndBreakGlassDestroy", DESTROYS, others);
  // DynamoDB gives itself a grant on behalf of whoever creates or restores a table.
  denyAll(key, "NoGrantsToOthers", ["kms:CreateGrant", "kms:RevokeGrant"], {
    ...others,
    BoolIfExists: { "kms:GrantIsForAWSResource": "false", "aws:PrincipalIsAWSService": "false" },
  });
  denyAll(key, "NoShorterWindow", ["kms:ScheduleKeyDeletion"], {
    NumericLessThan: { "kms:ScheduleKeyDeletionPendingWindowInDays": String(WINDOW_DAYS) },
  });
}

/** Has a key refuse these actions to everybody of whom the conditions hold, whatever else allows them. */
export function denyAll(
  key: Key,
  sid: string,
  actions: string[],
  conditions: Record<string, Record<string, unknown>>,
): void {
  key.addToResourcePolicy(
    new PolicyStatement({
      sid,
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions,
      resources: ["*"],
      conditions,
    }),
  );
}

/** Every action that makes what the key encrypted unreadable, or takes away what this policy denies. */
const DESTROYS = [
  "kms:PutKeyPolicy",
  "kms:ScheduleKeyDeletion",
  "kms:DisableKey",
  "kms:DisableKeyRotation",
  "kms:DeleteImportedKeyMaterial",
];

export interface KeyUse {
  readonly sid: string;
  readonly keyArns: readonly string[];
  /** The only service through which the keys may be used. */
  readonly through: "s3" | "dynamodb" | "secretsmanager" | "ssm" | "sns";
  readonly actions: readonly string[];
  /** Further conditions. */
  readonly conditions?: Readonly<Record<string, readonly string[]>>;
}

/** A statement for an identity policy. */
export function useOfKeys({ sid, keyArns, through, actions, conditions }: KeyUse): PolicyStatement {
  return new PolicyStatement({
    sid,
    actions: [...actions],
    resources: [...keyArns],
    conditions: { StringEquals: { "kms:ViaService": `${through}.${Aws.REGION}.amazonaws.com`, ...conditions } },
  });
}
