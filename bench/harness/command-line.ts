import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FEED_TOKEN } from "../../feed/options.ts";
import type { Measured } from "./processes.ts";

const BIN = join(import.meta.dirname, "..", "..", "cli", "bin.js");
const PEAK = join(import.meta.dirname, "peak.mjs");

/** Runs the command line as a user would, from its executable; returns its output and the time and memory used. */
export async function commandLine(...words: readonly string[]): Promise<Measured<string>> {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  const file = join(folder, "peak.json");
  const begunMs = performance.now();
  const child = spawn(process.execPath, ["--import", PEAK, BIN, ...words], {
    env: { ...process.env, BENCH_PEAK_FILE: file, ASANA_TOKEN: FEED_TOKEN },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let complaints = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  child.stderr.on("data", (chunk) => (complaints += chunk));
  const code = await new Promise((resolve) => child.once("close", resolve));
  const wallMs = performance.now() - begunMs;
  if (code !== 0) throw new Error(`${words[0]} ended with ${code}: ${complaints}`);
  const taken = JSON.parse(readFileSync(file, "utf8"));
  rmSync(folder, { recursive: true });
  return { result: output, wallMs, ...taken };
}

/** Starts it, and kills it with SIGKILL if it has not ended after a time. */
export async function killedCommandLine(afterMs: number, ...words: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [BIN, ...words], {
    env: { ...process.env, ASANA_TOKEN: FEED_TOKEN },
    stdio: "ignore",
    timeout: Math.round(afterMs),
    killSignal: "SIGKILL",
  });
  await new Promise((resolve) => child.once("close", resolve));
}

export const newFolder = (): string => mkdtempSync(join(tmpdir(), "bench-archive-"));
export const removeFolder = (folder: string): void => rmSync(folder, { recursive: true, force: true });
