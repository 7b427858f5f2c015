import { ArnFormat, Fn, RemovalPolicy, Stack, Token } from "aws-cdk-lib";
import { ManagedPolicy, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { type CfnSecret, Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import { ENVIRONMENT } from "../../lambda/contract.ts";
import { acknowledge } from "./acknowledge.ts";
import type { Grantee, Worker } from "./grantee.ts";
import { type ArchiveKey, useOfKeys } from "./keys.ts";
import type { Tokens } from "./tokens.ts";

export interface TokenSecretsProps {
  readonly key: ArchiveKey;
  readonly workspaces: readonly string[];
  /** Existing secrets by workspace; for other workspaces a secret is created. */
  readonly existing: Readonly<Record<string, string>>;
  readonly existingKeyArns: readonly string[];
}

/** Tokens in Secrets Manager. Secrets are created empty. */
export class TokenSecrets extends Construct implements Tokens {
  readonly arns: Readonly<Record<string, string>>;
  readonly parameters = [];
  private readonly props: TokenSecretsProps;

  constructor(scope: Construct, id: string, props: TokenSecretsProps) {
    super(scope, id);
    this.props = props;
    this.arns = Object.fromEntries(props.workspaces.map((gid) => [gid, props.existing[gid] ?? this.createEmpty(gid)]));
  }

  /**
   * A policy of its own, because IAM limits a policy to 6,144 characters, and twenty secrets' ARNs, each listed twice, would
   * not fit beside the rest.
   */
  grantRead(worker: Worker): void {
    worker.setEnvironment(ENVIRONMENT.tokenSecrets, Stack.of(this).toJsonString(this.arns));
    new ManagedPolicy(this, "ReadPolicy", {
      roles: [worker.role],
      statements: [
        new PolicyStatement({
          sid: "ReadTokens",
          actions: ["secretsmanager:GetSecretValue"],
          resources: Object.values(this.arns),
        }),
        useOfKeys({
          sid: "DecryptTokens",
          keyArns: [this.props.key.arn, ...this.props.existingKeyArns],
          through: "secretsmanager",
          actions: ["kms:Decrypt"],
          conditions: { "kms:EncryptionContext:SecretARN": Object.values(this.arns) },
        }),
      ],
    });
  }

  grantPut(operator: Grantee): void {
    const arns = Object.values(this.arns);
    operator.allow(
      new PolicyStatement({ sid: "PutTokens", actions: ["secretsmanager:PutSecretValue"], resources: arns }),
      useOfKeys({
        sid: "EncryptTokens",
        keyArns: [this.props.key.arn, ...this.props.existingKeyArns],
        through: "secretsmanager",
        actions: ["kms:GenerateDataKey", "kms:Decrypt"],
      }),
    );
  }

  putCommand(workspace: string): string {
    return `secretsmanager put-secret-value --secret-id '${this.arns[workspace]}' --secret-string file:///dev/stdin`;
  }

  get secrets(): Tokens["secrets"] {
    return Object.values(this.arns).map((arn) => {
      const name = secretName(arn);
      const [service, resource] = ["secretsmanager", "secret"];
      const arnWithoutSuffix = Token.isUnresolved(arn)
        ? Stack.of(this).formatArn({ service, resource, resourceName: name, arnFormat: ArnFormat.COLON_RESOURCE_NAME })
        : arn.slice(0, -SUFFIX_CHARACTERS);
      return { name, arn, arnWithoutSuffix };
    });
  }

  /** Returns its ARN. By `Ref`, the emulator would give the secret's name where CloudFormation gives the ARN. */
  private createEmpty(gid: string): string {
    const secret = new Secret(this, `Token${gid}`, {
      description: `Asana service account token of workspace ${gid}`,
      encryptionKey: this.props.key.key,
      // Deleted with the stack: an unused credential is only a risk.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // The construct would generate a random password, which the function would send to Asana.
    const resource = secret.node.defaultChild as CfnSecret;
    resource.addPropertyDeletionOverride("GenerateSecretString");
    const reason =
      "Asana has no API that renews a service account's token, so rotation cannot be automated. docs/runbook.md describes manual rotation, during which the old token keeps working.";
    acknowledge(secret, ["solutions"], "SMG4", reason);
    acknowledge(secret, ["nist", "hipaa"], "SecretsManagerRotationEnabled", reason);
    return resource.attrId;
  }
}

/** A hyphen and six random characters, with which Secrets Manager ends every ARN. */
const SUFFIX_CHARACTERS = 7;

/** CloudFormation names a secret by its logical id, a hyphen and random letters. */
function secretName(arn: string): string {
  if (!Token.isUnresolved(arn)) return arn.slice(arn.lastIndexOf(":") + 1, -SUFFIX_CHARACTERS);
  const nameAndSuffix = Fn.select(6, Fn.split(":", arn));
  return Fn.join(
    "-",
    [0, 1].map((part) => Fn.select(part, Fn.split("-", nameAndSuffix))),
  );
}
