/** What is said about one question: its help, and which one was meant where none has the name. */
import type { Command, Help } from "commander";
import { loadQuestions, type Question, type QuestionParameter } from "../sql/questions.ts";
import { misused } from "./exit.ts";
import { didYouMean, type Senses, suggest } from "./suggest.ts";

export const flagOf = (parameter: string): string => `--${parameter.replaceAll("_", "-")}`;

/** The question that the words of `ask` name; undefined where they name none. */
export const namedIn = ({ args }: Command): string | undefined => args.find((word) => !word.startsWith("-"));

/** Throws ArchiverError `misconfigured` if there is none of that name. */
export function questionNamed(name: string): Question {
  const questions = loadQuestions();
  const found = questions.find((question) => question.name === name);
  if (found !== undefined) return found;
  const names = questions.map((question) => question.name);
  const near = suggest(name, names, SENSES);
  const meant = didYouMean(near.length > 0 ? near : about(name, questions));
  throw misused(
    `The question ${JSON.stringify(name)} does not exist.`,
    meant === null ? `Questions: ${names.join(", ")}.` : `${meant} \`ask\` without a name lists all questions.`,
  );
}

/** Words that no name and no sentence has. */
const SENSES: Senses = {
  "failed-sign-ins": ["logins", "login", "failed-logins", "signins", "brute-force"],
  "two-factor": ["2fa", "mfa"],
  "sign-ins-without-sso": ["sso", "saml"],
  "tokens-and-apps": ["pat", "pats", "oauth"],
  "joiners-and-leavers": ["onboarding", "offboarding"],
  "admin-roles": ["admins", "privileges"],
  "public-links": ["shared-links", "sharing"],
};

/** Questions with the word, or its stem, in name or sentence; those with it in the name first. */
function about(word: string, questions: readonly Question[]): string[] {
  const stem = word.toLowerCase().replace(/(s|ed|ing)$/, "");
  if (stem.length < 3) return [];
  const inName = questions.filter(({ name }) => name.includes(stem));
  const inSentence = questions.filter(({ sentence }) => sentence.toLowerCase().includes(stem));
  return [...new Set([...inName, ...inSentence].map(({ name }) => name))].slice(0, 3);
}

/** What a question answers, its parameters and its SQL; null where the words of `ask` name none. */
export function questionHelp(command: Command, helper: Help): string | null {
  const name = namedIn(command);
  if (name === undefined) return null;
  const { sentence, parameters, sql } = questionNamed(name);
  const width = helper.helpWidth ?? 80;
  const terms = parameters.map(({ name: parameter, type }) => `${flagOf(parameter)} <${type}>`);
  const termWidth = Math.max(...terms.map((term) => term.length));
  const items = parameters.map((parameter, index) =>
    helper.formatItem(terms[index]!, termWidth, describe(parameter), helper),
  );
  return [
    `Usage: ${command.parent?.name()} ask ${name} --archive <place> [options]\n`,
    `${helper.boxWrap(sentence, width)}\n`,
    ...helper.formatItemList("Parameters:", items, helper),
    "SQL:",
    `${sql.replaceAll(/^/gm, "  ")}\n`,
    `${command.parent?.name()} ask --help lists the options that every question takes.\n`,
  ].join("\n");
}

function describe({ type, meaning, default: preset, range }: QuestionParameter): string {
  const allowed = range === null ? "" : `, ${range.least} to ${range.most}`;
  if (preset === null) return `${meaning}${allowed} (required)`;
  // An empty text means what the sentence says of it.
  return preset === "''" ? meaning : `${meaning}${allowed} (default: ${describeDefault(preset, type)})`;
}

function describeDefault(preset: string, type: QuestionParameter["type"]): string {
  if (preset === "start") return "the first day that the archive holds";
  if (preset === "last") return "the last day that the archive holds";
  if (preset === "end")
    return type === "instant" ? "the end of what the archive holds" : "the day after the last that the archive holds";
  const [, days, of] = /^(\S+) days before (\S+)$/.exec(preset) ?? [];
  if (days === undefined || of === undefined) return preset.replace(/^'(.*)'$/, "$1");
  return `${/^\d+$/.test(days) ? days : flagOf(days)} days before ${flagOf(of)}`;
}
