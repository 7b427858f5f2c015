/** The CDK app of examples/, deployed on an emulated AWS by somebody who has the package and no checkout. `.ci/run --long` asks for it. */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { adaptTemplate } from "../aws/deployment.ts";
import { startEmulator } from "../aws/emulator.ts";
import { isEmulatorInstalled } from "../aws/install.ts";
import { startFeed } from "../cli/run-cli.ts";
import { install, ROOT, start } from "./outsider.ts";

const reasonToSkip =
  process.env["PACKAGE_DEPLOY"] !== "1"
    ? "PACKAGE_DEPLOY is not 1"
    : isEmulatorInstalled()
      ? null
      : "the emulator is not installed";
if (reasonToSkip !== null) console.warn(`\n  SKIPPED: nothing is deployed with the package, since ${reasonToSkip}.\n`);

const CDK = join(ROOT, "node_modules/.bin/cdk");

it.skipIf(reasonToSkip !== null)(
  "deploys, and the commands that it gives work where the package is installed",
  async () => {
    const folder = install(["aws-cdk-lib", "constructs", "cdk-nag"]);
    cpSync(join(ROOT, "examples/cdk/archive.mjs"), join(folder, "archive.mjs"));
    const emulator = await startEmulator();
    onTestFinished(() => emulator.stop());
    const env = { ...emulator.env, CDK_VALIDATION: "false" };
    const cdk = async (...args: string[]) => {
      const ended = await start(folder, [CDK, "--no-notices", ...args], env);
      expect(ended).toMatchObject({ code: 0 });
    };
    await cdk("bootstrap", `aws://${emulator.env["CDK_DEFAULT_ACCOUNT"]}/${emulator.env["CDK_DEFAULT_REGION"]}`);
    await cdk("synth", "--quiet", "--app", "node archive.mjs", "--output", "cdk.out");
    const file = join(folder, "cdk.out/Compliance.template.json");
    const template = JSON.parse(readFileSync(file, "utf8"));
    adaptTemplate(template);
    writeFileSync(file, JSON.stringify(template));
    await cdk("deploy", "--app", "cdk.out", "--require-approval", "never", "--outputs-file", "outputs.json");
    const { Compliance: outputs } = JSON.parse(readFileSync(join(folder, "outputs.json"), "utf8"));
    const [places] = /--archive .*/.exec(outputs.Status)!;
    const { flags } = await startFeed({ events: 100 });
    const drain = `npx asana-audit-archive drain ${flags.join(" ")} ${places}`;
    expect(await start(folder, ["/bin/sh", "-c", drain], { ...env, ASANA_TOKEN: "feed-token" })).toMatchObject({
      code: 0,
    });
    const status = await start(folder, ["/bin/sh", "-c", outputs.Status], env);
    expect(status).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining("100") });
    const verified = await start(folder, ["/bin/sh", "-c", outputs.Verify], env);
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringMatching(/no faults/i) });
  },
);
