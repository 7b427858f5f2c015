import { CommanderError } from "commander";
import { ArchiverError } from "../lambda/errors.ts";
import { fileError } from "../lambda/stores/file-errors.ts";
import { systemClock } from "../lambda/system-clock.ts";
import type { Host } from "./command.ts";
import { EXIT, type ExitCode, exitCodeOf, type Interrupted, toArchiverError } from "./exit.ts";
import { watchInterrupts } from "./interrupt.ts";
import { createOutput } from "./output.ts";
import { createProgram, withHelpFirst } from "./program.ts";
import { noProgress, type Progress } from "./progress.ts";
import { checkCommand } from "./usage.ts";

let exitCode: ExitCode = EXIT.done;
const words = withHelpFirst(process.argv.slice(2));
/** That of the command which is running; until then, what is wrong is printed as the words alone ask for it. */
let output = createOutput(
  process,
  { json: words.includes("--json"), quiet: false, debug: words.includes("--debug") },
  noProgress,
);
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
  const progress = process.stderr.isTTY && !style.quiet && !style.json ? await openProgress() : noProgress;
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

async function openProgress(): Promise<Progress> {
  const { createProgress } = await import("./progress-bar.ts");
  return createProgress(process.stderr);
}

// A reader of result data that has seen enough (`| head`) is no failure, and ends the command. A command that only reports on
// its work goes on without a reader: a drain archives, and a check gives its exit code.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") failOutput(error);
  else if (output.hasGivenData) process.exit(EXIT.done);
});
process.stderr.on("error", () => undefined);
// Node's exit code for an uncaught error would be 1, which here means that a check found faults.
process.on("uncaughtException", (error) => {
  const { message, advice } = toArchiverError(error);
  process.stderr.write(`asana-audit-archive: ${message}\n  ${advice}\n${error instanceof Error ? error.stack : ""}\n`);
  process.exit(EXIT.unavailable);
});

try {
  checkCommand(words);
  const program = await createProgram(words, host, output.fail);
  await program.parseAsync(words, { from: "user" });
} catch (error) {
  if (error instanceof ArchiverError) output.fail(error);
  else if (!(error instanceof CommanderError)) throw error;
  exitCode = error instanceof CommanderError && error.exitCode === 0 ? EXIT.done : EXIT.misused;
}

/** Results that could not be written are not results. */
function failOutput(error: unknown): never {
  output.fail(fileError(error, "standard output"));
  process.exit(EXIT.unavailable);
}

// Exit explicitly, because idle sockets and DuckDB's threads would keep the process alive. Pending output is written first.
const failed = await new Promise<NodeJS.ErrnoException | null | undefined>((resolve) =>
  process.stdout.write("", resolve),
);
if (failed && failed.code !== "EPIPE") failOutput(failed);
process.exit(exitCode);
