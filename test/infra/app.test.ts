/** The CDK app as the CDK's command line runs it, with no credentials and no network to use. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ArchiverStack } from "../../infra/archiver-stack.ts";
import { settingsInContext } from "../../infra/settings/context.ts";
import { definitions } from "../../infra/settings/definitions.ts";
import { readSettings } from "../../infra/settings/settings.ts";
import { COMPILE_CACHE } from "../compile-cache.ts";
import { type Resource, standIn, synthesise } from "./synth.ts";

const outdir = mkdtempSync(join(tmpdir(), "app-test-"));
afterAll(() => rmSync(outdir, { recursive: true }));

/** Without CDK's own check of the template's text, which takes most of a synthesis: synthesis-checks.test.ts has it. */
function runApp(context: Record<string, unknown>) {
  const env = {
    CDK_VALIDATION: "false",
    NODE_COMPILE_CACHE: COMPILE_CACHE,
    PATH: "/nowhere",
    HOME: outdir,
    TMPDIR: outdir,
    CDK_OUTDIR: outdir,
    CDK_CONTEXT_JSON: JSON.stringify(context),
  };
  const { status, stderr } = spawnSync(process.execPath, ["infra/app.ts"], { encoding: "utf8", env });
  return { status, stderr };
}

/** The same settings, read in this process: a process that loads the CDK takes several times as long. */
function templateWith(context: Record<string, unknown>) {
  const app = new App({ context });
  return Template.fromStack(new ArchiverStack(app, readSettings(settingsInContext(app.node)), standIn)).toJSON();
}

const template = () => JSON.parse(readFileSync(join(outdir, "AsanaAuditArchive.template.json"), "utf8"));

/** What everybody has to say. */
const REQUIRED = { workspaces: "1201", alarmEmails: "none" };

describe("cdk synth", () => {
  it("works as cdk.json has it, and makes a sample that CloudFormation refuses to deploy", () => {
    const { context } = JSON.parse(readFileSync("cdk.json", "utf8"));
    expect(runApp(context)).toMatchObject({ status: 0 });
    const [assertion] = template().Rules.NameYourWorkspace.Assertions;
    expect(assertion.AssertDescription).toMatch(/Set your workspace with -c workspaces=<gid>/);
    const [left, right] = assertion.Assert["Fn::Equals"];
    expect(left).not.toBe(right);
    // A stack with a workspace has no such rule.
    expect(synthesise().toJSON()).not.toHaveProperty("Rules.NameYourWorkspace");
  });

  it("deploys with the role of a qualifier where one is given, and with no other", () => {
    const text = JSON.stringify(templateWith({ ...REQUIRED, "@aws-cdk/core:bootstrapQualifier": "archive" }));
    expect(text).toContain("cdk-archive-cfn-exec-role");
    expect(text).not.toContain("hnb659fds");
  });

  it("makes a second copy's stack in place of the archive's where replicaOf says so, also of the sample", () => {
    const { context } = JSON.parse(readFileSync("cdk.json", "utf8"));
    const replicaOf = "arn:aws:iam::123456789012:role/AsanaAuditArchive-eu-west-1-replication";
    expect(runApp({ ...context, replicaOf })).toMatchObject({ status: 0 });
    const copy = JSON.parse(readFileSync(join(outdir, "AsanaAuditArchiveReplica.template.json"), "utf8"));
    expect(JSON.stringify(copy)).toContain(replicaOf);
    expect(JSON.stringify(copy)).not.toContain("AWS::Lambda::Function");
  });

  it("says of every wrong setting which, why and what is allowed, and makes nothing", () => {
    const { status, stderr } = runApp({ workspaces: "", retentionDays: "0", retention: 7 });
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /^Invalid settings:\n- retention is not a setting.*\n- retentionDays is "0": less than 1\. Allowed: .*\n$/,
    );
    expect(stderr).not.toContain("    at ");
  });

  it("fails when a construct does what cdk-nag refuses", () => {
    const program = `
      import { App, Stack, Validations } from "aws-cdk-lib";
      import { Bucket } from "aws-cdk-lib/aws-s3";
      import { createNagPacks } from "./infra/nag-packs.ts";
      const app = new App();
      new Bucket(new Stack(app, "Stack"), "Bucket");
      Validations.of(app).addPlugins(...createNagPacks());
      app.synth();`;
    const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
      encoding: "utf8",
      env: { CDK_OUTDIR: outdir, CDK_VALIDATION: "false", NODE_COMPILE_CACHE: COMPILE_CACHE },
    });
    expect(status).not.toBe(0);
    expect(stdout + stderr).toContain("AwsSolutions-S1");
  });
});

