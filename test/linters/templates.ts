/** The templates that the linters look at: both stacks, with every setting that makes other resources or policies. */
import { Template } from "aws-cdk-lib/assertions";
import { BREAK_GLASS, COPY, createReplica, createStack, OTHER_WORKSPACE, WORKSPACE } from "../infra/synth.ts";

const everything = {
  workspaces: [WORKSPACE, OTHER_WORKSPACE],
  alarmEmails: ["oncall@example.com"],
  breakGlassRoleArn: BREAK_GLASS,
  expireAfterDays: 4000,
  longestRetentionDays: 2557,
  reservedConcurrency: 2,
  readerPrincipalArns: ["arn:aws:iam::123456789012:role/readers"],
  tokenSecretArns: { [WORKSPACE]: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:asana-AbCdEf" },
  ...COPY,
};

export const templates = (): Readonly<Record<string, Template>> => ({
  plain: Template.fromStack(createStack()),
  everything: Template.fromStack(createStack(everything)),
  "sse-s3": Template.fromStack(createStack({ encryption: "sse-s3" })),
  copy: Template.fromStack(createReplica({ breakGlassRoleArn: BREAK_GLASS })),
  "copy-sse-s3": Template.fromStack(createReplica({ encryption: "sse-s3" })),
});
