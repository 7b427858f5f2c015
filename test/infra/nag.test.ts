import { Validations } from "aws-cdk-lib";
import type { NagPack } from "cdk-nag";
import type { IConstruct } from "constructs";
import { beforeAll, describe, expect, it } from "vitest";
import { createNagPacks } from "../../infra/nag-packs.ts";
import { createStack, OTHER_WORKSPACE, WORKSPACE } from "./synth.ts";

/** `rule` with its pack, as it is acknowledged. */
interface Finding {
  readonly rule: string;
  readonly path: string;
}

const findingsOf = (scope: IConstruct, packs: readonly NagPack[]): Finding[] =>
  packs.flatMap((pack) =>
    pack
      .validateScope(scope)
      .violations.flatMap(({ ruleName, violatingResources }) =>
        violatingResources.map(({ constructPath }) => ({ rule: ruleName, path: constructPath ?? "" })),
      ),
  );

/** The same packs, to which nothing has been acknowledged. */
function unforgivingPacks(): NagPack[] {
  return createNagPacks().map((pack) => Object.assign(pack, { isAcknowledged: () => false }));
}

interface Acknowledged extends Finding {
  readonly reason: string;
}

function acknowledgementsIn(scope: IConstruct): Acknowledged[] {
  return scope.node.findAll().flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries(data as Record<string, string>))
      .filter(([id]) => !id.startsWith("CloudFormation-Validate"))
      .map(([id, reason]) => ({ rule: id.replace(/^annotation::/i, ""), path: node.path, reason })),
  );
}

describe("cdk-nag", () => {
  const stack = createStack({ workspaces: [WORKSPACE, OTHER_WORKSPACE] });
  let findings: Finding[];
  let acknowledged: Acknowledged[];

  beforeAll(() => {
    findings = findingsOf(stack, unforgivingPacks());
    acknowledged = acknowledgementsIn(stack);
  });

  it("finds nothing in the stack that is not acknowledged", () => {
    expect(findings.length).toBeGreaterThan(0); // the packs do look
    expect(findingsOf(stack, createNagPacks())).toEqual([]);
  });

  it("finds nothing new when every optional setting is given", () => {
    const other = createStack({
      reservedConcurrency: 2,
      expireAfterDays: 4000,
      longestRetentionDays: 2557,
      breakGlassRoleArn: "arn:aws:iam::123456789012:role/break-glass",
      readerPrincipalArns: ["arn:aws:iam::123456789012:role/auditors"],
      tokenSecretArns: { [WORKSPACE]: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:asana-AbCdEf" },
      alarmEmails: ["oncall@example.com"],
      sealingKeyArn: "arn:aws:kms:eu-west-1:210987654321:key/1",
    });
    expect(findingsOf(other, createNagPacks())).toEqual([]);
    expect(findingsOf(createStack({ encryption: "sse-s3" }), createNagPacks())).toEqual([]);
  });

  it("every acknowledgement is needed, and says why in a sentence", () => {
    const unneeded = acknowledged.filter(
      ({ rule, path }) =>
        !findings.some((one) => one.rule === rule && (one.path === path || one.path.startsWith(`${path}/`))),
    );
    expect(unneeded).toEqual([]);
    for (const { reason } of acknowledged) expect(reason).toMatch(/^[A-Z].{30,}\.$/s);
  });

  it("few rules are acknowledged", () => {
    const rules = new Set(
      acknowledged.map(({ rule }) => rule.replace(/^.*?-(?=[A-Za-z0-9]+(\[|$))/, "").replace(/\[.*/, "")),
    );
    expect([...rules].sort()).toMatchInlineSnapshot(`
      [
        "DynamoDBInBackupPlan",
        "IAM5",
        "KMS5",
        "KMSBackingKeyRotationEnabled",
        "LambdaConcurrency",
        "LambdaInsideVPC",
        "LambdaTracing",
        "S3BucketReplicationEnabled",
        "S3DefaultEncryptionKMS",
        "SF1",
        "SF2",
        "SMG4",
        "SQS3",
        "SQSRedrivePolicy",
        "SecretsManagerRotationEnabled",
        "StepFunctionStateMachineXray",
      ]
    `);
  });
});