describe("a setting that may be none, from the command line to the template", () => {
  type Resources = Readonly<Record<string, Resource>>;
  const theOne = (resources: Resources, type: string, id = /./) =>
    Object.entries(resources).find(([name, { Type }]) => Type === type && id.test(name))![1].Properties;
  const named = (role: string) => (resources: Resources) =>
    JSON.stringify(theOne(resources, "AWS::S3::BucketPolicy", /^ArchiveBucket/)).includes(role) ? role : null;
  const lifecycle = (id: string) => (resources: Resources) => {
    const { Rules } = theOne(resources, "AWS::S3::Bucket", /^ArchiveBucket/).LifecycleConfiguration;
    const rule = Rules.find(({ Id }: { Id: string }) => Id === id);
    return rule?.ExpirationInDays ?? rule?.Transitions[0].TransitionInDays ?? null;
  };
  const fn = (resources: Resources) => theOne(resources, "AWS::Lambda::Function", /Archiver/);
  const sealer = (resources: Resources) => theOne(resources, "AWS::Lambda::Function", /Sealer/).Environment.Variables;
  /** A name that is made of others is not a text in the template. */
  const asText = (value: unknown) => (typeof value === "string" ? value : null);
  const run = (resources: Resources) => JSON.parse(fn(resources).Environment.Variables.RUN_SETTINGS);
  const encryptedWith = (resources: Resources) => {
    const { BucketEncryption } = theOne(resources, "AWS::S3::Bucket", /^ArchiveBucket/);
    const { KMSMasterKeyID } = BucketEncryption.ServerSideEncryptionConfiguration[0].ServerSideEncryptionByDefault;
    return typeof KMSMasterKeyID === "string" ? KMSMasterKeyID : null;
  };
  const destination = (resources: Resources) =>
    theOne(resources, "AWS::S3::Bucket", /^ArchiveBucket/).ReplicationConfiguration?.Rules[0].Destination;
  const foreign = "arn:aws:kms:eu-west-1:123456789012:key/1";
  const [mine = "", deployer = "", former = ""] = ["mine", "deployer", "former"].map(
    (name) => `arn:aws:iam::123456789012:role/${name}`,
  );

  /** Where each shows in the template, by default, and set. */
  const optionals: readonly [
    name: string,
    seen: (resources: Resources) => unknown,
    byDefault: unknown,
    set: unknown,
  ][] = [
    ["pageLimit", (resources) => run(resources).pageLimit, null, 100],
    ["expireAfterDays", lifecycle("expire"), null, 4000],
    ["expireAfterDays", (resources) => run(resources).expireAfterDays, null, 4000],
    ["coldAfterDays", lifecycle("cold"), 180, 90],
    ["breakGlassRoleArn", named(mine), null, mine],
    ["deploymentRoleArn", named(deployer), null, deployer],
    ["archiveKeyArn", encryptedWith, null, foreign],
    ["replicaBucketArn", (resources) => destination(resources)?.Bucket ?? null, null, "arn:aws:s3:::copy"],
    [
      "replicaKeyArn",
      (resources) => destination(resources)?.EncryptionConfiguration.ReplicaKmsKeyID ?? null,
      null,
      "arn:aws:kms:eu-central-1:123456789012:key/2",
    ],
    ["sealingKeyArn", (resources) => asText(sealer(resources).SEALING_KEY), null, foreign],
    [
      "formerSealingKeyArn",
      (resources) => asText(sealer(resources).FORMER_SEALING_KEY),
      null,
      "arn:aws:kms:eu-west-1:123456789012:key/3",
    ],
    ["sealName", (resources) => asText(sealer(resources).SEAL_NAME), null, "archive.example.com/asana"],
    ["formerDeploymentRoleArn", named(former), null, former],
    [
      "verifyEveryDays",
      (resources) =>
        theOne(resources, "AWS::Lambda::Function", /Verifier/).Environment.Variables.VERIFY_EVERY_DAYS ?? null,
      "30",
      "90",
    ],
    ["reservedConcurrency", (resources) => fn(resources).ReservedConcurrentExecutions ?? null, null, 5],
  ];
  /** Shows nowhere: it decides only whether other settings are accepted. */
  const unseen = ["longestRetentionDays", "acknowledgeComplianceDays", "acknowledgeShortRetention"];
  /** Shows in another stack, in place of this one: above. */
  const elsewhere = ["replicaOf"];
  /** Refused beside formerSealingKeyArn: tried by itself, in settings.test.ts. */
  const apart = ["lostSealingKey"];
  const names = [...new Set(optionals.map(([name]) => name))];
  const templates: Resources[] = [];

  beforeAll(() => {
    const all = (value: unknown) =>
      Object.fromEntries([...names, ...unseen, ...elsewhere, ...apart].map((name) => [name, value]));
    const set = Object.fromEntries(optionals.map(([name, , , value]) => [name, String(value)]));
    for (const given of [{}, all(""), all(null), { ...set, longestRetentionDays: "2557" }])
      templates.push(templateWith({ ...REQUIRED, ...given })["Resources"]);
  });

  it("is one of these", () => {
    const mayBeNone = Object.entries(definitions).filter(([, { kind }]) => kind.allowed.endsWith("empty for none"));
    expect(mayBeNone.map(([name]) => name).sort()).toEqual([...names, ...unseen, ...elsewhere, ...apart].sort());
  });

  it.each(optionals)("%s: its default, none as empty text and as null, and its value", (_, seen, byDefault, value) => {
    expect(templates.map(seen)).toEqual([byDefault, null, null, value]);
  });
});
