/** The stack as a plain template: what the CDK deploys, but for where the code lies and which role deploys. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { expect, it } from "vitest";
import { ArchiverStack } from "../../infra/archiver-stack.ts";
import { FUNCTION_NAMES } from "../../infra/bundle/function-name.ts";
import { readSettings } from "../../infra/settings/settings.ts";
import { writeTemplate } from "../../infra/template.ts";
import { REPLICATION_ROLE, type Resource, standIn, synthesise, TWENTY, WORKSPACE } from "./synth.ts";

interface Written {
  readonly Parameters?: Readonly<Record<string, { readonly Default?: string }>>;
  readonly Resources: Readonly<Record<string, Resource>>;
}

function write(given: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), "template-"));
  const made = join(folder, "made");
  mkdirSync(made);
  const written = writeTemplate(given, made, join(folder, "scratch"));
  const text = readFileSync(join(made, "template.json"), "utf8");
  return { written, text, template: JSON.parse(text) as Written, files: readdirSync(made) };
}

/** The version of a function is named by its code, which the stack of other tests does not have. */
const typesIn = (resources: Readonly<Record<string, Resource>>): string[] =>
  Object.entries(resources)
    .map(([id, { Type }]) => `${Type === "AWS::Lambda::Version" ? "" : id} ${Type}`)
    .sort();

it("is the stack that the CDK deploys, with bucket, prefix and role as parameters, and nothing that is bootstrapped", () => {
  const { template, text, written, files } = write({ workspaces: WORKSPACE, alarmEmails: "none" });
  expect(typesIn(template.Resources)).toEqual(typesIn(synthesise().toJSON()["Resources"]));
  const defaults = Object.entries(template.Parameters ?? {}).map(([name, { Default }]) => [name, Default]);
  expect(Object.fromEntries(defaults)).toEqual({
    CodeBucket: undefined,
    CodePrefix: "asana-audit-archive/",
    DeploymentRole: undefined,
  });
  expect(written).toMatchObject({ stackName: "AsanaAuditArchive", parameters: ["DeploymentRole", "CodeBucket"] });
  expect(files.filter((name) => /^[0-9a-f]{64}\.zip$/.test(name))).toHaveLength(FUNCTION_NAMES.length);
  expect(text).not.toMatch(/bootstrap|hnb659fds|cdk-/i);
});

it("trusts the role that the parameter names as it would one that a setting names", () => {
  const deploymentRoleArn = "arn:aws:iam::123456789012:role/deployer";
  const [given, set] = [{}, { deploymentRoleArn }].map((more) => write({ replicaOf: REPLICATION_ROLE, ...more }));
  const parts = '["arn:",{"Ref":"AWS::Partition"},":iam::",{"Ref":"AWS::AccountId"},":role/",{"Ref":"DeploymentRole"}]';
  const resources = JSON.stringify(given!.template.Resources);
  expect(resources.replaceAll(`{"Fn::Join":["",${parts}]}`, JSON.stringify(deploymentRoleArn))).toBe(
    JSON.stringify(set!.template.Resources),
  );
  expect(resources).toContain(parts);
});

it("fits into what CloudFormation takes with as many workspaces as a stack may have", () => {
  const settings = { workspaces: TWENTY.join(","), alarmEmails: "none" };
  expect(write(settings).text.length).toBeLessThan(1_000_000);
  const app = new App({ outdir: mkdtempSync(join(tmpdir(), "assembly-")), builtinCloudFormationValidation: false });
  const { artifactId } = new ArchiverStack(app, readSettings(settings), standIn);
  const { templateFullPath } = app.synth().getStackArtifact(artifactId);
  expect(statSync(templateFullPath).size).toBeLessThan(1_000_000);
});

it("of a second copy has no code, and of a role that a setting names no parameter", () => {
  const deploymentRoleArn = "arn:aws:iam::123456789012:role/aws-reserved/sso/deployer";
  const { template, files, written } = write({ replicaOf: REPLICATION_ROLE, deploymentRoleArn });
  expect(written).toMatchObject({ stackName: "AsanaAuditArchiveReplica", parameters: [] });
  expect(template.Parameters).toBeUndefined();
  expect(files).toEqual(["template.json"]);
});
