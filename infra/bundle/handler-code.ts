import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Code } from "aws-cdk-lib/aws-lambda";
import type { FunctionName } from "./bundle.ts";

/**
 * A function's code, bundled now. A separate process bundles it, because a construct cannot wait and esbuild's plugins
 * work only asynchronously.
 */
export function handlerCode(name: FunctionName): Code {
  const outdir = mkdtempSync(join(tmpdir(), "asana-audit-archive-"));
  // The CDK copies the folder later, when it creates the function.
  process.once("exit", () => rmSync(outdir, { recursive: true, force: true }));
  execFileSync(process.execPath, [join(import.meta.dirname, "main.ts"), name, outdir], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  return Code.fromAsset(outdir);
}
