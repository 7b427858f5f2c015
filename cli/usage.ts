/** What a command line that cannot be carried out is answered with. */
import type { Command } from "commander";
import type { ArchiverError } from "../lambda/errors.ts";
import { COMMANDS } from "./commands.ts";
import { misused } from "./exit.ts";
import { didYouMean, type Senses, suggest } from "./suggest.ts";

/** What other tools call an option. */
const OPTION_SENSES: Senses = {
  "--archive": ["--dir", "--directory", "--folder", "--path", "--repo", "-r", "--target", "--bucket"],
  "--workspace": ["--gid", "-w"],
  "--token-file": ["--token-path", "--password-file"],
  "--source": ["--url", "--base-url", "--endpoint"],
  "--since": ["--start", "--after", "--begin", "--start-at"],
  "--until": ["--end", "--before", "--end-at"],
  "--every": ["--interval", "--watch", "--loop"],
  "--output": ["--out", "--file", "-o"],
  "--page-limit": ["--limit", "--page-size"],
  "--debug": ["--verbose", "-v", "--trace"],
  "--quiet": ["--silent", "-q"],
  "--threads": ["--jobs", "-j"],
};

/** Throws ArchiverError `misconfigured` unless the first word is a command or an option. */
export function checkCommand([name]: readonly string[]): void {
  if (name === undefined || name.startsWith("-") || Object.hasOwn(COMMANDS, name)) return;
  const senses = Object.fromEntries(Object.entries(COMMANDS).map(([known, { senses: words }]) => [known, words]));
  const advice = didYouMean(suggest(name, Object.keys(COMMANDS), senses));
  throw misused(
    `unknown command '${name}'`,
    `${advice === null ? "" : `${advice} `}asana-audit-archive --help lists all commands.`,
  );
}

/** Commander's own message without the given value, which may be a secret, followed by advice. */
export function explainUsage(text: string, command: Command): ArchiverError {
  const valued = /^error: unknown option '(--[^=']*)=/.exec(text)?.[1];
  if (command.options.some(({ long, required, optional }) => long === valued && !required && !optional)) {
    return misused(`option '${valued}' takes no value`, `Write ${valued} alone, or leave it out.`);
  }
  const sentence = text
    .replace(/^error: /, "")
    .replace(/ argument '.*' is invalid\./s, " is invalid.")
    .replace(/^(unknown option '--?[^=']*)=.*'/s, "$1'")
    .trim()
    .replace(/\s*\n\s*/g, " ");
  return misused(sentence, adviceFor(sentence, command));
}

function adviceFor(sentence: string, command: Command): string {
  const option = /^unknown option '(.*)'$/.exec(sentence)?.[1] ?? null;
  if (option === "--token") {
    return "Other users of this machine could see a token in a flag: set ASANA_TOKEN, or use --token-file.";
  }
  if (command.parent === null) {
    return option === null
      ? `${command.name()} --help lists all commands.`
      : `Options follow the command: ${command.name()} <command> ${option} ...; --help lists all commands.`;
  }
  const all = `${command.parent.name()} ${command.name()} --help lists all options.`;
  const names = command.options.flatMap(({ short, long }) => [short ?? "", long ?? ""]).filter(isLong);
  const meant = option === null ? null : didYouMean(suggest(option, names, OPTION_SENSES));
  return meant === null ? all : `${meant} ${all}`;
}

const isLong = (flag: string): boolean => flag.startsWith("--");
