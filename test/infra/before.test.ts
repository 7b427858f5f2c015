/**
 * The faults that the first review of this stack found, in what commit 788c322 made: each judge here finds its fault in that
 * version and none in today's. That version's template, what it made of other settings, and its pages' headings were
 * recorded from a checkout of it.
 */
import { readFileSync } from "node:fs";
import {
  App,
  CliCredentialsStackSynthesizer,
  DefaultStackSynthesizer,
  type IStackSynthesizer,
  LegacyStackSynthesizer,
  Stack,
} from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { AsanaAuditArchive } from "../../infra/constructs/asana-audit-archive.ts";
import { accountProblems, readSettings, SettingsError } from "../../infra/settings/settings.ts";
import recorded from "./fixtures/first-reviewed.json" with { type: "json" };
import { ADMINISTRATOR, createAccount, DEPLOYER } from "./policy/account.ts";
import { type About, CALLS, type Principal, type Way, whoMay } from "./policy/calls.ts";
import { ACCOUNT } from "./policy/resolve.ts";
import { type Resource, resourcesOf, standIn, synthesise, TWENTY, theOne, WORKSPACE } from "./synth.ts";

interface Version {
  readonly template: Template;
  readonly account: ReturnType<typeof createAccount>;
}

const versionOf = (template: Template): Version => ({
  template,
  account: createAccount(template, [ADMINISTRATOR, DEPLOYER]),
});
const before = versionOf(
  Template.fromJSON(JSON.parse(readFileSync("test/infra/fixtures/first-reviewed.template.json", "utf8"))),
);
const today = versionOf(synthesise());

/** Those who were there from the beginning. */
const PRINCIPALS: readonly Principal[] = ["administrator", "deployment", "archiver", "reader", "scheduler", "stranger"];

/** Whether somebody may make a call who may not, as docs/permissions.md has it. */
const isOpen =
  (action: string, about: About, way: Way = "") =>
  ({ account }: Version): boolean => {
    const row = CALLS.find((one) => one[0] === action && one[1] === about && one[2] === way);
    if (row === undefined) throw new Error(`docs/permissions.md has no call ${action} on ${about}, ${way}.`);
    return whoMay(account, row, PRINCIPALS).some((who) => !row[3].includes(who));
  };

const all = ({ template }: Version, type: string): Resource[] => Object.values(resourcesOf(template, type));
const textOf = (value: unknown): string => JSON.stringify(value);
const outputs = ({ template }: Version): Record<string, { readonly Value: unknown }> => template.toJSON()["Outputs"];
const isNone = (found: readonly unknown[]): boolean => found.length === 0;

