/**
 * Installs the emulator into `.tools/`, once. Without Python it says so, and the tests that need the emulator are
 * skipped; `REQUIRE_EMULATOR=1` makes that a failure, for machines that are there to run them.
 */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { findPython, installPythonPackages } from "../python-packages.ts";

/** See docs of the emulator: https://pypi.org/project/ministack. Another version may behave otherwise. */
const REQUIREMENT = "ministack[full]==1.5.33";
const FOLDER = join(import.meta.dirname, "../../.tools/ministack");
/** Written last, so that an installation that was cut off is done again. */
const DONE = join(FOLDER, "installed");

export const emulatorProgram = join(FOLDER, "bin/ministack");

/** Loud when it is not there: a suite that quietly tests nothing is worse than none. */
export function isEmulatorInstalled(): boolean {
  if (existsSync(DONE)) return true;
  const message = "The AWS emulator is not installed (run: node test/aws/install.ts; it needs Python 3.11).";
  if (process.env["REQUIRE_EMULATOR"] === "1") throw new Error(message);
  console.warn(`\n  SKIPPED: ${message}\n`);
  return false;
}

/** Whether somebody who types its name here starts a program. */
export const isOnPath = (program: string): boolean =>
  (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)));

function install(): void {
  if (existsSync(DONE)) return;
  const python = findPython();
  if (python === undefined) {
    console.warn("\n  No Python 3.11 or newer here: the tests on the AWS emulator will be SKIPPED.\n");
    return;
  }
  console.log(`Installing ${REQUIREMENT} into .tools/ministack (about 220 MB) ...`);
  rmSync(FOLDER, { recursive: true, force: true });
  installPythonPackages(FOLDER, [REQUIREMENT], python);
  writeFileSync(DONE, `${REQUIREMENT}\n`);
}

if (import.meta.main) install();
