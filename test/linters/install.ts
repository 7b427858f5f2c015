/**
 * Installs the linters of CloudFormation templates into `.tools/linters`, once. Where they cannot be had, the rung is
 * skipped, which it says; `REQUIRE_LINTERS=1` makes that a failure.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installPythonPackages } from "../python-packages.ts";

/** Other versions may find other things. */
const REQUIREMENTS = ["cfn-lint==1.58.0", "checkov==3.3.30"];
/** Has the rules of Control Tower's proactive controls, and the program that judges by them. */
const GUARD = "@cdklabs/cdk-validator-cfnguard@0.0.62";
const FOLDER = join(import.meta.dirname, "../../.tools/linters");
/** Written last, so that an installation that was cut off, or is of other versions, is done again. */
const DONE = join(FOLDER, "installed");
const VERSIONS = [...REQUIREMENTS, GUARD].join("\n");
const GUARD_FOLDER = join(FOLDER, "guard/package");

export interface Linters {
  readonly cfnLint: string;
  readonly checkov: string;
  readonly guard: string;
  readonly guardRules: string;
}

/** Null: they cannot be installed here. */
export function installLinters(): Linters | null {
  const platform = GUARD_PLATFORMS[`${process.platform}-${process.arch}`];
  if (platform === undefined) return skip(`there is no cfn-guard for ${process.platform} on ${process.arch}`);
  if (!existsSync(DONE) || readFileSync(DONE, "utf8") !== VERSIONS) {
    console.log("Installing cfn-lint, checkov and the Control Tower rules into .tools/linters (about 500 MB) ...");
    try {
      install();
    } catch (error) {
      return skip(String(error).split("\n")[0]!);
    }
  }
  return {
    cfnLint: join(FOLDER, "python/bin/cfn-lint"),
    checkov: join(FOLDER, "python/bin/checkov"),
    guard: join(GUARD_FOLDER, "bin", platform, "cfn-guard"),
    guardRules: join(GUARD_FOLDER, "rules/control-tower/cfn-guard"),
  };
}

const GUARD_PLATFORMS: Readonly<Record<string, string>> = {
  "linux-x64": "ubuntu/x86_64",
  "linux-arm64": "ubuntu/aarch64",
  "darwin-x64": "macos/x86_64",
  "darwin-arm64": "macos/aarch64",
};

function install(): void {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(join(FOLDER, "guard"), { recursive: true });
  const run = (program: string, args: readonly string[], cwd = FOLDER) =>
    execFileSync(program, args, { cwd, stdio: ["ignore", "ignore", "inherit"] });
  installPythonPackages(join(FOLDER, "python"), REQUIREMENTS);
  // Its files only: installed as a package, it would bring another CDK.
  run("npm", ["pack", "--silent", GUARD], join(FOLDER, "guard"));
  const [packed] = readdirSync(join(FOLDER, "guard")).filter((name) => name.endsWith(".tgz"));
  run("tar", ["xzf", packed!], join(FOLDER, "guard"));
  writeFileSync(DONE, VERSIONS);
}

function skip(why: string): null {
  const message = `The linters of the templates cannot be installed: ${why}.`;
  if (process.env["REQUIRE_LINTERS"] === "1") throw new Error(message);
  console.warn(`\n  SKIPPED: ${message}\n`);
  return null;
}
