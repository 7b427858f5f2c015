/** Python's packages in a folder of their own, for tests that need programs or modules written in it. */
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";

/** Undefined: there is no Python 3.11 or newer here that can make such a folder. */
export const findPython = (): string | undefined =>
  ["python3.11", "python3.12", "python3.13", "python3"].find((name) => {
    const probe = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))";
    return spawnSync(name, ["-c", probe], { stdio: "ignore" }).status === 0;
  });

/** `requirements`: as pip takes them. Throws where there is no Python for it, or pip fails. */
export function installPythonPackages(folder: string, requirements: readonly string[], python = findPython()): void {
  if (python === undefined) throw new Error("there is no Python 3.11 or newer");
  execFileSync(python, ["-m", "venv", folder], { stdio: "inherit" });
  const options = ["--quiet", "--disable-pip-version-check"];
  execFileSync(join(folder, "bin/pip"), ["install", ...options, ...requirements], { stdio: "inherit" });
}
