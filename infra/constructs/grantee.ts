import type { IRole, PolicyStatement } from "aws-cdk-lib/aws-iam";

/** Who is granted something. Each construct's `grant...` adds exactly the actions that its use needs. */
export interface Grantee {
  readonly role: IRole;
  allow(...statements: PolicyStatement[]): void;
}

/** A grantee that also has to be told where the thing is. */
export interface Worker extends Grantee {
  setEnvironment(name: string, value: string): void;
}