/** In the order of the review. A judge says whether a version has the fault. */
const FAULTS: readonly (readonly [row: number, fault: string, isFound: (version: Version) => boolean])[] = [
  ...(["the archive's key", "the operations key"] as const).flatMap((key) => [
    // With it, whoever may take out of the policy that keys may not be disabled or deleted may do that too.
    [1, `an administrator may change the policy of ${key}`, isOpen("kms:PutKeyPolicy", key)] as const,
    [1, `an administrator may let others use ${key}`, isOpen("kms:CreateGrant", key)] as const,
  ]),
  [
    1,
    "a key's policy says nothing of how long its deletion has to wait",
    (version) =>
      all(version, "AWS::KMS::Key").some(
        ({ Properties }) => !textOf(Properties.KeyPolicy).includes("kms:ScheduleKeyDeletionPendingWindowInDays"),
      ),
  ],
  [
    2,
    "nothing looks for a workspace that is no longer archived",
    (version) =>
      isNone(
        all(version, "AWS::Scheduler::Schedule").filter(({ Properties }) => /census/.test(Properties.Target.Input)),
      ),
  ],
  [
    2,
    "no alarm of the stack goes off for such a workspace",
    (version) =>
      isNone(
        all(version, "AWS::CloudWatch::Alarm").filter(({ Properties }) =>
          Properties.AlarmName.endsWith("No longer collected"),
        ),
      ),
  ],
  [
    4,
    "a first deployment that fails leaves buckets, bucket policies, keys and logs behind",
    (version) =>
      ["AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::KMS::Key", "AWS::Logs::LogGroup"]
        .flatMap((type) => all(version, type))
        .some(({ DeletionPolicy }) => DeletionPolicy === "Retain"),
  ],
  [
    5,
    "no output subscribes anybody to the alarms, shows who is, or tries them",
    (version) =>
      ["Subscribe", "ConfirmSubscription", "Subscriptions", "TestAlarm"].every((name) => !(name in outputs(version))),
  ],
  [
    5,
    "a subscription is not confirmed so that ending it needs credentials",
    (version) => !textOf(outputs(version)).includes("--authenticate-on-unsubscribe true"),
  ],
  [
    5,
    "nothing takes the way of the alarms every week",
    (version) =>
      isNone(
        all(version, "AWS::Scheduler::Schedule").filter(
          ({ Properties }) =>
            textOf(Properties.Target.Arn).includes("Topic") && / \? \* MON \*/.test(Properties.ScheduleExpression),
        ),
      ),
  ],
  [7, "an administrator may delete access logs", isOpen("s3:DeleteObjectVersion", "an access log")],
  [7, "an administrator may write access logs", isOpen("s3:PutObject", "an access log")],
  [
    7,
    "an administrator may have access logs expire",
    isOpen("s3:PutLifecycleConfiguration", "the access logs' bucket"),
  ],
  [
    7,
    "an administrator may change the policy of the access logs' bucket",
    isOpen("s3:PutBucketPolicy", "the access logs' bucket"),
  ],
  [
    7,
    "the policy of the access logs' bucket goes with the stack",
    ({ template }) => theOne(template, "AWS::S3::BucketPolicy", /AccessLogs/).DeletionPolicy === undefined,
  ],
  [9, "a reader may put an answer in place of another's", isOpen("s3:PutObject", "an answer of Athena's")],
  [
    9,
    "a reader may not list what Athena's console lists",
    ({ account }) =>
      ["athena:ListWorkGroups", "athena:ListDataCatalogs"].every(
        (action) => !account.decide(account.find("AWS::IAM::Role", /Reader/).arn, action, "*").allowed,
      ),
  ],
  [
    9,
    "no role of the stack lists versions and sees locks, and none answers alarms",
    (version) =>
      ["s3:ListBucketVersions", "s3:GetObjectRetention", "cloudwatch:SetAlarmState"].every(
        (action) => !textOf(all(version, "AWS::IAM::ManagedPolicy")).includes(action),
      ),
  ],
  [
    11,
    "a command that the deployment prints names no region",
    (version) =>
      Object.values(outputs(version)).some(
        ({ Value }) => /\b(aws|npm|npx) /.test(textOf(Value)) && !textOf(Value).includes('{"Ref":"AWS::Region"}'),
      ),
  ],
  [
    11,
    "an alarm's mail has a link to a path, which leads nowhere",
    (version) =>
      all(version, "AWS::CloudWatch::Alarm").some(({ Properties }) =>
        /Runbook: [\w./-]+#/.test(textOf(Properties.AlarmDescription)),
      ),
  ],
];

describe.each(FAULTS)("fault %i: %s", (_row, _fault, isFound) => {
  it("was there before, and is not there today", () => {
    expect([isFound(before), isFound(today)]).toEqual([true, false]);
  });
});

describe("fault 3: coldAfterDays= gave the default", () => {
  it("was 180 days before, and is never today", () => {
    const { Rules } = theOne(synthesise({ coldAfterDays: "" }), "AWS::S3::Bucket", /^ArchiveBucket/).Properties
      .LifecycleConfiguration;
    const days = Rules.flatMap(({ Transitions = [] }: { Transitions?: { TransitionInDays: number }[] }) =>
      Transitions.map(({ TransitionInDays }) => TransitionInDays),
    );
    expect([recorded.coldAfterDaysOfNone, days]).toEqual([180, []]);
  });
});

describe("faults 5, 6 and 10: settings that were taken without a word", () => {
  it.each(recorded.taken)("are refused today: %j", (given) => {
    expect(problemsOf({ workspaces: WORKSPACE, alarmEmails: "none", ...given })).toHaveLength(1);
  });
});

