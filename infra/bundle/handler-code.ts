import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Code } from "aws-cdk-lib/aws-lambda";
import { isCheckout } from "../../package/checkout.ts";
import type { FunctionName } from "./function-name.ts";

/** A function's code: as it came with the package, or in a checkout bundled now. */
export const handlerCode = (name: FunctionName): Code =>
  Code.fromAsset(isCheckout ? bundleNow(name) : join(import.meta.dirname, "prebuilt", name));

/**
 * The folder of a new bundle. A separate process makes it, because a construct cannot wait and esbuild's plugins work only
 * asynchronously.
 */
function bundleNow(name: FunctionName): string {
  const outdir = mkdtempSync(join(tmpdir(), "asana-audit-archive-"));
  // The CDK copies the folder later, when it creates the function.
  process.once("exit", () => rmSync(outdir, { recursive: true, force: true }));
  execFileSync(process.execPath, [join(import.meta.dirname, "main.ts"), name, outdir], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  return outdir;
}
