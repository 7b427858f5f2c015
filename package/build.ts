/**
 * `npm run build`: writes `dist/`, which is what the package holds beside its documents. It keeps the folders of the sources, so
 * that each file finds its neighbours as it does in a checkout.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
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
const declared = new Set<string>();
for (const name of ["index", "aws", "cdk", "testing"]) noteDeclarations(join(dist, "package", `${name}.d.ts`));
for (const path of readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((one) => one.endsWith(".d.ts")))
  if (!declared.has(join(dist, path))) rmSync(join(dist, path));
chmodSync(join(dist, "cli/bin.js"), 0o755);
for (const folder of ["sql/questions", "sql/views", "sql/columnar"]) {
  cpSync(join(root, folder), join(dist, folder), { recursive: true });
}
for (const name of FUNCTION_NAMES) await writeHandlerZip(name, join(dist, "infra/bundle/prebuilt"));

/** Nobody can import a declaration that those of the package's exports do not lead to. */
function noteDeclarations(path: string): void {
  if (declared.has(path)) return;
  declared.add(path);
  for (const [, file] of readFileSync(path, "utf8").matchAll(/(?:\bfrom |\bimport\()"(\.[^"]+)\.[jt]s"/g))
    noteDeclarations(join(dirname(path), `${file}.d.ts`));
}
