/**
 * Installs the oldest node that the package supports into `.tools/oldest-node`, once; `.ci/run` does. Where it cannot be had, it says so,
 * and the command line is not run on it; `REQUIRE_NODE=1` makes that a failure.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
const { engines } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
/** `>=22.12` is 22.12.0. */
const VERSION = `${/^>=(\d+\.\d+)$/.exec(engines.node)![1]}.0`;
const FOLDER = join(ROOT, ".tools/oldest-node");
const PROGRAM = join(FOLDER, "node_modules/node/bin/node");
/** Written last, so that an installation that was cut off, or is of another version, is done again. */
const DONE = join(FOLDER, "installed");

/** Null: it is not installed. */
export const oldestNode = (): string | null =>
  existsSync(DONE) && readFileSync(DONE, "utf8") === VERSION ? PROGRAM : null;

function install(): void {
  console.log(`Installing node ${VERSION} into .tools/oldest-node (about 170 MB) ...`);
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  // The package's install script fetches the program for this machine.
  const manifest = { private: true, dependencies: { node: VERSION }, allowScripts: { node: true } };
  writeFileSync(join(FOLDER, "package.json"), JSON.stringify(manifest));
  execFileSync("npm", ["install", "--silent", "--no-audit", "--no-fund"], { cwd: FOLDER, stdio: "inherit" });
  const version = execFileSync(PROGRAM, ["--version"], { encoding: "utf8" }).trim();
  if (version !== `v${VERSION}`) throw new Error(`node ${version} was installed`);
  writeFileSync(DONE, VERSION);
}

if (import.meta.main && oldestNode() === null) {
  try {
    install();
  } catch (error) {
    const message = `Node ${VERSION} cannot be installed: ${String(error).split("\n")[0]}.`;
    if (process.env["REQUIRE_NODE"] === "1") throw new Error(message, { cause: error });
    console.warn(`\n  SKIPPED: ${message}\n`);
  }
}
