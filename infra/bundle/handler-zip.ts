import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isCheckout } from "../../package/checkout.ts";
import type { FunctionName } from "./function-name.ts";

/** The path of a function's zip file: as it came with the package, or in a checkout made now, until the process ends. */
export const handlerZip = (name: FunctionName): string =>
  join(isCheckout ? bundleNow(name) : join(import.meta.dirname, "prebuilt"), `${name}.zip`);

/**
 * The folder of a new zip file. A separate process makes it, because a construct cannot wait and esbuild's plugins work only
 * asynchronously.
 */
function bundleNow(name: FunctionName): string {
  const outdir = mkdtempSync(join(tmpdir(), "asana-audit-archive-"));
  // The CDK copies the file later, when it creates the function.
  process.once("exit", () => rmSync(outdir, { recursive: true, force: true }));
  execFileSync(process.execPath, [join(import.meta.dirname, "main.ts"), name, outdir], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  return outdir;
}
