/** What the policies in `infra/guardrails/` refuse, and whom. The stack's own policies are left out: each has to hold alone. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { BREAK_GLASS, type Resource, synthesise } from "../synth.ts";
import { ADMINISTRATOR, createAccount, DEPLOYER } from "./account.ts";
import { type Context, evaluate, type Statement } from "./evaluate.ts";
import { ACCOUNT, REGION } from "./resolve.ts";

const read = (name: string) => readFileSync(`infra/guardrails/${name}`, "utf8");
const role = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;
const template = synthesise({ breakGlassRoleArn: BREAK_GLASS });
const account = createAccount(template, []);
const everything: Statement = { Effect: "Allow", Action: "*", Resource: "*" };

const found = {
  archive: account.find("AWS::S3::Bucket", /^ArchiveBucket/),
  results: account.find("AWS::S3::Bucket", /Results/),
  accessLogs: account.find("AWS::S3::Bucket", /AccessLogs/),
  archiveKey: account.find("AWS::KMS::Key", /^ArchiveKey/),
  operationsKey: account.find("AWS::KMS::Key", /Operations/),
  sealingKey: account.find("AWS::KMS::Key", /Sealing/),
  table: account.find("AWS::DynamoDB::Table"),
  fn: account.find("AWS::Lambda::Function", /Archiver/),
  fnRole: account.find("AWS::IAM::Role", /Archiver/),
  sealer: account.find("AWS::Lambda::Function", /Sealer/),
  sealerRole: account.find("AWS::IAM::Role", /Sealer/),
  topic: account.find("AWS::SNS::Topic", /Watch/),
  sealsTopic: account.find("AWS::SNS::Topic", /Seals/),
  alarm: account.find("AWS::CloudWatch::Alarm", /Deadletters/),
  group: account.find("AWS::Scheduler::ScheduleGroup"),
  rule: account.find("AWS::Events::Rule", /Tripwirekeys/),
};
const CDK_ROLE = role(`cdk-hnb659fds-deploy-role-${ACCOUNT}-${REGION}`);
const PIPELINE = role("pipeline");
const ROOT = `arn:aws:iam::${ACCOUNT}:root`;

/** How the names of the tripwire's rules begin, as the README says to read it off one of them. */
const beginning = (rule: Resource["Properties"]): string => rule.Name.replace(/keys$/, "");

const placeholders: Readonly<Record<string, string>> = {
  "<stack>": "AsanaAuditArchive",
  "<archive-bucket>": found.archive.ref,
  "<results-bucket>": found.results.ref,
  "<access-logs-bucket>": found.accessLogs.ref,
  "<archive-key>": found.archiveKey.ref,
  "<operations-key>": found.operationsKey.ref,
  "<sealing-key>": found.sealingKey.ref,
  "<sealer>": found.sealer.ref,
  "<sealer-role>": found.sealerRole.arn,
  "<seals-topic>": found.sealsTopic.arn.split(":").at(-1)!,
  "<table>": found.table.ref,
  "<function>": found.fn.ref,
  "<topic>": found.topic.arn.split(":").at(-1)!,
  "<schedule-group>": found.group.properties.Name,
  "<tripwire-rules>": beginning(found.rule.properties),
  "<function-role>": found.fnRole.arn,
  "<deployment-role>": DEPLOYER,
  "<cdk-role>": CDK_ROLE,
  "<deployer-role>": PIPELINE,
  "<break-glass-role>": BREAK_GLASS,
};
const fill = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values).reduce(
    (text, [name, value]) => text.replaceAll(name, value),
    read("service-control-policy.json"),
  );

