import { Stack } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import { ENVIRONMENT } from "../../lambda/contract.ts";
import { type Grantee, type Worker, withPolicy } from "./grantee.ts";
import { type ArchiveKey, useOfKeys } from "./keys.ts";
import type { Tokens } from "./tokens.ts";

export interface TokenParametersProps {
  readonly archiveName: string;
  readonly key: ArchiveKey;
  readonly workspaces: readonly string[];
}

/**
 * Tokens in Parameter Store, which costs nothing. CloudFormation cannot create a SecureString, so putting a token there
 * makes its parameter, and nothing deletes it with the stack.
 */
export class TokenParameters extends Construct implements Tokens {
  readonly arns: Readonly<Record<string, string>>;
  readonly secrets = [];
  readonly parameters: Tokens["parameters"];
  private readonly key: ArchiveKey;
  /** Names may not begin with a word of AWS's, as the name of an archive may. */
  private readonly namePrefix: string;

  constructor(scope: Construct, id: string, { archiveName, key, workspaces }: TokenParametersProps) {
    super(scope, id);
    this.key = key;
    this.namePrefix = `/asana-audit-archive/${archiveName}/`;
    // The slash before a name is not written twice.
    const arnOf = (name: string) =>
      Stack.of(this).formatArn({ service: "ssm", resource: "parameter", resourceName: name.slice(1) });
    this.arns = Object.fromEntries(workspaces.map((gid) => [gid, arnOf(this.nameOf(gid))]));
    this.parameters = [{ namePrefix: this.namePrefix, arnPrefix: arnOf(this.namePrefix) }];
  }

  /** A policy of its own, because twenty ARNs, each listed twice, would not fit beside the rest. */
  grantRead(worker: Worker): void {
    worker.setEnvironment(ENVIRONMENT.tokenSecrets, Stack.of(this).toJsonString(this.arns));
    withPolicy(this, "ReadPolicy", worker.role).allow(
      this.onTokens("ReadTokens", "ssm:GetParameter"),
      this.useOfKey("DecryptTokens", "kms:Decrypt"),
    );
  }

  /** A policy of its own, as for reading. */
  grantPut(operator: Grantee): void {
    withPolicy(this, "PutPolicy", operator.role).allow(
      this.onTokens("PutTokens", "ssm:PutParameter"),
      this.useOfKey("EncryptTokens", "kms:Encrypt"),
    );
  }

  putCommand(workspace: string): string {
    return `ssm put-parameter --name '${this.nameOf(workspace)}' --type SecureString --key-id ${this.key.arn} --overwrite --value file:///dev/stdin`;
  }

  private nameOf(workspace: string): string {
    return `${this.namePrefix}${workspace}`;
  }

  private onTokens(sid: string, action: string): PolicyStatement {
    return new PolicyStatement({ sid, actions: [action], resources: Object.values(this.arns) });
  }

  private useOfKey(sid: string, action: string): PolicyStatement {
    return useOfKeys({
      sid,
      keyArns: [this.key.arn],
      through: "ssm",
      actions: [action],
      conditions: { "kms:EncryptionContext:PARAMETER_ARN": Object.values(this.arns) },
    });
  }
}
