import { readFile } from "node:fs/promises";
import {
  App,
  CliCredentialsStackSynthesizer,
  DefaultStackSynthesizer,
  type IStackSynthesizer,
  LegacyStackSynthesizer,
  NestedStack,
  Stack,
  type StackSynthesizer,
} from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { AsanaAuditArchive } from "../../infra/constructs/asana-audit-archive.ts";
import { SettingsError } from "../../infra/settings/settings.ts";
import { defaultRunSettings, parseRunSettings } from "../../lambda/settings.ts";
import { controls } from "./controls.ts";
import { outline } from "./outline.ts";
import type { Statement } from "./policy/evaluate.ts";
import { ACCOUNT, REGION, resolveTemplate } from "./policy/resolve.ts";
import { createStack, OTHER_WORKSPACE, resourcesOf, standIn, synthesise, theOne, WORKSPACE } from "./synth.ts";

const two = { workspaces: [WORKSPACE, OTHER_WORKSPACE], retiredWorkspaces: ["1100"] };

describe("the stack", () => {
  const template = synthesise(two);

  it.each(Object.entries(controls))("%s", (_sentence, check) => {
    check(template);
  });

  it("cannot be deleted by mistake", () => {
    expect(createStack().terminationProtection).toBe(true);
  });

  it("has every one of these sentences in docs/security.md, in this order", async () => {
    const page = await readFile("docs/security.md", "utf8");
    const section = /## What the stack does\n(.*?)\n## /s.exec(page)?.[1] ?? "";
    const bullets = section.split(/\n(?=- )/).filter((line) => line.startsWith("- "));
    expect(bullets.map((bullet) => bullet.slice(2).replace(/\s+/g, " ").trim())).toEqual(Object.keys(controls));
  });
});