const arn = (service: string, rest: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;
const segment = `${found.archive.arn}/events/workspace=1201/dt=2026-05-01/000001.ndjson.gz`;
const accessLog = `${found.accessLogs.arn}/archive/1`;
const stack = arn("cloudformation", "stack/AsanaAuditArchive/1");

/** The calls that change what protects the archive. */
const configures: readonly (readonly [action: string, resource: string])[] = [
  ...[found.archive, found.results, found.accessLogs].flatMap(({ arn }) =>
    [
      "s3:PutBucketPolicy",
      "s3:DeleteBucketPolicy",
      "s3:PutBucketVersioning",
      "s3:PutBucketObjectLockConfiguration",
      "s3:PutLifecycleConfiguration",
      "s3:PutEncryptionConfiguration",
      "s3:PutBucketPublicAccessBlock",
      "s3:PutBucketOwnershipControls",
      "s3:PutBucketAcl",
      "s3:PutBucketLogging",
      "s3:PutReplicationConfiguration",
    ].map((action) => [action, arn] as const),
  ),
  ...[found.archiveKey, found.operationsKey, found.sealingKey].flatMap(({ arn }) =>
    ["kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DisableKey"].map((action) => [action, arn] as const),
  ),
  ["dynamodb:DeleteTable", found.table.arn],
  ["dynamodb:UpdateTable", found.table.arn],
  ["lambda:UpdateFunctionCode", found.fn.arn],
  ["lambda:UpdateFunctionConfiguration", found.fn.arn],
  ["lambda:UpdateAlias", `${found.fn.arn}:live`],
  ["lambda:UpdateFunctionCode", found.sealer.arn],
  ["sns:DeleteTopic", found.sealsTopic.arn],
  ["iam:UpdateAssumeRolePolicy", found.sealerRole.arn],
  ["lambda:DeleteFunction", found.fn.arn],
  ["sns:DeleteTopic", found.topic.arn],
  ["cloudwatch:PutMetricAlarm", arn("cloudwatch", `alarm:${found.alarm.properties.AlarmName}`)],
  ["cloudwatch:DeleteAlarms", arn("cloudwatch", `alarm:${found.alarm.properties.AlarmName}`)],
  ["scheduler:UpdateSchedule", arn("scheduler", `schedule/${found.group.properties.Name}/drain`)],
  ["scheduler:DeleteScheduleGroup", arn("scheduler", `schedule-group/${found.group.properties.Name}`)],
  ...["PutRule", "DisableRule", "DeleteRule", "PutTargets", "RemoveTargets"].map(
    (name) => [`events:${name}`, arn("events", `rule/${found.rule.properties.Name}`)] as const,
  ),
  ["cloudformation:UpdateStack", stack],
  ["cloudformation:CreateChangeSet", stack],
  ["cloudformation:ExecuteChangeSet", stack],
  ["cloudformation:ExecuteStackRefactor", stack],
  ["cloudformation:RollbackStack", stack],
  ["cloudformation:ContinueUpdateRollback", stack],
  ["cloudformation:SetStackPolicy", stack],
  ["cloudformation:UpdateTerminationProtection", stack],
  ["iam:PassRole", DEPLOYER],
  ["iam:PassRole", found.fnRole.arn],
  ["iam:PassRole", found.sealerRole.arn],
  ...[found.fnRole.arn, DEPLOYER, CDK_ROLE, PIPELINE, BREAK_GLASS].map(
    (arn) => ["iam:UpdateAssumeRolePolicy", arn] as const,
  ),
];
const deletes: readonly (readonly [action: string, resource: string])[] = [
  ["s3:DeleteObject", segment],
  ["s3:DeleteObjectVersion", segment],
  ["s3:BypassGovernanceRetention", segment],
  ["s3:DeleteObjectVersion", accessLog],
  ["s3:DeleteBucket", found.archive.arn],
  ["s3:DeleteBucket", found.accessLogs.arn],
];

describe("the service control policy", () => {
  const statements: readonly Statement[] = JSON.parse(fill(placeholders)).Statement;
  const isAllowed = (principal: string, action: string, resource: string, context: Context = {}): boolean =>
    evaluate({ principal, action, resource, context }, { identity: [everything, ...statements], resource: [] }).allowed;

  it.each([...configures, ...deletes])("refuses %s on %s to administrators and the root user", (action, resource) => {
    expect(isAllowed(ADMINISTRATOR, action, resource)).toBe(false);
    expect(isAllowed(ROOT, action, resource)).toBe(false);
  });

  it.each(configures)("lets the roles that deploy and the break-glass role do %s on %s", (action, resource) => {
    for (const principal of [DEPLOYER, CDK_ROLE, BREAK_GLASS])
      expect(isAllowed(principal, action, resource), principal).toBe(true);
  });

  it.each(deletes)("lets the break-glass role alone do %s on %s", (action, resource) => {
    expect(isAllowed(BREAK_GLASS, action, resource)).toBe(true);
    for (const principal of [DEPLOYER, CDK_ROLE, PIPELINE]) expect(isAllowed(principal, action, resource)).toBe(false);
  });

  it("lets only the deployer and the break-glass role become the CDK's role", () => {
    for (const principal of [PIPELINE, BREAK_GLASS])
      expect(isAllowed(principal, "sts:AssumeRole", CDK_ROLE)).toBe(true);
    for (const principal of [ADMINISTRATOR, ROOT]) expect(isAllowed(principal, "sts:AssumeRole", CDK_ROLE)).toBe(false);
  });

  it.each(["ArchiveSubsidiary", "my-archive", "a".repeat(50)])(
    "refuses to touch rules and schedules of a stack of any name: %s",
    (stackName) => {
      const named = createAccount(synthesise({ stackName }), []);
      const rule = named.find("AWS::Events::Rule", /Tripwirekeys/).properties;
      const group = named.find("AWS::Scheduler::ScheduleGroup").properties.Name;
      const filled = fill({
        ...placeholders,
        "<stack>": stackName,
        "<schedule-group>": group,
        "<tripwire-rules>": beginning(rule),
      });
      const denied: readonly Statement[] = JSON.parse(filled).Statement;
      const isRefused = (action: string, resource: string) =>
        !evaluate(
          { principal: ADMINISTRATOR, action, resource, context: {} },
          { identity: [everything, ...denied], resource: [] },
        ).allowed;
      expect(isRefused("events:DisableRule", arn("events", `rule/${rule.Name}`))).toBe(true);
      expect(isRefused("scheduler:UpdateSchedule", arn("scheduler", `schedule/${group}/drain`))).toBe(true);
      expect(isRefused("scheduler:DeleteScheduleGroup", arn("scheduler", `schedule-group/${group}`))).toBe(true);
      expect(isRefused("events:DisableRule", arn("events", "rule/another"))).toBe(false);
    },
  );

  it.each(["organizations:LeaveOrganization", "account:CloseAccount", "cloudtrail:StopLogging"])(
    "refuses %s to everybody",
    (action) => {
      for (const principal of [ADMINISTRATOR, ROOT, DEPLOYER, BREAK_GLASS])
        expect(isAllowed(principal, action, "*")).toBe(false);
    },
  );

  it.each([
    [found.fnRole.arn, "s3:PutObject", segment],
    [found.fnRole.arn, "dynamodb:UpdateItem", found.table.arn],
    [ADMINISTRATOR, "s3:GetObject", segment],
    [ADMINISTRATOR, "kms:CancelKeyDeletion", found.archiveKey.arn],
    [ADMINISTRATOR, "kms:EnableKey", found.archiveKey.arn],
    [ADMINISTRATOR, "lambda:InvokeFunction", found.fn.arn],
    [ADMINISTRATOR, "sns:Subscribe", found.topic.arn],
    [ADMINISTRATOR, "s3:PutBucketPolicy", "arn:aws:s3:::another"],
    [ADMINISTRATOR, "s3:DeleteObject", `${found.results.arn}/results/1.csv`],
    [ADMINISTRATOR, "iam:UpdateAssumeRolePolicy", role("another")],
    [ADMINISTRATOR, "iam:PassRole", role("another")],
    [ADMINISTRATOR, "cloudformation:UpdateStack", arn("cloudformation", "stack/AsanaAuditArchive2/1")],
    [ADMINISTRATOR, "sts:AssumeRole", found.fnRole.arn],
  ])("leaves daily work alone: %s may %s on %s", (principal, action, resource) => {
    expect(isAllowed(principal, action, resource)).toBe(true);
  });

  it("leaves the verifier and its reports unguarded, for want of characters, as its README says", () => {
    const verifier = account.find("AWS::Lambda::Function", /Verifier/).arn;
    const reports = account.find("AWS::S3::Bucket", /Reports/).arn;
    expect(isAllowed(ADMINISTRATOR, "lambda:UpdateFunctionCode", verifier)).toBe(true);
    expect(isAllowed(ADMINISTRATOR, "s3:PutBucketPolicy", reports)).toBe(true);
    expect(read("README.md")).toMatch(/^- The verifier and its bucket of reports are not guarded/m);
  });

  it("has 5,120 characters at most, with the longest names that there are", () => {
    const longest = (name: string): string => {
      if (name.endsWith("-role>")) return role("r".repeat(64));
      if (name.endsWith("-key>")) return "12345678-1234-1234-1234-123456789012";
      return "n".repeat(64);
    };
    const filled = fill(Object.fromEntries(Object.keys(placeholders).map((name) => [name, longest(name)])));
    expect(JSON.stringify(JSON.parse(filled)).length).toBeLessThanOrEqual(5_120);
  });

  it("has no placeholder that its README does not explain, and the README no other", () => {
    const inPolicy = new Set(read("service-control-policy.json").match(/<[\w-]+>/g));
    expect([...inPolicy].sort()).toEqual(Object.keys(placeholders).sort());
    const rows = read("README.md")
      .split("\n")
      .filter((line) => line.startsWith("| `<"));
    const explained = rows.flatMap((row) => row.split("|")[1]!.match(/<[\w-]+>/g) ?? []);
    expect(explained.sort()).toEqual([...inPolicy].sort());
  });
});

describe("the stack policy", () => {
  const statements: readonly Statement[] = JSON.parse(read("stack-policy.json")).Statement;
  const resources = Object.entries(template.toJSON()["Resources"] as Record<string, Resource>);
  const isAllowed = (action: string, [id, { Type }]: [string, Resource]): boolean =>
    evaluate(
      { principal: ADMINISTRATOR, action, resource: `LogicalResourceId/${id}`, context: { ResourceType: Type } },
      { identity: [], resource: statements },
    ).allowed;

  it("lets no update replace or remove what outlives the stack, or the topic, whoever deploys", () => {
    const kept = resources.filter(
      ([, { Type, DeletionPolicy }]) => DeletionPolicy?.startsWith("Retain") || Type === "AWS::SNS::Topic",
    );
    expect(kept.length).toBeGreaterThanOrEqual(11);
    for (const resource of kept) {
      expect(isAllowed("Update:Replace", resource), resource[0]).toBe(false);
      expect(isAllowed("Update:Delete", resource), resource[0]).toBe(false);
    }
  });

  it("leaves every other update alone", () => {
    for (const resource of resources) {
      expect(isAllowed("Update:Modify", resource), resource[0]).toBe(true);
      if (/Lambda|IAM|Scheduler|Alarm|Events|Secret|Glue|Athena/.test(resource[1].Type))
        expect(isAllowed("Update:Replace", resource), resource[0]).toBe(true);
    }
  });
});
