import type { Grantee, Worker } from "./grantee.ts";

/** Where the service account token of each workspace is. No token passes through a template or a deployment. */
export interface Tokens {
  /** By workspace. */
  readonly arns: Readonly<Record<string, string>>;
  /** The secrets, by all the names that Secrets Manager takes for them. */
  readonly secrets: readonly { readonly name: string; readonly arn: string; readonly arnWithoutSuffix: string }[];
  /** How the names and ARNs of parameters begin, if tokens are in parameters. */
  readonly parameters: readonly { readonly namePrefix: string; readonly arnPrefix: string }[];
  /** Allows the worker to read the tokens, previous versions included, and sets their ARNs in its environment. */
  grantRead(worker: Worker): void;
  /** Allows putting a new token there, and reading none. */
  grantPut(operator: Grantee): void;
  /** The arguments of `aws` that put a token there, which they read from standard input. */
  putCommand(workspace: string): string;
}
