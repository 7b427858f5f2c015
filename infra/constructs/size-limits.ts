import { Stack } from "aws-cdk-lib";
import { CfnRule } from "aws-cdk-lib/aws-events";
import { CfnManagedPolicy, CfnRole } from "aws-cdk-lib/aws-iam";
import { CfnKey } from "aws-cdk-lib/aws-kms";
import { CfnFunction } from "aws-cdk-lib/aws-lambda";
import { CfnBucketPolicy } from "aws-cdk-lib/aws-s3";
import { CfnQueuePolicy } from "aws-cdk-lib/aws-sqs";
import type { IConstruct } from "constructs";
import { SettingsError } from "../settings/settings.ts";

/** Characters that AWS takes, white space apart, and the settings by which a text grows. */
const LIMITS = {
  trust: {
    max: 2_048,
    shorten:
      "readerPrincipalArns, auditorPrincipalArns or operatorPrincipalArns: name a role that several people assume",
  },
  managed: {
    max: 6_144,
    shorten:
      "tokenSecretArns: give the secrets shorter names (with tokenIn parameters: the stack), or name fewer workspaces or retiredWorkspaces",
  },
  bucket: { max: 20_480, shorten: "writerRoleArns" },
  key: { max: 32_768, shorten: "breakGlassRoleArn and deploymentRoleArn" },
  queue: { max: 8_192, shorten: "stackName, or archiveName" },
  environment: {
    max: 4_096,
    shorten: "retiredWorkspaces or tokenSecretArns, or archive fewer workspaces",
  },
  pattern: { max: 2_048, shorten: "tokenSecretArns: give the secrets shorter names" },
};

/** Throws SettingsError for what AWS would refuse in the middle of a deployment, because settings made it too long. */
export function checkSizes(archive: IConstruct): void {
  const problems = archive.node.findAll().flatMap((construct) => {
    const found = limitedOf(construct);
    if (found === null) return [];
    const { max, shorten } = LIMITS[found.kind];
    const size = longest(Stack.of(construct).resolve(found.text));
    if (size <= max) return [];
    return [
      `The ${NAMES[found.kind] ?? "policy"} of ${construct.node.path} would have up to ${size} characters; AWS takes ${max}. Shorten ${shorten}.`,
    ];
  });
  if (problems.length > 0) throw new SettingsError(problems);
}

/** What is no policy. */
const NAMES: Partial<Record<keyof typeof LIMITS, string>> = {
  environment: "environment",
  pattern: "event pattern",
};

function limitedOf(construct: IConstruct): { kind: keyof typeof LIMITS; text: unknown } | null {
  if (construct instanceof CfnRole) return { kind: "trust", text: construct.assumeRolePolicyDocument };
  if (construct instanceof CfnManagedPolicy) return { kind: "managed", text: construct.policyDocument };
  if (construct instanceof CfnBucketPolicy) return { kind: "bucket", text: construct.policyDocument };
  if (construct instanceof CfnKey) return { kind: "key", text: construct.keyPolicy };
  if (construct instanceof CfnQueuePolicy) return { kind: "queue", text: construct.policyDocument };
  // Lambda measures the variables as one JSON text.
  if (construct instanceof CfnFunction) return { kind: "environment", text: variablesOf(construct) };
  if (construct instanceof CfnRule) return { kind: "pattern", text: construct.eventPattern };
  return null;
}

const variablesOf = (fn: CfnFunction): unknown => Stack.of(fn).resolve(fn.environment)?.variables ?? {};

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

/** How long a text can be once CloudFormation has put names in place of its references. */
const longest = (text: unknown): number => JSON.stringify(withNames(text)).length;

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
