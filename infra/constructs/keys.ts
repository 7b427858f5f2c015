import { Aws, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { AnyPrincipal, Effect, PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { Construct } from "constructs";

export interface ArchiveKeyProps {
  readonly description: string;
  readonly breakGlassRoleArn: string | null;
}

/**
 * A customer managed key that outlives the stack. Who may use it is decided by the identity policies of its users; who
 * may destroy it, here: nobody but the break-glass role. Whoever may change this policy can change that, so changes
 * of it are to be watched (docs/security.md).
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

  /** Lets CloudWatch Logs encrypt log groups of this account. */
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

  /** Lets CloudWatch alarms of this account publish to an encrypted topic. */
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
  /** The one service in calls to which the keys may be used, so that they cannot be used for anything else. */
  readonly through: "s3" | "dynamodb" | "secretsmanager";
  readonly actions: readonly string[];
  /** What else must hold. */
  readonly conditions?: Readonly<Record<string, readonly string[]>>;
}

/** For an identity's policy. */
export function useOfKeys({ sid, keyArns, through, actions, conditions }: KeyUse): PolicyStatement {
  return new PolicyStatement({
    sid,
    actions: [...actions],
    resources: [...keyArns],
    conditions: { StringEquals: { "kms:ViaService": `${through}.${Aws.REGION}.amazonaws.com`, ...conditions } },
  });
}
