/** The construct, in CDK apps that know the package alone. */
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { APPS, install, start } from "./outsider.ts";

const CDK = ["aws-cdk-lib", "constructs"];

async function runApp(name: string, others: readonly string[]) {
  const folder = install(others);
  cpSync(join(APPS, name), join(folder, name));
  const outdir = join(folder, "cdk.out");
  // Off is CDK's own check of the template's text, which takes longer than all else; rule packs are asked all the same.
  const ended = await start(folder, [process.execPath, name], { CDK_OUTDIR: outdir, CDK_VALIDATION: "false" });
  return { ...ended, folder, outdir };
}

const templateIn = (outdir: string, stack: string): { Resources: Record<string, { Type: string }> } =>
  JSON.parse(readFileSync(join(outdir, `${stack}.template.json`), "utf8"));

const typesIn = (template: { Resources: Record<string, { Type: string }> }): string[] =>
  Object.values(template.Resources).map(({ Type }) => Type);

/** Of the functions' code, as the CDK would upload it. */
const bundlesIn = (outdir: string): Buffer[] =>
  readdirSync(outdir)
    .filter((name) => name.startsWith("asset.") && readdirSync(join(outdir, name)).includes("index.mjs"))
    .map((name) => readFileSync(join(outdir, name, "index.mjs")));

describe("a CDK app", () => {
  it("of ES modules synthesises the construct, subscribes to its alarms, and passes cdk-nag, without esbuild", async () => {
    const { code, stderr, outdir, folder } = await runApp("app.mjs", [...CDK, "cdk-nag"]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const template = templateIn(outdir, "Compliance");
    expect(typesIn(template)).toEqual(expect.arrayContaining(["AWS::S3::Bucket", "AWS::Lambda::Function"]));
    expect(JSON.stringify(template)).toContain("https://pager.example.com/alarms");
    expect(JSON.stringify(template)).toContain("npx asana-audit-archive verify");
    const prebuilt = join(folder, "node_modules/asana-audit-archive/dist/infra/bundle/prebuilt");
    const shipped = ["archiver", "sealer", "verifier"].map((name) => readFileSync(join(prebuilt, name, "index.mjs")));
    expect(bundlesIn(outdir).sort(Buffer.compare)).toEqual(shipped.sort(Buffer.compare));
  });

  it("of CommonJS modules gets the same by `require`", async () => {
    const { code, stderr, outdir } = await runApp("app.cjs", CDK);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(typesIn(templateIn(outdir, "AsanaAuditArchive"))).toContain("AWS::Lambda::Function");
    expect(bundlesIn(outdir)).toHaveLength(3);
  });

  it("with wrong props is told of each which, why and what is allowed", async () => {
    const { code, stderr, stdout } = await runApp("wrong-props.mjs", CDK);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [none = "", wrong = "", silent = ""] = stdout.split("\n");
    expect(none).toMatch(/^true \["workspaces is empty, .* Set at least one workspace gid/);
    expect(wrong).toMatch(/^true \["retention is not a setting\. Known are: .*","workspaces is .*acme.* Allowed: /);
    expect(silent).toMatch(/^true \["alarmEmails is not set, so nobody would be told/);
  });

  it.each([
    ["constructs", []],
    ["aws-cdk-lib", ["constructs"]],
  ])("without the package %s is told to install it", async (missing, others) => {
    const { stderr } = await start(install(others), [
      process.execPath,
      "-e",
      'import("asana-audit-archive/cdk").catch(({ message }) => console.error(message))',
    ]);
    expect(stderr).toBe(
      `asana-audit-archive/cdk needs the package ${missing}, which is not installed. Run \`npm install aws-cdk-lib constructs\` in your app.\n`,
    );
  });
});
