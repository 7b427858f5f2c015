/** Completion scripts for shells, made from the commands as they are. */
import type { Command } from "commander";
import { PROGRAM } from "./program.ts";

export interface CompletedOption {
  readonly flags: readonly string[];
  readonly description: string;
  /** What its value may be; empty: anything. Null: it takes none. */
  readonly values: readonly string[] | null;
  readonly isPath: boolean;
}

export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  /** What may follow it that is no option. */
  readonly words: readonly string[];
}

/** `words`: what the first argument of a command may be, where its definition does not say so. */
export function describeCommands(
  program: Command,
  words: Readonly<Record<string, readonly string[]>>,
): readonly CompletedCommand[] {
  return program.commands.map((command) => {
    const name = command.name();
    return {
      name,
      summary: command.description(),
      options: command
        .createHelp()
        .visibleOptions(command)
        .map((option) => ({
          flags: [option.short, option.long].filter((flag) => flag !== undefined),
          description: option.description,
          values: option.required || option.optional ? (option.argChoices ?? []) : null,
          isPath: /<(?:\w+\|)?(?:file|place)>/.test(option.flags),
        })),
      words: words[name] ?? command.registeredArguments[0]?.argChoices ?? [],
    };
  });
}

export const SHELLS = ["bash", "zsh", "fish"] as const;

export function completionScript(shell: (typeof SHELLS)[number], commands: readonly CompletedCommand[]): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](commands);
}

const FUNCTION = `_${PROGRAM.replaceAll("-", "_")}`;
const PROGRAM_WORDS = ["help", "--help", "--version"];

/** As one word of a POSIX shell, of zsh and of fish; no text here has a backslash. */
const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function bashScript(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name);
  const values = commands.flatMap(({ name, options }) =>
    options.flatMap(({ flags, values, isPath }) =>
      values === null
        ? []
        : flags.map((flag) => ({ place: `${name}:${flag}`, reply: isPath ? BASH_FILES : bashReply(values) })),
    ),
  );
  const byReply = [...Map.groupBy(values, ({ reply }) => reply)].map(
    ([reply, places]) => `    ${places.map(({ place }) => place).join("|")}) ${reply}; return ;;`,
  );
  const words = commands.map(
    ({ name, options, words }) =>
      `    ${name}) ${bashReply([...words, ...options.flatMap(({ flags }) => flags.filter((flag) => flag.startsWith("--")))])} ;;`,
  );
  return `# Completion of ${PROGRAM} for bash.
${FUNCTION}() {
  local IFS=$'\\n' cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" command= word
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in ${names.join("|")}) command="$word"; break ;; esac
  done
  case "$command:$prev" in
${byReply.join("\n")}
  esac
  case "$command" in
${words.join("\n")}
    *) ${bashReply([...names, ...PROGRAM_WORDS])} ;;
  esac
}
complete -F ${FUNCTION} ${PROGRAM}
`;
}

const BASH_FILES = 'compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur"))';

const bashReply = (words: readonly string[]): string =>
  words.length === 0 ? ":" : `COMPREPLY=($(compgen -W $'${words.join("\\n")}' -- "$cur"))`;

function zshScript(commands: readonly CompletedCommand[]): string {
  const cases = commands.map(({ name, options, words }) => {
    const specs = options.map(({ flags, description, values, isPath }) => {
      const names = flags.length > 1 ? `{${flags.join(",")}}` : flags[0];
      const action = isPath ? "_files" : values?.length ? `(${values.join(" ")})` : "";
      return `        '*'${names}${quote(`[${zshText(description)}]${values === null ? "" : `:value:${action}`}`)}`;
    });
    if (words.length > 0) specs.push(`        ${quote(`1:name:(${words.join(" ")})`)}`);
    return `      ${name})\n        _arguments \\\n${specs.map((spec) => `  ${spec}`).join(" \\\n")} ;;`;
  });
  return `#compdef ${PROGRAM}
# Completion of ${PROGRAM} for zsh.
${FUNCTION}() {
  local state line
  local -a commands
  commands=(
${commands.map(({ name, summary }) => `    ${quote(`${name}:${summary}`)}`).join("\n")}
    'help:print the help of a command'
  )
  _arguments -C '(- *)'{-h,--help}'[print the options of a command]' '(- *)'{-v,--version}'[print the version]' \\
    '1: :->command' '*:: :->rest'
  case "$state" in
    command) _describe command commands ;;
    rest)
      if [[ "$line[1]" == help ]]; then _describe command commands; return; fi
      case "$line[1]" in
${cases.join("\n")}
      esac ;;
  esac
}
if [[ "$funcstack[1]" == ${FUNCTION} ]]; then ${FUNCTION} "$@"; else compdef ${FUNCTION} ${PROGRAM}; fi
`;
}

const zshText = (text: string): string => text.replaceAll(/[\\[\]:]/g, "\\$&");

function fishScript(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  const first = `not __fish_seen_subcommand_from ${names}`;
  const lines = [
    `complete -c ${PROGRAM} -f`,
    ...commands.map(({ name, summary }) => `complete -c ${PROGRAM} -n ${quote(first)} -a ${name} -d ${quote(summary)}`),
    `complete -c ${PROGRAM} -n ${quote(first)} -a help -d 'print the help of a command'`,
    `complete -c ${PROGRAM} -n ${quote(first)} -s h -l help -d 'print the options of a command'`,
    `complete -c ${PROGRAM} -n ${quote(first)} -s v -l version -d 'print the version'`,
  ];
  for (const { name, options, words } of commands) {
    const here = `complete -c ${PROGRAM} -n '__fish_seen_subcommand_from ${name}'`;
    if (words.length > 0) lines.push(`${here} -a ${quote(words.join(" "))}`);
    for (const { flags, description, values, isPath } of options) {
      const spelled = flags.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
      const value =
        values === null ? "" : isPath ? " -r -F" : ` -x${values.length > 0 ? ` -a ${quote(values.join(" "))}` : ""}`;
      lines.push(`${here} ${spelled.join(" ")}${value} -d ${quote(description)}`);
    }
  }
  return `# Completion of ${PROGRAM} for fish.\n${lines.join("\n")}\n`;
}
