import { Aws, Stack } from "aws-cdk-lib";
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

  /** This stack, for whoever names it by its name: a call that does has no id to compare. */
  protected get stackArns(): string {
    const [service, resource] = ["cloudformation", "stack"];
    return Stack.of(this).formatArn({ service, resource, resourceName: `${Aws.STACK_NAME}/*` });
  }

  allow(...statements: PolicyStatement[]): void {
    this.policy.addStatements(...statements);
  }
}

/** Why the wildcard of `stackArns` is harmless. */
export const OWN_STACK = "Of its own name there is only this stack: what follows is its id.";

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
