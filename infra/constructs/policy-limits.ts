import { Stack } from "aws-cdk-lib";
import { CfnRule } from "aws-cdk-lib/aws-events";
import { CfnManagedPolicy, CfnRole } from "aws-cdk-lib/aws-iam";
import { CfnKey } from "aws-cdk-lib/aws-kms";
import { CfnBucketPolicy } from "aws-cdk-lib/aws-s3";
import { CfnQueuePolicy } from "aws-cdk-lib/aws-sqs";
import type { IConstruct } from "constructs";
import { SettingsError } from "../settings/settings.ts";

/** Characters that AWS takes, white space apart, and the settings by which a policy grows. */
const LIMITS = {
  trust: {
    max: 2_048,
    shorten:
      "readerPrincipalArns, auditorPrincipalArns or operatorPrincipalArns: name a role that several people assume",
  },
  managed: { max: 6_144, shorten: "tokenSecretArns: give the secrets shorter names, or archive fewer workspaces" },
  bucket: { max: 20_480, shorten: "writerRoleArns" },
  key: { max: 32_768, shorten: "breakGlassRoleArn and deploymentRoleArn" },
  queue: { max: 8_192, shorten: "stackName, or archiveName" },
  pattern: { max: 2_048, shorten: "tokenSecretArns: give the secrets shorter names" },
};

/** Throws SettingsError for a policy that AWS would refuse in the middle of a deployment, because settings made it too long. */
export function checkPolicySizes(archive: IConstruct): void {
  const problems = archive.node.findAll().flatMap((construct) => {
    const found = policyOf(construct);
    if (found === null) return [];
    const { max, shorten } = LIMITS[found.kind];
    const size = longest(Stack.of(construct).resolve(found.policy));
    if (size <= max) return [];
    return [
      `The policy${found.kind === "pattern" ? " (event pattern)" : ""} of ${construct.node.path} would have up to ${size} characters; AWS takes ${max}. Shorten ${shorten}.`,
    ];
  });
  if (problems.length > 0) throw new SettingsError(problems);
}

function policyOf(construct: IConstruct): { kind: keyof typeof LIMITS; policy: unknown } | null {
  if (construct instanceof CfnRole) return { kind: "trust", policy: construct.assumeRolePolicyDocument };
  if (construct instanceof CfnManagedPolicy) return { kind: "managed", policy: construct.policyDocument };
  if (construct instanceof CfnBucketPolicy) return { kind: "bucket", policy: construct.policyDocument };
  if (construct instanceof CfnKey) return { kind: "key", policy: construct.keyPolicy };
  if (construct instanceof CfnQueuePolicy) return { kind: "queue", policy: construct.policyDocument };
  if (construct instanceof CfnRule) return { kind: "pattern", policy: construct.eventPattern };
  return null;
}

/** The longest that CloudFormation can put in place of a pseudo parameter. */
const PSEUDO: Readonly<Record<string, string>> = {
  "AWS::Partition": "aws-us-gov",
  "AWS::Region": "ap-southeast-1",
  "AWS::AccountId": "123456789012",
  "AWS::StackName": "n".repeat(128),
  "AWS::StackId": `arn:aws-us-gov:cloudformation:ap-southeast-1:123456789012:stack/${"n".repeat(128)}/${"i".repeat(36)}`,
};

/** The longest ARN before a generated name is a secret's; a name is the logical id and two random parts, or a bucket's. */
const arnOf = (logicalId: string): string =>
  `arn:aws-us-gov:secretsmanager:ap-southeast-1:123456789012:secret:${logicalId.padEnd(20)}-123456789012-AbCdEf`;

/** How long a policy can be once CloudFormation has put names in place of its references. */
const longest = (policy: unknown): number => JSON.stringify(withNames(policy)).length;

function withNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withNames);
  if (typeof value !== "object" || value === null) return value;
  const [[key, argument] = ["", undefined], ...others] = Object.entries(value);
  if (others.length === 0 && key === "Ref") return PSEUDO[argument] ?? arnOf(argument);
  if (others.length === 0 && key === "Fn::GetAtt") return arnOf(argument[0]);
  if (others.length === 0 && key === "Fn::Split") return String(withNames(argument[1])).split(argument[0]);
  if (others.length === 0 && key === "Fn::Select") return (withNames(argument[1]) as unknown[])[argument[0]];
  if (others.length === 0 && key === "Fn::Join") return argument[1].map(withNames).join(argument[0]);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withNames(inner)]));
}
