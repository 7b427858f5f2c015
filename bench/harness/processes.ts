import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Cgroup } from "./cgroup.ts";
import type { Measured, Meter, Task } from "./child.ts";

export type { Measured, Meter } from "./child.ts";

/** A function that a process of its own can run: `export async function x(input, meter)` of a module. */
export type Variant<Input, Result> = (input: Input, meter: Meter) => Promise<Result>;

export interface HowToRun {
  /** Flags of node. */
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly group?: Cgroup;
}

const CHILD = join(import.meta.dirname, "child.ts");

/** Runs one variant once, in a fresh process. `variant` must be exported under its own name by the file `module`. */
export async function measure<Input, Result>(
  module: string,
  variant: Variant<Input, Result>,
  input: Input,
  { flags = [], env = {}, group }: HowToRun = {},
): Promise<Measured<Result>> {
  const child = fork(CHILD, {
    execArgv: [...flags],
    env: { ...process.env, ...CACHE, ...env },
    serialization: "advanced",
  });
  group?.hold(child.pid!);
  const task: Task = { module, name: variant.name, input };
  const ended = new Promise((resolve) => child.once("close", resolve));
  const measured = await answerOf<Measured<Result>>(child, task);
  await ended; // so that it disturbs no other
  return measured;
}

/** Without it, every process would hold what node needs to strip types: 45 MB. The command line has one, too. */
const CACHE = { NODE_COMPILE_CACHE: join(tmpdir(), "asana-audit-archive-bench-cache") };

/** Sends one message and resolves with the first that comes back; rejects if the process ends without one. */
export async function answerOf<Answer>(child: ChildProcess, message: object): Promise<Answer> {
  const settled = new AbortController();
  const answered = once(child, "message", { signal: settled.signal });
  const ended = once(child, "exit", { signal: settled.signal }).then(([code, signal]) => {
    throw new Error(`a measured process ended with ${signal ?? code}`);
  });
  child.send(message);
  try {
    const [answer] = await Promise.race([answered, ended]);
    return answer;
  } finally {
    for (const waiting of [answered, ended]) waiting.catch(() => undefined);
    settled.abort();
  }
}
