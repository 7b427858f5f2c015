import {
  AccountRootPrincipal,
  ArnPrincipal,
  CompositePrincipal,
  ManagedPolicy,
  type PolicyStatement,
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
    const principals = props.principalArns.map((arn) => new ArnPrincipal(arn));
    this.role = new Role(this, "Role", {
      description: "Reads and queries the Asana audit archive",
      assumedBy: principals.length === 0 ? new AccountRootPrincipal() : new CompositePrincipal(...principals),
    });
    this.policy = new ManagedPolicy(this, "Policy", { roles: [this.role] });
  }

  allow(...statements: PolicyStatement[]): void {
    this.policy.addStatements(...statements);
  }
}
