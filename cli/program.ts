/** The program as commander knows it. */
import { Command } from "commander";
import type { ArchiverError } from "../lambda/errors.ts";
import type { Host } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { explainUsage } from "./usage.ts";
import { version } from "./version.ts";

export const PROGRAM = "asana-audit-archive";

const MORE_HELP = `
${PROGRAM} help <command> explains a command,
${PROGRAM} help ask <question> a question.

Exit codes: 0 success; 1 a check found faults; 2 wrong usage or configuration;
3 the source refused the request; 4 source or store unavailable, try again
later; 5 archive and checkpoint contradict each other, or the archive
contradicts itself; 129, 130 and 143 stopped by a signal. With several
workspaces, the highest of their codes.

What no option says is taken from the environment, else from a configuration
file (init writes one): --token-file is ASANA_AUDIT_TOKEN_FILE, or "tokenFile".

Asana's token is read from ASANA_TOKEN or --token-file, never from a flag.`;

/** Those commands that `words` name have their options; the others have a name and a summary, for the list of commands. */
export async function createProgram(
  words: readonly string[],
  host: Host,
  onMisuse: (error: ArchiverError) => void,
): Promise<Command> {
  const program = new Command(PROGRAM)
    .description("Archives Asana's audit log: every event, exactly once, unchanged.")
    .version(version, "-v, --version", "print the version")
    .helpOption("-h, --help", "print the options of a command")
    .helpCommand(false)
    .enablePositionalOptions()
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .addHelpText("after", MORE_HELP);
  for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
    const command = new Command(name).description(summary);
    program.addCommand(words.includes(name) ? (await load())(command, host) : command);
  }
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .showSuggestionAfterError(false)
      .configureOutput({ outputError: (text) => onMisuse(explainUsage(text, command)) });
  }
  return program;
}

/** `help drain` is `drain --help`; `help` itself, and help about it, is the list of commands. */
export const withHelpFirst = (words: readonly string[]): readonly string[] =>
  words[0] === "help" ? [...words.slice(words[1] === "help" ? 2 : 1), "--help"] : words;
