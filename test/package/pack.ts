/** Releases the sources once for all tests of the package; and a second time elsewhere, for the test that compares the two. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, lutimesSync, mkdtempSync, readdirSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    /** The packed file, beside it all else of a release; and one that was made of the same sources elsewhere, at another time, by somebody else. */
    readonly tarballs: readonly [string, string];
  }
}

const ROOT = join(import.meta.dirname, "..", "..");
const SOURCES = ["cli", "docs", "feed", "infra", "lambda", "package", "sql"];
const FILES = ["package.json", "package-lock.json", "tsconfig.json", "CHANGELOG.md", "LICENSE", "README.md", ".npmrc"];

/** Another than that of the sources, as in every release. */
export const VERSION = "987.6.5";

interface Circumstances {
  readonly umask: string;
  readonly env: Readonly<Record<string, string>>;
  readonly modifiedAt: Date;
}

const CIRCUMSTANCES: readonly [Circumstances, Circumstances] = [
  { umask: "022", env: { TZ: "UTC", LC_ALL: "C" }, modifiedAt: new Date("2001-02-03T04:05:06Z") },
  {
    umask: "077",
    env: { TZ: "Pacific/Kiritimati", LC_ALL: "tr_TR.UTF-8" },
    modifiedAt: new Date("2031-02-03T04:05:06Z"),
  },
];

export default async function setup(project: TestProject): Promise<void> {
  const [one, other] = await Promise.all(CIRCUMSTANCES.map(pack));
  project.provide("tarballs", [one!, other!]);
}

async function pack({ umask, env, modifiedAt }: Circumstances): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), `checkout-${umask}-`));
  for (const name of [...SOURCES, ...FILES]) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }))
    lutimesSync(join(folder, name), modifiedAt, modifiedAt);
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const release = `umask ${umask} && exec npm run -s release -- ${VERSION}`;
  const child = spawn("sh", ["-c", release], {
    cwd: folder,
    env: { HOME: folder, PATH: `${dirname(process.execPath)}:${process.env["PATH"]}`, ...env },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`The release ended with ${code}.`);
  const made = join(folder, "release");
  return join(made, readdirSync(made).find((name) => name.endsWith(".tgz"))!);
}
