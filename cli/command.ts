import { Command, Option } from "commander";
import type { Clock, Logger } from "../lambda/ports.ts";
import { type ExitCode, misused } from "./exit.ts";
import type { Output, OutputStyle } from "./output.ts";
import type { Progress } from "./progress.ts";

/** What a command is given besides its own options: every way it has to the outside, and when to stop. */
export interface Session extends OutputStyle {
  /** Aborts on Ctrl-C and SIGTERM; its reason is an `Interrupted`. */
  readonly signal: AbortSignal;
  readonly output: Output;
  readonly progress: Progress;
  readonly log: Logger;
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export type CommandAction<Options> = (options: Options, session: Session, argument?: string) => Promise<ExitCode>;

/** Set by `main.ts`: runs a command inside a session and remembers its exit code. */
export type Host = (run: (session: Session) => Promise<ExitCode>, style: Partial<OutputStyle>) => Promise<void>;

export type CommandDefinition = (host: Host) => Command;

/**
 * One command as a value: its name, a summary, what it takes, and what it does. Help and parsing come from the same
 * definition. `Options` is what the option readers in `define` give.
 */
export function defineCommand<Options extends object>(
  name: string,
  summary: string,
  define: (command: Command) => Command,
  run: CommandAction<Options>,
): CommandDefinition {
  return (host) => {
    const command = define(new Command(name).description(summary))
      .option("--json", "results, remarks and errors as JSON, one object a line")
      .option("--quiet", "errors only, and rows or events that were asked for")
      .option("--debug", "every log line, and where an error came from")
      .helpOption("--help", "print this");
    command.action(async (...given: unknown[]) => {
      const argument = typeof given[0] === "string" ? given[0] : undefined;
      const options = command.opts<Options & Partial<OutputStyle>>();
      await host(async (session) => {
        checkNeeds(command);
        return await run(options, session, argument);
      }, options);
    });
    return command;
  };
}

const neededOptions = new WeakSet<Option>();

/** An option that must be given. Unlike commander's own kind, it lets a mistyped flag be told as such first. */
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
        `Give ${option.flags}; ${command.name()} --help lists what it takes.`,
      );
    }
  }
}
