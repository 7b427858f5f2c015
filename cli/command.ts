import { type Command, Option } from "commander";
import type { Clock, Logger } from "../lambda/ports.ts";
import { type ExitCode, misused } from "./exit.ts";
import type { Output, OutputStyle } from "./output.ts";
import type { Progress } from "./progress.ts";

/** What a command receives besides its own options: its access to the outside world, and the signal to stop. */
export interface Session extends OutputStyle {
  /** Aborts on Ctrl-C and SIGTERM; its reason is an `Interrupted`. */
  readonly signal: AbortSignal;
  readonly output: Output;
  readonly progress: Progress;
  readonly log: Logger;
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export type CommandAction<Options> = (
  options: Options,
  session: Session,
  argument: string | undefined,
  command: Command,
) => Promise<ExitCode>;

/** Set by `main.ts`: runs a command inside a session and remembers its exit code. */
export type Host = (run: (session: Session) => Promise<ExitCode>, style: Partial<OutputStyle>) => Promise<void>;

/** Gives a command, which has its name and its summary already, its options and its action. */
export type CommandDefinition = (command: Command, host: Host) => Command;

/**
 * One command as a value: its options and its action. Help and parsing use the same definition. `Options` is the type of
 * what the option readers in `define` return. `configuresItself`: it calls `configure` when it wants to.
 */
export function defineCommand<Options extends object>(
  define: (command: Command) => Command,
  run: CommandAction<Options>,
  { configuresItself = false }: { readonly configuresItself?: boolean } = {},
): CommandDefinition {
  return (bare, host) => {
    const command = withConfiguration(define(bare))
      .option("--json", "print results, remarks and errors as JSON, one object per line")
      .option("--quiet", "print only errors and the requested rows or events")
      .option("--debug", "print every log line, and the stack trace of an error")
      .helpOption("-h, --help", "print this help");
    command.action(async (...given: unknown[]) => {
      const argument = typeof given[0] === "string" ? given[0] : undefined;
      const style = command.opts<Partial<OutputStyle>>();
      await host(async (session) => {
        checkNames(command);
        if (configured.has(command) && !configuresItself) {
          const { configure } = await import("./configuration.ts");
          configure(command, session);
        }
        checkNeeds(command);
        return await run(command.opts<Options>(), session, argument, command);
      }, style);
    });
    return command;
  };
}

/** Commands of which a configuration file may say something. */
const configured = new WeakSet<Command>();

function withConfiguration(command: Command): Command {
  if (!command.options.some(({ long }) => long === "--archive" || long === "--token-file")) return command;
  if (command.options.some(({ long }) => long === "--config")) return command; // it writes such a file
  configured.add(command);
  return command
    .option("--config <file>", `configuration file (default: ./asana-audit-archive.json, or the user's own)`)
    .option("--profile <name>", "profile in the configuration file");
}

/** What names a file, a place or a profile is neither empty, which nothing is called, nor the next option. */
function checkNames(command: Command): void {
  for (const option of command.options) {
    const [, kind] = /<(file|place|name)>/.exec(option.flags) ?? [];
    const value = command.getOptionValue(option.attributeName());
    if (kind === undefined || typeof value !== "string") continue;
    if (value === "") throw misused(`${option.long} is empty.`, `Give a ${kind}, or leave it out.`);
    if (value.startsWith("--")) {
      throw misused(
        `${option.long} is followed by ${value.replace(/=.*/s, "")}, which is no ${kind}.`,
        `Give ${option.flags}; ./--x is a file whose name begins like an option.`,
      );
    }
  }
}

const neededOptions = new WeakSet<Option>();

/** A required option. Unlike with commander's own required options, a mistyped flag is reported before a missing one. */
export function needs(
  command: Command,
  flags: string,
  description: string,
  // biome-ignore lint/suspicious/noExplicitAny: commander's own type for readers that collect.
  read: (text: string, before: any) => unknown = (text) => text,
): Command {
  const option = new Option(flags, `${description} (required)`).argParser(read);
  neededOptions.add(option);
  return command.addOption(option);
}

function checkNeeds(command: Command): void {
  for (const option of command.options) {
    if (neededOptions.has(option) && command.getOptionValue(option.attributeName()) === undefined) {
      throw misused(
        `${option.long} is missing.`,
        `Add ${option.flags}, or set it in a configuration file; ${command.name()} --help lists all options.`,
      );
    }
  }
}
