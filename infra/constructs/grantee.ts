import { type IRole, ManagedPolicy, type PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";

/** Receives permissions. Each construct's `grant...` method adds exactly the actions that the use needs. */
export interface Grantee {
  readonly role: IRole;
  allow(...statements: PolicyStatement[]): void;
}

/** A grantee that also receives the resource's name in its environment. */
export interface Worker extends Grantee {
  setEnvironment(name: string, value: string): void;
}

/** The same role with another policy, for what would make its first one longer than IAM takes. */
export function withPolicy(scope: Construct, id: string, role: IRole): Grantee & { readonly policy: ManagedPolicy } {
  const policy = new ManagedPolicy(scope, id, { roles: [role] });
  return { role, policy, allow: (...statements) => policy.addStatements(...statements) };
}