describe("settings reach the stack", () => {
  /** Settings that do not touch each other, in one template: a synthesis takes longer than the tests of it. */
  const several = () =>
    synthesise({
      overlapMinutes: "90",
      reservedConcurrency: 2,
      sealName: "archive.example.com/asana",
      readerPrincipalArns: ["arn:aws:iam::123456789012:role/auditors"],
      alarmEmails: ["oncall@example.com"],
      tags: { team: "audit" },
    });

  it("compliance mode and its days", () => {
    const template = synthesise({ retentionMode: "compliance", retentionDays: 3653, acknowledgeComplianceDays: 3653 });
    const { ObjectLockConfiguration } = theOne(template, "AWS::S3::Bucket", /^ArchiveBucket/).Properties;
    expect(ObjectLockConfiguration.Rule.DefaultRetention).toEqual({ Mode: "COMPLIANCE", Days: 3653 });
  });

  it("expiry and cold storage", () => {
    const template = synthesise({
      retentionDays: 400,
      longestRetentionDays: 400,
      expireAfterDays: 500,
      coldAfterDays: 90,
    });
    const { Rules } = theOne(template, "AWS::S3::Bucket", /^ArchiveBucket/).Properties.LifecycleConfiguration;
    expect(Rules).toContainEqual(expect.objectContaining({ Id: "expire", ExpirationInDays: 500, Prefix: "events/" }));
    expect(Rules).toContainEqual(
      expect.objectContaining({
        Transitions: [{ StorageClass: "GLACIER_IR", TransitionInDays: 90 }],
        ObjectSizeGreaterThan: 131_072,
      }),
    );
  });

  it("what a run is told, in one variable that the function reads", () => {
    const { Variables } = theOne(several(), "AWS::Lambda::Function", /Archiver/).Properties.Environment;
    expect(parseRunSettings(Variables.RUN_SETTINGS)).toEqual({ ...defaultRunSettings, overlapMinutes: 90 });
  });

  it("tokens in parameters, whose ARNs the function is told, and for which neither secret nor parameter is made", () => {
    const template = synthesise({ tokenIn: "parameters" });
    expect(resourcesOf(template, "AWS::SecretsManager::Secret")).toEqual({});
    expect(resourcesOf(template, "AWS::SSM::Parameter")).toEqual({});
    const resolved = resolveTemplate(template);
    const { Variables } = resolved.find(({ type, id }) => type === "AWS::Lambda::Function" && /Archiver/.test(id))!
      .properties.Environment;
    expect(JSON.parse(Variables.TOKEN_SECRETS)).toEqual({
      [WORKSPACE]: `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/asana-audit-archive/AsanaAuditArchive/${WORKSPACE}`,
    });
    expect(JSON.stringify(template.findOutputs(`PutToken${WORKSPACE}`))).toContain("ssm put-parameter");
  });

  it("a secret of one's own, for which none is made and whose key may be used", () => {
    const arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:asana-AbCdEf";
    const key = "arn:aws:kms:eu-west-1:123456789012:key/1";
    const template = synthesise({ tokenSecretArns: { [WORKSPACE]: arn }, tokenSecretKeyArns: [key] });
    expect(resourcesOf(template, "AWS::SecretsManager::Secret")).toEqual({});
    const { Variables } = theOne(template, "AWS::Lambda::Function", /Archiver/).Properties.Environment;
    expect(Variables.TOKEN_SECRETS).toBe(JSON.stringify({ [WORKSPACE]: arn }));
    expect(JSON.stringify(theOne(template, "AWS::IAM::ManagedPolicy", /Tokens/).Properties)).toContain(key);
  });

  it.each([
    [1, "rate(1 minute)"],
    [10, "rate(10 minutes)"],
    [60, "rate(1 hour)"],
  ])("an interval of %i minutes: the schedule, and a drain that ends 15 seconds before the next", (minutes, rate) => {
    const drain = theOne(synthesise({ drainEveryMinutes: minutes }), "AWS::Scheduler::Schedule", /drain/).Properties;
    expect(drain.ScheduleExpression).toBe(rate);
    expect(JSON.parse(drain.Target.Input).budgetSeconds).toBe(minutes * 60 - 15);
  });

  it("concurrency is reserved only where it is asked for", () => {
    const reserved = (template: Template) =>
      theOne(template, "AWS::Lambda::Function", /Archiver/).Properties.ReservedConcurrentExecutions;
    expect(reserved(synthesise())).toBeUndefined();
    expect(reserved(several())).toBe(2);
  });

  it.each([
    [6, "cron(0 8 * * ? *)"],
    [30, "cron(0 8 * * ? *)"],
    [23, "cron(0 1 * * ? *)"],
  ])("days settled after %i hours: sealed two hours later, %s", (settledAfterHours, cron) => {
    const schedule = theOne(synthesise({ settledAfterHours }), "AWS::Scheduler::Schedule", /seal/).Properties;
    expect(schedule.ScheduleExpression).toBe(cron);
    expect(schedule.ScheduleExpressionTimezone).toBe("Etc/UTC");
  });

  it("the archive's name in its seals: as given, or that of stack, account and region", () => {
    const nameOf = (template: Template) =>
      theOne(template, "AWS::Lambda::Function", /Sealer/).Properties.Environment.Variables.SEAL_NAME;
    expect(nameOf(several())).toBe("archive.example.com/asana");
    expect(nameOf(synthesise())).toEqual({
      "Fn::Join": ["", ["AsanaAuditArchive.", { Ref: "AWS::AccountId" }, ".", { Ref: "AWS::Region" }]],
    });
    expect(() => synthesise({ sealName: "my archive" })).toThrow(/sealName/);
  });

  it("readers and e-mail addresses", () => {
    const template = several();
    const [trust] = theOne(template, "AWS::IAM::Role", /Reader/).Properties.AssumeRolePolicyDocument.Statement;
    expect(trust.Principal).toEqual({ AWS: "arn:aws:iam::123456789012:role/auditors" });
    expect(theOne(template, "AWS::SNS::Subscription").Properties).toMatchObject({
      Protocol: "email",
      Endpoint: "oncall@example.com",
    });
  });

  it("tags", () => {
    expect(theOne(several(), "AWS::DynamoDB::Table").Properties.Tags).toContainEqual({
      Key: "team",
      Value: "audit",
    });
  });
});

