/** The verifiers that others wrote, and whether they can run here. */
import { execFile, execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { inLanes } from "../../lambda/archive/lanes.ts";
import { fromBase64 } from "../../lambda/seal/note.ts";

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

/** Checks signatures only, each by a process of its own. */
export const openssl: Verifier = async (cases) => {
  const folder = await mkdtemp(join(tmpdir(), "interop-"));
  try {
    return new Map(
      await inLanes(cases, OPENSSL_AT_ONCE, async (one) => [one.name, await verifyBySignature(folder, one)] as const),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const OPENSSL_AT_ONCE = 4;
/** That begins a signature line, byte by byte. */
const DASH = Buffer.from("—").toString("latin1");
/** What comes before the 32 bytes of an Ed25519 key in a file of type DER. */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

async function verifyBySignature(folder: string, { name, key, note = "", proof }: InteropCase): Promise<string> {
  const whole = Buffer.from(proof ?? note, "base64").toString("latin1");
  const sealed = proof === undefined ? whole : whole.slice(whole.indexOf("\n\n") + 2);
  const end = sealed.lastIndexOf("\n\n");
  const [keyName, keyId, publicKey] = key.split(/\+(.{8})\+/) as [string, string, string];
  const signature = sealed
    .slice(end + 2)
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([mark, signer]) => mark === DASH && signer === keyName)
    .map(([, , text = ""]) => fromBase64(text))
    .find((bytes) => bytes?.toString("hex", 0, 4) === keyId);
  if (signature == null || !sealed.endsWith("\n")) return "fail: not signed by this key";
  const path = (what: string) => join(folder, `${name}.${what}`);
  await Promise.all([
    writeFile(path("der"), Buffer.concat([SPKI_PREFIX, Buffer.from(publicKey, "base64").subarray(1)])),
    writeFile(path("text"), Buffer.from(sealed.slice(0, end + 1), "latin1")),
    writeFile(path("sig"), signature.subarray(4)),
  ]);
  const files = ["-inkey", path("der"), "-keyform", "DER", "-rawin", "-in", path("text"), "-sigfile", path("sig")];
  return await run("openssl", ["pkeyutl", "-verify", "-pubin", ...files]).then(
    () => "ok",
    (error: Error) => `fail: ${error.message}`,
  );
}

/** Of version 3: earlier ones cannot read a text that is signed as it is. */
export const hasOpenssl = (): boolean => canRun("openssl 3", "openssl", ["pkeyutl", "-help"]);

async function ask(program: string, args: readonly string[], cases: readonly InteropCase[]) {
  const asked = run(program, args, { maxBuffer: 1e8 });
  asked.child.stdin!.end(cases.map((one) => `${JSON.stringify(one)}\n`).join(""));
  const { stdout } = await asked;
  return new Map(stdout.split("\n").flatMap((line) => (line === "" ? [] : [splitAt(line, line.indexOf(" "))])));
}

const splitAt = (line: string, at: number): [string, string] => [line.slice(0, at), line.slice(at + 1)];
