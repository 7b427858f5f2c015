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

export interface PeopleRoleProps {
  readonly description: string;
  /** Who may assume it; empty: everybody in the account who has permission to. */
  readonly principalArns: readonly string[];
}

/** A role that people assume for one purpose. It holds what other constructs grant it, and nothing else. */
export class PeopleRole extends Construct implements Grantee {
  readonly role: Role;
  readonly policy: ManagedPolicy;

  constructor(scope: Construct, id: string, props: PeopleRoleProps) {
    super(scope, id);
    this.role = new Role(this, "Role", {
      description: props.description,
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
