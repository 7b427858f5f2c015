import { Command, CommanderError } from "commander";
import { fileError } from "../lambda/stores/file-errors.ts";
import { systemClock } from "../lambda/system-clock.ts";
import type { CommandDefinition, Host } from "./command.ts";
import { askCommand } from "./commands/ask.ts";
import { costCommand } from "./commands/cost.ts";
import { drainCommand } from "./commands/drain.ts";
import { exportCommand } from "./commands/export.ts";
import { feedCommand } from "./commands/feed.ts";
import { fetchCommand } from "./commands/fetch.ts";
import { queryCommand } from "./commands/query.ts";
import { rescanCommand } from "./commands/rescan.ts";
import { searchCommand } from "./commands/search.ts";
import { statusCommand } from "./commands/status.ts";
import { verifyCommand } from "./commands/verify.ts";
import { EXIT, type ExitCode, exitCodeOf, type Interrupted, toArchiverError } from "./exit.ts";
import { watchInterrupts } from "./interrupt.ts";
import { createOutput, type Output } from "./output.ts";
import { createProgress, noProgress } from "./progress.ts";
import { version } from "./version.ts";

/** Every command, in the order in which the help lists them. */
const COMMANDS: readonly CommandDefinition[] = [
  drainCommand,
  rescanCommand,
  statusCommand,
  verifyCommand,
  queryCommand,
  askCommand,
  searchCommand,
  exportCommand,
  fetchCommand,
  feedCommand,
  costCommand,
];

let exitCode: ExitCode = EXIT.done;
/** That of the command which is running. */
let output: Output | null = null;
const environment = takeEnvironment();

/** Removes the token from the process's own environment, where a crash report or a dump would show it. */
function takeEnvironment(): Readonly<Record<string, string | undefined>> {
  const taken = { ...process.env };
  delete process.env["ASANA_TOKEN"];
  return taken;
}

/** The one place that starts a command, prints its error and decides its exit code. */
const host: Host = async (run, options) => {
  const style = { json: options.json === true, quiet: options.quiet === true, debug: options.debug === true };
  const progress = process.stderr.isTTY && !style.quiet && !style.json ? createProgress(process.stderr) : noProgress;
  const own = createOutput(process, style, progress);
  output = own;
  const signal = watchInterrupts(() =>
    own.note("Stopping; finished work is kept. Press Ctrl-C again to stop immediately."),
  );
  try {
    exitCode = await run({
      ...style,
      signal,
      output: own,
      progress,
      log: own.log,
      clock: systemClock,
      environment,
    });
  } catch (error) {
    if (signal.aborted && (error === signal.reason || isAbort(error))) {
      exitCode = (signal.reason as Interrupted).exitCode;
    } else {
      const known = toArchiverError(error);
      own.fail(known);
      exitCode = exitCodeOf(known.kind);
    }
  } finally {
    progress.clear();
  }
};

const isAbort = (error: unknown) => error instanceof Error && error.name === "AbortError";

const EXIT_CODES = `
Exit codes: 0 success; 1 a check found faults; 2 wrong usage or configuration; 3 the source refused the request;
4 source or store unavailable, try again later; 5 archive and checkpoint contradict each other, or the archive
contradicts itself; 129, 130 and 143 stopped by a signal. With several workspaces, the highest of their codes.

Asana's token is read from ASANA_TOKEN or --token-file, never from a flag.`;

function createProgram(): Command {
  const program = new Command("asana-audit-archive")
    .description("Archives Asana's audit log: every event, exactly once, unchanged.")
    .version(version, "--version", "print the version")
    .helpOption("--help", "print the options of a command")
    .helpCommand(false)
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .addHelpText("after", EXIT_CODES);
  for (const define of COMMANDS) program.addCommand(define(host));
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ outputError: (text, write) => write(misuse(text, command)) });
  }
  return program;
}

/** Commander's own message without the given value, which may be a secret, followed by advice. */
function misuse(text: string, command: Command): string {
  const sentence = text
    .replace(/^error: /, "")
    .replace(/ argument '.*' is invalid\./s, " is invalid.")
    .replace(/^(unknown option '--?[^=']*)=.*'/s, "$1'")
    .trim()
    .replace(/\s*\n\s*/g, " ");
  const name = command.parent === null ? command.name() : `${command.parent.name()} ${command.name()}`;
  const advice = sentence.startsWith("unknown option '--token'")
    ? "Other users of this machine could see a token in a flag: set ASANA_TOKEN, or use --token-file."
    : `See ${name} --help.`;
  return `asana-audit-archive: ${sentence}\n  ${advice}\n`;
}

// A reader of result data that has seen enough (`| head`) is no failure, and ends the command. A command that only reports on
// its work goes on without a reader: a drain archives, and a check gives its exit code.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") failOutput(error);
  else if (output?.hasGivenData === true) process.exit(EXIT.done);
});
process.stderr.on("error", () => undefined);
// Node's exit code for an uncaught error would be 1, which here means that a check found faults.
process.on("uncaughtException", (error) => {
  const { message, advice } = toArchiverError(error);
  process.stderr.write(`asana-audit-archive: ${message}\n  ${advice}\n${error instanceof Error ? error.stack : ""}\n`);
  process.exit(EXIT.unavailable);
});

try {
  await createProgram().parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  exitCode = error.exitCode === 0 ? EXIT.done : EXIT.misused;
}
/** Results that could not be written are not results. */
function failOutput(error: unknown): never {
  const known = fileError(error, "standard output");
  if (output === null) process.stderr.write(`asana-audit-archive: ${known.message}\n  ${known.advice}\n`);
  else output.fail(known);
  process.exit(EXIT.unavailable);
}

// Exit explicitly, because idle sockets and DuckDB's threads would keep the process alive. Pending output is written first.
const failed = await new Promise<NodeJS.ErrnoException | null | undefined>((resolve) =>
  process.stdout.write("", resolve),
);
if (failed && failed.code !== "EPIPE") failOutput(failed);
process.exit(exitCode);
