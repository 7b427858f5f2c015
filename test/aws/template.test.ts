/** The stack as a folder, written by `template`, and deployed by what docs/cloudformation.md names: the AWS CLI, and Terraform. */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ServedFeed, serveFeed } from "../../feed/server.ts";
import { runCli } from "../cli/run-cli.ts";
import { adaptTemplate, type Deployed, readOutputs } from "./deployment.ts";
import { type Emulator, startEmulator } from "./emulator.ts";
import { isEmulatorInstalled, isOnPath } from "./install.ts";
import { createScene, createThreeDays, type Scene } from "./scene.ts";

const run = promisify(execFile);

const OUT = "archive-template";
const BUCKET = "deployments";

/** By whichever program, in a folder that holds the written one. */
type Apply = (folder: string, env: Readonly<Record<string, string>>, commands: string) => Promise<Deployed>;

function describeDeployment(how: string, apply: Apply): void {
  describe(`the folder that template writes, deployed with ${how}`, () => {
    const feed = createThreeDays();
    let folder: string;
    let served: ServedFeed;
    let emulator: Emulator;
    let scene: Scene;

    /** Writes the folder, takes out what the emulator does not have, and deploys it as it was told to. */
    async function deploy(settings: Readonly<Record<string, string>>): Promise<Deployed> {
      const given = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
      const { code, stdout, stderr } = await runCli(["template", "--out", OUT, ...given], { cwd: folder, token: null });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      const file = join(folder, OUT, "template.json");
      const template = JSON.parse(readFileSync(file, "utf8"));
      adaptTemplate(template);
      writeFileSync(file, JSON.stringify(template));
      const path = [emulator.env["PATH"], process.env["PATH"]].join(delimiter);
      return await apply(folder, { ...emulator.env, PATH: path, BUCKET, ROLE: "deployer" }, stdout);
    }

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "template-test-"));
      served = await serveFeed(feed, { clock: { now: () => Date.now() } });
      emulator = await startEmulator();
      scene = createScene(emulator, { deploy }, feed);
      await scene.deploy({ sourceBaseUrl: served.baseUrl, drainEveryMinutes: "60" });
    });
    afterAll(async () => {
      await emulator?.stop();
      await served?.close();
      await rm(folder, { recursive: true, force: true });
    });

    it("archives what the source shows", async () => {
      await scene.putToken();
      expect(await scene.invoke()).toMatchObject({ outcome: "caught-up" });
      expect(await scene.archived()).toEqual(scene.shown());
    });

    it("is protected as it says, by the policies that doctor finds in force", async () => {
      const { stdout } = await runCli(["doctor", "--stack", "AsanaAuditArchive", "--json"], {
        token: null,
        env: { ...emulator.env },
      });
      const findings = stdout.split("\n").filter((line) => line.includes('"policy of '));
      expect(findings.length).toBeGreaterThan(5);
      for (const line of findings) expect(JSON.parse(line)).toMatchObject({ verdict: "ok" });
    });
  });
}

const isInstalled = isEmulatorInstalled();
const hasCli = isOnPath("aws");
const plugins = process.env["TERRAFORM_PLUGINS"];
if (!hasCli)
  console.warn("\n  SKIPPED: the AWS CLI is not installed, so nothing deploys the folder of `template` with it.\n");
if (plugins === undefined)
  console.warn("\n  SKIPPED: Terraform, since TERRAFORM_PLUGINS names no folder with its provider.\n");

describe.runIf(isInstalled && hasCli)("by the lines that it prints", () => {
  describeDeployment("the AWS CLI", async (folder, env, printed) => {
    const [, setup, lines] = /\n(export [^\n]*)\n(aws .*)/s.exec(printed)!;
    for (const name of ["AWS_REGION", "BUCKET", "ROLE"]) expect(setup).toContain(`${name}=<`);
    const show = "aws cloudformation describe-stacks --stack-name AsanaAuditArchive --query 'Stacks[0].Outputs'";
    const script = `set -e; exec 3>&1 >&2; ${lines}\n${show} --output json >&3`;
    const { stdout } = await run("/bin/sh", ["-c", script], { cwd: folder, env });
    const outputs = JSON.parse(stdout) as { OutputKey: string; OutputValue: string }[];
    return readOutputs(Object.fromEntries(outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue])));
  });
});

describe.runIf(isInstalled && plugins !== undefined)("by the page's file", () => {
  describeDeployment("Terraform", async (folder, env) => {
    const page = readFileSync("docs/cloudformation.md", "utf8");
    writeFileSync(join(folder, "archive.tf"), /```hcl\n(.*?)```/s.exec(page)![1]!);
    writeFileSync(
      join(folder, "emulator.tf"),
      `provider "aws" { s3_use_path_style = true }\nresource "aws_s3_bucket" "code" { bucket = "${BUCKET}" }\n`,
    );
    const variables = { region: env["AWS_REGION"]!, bucket: BUCKET, deployment_role: env["ROLE"]! };
    const given = Object.entries(variables).flatMap(([name, value]) => ["-var", `${name}=${value}`]);
    const terraform = (...args: string[]) => run("terraform", args, { cwd: folder, env });
    await terraform("init", `-plugin-dir=${plugins}`, "-input=false");
    await terraform("apply", "-auto-approve", "-input=false", "-target=aws_s3_bucket.code", ...given);
    await terraform("apply", "-auto-approve", "-input=false", ...given);
    const { stdout } = await terraform("output", "-json", "next_steps");
    return readOutputs(JSON.parse(stdout));
  });
});
