import { Aws, type DefaultStackSynthesizer, Stack, Token } from "aws-cdk-lib";
import type { IConstruct } from "constructs";
import { SettingsError } from "../settings/settings.ts";

export interface DeploymentSettings {
  readonly deploymentRoleArn: string | null;
  readonly formerDeploymentRoleArn: string | null;
}

/** The roles that CloudFormation deploys this construct with: the settings', else the synthesizer's. Throws SettingsError. */
export const deploymentRoleArns = (scope: IConstruct, settings: DeploymentSettings): readonly string[] =>
  [settings.deploymentRoleArn ?? executionRoleArn(Stack.of(scope))].concat(settings.formerDeploymentRoleArn ?? []);

/** The account that is deployed into, where the stack says it or the CDK's command line has credentials; else null. */
export function accountOf(scope: IConstruct): string | null {
  const { account } = Stack.of(scope);
  return Token.isUnresolved(account) ? (process.env["CDK_DEFAULT_ACCOUNT"] ?? null) : account;
}

/** The role that CloudFormation will deploy this stack with, as the stack's synthesizer says. Throws SettingsError. */
function executionRoleArn(stack: Stack): string {
  const { synthesizer } = outermost(stack);
  const arn = (synthesizer as Partial<DefaultStackSynthesizer>).cloudFormationExecutionRoleArn;
  if (arn === undefined) {
    throw new SettingsError([
      `deploymentRoleArn is empty, and the stack's synthesizer (${synthesizer.constructor.name}) does not say which role deploys. ` +
        "Only that role may change the policies of buckets and keys, so a wrong one locks everybody out. Set it to the role " +
        "that CloudFormation deploys with, or whose credentials deploy.",
    ]);
  }
  return arn.replace(/\$\{(AWS::\w+)\}/g, (placeholder, name: string) => PSEUDO_PARAMETERS[name] ?? placeholder);
}

const PSEUDO_PARAMETERS: Readonly<Record<string, string>> = {
  "AWS::Partition": Aws.PARTITION,
  "AWS::AccountId": Aws.ACCOUNT_ID,
  "AWS::Region": Aws.REGION,
};

/** A nested stack is deployed with the role of the stack around it. */
const outermost = (stack: Stack): Stack =>
  stack.nestedStackParent === undefined ? stack : outermost(stack.nestedStackParent);
