/** A folder as somebody has it who installed the package: the packed file, and of other packages those that were asked for. */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { inject } from "vitest";

export const ROOT = join(import.meta.dirname, "..", "..");
export const APPS = join(import.meta.dirname, "apps");

export interface Manifest {
  readonly version: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

export const readManifest = (packageFolder: string): Manifest =>
  JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8"));

/** The packed file, unpacked; gives the package's folder. */
export function unpack(tarball = inject("tarballs")[0], into = mkdtempSync(join(tmpdir(), "unpacked-"))): string {
  execFileSync("tar", ["-xzf", tarball, "-C", into]);
  return join(into, "package");
}

/**
 * Installs without a network: the package's own dependencies and `others` are links into the checkout's `node_modules`. What is
 * neither declared nor asked for is not there, and an import of it fails as it would for everybody else.
 */
export function install(others: readonly string[] = []): string {
  const folder = mkdtempSync(join(tmpdir(), "outsider-"));
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, ".bin"), { recursive: true });
  execFileSync("tar", ["-xzf", inject("tarballs")[0], "-C", modules]);
  execFileSync("mv", [join(modules, "package"), join(modules, "asana-audit-archive")]);
  const { bin, dependencies } = readManifest(join(modules, "asana-audit-archive"));
  for (const [name, path] of Object.entries(bin))
    symlinkSync(join("..", "asana-audit-archive", path), join(modules, ".bin", name));
  for (const name of [...Object.keys(dependencies), ...others]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
  }
  writeFileSync(join(folder, "package.json"), '{ "name": "outsider", "version": "1.0.0", "private": true }\n');
  return folder;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts a program in the folder, with nothing of the checkout's environment; resolves when it has ended. */
export function start(
  folder: string,
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const [program, ...args] = command;
  const child = spawn(program!, args, {
    cwd: folder,
    env: { HOME: folder, PATH: `${dirname(process.execPath)}:${process.env["PATH"]}`, TMPDIR: tmpdir(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output.stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, ...output }));
  });
}
