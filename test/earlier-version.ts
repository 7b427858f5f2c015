/** Earlier versions as this repository's history has them, to be run beside today's. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The first version that was reviewed: the oldest that anybody may have deployed. */
export const FIRST_REVIEWED = "788c322";
/** The first version that reads a configuration file. */
export const FIRST_CONFIGURED = "e5722cd";

const ROOT = join(import.meta.dirname, "..");
const git = (...args: readonly string[]): Buffer =>
  execFileSync("git", ["-C", ROOT, ...args], { maxBuffer: 64 * 1024 * 1024, stdio: ["ignore", "pipe", "ignore"] });

/** Loud when it is not there, as in a clone that was made with `--depth`. */
export function isInHistory(commit: string): boolean {
  try {
    git("cat-file", "-e", `${commit}^{commit}`);
    return true;
  } catch {
    console.warn(
      `\n  SKIPPED: this folder has no history back to ${commit}, so nothing is brought from that version to today's or back. \`git fetch --unshallow\` gets it.\n`,
    );
    return false;
  }
}

/** A folder with the program and the stack of that version, on the packages that are installed for today's. */
export function checkOutEarlier(commit: string): string {
  const folder = mkdtempSync(join(tmpdir(), "earlier-version-"));
  const checkout = join(folder, commit);
  mkdirSync(checkout);
  execFileSync("tar", ["-x", "-C", checkout], { input: git("archive", commit) });
  symlinkSync(join(ROOT, "node_modules"), join(checkout, "node_modules"));
  // The first version printed its tables with a package that is no longer installed; nothing reads a table of it here.
  const tables = join(folder, "node_modules/cli-table3");
  mkdirSync(tables, { recursive: true });
  writeFileSync(join(tables, "index.js"), "module.exports = class extends Array {};\n");
  return checkout;
}
