/** The verifiers that others wrote, and whether they can run here. */
import { execFile, execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** What the verifiers are asked: a seal with all lines of its day, or the proof of one line. Bytes are in base64. */
export interface InteropCase {
  readonly name: string;
  /** A verifier key. */
  readonly key: string;
  /** First line of the seal. */
  readonly origin: string;
  readonly note?: string;
  readonly lines?: readonly string[];
  readonly proof?: string;
}

/** Gives the answer to each case, by its name: `ok`, or `fail: ` and why. */
export type Verifier = (cases: readonly InteropCase[]) => Promise<ReadonlyMap<string, string>>;

const run = promisify(execFile);
const GO = join(import.meta.dirname, "go");

/** Says so where one cannot run. Modules of Go are fetched once for each machine. */
function canRun(what: string, command: string, args: readonly string[], cwd = GO): boolean {
  try {
    execFileSync(command, args, { cwd, stdio: "ignore" });
    return true;
  } catch {
    console.warn(`NOT TESTED: ${what} cannot be had on this machine, so nobody else has checked our seals and proofs.`);
    return false;
  }
}

export const hasPython = (): boolean =>
  canRun("Python 3 with `cryptography`", "python3", [
    "-c",
    "import sys, cryptography; assert sys.version_info >= (3, 8)",
  ]);

export const hasGo = (): boolean => canRun("Go with the modules of transparency-dev", "go", ["mod", "download"]);

export const python: Verifier = (cases) => ask("python3", [join(import.meta.dirname, "cases.py")], cases);

/** Builds it in a folder that is gone afterwards. */
export const go: Verifier = async (cases) => {
  const folder = await mkdtemp(join(tmpdir(), "interop-"));
  try {
    const program = join(folder, "interop");
    await run("go", ["build", "-o", program, "."], { cwd: GO });
    return await ask(program, [], cases);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

async function ask(program: string, args: readonly string[], cases: readonly InteropCase[]) {
  const asked = run(program, args, { maxBuffer: 1e8 });
  asked.child.stdin!.end(cases.map((one) => `${JSON.stringify(one)}\n`).join(""));
  const { stdout } = await asked;
  return new Map(stdout.split("\n").flatMap((line) => (line === "" ? [] : [splitAt(line, line.indexOf(" "))])));
}

const splitAt = (line: string, at: number): [string, string] => [line.slice(0, at), line.slice(at + 1)];
