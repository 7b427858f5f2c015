import { Stack, Validations } from "aws-cdk-lib";
import type { IConstruct } from "constructs";

const PREFIX = {
  solutions: "AwsSolutions",
  nist: "NIST.800.53.R5",
  hipaa: "HIPAA.Security",
  pci: "PCI.DSS.321",
  serverless: "Serverless",
};
export type Pack = keyof typeof PREFIX;

/**
 * Acknowledges one rule of cdk-nag, in each pack that has it, with the reason why this construct does not follow it. The
 * reason must be an argument that an auditor can check.
 */
export function acknowledge(construct: IConstruct, packs: readonly Pack[], rule: string, reason: string): void {
  for (const pack of packs) Validations.of(construct).acknowledge({ id: `${PREFIX[pack]}-${rule}`, reason });
}

/** Acknowledges that a policy allows its actions on every resource below an ARN, where a wildcard is the only way to say so. */
export function acknowledgeWildcards(policy: IConstruct, arns: readonly string[], reason: string): void {
  for (const arn of arns) {
    const resource = flatten(Stack.of(policy).resolve(arn));
    acknowledge(policy, ["solutions"], `IAM5[Resource::${resource}]`, reason);
  }
}

/** A resolved ARN in cdk-nag's notation: `<LogicalId.Arn>/events/*`. */
function flatten(value: unknown): string {
  if (typeof value === "string") return value;
  const [intrinsic, argument] = Object.entries(value as Record<string, unknown>)[0] ?? [];
  if (intrinsic === "Ref") return `<${argument}>`;
  if (intrinsic === "Fn::GetAtt") return `<${(argument as string[]).join(".")}>`;
  if (intrinsic === "Fn::Join") {
    const [separator, parts] = argument as [string, unknown[]];
    return parts.map(flatten).join(separator);
  }
  throw new Error(`Cannot acknowledge an ARN that is built with ${intrinsic}.`);
}