describe("fault 1: settings that there were not", () => {
  it.each(recorded.unknown)("%s", (name) => {
    const value = { archiveKeyArn: `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1`, encryption: "sse-s3" }[name];
    expect(problemsOf({ workspaces: WORKSPACE, alarmEmails: "none", [name]: value })).toEqual([]);
  });
});

describe("fault 8: the policies named the CDK's own role, whatever deployed", () => {
  const trusted = (synthesizer: unknown): string => {
    const stack = new Stack(new App(), "Compliance", { synthesizer: synthesizer as IStackSynthesizer });
    new AsanaAuditArchive(stack, "Audit", { workspaces: [WORKSPACE], alarmEmails: [], code: standIn });
    return textOf(Template.fromStack(stack).toJSON());
  };
  const OWN = "cdk-hnb659fds-cfn-exec-role";

  it("under a synthesizer that names another, it is that one today", () => {
    const cloudFormationExecutionRole = `arn:aws:iam::${ACCOUNT}:role/exec`;
    const text = trusted(new DefaultStackSynthesizer({ cloudFormationExecutionRole }));
    expect([recorded.deploymentRoles["named exec"], text.includes(OWN)]).toEqual([OWN, false]);
    expect(text).toContain(cloudFormationExecutionRole);
  });

  it.each([
    ["LegacyStackSynthesizer", new LegacyStackSynthesizer()],
    ["CliCredentialsStackSynthesizer", new CliCredentialsStackSynthesizer()],
  ] as const)("under a synthesizer that names none, synthesis refuses today: %s", (name, synthesizer) => {
    expect(recorded.deploymentRoles[name]).toBe(OWN);
    expect(() => trusted(synthesizer)).toThrow(/^.*deploymentRoleArn is empty/s);
  });
});

describe("fault 10: policies that AWS refuses in the middle of a deployment", () => {
  const named = (length: number) =>
    Array.from({ length: 20 }, (_, index) => `arn:aws:iam::${ACCOUNT}:role/${String(index).padStart(length, "r")}`);
  const TRUST = 2_048;
  const MANAGED = 6_144;

  it("twenty readers took twenty statements, and take one that fits today", () => {
    const role = theOne(synthesise({ readerPrincipalArns: named(60) }), "AWS::IAM::Role", /Reader/);
    const { AssumeRolePolicyDocument: trust } = role.Properties;
    expect(recorded.trustOfTwentyReaders.statements).toBe(20);
    expect(recorded.trustOfTwentyReaders.characters).toBeGreaterThan(TRUST);
    expect(trust.Statement).toHaveLength(1);
    expect(textOf(trust).length).toBeLessThanOrEqual(TRUST);
  });

  it("secrets with long names passed the synthesis, and do not today", () => {
    expect(recorded.policyOfTwentySecrets.characters).toBeGreaterThan(MANAGED);
    const secret = (gid: string) =>
      `arn:aws:secretsmanager:eu-west-1:${ACCOUNT}:secret:${gid.padStart(120, "s")}-AbCdEf`;
    const tokenSecretArns = Object.fromEntries(TWENTY.map((gid) => [gid, secret(gid)]));
    expect(() => synthesise({ workspaces: TWENTY, tokenSecretArns })).toThrow(/AWS takes 6144/);
  });
});

describe("fault 11: pages without a heading for", () => {
  it.each([
    ["docs/deploy.md", "Decide before you deploy"],
    ["docs/deploy.md", "The first hour"],
    ["docs/deploy.md", "Lake Formation"],
    ["docs/runbook.md", "No mail arrives"],
    ["docs/runbook.md", "A key is disabled or pending deletion"],
    ["docs/runbook.md", "A request is denied"],
  ] as const)("%s: %s", (path, heading) => {
    expect(recorded.headings[path]).not.toContain(heading);
    expect(
      readFileSync(path, "utf8")
        .split("\n")
        .map((line) => line.replace(/^#+ /, "")),
    ).toContain(heading);
  });
});

/** What is wrong with settings for this account. */
function problemsOf(given: Record<string, unknown>): readonly string[] {
  try {
    return accountProblems(readSettings(given), ACCOUNT);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
}
