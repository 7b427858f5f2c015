/** The command line as it is watched: what it prints, how it ends, and what it leaves behind. */
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { type Ended, HEAP, runCli as run, runProcess } from "../cli/run-cli.ts";

/**
 * A folder that the test files of a worker share, removed with the temporary folder of all tests; and in it one for the
 * temporary files of each command, which has to be empty afterwards.
 */
export const home = await mkdtemp(join(tmpdir(), "asana-audit-archive-hostile-"));
const temporaries = join(home, "tmp");
let commands = 0;
const DUMPING = join(import.meta.dirname, "preload", "dump.mjs");

/** Given to every command; must be in nothing that any of them leaves or prints. */
export const CANARY = "canary/2:12345.secret+token";

export interface RunOptions {
  readonly cwd: string;
  /** Lets it believe that standard output is a terminal. */
  readonly isTerminal?: boolean;
  readonly input?: string;
  /** Where a process of its own writes its environment and a crash report at its end. */
  readonly dump?: string;
}

export async function runCli(args: readonly string[], { dump, ...options }: RunOptions): Promise<Ended> {
  const temporary = join(temporaries, String(++commands));
  await mkdir(temporary, { recursive: true });
  const env = { TMPDIR: temporary, PAGER: "" }; // a pager would print past what is collected here
  const told = { ...options, token: CANARY };
  const ended =
    dump === undefined
      ? await run(args, { ...told, env })
      : await runProcess(args, { ...told, env: { ...env, DUMP: dump }, nodeFlags: [HEAP, "--import", DUMPING] });
  expect(await readdir(temporary)).toEqual([]);
  return ended;
}

/** Everything a terminal may act on, and what turns the direction of text; tab and line feed are left. */
export const STEERING =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

export function expectHarmless({ code, signal, stdout, stderr }: Ended): void {
  expect({ code, signal, stderr }).toEqual({
    code: expect.toBeOneOf([0, 1, 2, 3, 4, 5]),
    signal: null,
    stderr: expect.any(String),
  });
  expect(stderr).not.toMatch(STEERING);
  expect(stderr).not.toMatch(/\n\s+at |unexpected error/);
  expect(stdout + stderr).not.toContain(CANARY);
  expect(stderr.length).toBeLessThan(20_000);
}

/** Names, sizes and hashes of all below the folder; of files that cannot be read whole, the size alone. */
export async function snapshot(directory = home): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const told = entries.map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile()) return path;
    const { size } = await stat(path).catch(() => ({ size: -1 })); // a name that is no text
    if (size < 0 || size > 1e9) return `${path} ${size}`;
    return `${path} ${size} ${createHash("sha256")
      .update(await readFile(path))
      .digest("hex")}`;
  });
  return (await Promise.all(told)).filter((entry) => !entry.startsWith(temporaries)).sort();
}
