import {
  AccountRootPrincipal,
  ManagedPolicy,
  type PolicyStatement,
  PrincipalBase,
  PrincipalPolicyFragment,
  Role,
} from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import type { Grantee } from "./grantee.ts";

/** The role for people. It can read segments and query with Athena; it can neither read tokens nor write to the archive. */
export class ReaderRole extends Construct implements Grantee {
  readonly role: Role;
  readonly policy: ManagedPolicy;

  constructor(scope: Construct, id: string, props: { readonly principalArns: readonly string[] }) {
    super(scope, id);
    this.role = new Role(this, "Role", {
      description: "Reads and queries the Asana audit archive",
      assumedBy: props.principalArns.length === 0 ? new AccountRootPrincipal() : new ArnPrincipals(props.principalArns),
    });
    this.policy = new ManagedPolicy(this, "Policy", { roles: [this.role] });
  }

  allow(...statements: PolicyStatement[]): void {
    this.policy.addStatements(...statements);
  }
}

/** Several principals in one statement: IAM takes only 2,048 characters, and the CDK would write a statement for each. */
class ArnPrincipals extends PrincipalBase {
  private readonly arns: readonly string[];

  constructor(arns: readonly string[]) {
    super();
    this.arns = arns;
  }

  override get policyFragment(): PrincipalPolicyFragment {
    return new PrincipalPolicyFragment({ AWS: [...this.arns] });
  }

  override dedupeString(): string {
    return this.arns.join();
  }
}
