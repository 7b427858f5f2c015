/** What is longer than the screen, in the pager of whoever reads it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Session } from "./command.ts";
import { misused } from "./exit.ts";

/** Ends by itself where all fits, lets colours through, and leaves the text on the screen. */
const USUAL = "command -v less >/dev/null && exec less -FRX; exec cat";
/** What a shell says of a program that is not there, or is none. */
const CANNOT_START = [126, 127];

export type PagerSession = Pick<Session, "output" | "progress" | "signal" | "environment">;

/**
 * Prints through $PAGER, or else through less, where results go to a terminal. A reader who has seen enough ends the
 * command without an error.
 */
export async function throughPager(
  { output, progress, signal, environment }: PagerSession,
  isWanted: boolean,
  print: () => Promise<void>,
): Promise<void> {
  const pager = environment["PAGER"] ?? USUAL;
  if (!isWanted || output.width === null || pager.trim() === "") return await print();
  progress.clear();
  // As git does: a pager that is only called less would otherwise show colours as characters.
  const env = { LESS: "FRX", LV: "-c", ...environment };
  const child = spawn("/bin/sh", ["-c", pager], { stdio: ["pipe", "inherit", "inherit"], env });
  const ended = once(child, "close");
  const stop = () => child.kill();
  signal.addEventListener("abort", stop);
  child.stdin.on("error", () => undefined);
  output.through(
    (chunk) =>
      new Promise((resolve, reject) => {
        child.stdin.write(chunk, (error) => (error ? reject(error) : resolve()));
      }),
  );
  try {
    await print();
  } catch (error) {
    if (!hasClosed(error)) throw error;
  } finally {
    child.stdin.end();
    await ended;
    output.through(null);
    signal.removeEventListener("abort", stop);
  }
  signal.throwIfAborted();
  const code = child.exitCode ?? 0;
  if (code === 0) return;
  const what = CANNOT_START.includes(code)
    ? "cannot be started"
    : `ended with code ${code}, and may have shown nothing`;
  throw misused(`The pager ${JSON.stringify(pager)} ${what}.`, "Set PAGER to another one, or add --no-pager.");
}

const hasClosed = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED");
