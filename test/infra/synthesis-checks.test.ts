/** CDK's own checks of the template's text, which take several times as long as its synthesis: in the rung of breadth. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";

it("the stack as cdk.json has it passes what CDK checks of every template", () => {
  const outdir = mkdtempSync(join(tmpdir(), "synthesis-checks-"));
  onTestFinished(() => rmSync(outdir, { recursive: true }));
  const { context } = JSON.parse(readFileSync("cdk.json", "utf8"));
  const { status, stderr } = spawnSync(process.execPath, ["infra/app.ts"], {
    encoding: "utf8",
    env: {
      CDK_VALIDATION: "true",
      HOME: outdir,
      TMPDIR: outdir,
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify(context),
    },
  });
  expect({ status, stderr }).toMatchObject({ status: 0 });
});
