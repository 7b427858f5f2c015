import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Code } from "aws-cdk-lib/aws-lambda";

/**
 * The function's code, bundled now. In a process of its own, because a construct cannot wait, and what esbuild needs to
 * make unused schemas fall away works only asynchronously.
 */
export function handlerCode(): Code {
  const outdir = mkdtempSync(join(tmpdir(), "asana-audit-archive-"));
  // The CDK copies it when the function is made, some time after this.
  process.once("exit", () => rmSync(outdir, { recursive: true, force: true }));
  execFileSync(process.execPath, [join(import.meta.dirname, "main.ts"), outdir], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  return Code.fromAsset(outdir);
}
