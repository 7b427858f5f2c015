/**
 * `npm run build`: writes `dist/`, which is what the package holds beside its documents. It keeps the folders of the sources, so
 * that each file finds its neighbours as it does in a checkout.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeHandlerZip } from "../infra/bundle/bundle.ts";
import { FUNCTION_NAMES } from "../infra/bundle/function-name.ts";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");

// A file's mode is part of the package's bytes, and they are not to depend on who builds it.
process.umask(0o022);
rmSync(dist, { recursive: true, force: true });
execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", join(root, "package")], {
  stdio: "inherit",
});
chmodSync(join(dist, "cli/bin.js"), 0o755);
for (const folder of ["sql/questions", "sql/views", "sql/columnar"]) {
  cpSync(join(root, folder), join(dist, folder), { recursive: true });
}
for (const name of FUNCTION_NAMES) await writeHandlerZip(name, join(dist, "infra/bundle/prebuilt"));
