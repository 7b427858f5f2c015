/** The construct, in CDK apps that know the package alone. */
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FUNCTION_NAMES } from "../../infra/bundle/function-name.ts";
import { APPS, install, ROOT, start } from "./outsider.ts";

const CDK = ["aws-cdk-lib", "constructs"];

async function runApp(name: string, others: readonly string[], from = APPS) {
  const folder = install(others);
  cpSync(join(from, name), join(folder, name));
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
    .filter((name) => /^asset\..*\.zip$/.test(name))
    .map((name) => readFileSync(join(outdir, name)));

/** As they come with the package. */
const prebuiltIn = (folder: string): Buffer[] => {
  const prebuilt = join(folder, "node_modules/asana-audit-archive/dist/infra/bundle/prebuilt");
  return FUNCTION_NAMES.map((name) => readFileSync(join(prebuilt, `${name}.zip`)));
};

describe("a CDK app", () => {
  it("of ES modules synthesises the construct, subscribes to its alarms, and passes cdk-nag, without esbuild", async () => {
    const { code, stderr, outdir, folder } = await runApp(
      "archive.mjs",
      [...CDK, "cdk-nag"],
      join(ROOT, "examples/cdk"),
    );
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const template = templateIn(outdir, "Compliance");
    expect(typesIn(template)).toEqual(expect.arrayContaining(["AWS::S3::Bucket", "AWS::Lambda::Function"]));
    expect(JSON.stringify(template)).toContain("https://pager.example.com/alarms");
    expect(JSON.stringify(template)).toContain("npx asana-audit-archive verify");
    expect(bundlesIn(outdir).sort(Buffer.compare)).toEqual(prebuiltIn(folder).sort(Buffer.compare));
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

describe("without the CDK, `template`", () => {
  const write = (folder: string, ...more: string[]) =>
    start(folder, [process.execPath, "node_modules/.bin/asana-audit-archive", "template", "--out", "made", ...more]);

  it("writes the stack, the code that came with the package, and the settings, which make the same stack again", async () => {
    const folder = install(CDK);
    const { code, stderr } = await write(
      folder,
      "-c",
      "workspaces=1201234567890123",
      "-c",
      "alarmEmails=you@example.com",
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const made = join(folder, "made");
    const template = readFileSync(join(made, "template.json"), "utf8");
    const zips = readdirSync(made).filter((name) => name.endsWith(".zip"));
    expect(zips.map((name) => readFileSync(join(made, name))).sort(Buffer.compare)).toEqual(
      prebuiltIn(folder).sort(Buffer.compare),
    );
    for (const name of zips) {
      expect(
        `${createHash("sha256")
          .update(readFileSync(join(made, name)))
          .digest("hex")}.zip`,
      ).toBe(name);
      expect(template).toContain(name);
    }
    expect(template).not.toMatch(/bootstrap|cdk-/i);
    renameSync(made, join(folder, "before"));
    expect(await write(folder, "--settings", "before/settings.json")).toMatchObject({ code: 0 });
    expect(readFileSync(join(made, "template.json"), "utf8")).toBe(template);
  });

  it("overwrites nothing", async () => {
    const folder = install(CDK);
    mkdirSync(join(folder, "made"));
    writeFileSync(join(folder, "made", "notes"), "");
    const { code, stderr } = await write(folder, "-c", "workspaces=1201", "-c", "alarmEmails=none");
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: "asana-audit-archive: made is not empty.\n  Name a new folder with --out; nothing is overwritten.\n",
    });
    expect(readdirSync(join(folder, "made"))).toEqual(["notes"]);
  });

  it("with wrong settings names each, why, and what is allowed, and writes nothing", async () => {
    const folder = install(CDK);
    const { code, stderr } = await write(folder, "-c", "workspaces=acme", "-c", "retention=7");
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /: retention is not a setting\..* workspaces is "acme".* Allowed: [^\\]*\n {2}Set them with -c <name>=<value> or --settings/,
    );
    expect(readdirSync(folder).filter((name) => name.startsWith("made"))).toEqual([]);
  });

  it("without the package aws-cdk-lib is told to install it", async () => {
    const { code, stderr } = await write(install(), "-c", "workspaces=1201", "-c", "alarmEmails=none");
    expect(code).toBe(2);
    expect(stderr).toMatch(/the package aws-cdk-lib is not installed.\n.*`npm install aws-cdk-lib@\^2/);
  });
});
