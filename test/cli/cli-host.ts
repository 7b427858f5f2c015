/**
 * A process that runs one command after the other, as `cli/bin.js` would in a process of its own: node and the program's
 * modules are loaded once, which takes longer than most commands. Started by run-cli.ts, which asks over IPC.
 */
import { Readable, Writable } from "node:stream";

/** One command: its words, its whole environment, its working directory, its standard input, and what it prints to. */
export interface Call {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly input: string;
  readonly isTerminal: boolean;
}

/** How it ended, and the memory of the process that ran it. */
export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly rssBytes: number;
}

/** Thrown where a process would end. */
class Exit extends Error {}

const MAIN = new URL("../../cli/main.ts", import.meta.url);
const OF_A_RUN = ["SIGINT", "SIGTERM", "SIGHUP", "uncaughtException"] as const;
const { exit } = process;
let calls = 0;

async function run({ argv, env, cwd, input, isTerminal }: Call): Promise<Answer> {
  const output = { stdout: Object.assign(collect(), { isTTY: isTerminal }), stderr: collect() };
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.chdir(cwd);
  process.argv = [process.execPath, ...argv];
  process.exitCode = undefined;
  for (const [name, value] of Object.entries({ ...output, stdin: Readable.from([Buffer.from(input)]) })) {
    Object.defineProperty(process, name, { value, configurable: true });
  }
  const ended = new Promise<number>((resolve) => {
    process.exit = (code) => {
      resolve(Number(code));
      throw new Exit();
    };
  });
  import(`${MAIN.href}?call=${++calls}`).catch((error) => {
    if (!(error instanceof Exit)) process.emit("uncaughtException", error);
  });
  const code = await ended;
  // Not removed, as `emit` would do: what a module registered once, it does not register again.
  for (const listener of process.listeners("exit")) listener.call(process, code);
  for (const name of OF_A_RUN) process.removeAllListeners(name);
  process.chdir("/"); // the test may remove the folder, or unmount it
  return { code, stdout: output.stdout.text(), stderr: output.stderr.text(), rssBytes: process.memoryUsage.rss() };
}

function collect() {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk, _, done) {
      chunks.push(chunk);
      done();
    },
  });
  return Object.assign(stream, { text: () => Buffer.concat(chunks).toString() });
}

process.on("message", async (call: Call) => void process.send!(await run(call)));
process.on("disconnect", () => exit.call(process));
process.on("warning", ({ name, message }) => process.stderr.write(`${name}: ${message}\n`));
