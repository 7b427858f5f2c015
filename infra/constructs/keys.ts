import { Aws, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { AnyPrincipal, Effect, PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { Construct } from "constructs";

export interface ArchiveKeyProps {
  readonly description: string;
  readonly breakGlassRoleArn: string | null;
}

/**
 * A customer managed key that outlives the stack. Its users' identity policies decide who may use it. Its key policy allows
 * nobody but the break-glass role to destroy it. Whoever may change the key policy can undo that, so monitor changes to it
 * (docs/security.md).
 */
export class ArchiveKey extends Construct {
  readonly key: Key;
  readonly arn: string;

  constructor(scope: Construct, id: string, props: ArchiveKeyProps) {
    super(scope, id);
    this.key = new Key(this, "Key", {
      description: props.description,
      enableKeyRotation: true,
      pendingWindow: Duration.days(30),
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.arn = this.key.keyArn;
    this.key.addToResourcePolicy(
      new PolicyStatement({
        sid: "OnlyBreakGlassDestroysTheKey",
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ["kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:DeleteImportedKeyMaterial"],
        resources: ["*"],
        ...(props.breakGlassRoleArn === null
          ? {}
          : { conditions: { ArnNotEquals: { "aws:PrincipalArn": props.breakGlassRoleArn } } }),
      }),
    );
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

export interface KeyUse {
  readonly sid: string;
  readonly keyArns: readonly string[];
  /** The only service through which the keys may be used. */
  readonly through: "s3" | "dynamodb" | "secretsmanager";
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