describe("in an app of somebody else's", () => {
  const put = (props: object) => {
    const stack = new Stack(new App(), "Compliance");
    new AsanaAuditArchive(stack, "Audit", { workspaces: [WORKSPACE], alarmEmails: [], code: standIn, ...props });
    return Template.fromStack(stack);
  };

  it("the archive is one construct, guarded as in a stack of its own, and named as it is told", () => {
    const template = put({ archiveName: "Legal", retentionDays: 3653 });
    const { ObjectLockConfiguration } = theOne(template, "AWS::S3::Bucket", /Archive/).Properties;
    expect(ObjectLockConfiguration.Rule.DefaultRetention.Days).toBe(3653);
    expect(theOne(template, "AWS::Athena::WorkGroup").Properties.Name).toBe("Legal");
    expect(theOne(template, "AWS::Glue::Database").Properties.DatabaseInput.Name).toBe("legal");
    for (const { Properties } of Object.values(resourcesOf(template, "AWS::Lambda::Function")))
      expect(Properties.Environment.Variables.ARCHIVE_NAME).toBe("Legal");
  });

  describe("the role that deploys is the one that its synthesizer names", () => {
    const deployedBy = (synthesizer: StackSynthesizer, props: object = {}) => {
      const stack = new Stack(new App(), "Compliance", { synthesizer: synthesizer as IStackSynthesizer });
      new AsanaAuditArchive(stack, "Audit", { workspaces: [WORKSPACE], alarmEmails: [], code: standIn, ...props });
      const policies = resolveTemplate(Template.fromStack(stack)).filter(({ type }) =>
        /BucketPolicy|KMS::Key/.test(type),
      );
      const statements = policies.flatMap(
        ({ properties }) => (properties.PolicyDocument ?? properties.KeyPolicy).Statement as Statement[],
      );
      const trusted = statements
        .filter(({ Sid }) => Sid === "OnlyDeploymentConfigures" || Sid === "OnlyDeploymentAndBreakGlassDestroy")
        .map(({ Condition }) => Condition?.["ArnNotEquals"]?.["aws:PrincipalArn"]);
      expect(trusted).toHaveLength(7);
      return [...new Set(trusted.flat())];
    };
    const role = (name: string) => `arn:aws:iam::123456789012:role/${name}`;

    it.each([
      ["by default", {}, "cdk-hnb659fds-cfn-exec-role-123456789012-eu-west-1"],
      ["with a qualifier of its own", { qualifier: "archive" }, "cdk-archive-cfn-exec-role-123456789012-eu-west-1"],
      [
        "with a name of its own",
        { cloudFormationExecutionRole: `arn:\${AWS::Partition}:iam::\${AWS::AccountId}:role/exec-\${Qualifier}` },
        "exec-hnb659fds",
      ],
    ])("%s", (_how, props, name) => {
      expect(deployedBy(new DefaultStackSynthesizer(props))).toEqual([role(name)]);
    });

    it.each([
      ["LegacyStackSynthesizer", new LegacyStackSynthesizer()],
      ["CliCredentialsStackSynthesizer", new CliCredentialsStackSynthesizer()],
    ])("and has to be named under a synthesizer that names none: %s", (name, synthesizer) => {
      expect(() => deployedBy(synthesizer)).toThrow(
        `deploymentRoleArn is empty, and the stack's synthesizer (${name})`,
      );
    });

    it("and is the one in the settings where there is one, whatever the synthesizer says", () => {
      const props = { deploymentRoleArn: role("mine") };
      expect(deployedBy(new CliCredentialsStackSynthesizer(), props)).toEqual([role("mine")]);
    });

    it("and of a nested stack, the one of the stack around it", () => {
      const synthesizer = new DefaultStackSynthesizer({ qualifier: "archive" }) as IStackSynthesizer;
      const nested = new NestedStack(new Stack(new App(), "Parent", { synthesizer }), "Nested");
      const props = { archiveName: "Nested", workspaces: [WORKSPACE], alarmEmails: [], code: standIn };
      new AsanaAuditArchive(nested, "Audit", props);
      const policy = theOne(Template.fromStack(nested), "AWS::S3::BucketPolicy", /ArchiveBucket/);
      expect(JSON.stringify(policy)).toContain("cdk-archive-cfn-exec-role");
    });
  });

  it("its settings are checked in the same way", () => {
    expect(() => put({ workspaces: [] })).toThrow(SettingsError);
    expect(() => put({ alarmEmails: null })).toThrow(/alarmEmails is not set/);
    expect(() => put({ retentionDay: 1 })).toThrow(/retentionDay is not a setting/);
  });
});

describe("the template", () => {
  it("is the one that was looked at last", () => {
    // With names in place of references, and without what is tested as what it is: questions, views, alarms, widgets,
    // the tripwire's rules, tags.
    const resources = resolveTemplate(synthesise()).filter(
      ({ type, properties }) =>
        !/NamedQuery|Alarm|Dashboard|Metadata|Events::Rule/.test(type) &&
        properties.TableInput?.TableType !== "VIRTUAL_VIEW",
    );
    const shown = resources.map(({ id, type, properties: { Tags: _, ...properties } }) => [
      `${type} ${id}`,
      properties,
    ]);
    const text = outline(Object.fromEntries(shown));
    // The version's name changes with the function, so it would change with everything.
    expect(text.replaceAll(/(CurrentVersion[0-9A-F]{8})[0-9a-f]{32}/g, "$1<hash>")).toMatchSnapshot();
  });

  it("stays well below the 500 resources of a stack with as many workspaces as the settings take", () => {
    const workspaces = Array.from({ length: 20 }, (_, index) => String(1201 + index));
    const { Resources } = synthesise({ workspaces }).toJSON();
    // Each workspace has 17 resources, mostly alarms, and all have 125: one more for each still leaves 15 free.
    expect(Object.keys(Resources).length).toBeLessThan(470);
  });
});
