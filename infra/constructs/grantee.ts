import type { IRole, PolicyStatement } from "aws-cdk-lib/aws-iam";

/** Receives permissions. Each construct's `grant...` method adds exactly the actions that the use needs. */
export interface Grantee {
  readonly role: IRole;
  allow(...statements: PolicyStatement[]): void;
}

/** A grantee that also receives the resource's name in its environment. */
export interface Worker extends Grantee {
  setEnvironment(name: string, value: string): void;
}
