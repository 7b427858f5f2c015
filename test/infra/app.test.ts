/** The CDK app as the CDK's command line runs it, with no credentials and no network to use. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { synthesise } from "./synth.ts";

const outdir = mkdtempSync(join(tmpdir(), "app-test-"));
afterAll(() => rmSync(outdir, { recursive: true }));

/** CDK's own check of the template's text takes most of a synthesis: once is enough. */
function runApp(context: Record<string, unknown>, isValidated = false) {
  const env = {
    CDK_VALIDATION: String(isValidated),
    PATH: "/nowhere",
    HOME: outdir,
    TMPDIR: outdir,
    CDK_OUTDIR: outdir,
    CDK_CONTEXT_JSON: JSON.stringify(context),
  };
  const { status, stderr } = spawnSync(process.execPath, ["infra/app.ts"], { encoding: "utf8", env });
  return { status, stderr };
}

const template = () => JSON.parse(readFileSync(join(outdir, "AsanaAuditArchive.template.json"), "utf8"));

describe("cdk synth", () => {
  it("works as cdk.json has it, and makes a sample that CloudFormation refuses to deploy", () => {
    const { context } = JSON.parse(readFileSync("cdk.json", "utf8"));
    expect(runApp(context, true)).toMatchObject({ status: 0 });
    const [assertion] = template().Rules.NameYourWorkspace.Assertions;
    expect(assertion.AssertDescription).toMatch(/Set your workspace with -c workspaces=<gid>/);
    const [left, right] = assertion.Assert["Fn::Equals"];
    expect(left).not.toBe(right);
    // A stack with a workspace has no such rule.
    expect(synthesise().toJSON()).not.toHaveProperty("Rules.NameYourWorkspace");
  });

  it("takes an empty setting for none, from the command line to the template", () => {
    expect(runApp({ workspaces: "1201", coldAfterDays: "" })).toMatchObject({ status: 0 });
    expect(JSON.stringify(template())).not.toContain("GLACIER_IR");
    expect(runApp({ workspaces: "1201" })).toMatchObject({ status: 0 });
    expect(JSON.stringify(template())).toContain("GLACIER_IR");
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
      env: { CDK_OUTDIR: outdir, CDK_VALIDATION: "false" },
    });
    expect(status).not.toBe(0);
    expect(stdout + stderr).toContain("AwsSolutions-S1");
  });
});
