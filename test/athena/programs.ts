/** Starts the two programs of the proof on loopback, and says why it cannot. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

export const TOOLS = join(import.meta.dirname, "../../.tools/athena");
export const TRINO_HOME = join(TOOLS, "trino-476");
export const MOTO_SERVER = join(TOOLS, "moto-5.2.5/bin/moto_server");

const OLDEST_JAVA = 24;
const run = promisify(execFile);

/** A java that Trino runs on, looked for where systems keep them; null if there is none. */
export async function findJava(): Promise<string | null> {
  const homes = [process.env["JAVA_HOME"], ...listed("/usr/lib/jvm"), ...listed("/Library/Java/JavaVirtualMachines")];
  const candidates = homes.flatMap((home) =>
    home ? [join(home, "bin/java"), join(home, "Contents/Home/bin/java")] : [],
  );
  for (const java of [...candidates.filter(existsSync), "java"]) {
    const version = await run(java, ["-version"]).then(
      ({ stderr }) => /version "(\d+)/.exec(stderr)?.[1],
      () => null,
    );
    if (Number(version) >= OLDEST_JAVA) return java;
  }
  return null;
}

const listed = (folder: string): string[] =>
  existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];

/** Null if the proof can run here; otherwise one sentence. Installs what is missing. */
export async function whyNot(): Promise<string | null> {
  if ((await findJava()) === null) return `no Java ${OLDEST_JAVA} or newer was found`;
  const isThere = existsSync(join(TRINO_HOME, "ready-iceberg")) && existsSync(MOTO_SERVER);
  if (isThere) return null;
  const hasMaven = await run("mvn", ["-version"]).then(
    () => true,
    () => false,
  );
  if (!hasMaven) return "Maven was not found, and Trino is not installed yet";
  await run(join(import.meta.dirname, "install"), [], { maxBuffer: 16 * 1024 * 1024 });
  return null;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface Program {
  stop(): Promise<void>;
}

/** Runs until stopped. `isReady` is asked again until it says so. */
export async function startProgram(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv; readonly isReady: () => Promise<boolean> },
): Promise<Program> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-8_000);
    });
  }
  const deadline = Date.now() + START_WITHIN_MS;
  while (!(await options.isReady().catch(() => false))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop(child);
      throw new Error(`${command} did not start: ${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return { stop: () => stop(child) };
}

const START_WITHIN_MS = 180_000;

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await exited;
}
