/** Runs the real command line as a process of its own, on this terminal. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { TOKEN } from "./source.ts";

const PROGRAM = join(import.meta.dirname, "..", "bin.js");

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Standard output, where it was captured. */
  readonly output: string;
}

/** Shows the command as one would type it, then runs it. */
export function show(args: readonly string[]): Promise<Ended> {
  process.stdout.write(`\n$ asana-audit-archive ${args.map(quote).join(" ")}\n`);
  return ended(start(args, "inherit"));
}

/** Shows the command and what it prints up to the first empty line. */
export async function showHead(args: readonly string[]): Promise<Ended> {
  process.stdout.write(`\n$ asana-audit-archive ${args.map(quote).join(" ")}\n`);
  const result = await capture(args);
  const [head = "", ...rest] = result.output.split("\n\n");
  process.stdout.write(`${head.trimEnd()}\n${rest.length > 0 ? "...\n" : ""}`);
  return result;
}

export const capture = (args: readonly string[]): Promise<Ended> => ended(start(args, "pipe"));

/** Starts a command and kills it, without a chance to tidy up, as soon as `moment` has come. */
export async function kill(args: readonly string[], moment: Promise<void>): Promise<Ended> {
  process.stdout.write(`\n$ asana-audit-archive ${args.map(quote).join(" ")}\n`);
  const child = start(args, "inherit");
  const ending = ended(child);
  await Promise.race([moment, ending]);
  child.kill("SIGKILL");
  const result = await ending;
  // It left a progress bar behind, the cursor hidden and long lines cut.
  if (process.stderr.isTTY) process.stderr.write("\n\u001b[?25h\u001b[?7h");
  return result;
}

function start(args: readonly string[], stdout: "inherit" | "pipe"): ChildProcess {
  return spawn(process.execPath, [PROGRAM, ...args], {
    stdio: ["ignore", stdout, "inherit"],
    env: { ...process.env, ASANA_TOKEN: TOKEN },
  });
}

function ended(child: ChildProcess): Promise<Ended> {
  const chunks: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, output: Buffer.concat(chunks).toString() }));
  });
}

const quote = (text: string): string => (/[\s"'*()<>]/.test(text) ? `"${text.replace(/"/g, '\\"')}"` : text);
