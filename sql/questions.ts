/**
 * The named questions, for the `ask` command and for Athena: the files of `questions/`. Each file is a SELECT below a
 * comment. The comment says what the question answers and when to ask it. After an empty line follow `-- topic: ` with one
 * of TOPICS, and a line `-- name type = default: meaning` for each parameter, without a default if a value must be given.
 * In the SELECT a parameter is `:name`.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * - `day`: a UTC day, `2026-05-01`. Defaults: `start` and `last`, the first and the last day that the archive holds; `end`,
 *   the day after the last; `<n> days before <day>`, where both may be other parameters.
 * - `instant`: a moment in UTC; in the SQL the text `2026-05-01 14:30:00.000`, or `2026-05-01` for the first of a day, so that
 *   `dt < :until` is true for the days that begin before it, and no others. The same defaults.
 * - `count`: a whole number within a range: `count 1..100`. `text`: anything. Defaults of texts stand in quotes.
 * - `workspace`, `person` (a gid or an address), `resource` (a gid), `kind` (of a resource), `method` (of signing in) and
 *   `domains` (separated by commas): texts that must occur in the archive.
 *
 * All are bound as text; the SQL casts what is not. No default depends on when, or by whom, a question is asked.
 */
const TYPES = [
  "day",
  "instant",
  "count",
  "text",
  "workspace",
  "person",
  "resource",
  "kind",
  "method",
  "domains",
] as const;
export type ParameterType = (typeof TYPES)[number];

export interface QuestionParameter {
  readonly name: string;
  readonly type: ParameterType;
  /** Of a count; null for every other type. */
  readonly range: { readonly least: number; readonly most: number } | null;
  /** As written in the file; null if a value must be given. */
  readonly default: string | null;
  readonly meaning: string;
}

export interface Question {
  readonly name: string;
  readonly topic: string;
  /** What it answers, and when to ask it. */
  readonly sentence: string;
  readonly parameters: readonly QuestionParameter[];
  /** The SELECT, with `:name` for each parameter. */
  readonly sql: string;
}

/** In the order in which help and documents list them. */
export const TOPICS: readonly string[] = [
  "Data that leaves",
  "One person, one thing, one moment",
  "Power and policy",
  "Signing in",
  "Programs that act",
  "People",
  "What was deleted",
  "The record itself",
];

const FOLDER = join(import.meta.dirname, "questions");

/** All questions, by topic and name. */
export function loadQuestions(): readonly Question[] {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith(".sql"));
  const questions = names.sort().map((name) => parseQuestion(name, readFileSync(join(FOLDER, name), "utf8")));
  return TOPICS.flatMap((topic) => questions.filter((question) => question.topic === topic));
}

/** Throws an error that says what to change in the file. */
export function parseQuestion(file: string, text: string): Question {
  const lines = text.trimEnd().split("\n");
  const start = lines.findIndex((line) => !line.startsWith("--"));
  const comment = lines.slice(0, start).map((line) => line.slice(3));
  const gap = comment.indexOf("");
  const [topicLine = "", ...parameters] = gap === -1 ? [] : comment.slice(gap + 1);
  const topic = TOPICS.find((name) => topicLine === `topic: ${name}`);
  if (topic === undefined) {
    throw new Error(
      `sql/questions/${file}: after the sentence and an empty comment line there must be "-- topic: " and one of: ${TOPICS.join("; ")}.`,
    );
  }
  return {
    name: file.slice(0, -".sql".length),
    topic,
    sentence: comment.slice(0, gap).join(" "),
    parameters: parameters.map((line) => parseParameter(file, line)),
    sql: lines.slice(start).join("\n"),
  };
}

const PARAMETER = new RegExp(`^([a-z_]+) (${TYPES.join("|")})(?: (-?\\d+)\\.\\.(\\d+))?(?: = ([^:]+))?: (.+)$`);

function parseParameter(file: string, line: string): QuestionParameter {
  const match = PARAMETER.exec(line);
  if (match !== null && (match[2] === "count") === (match[3] !== undefined)) {
    return {
      name: match[1]!,
      type: match[2] as ParameterType,
      range: match[3] === undefined ? null : { least: Number(match[3]), most: Number(match[4]) },
      default: match[5] ?? null,
      meaning: match[6]!,
    };
  }
  throw new Error(
    `sql/questions/${file}: "-- ${line}" is not a parameter; write "-- name type = default: meaning", where the type is count with a range (count 1..100) or one of ${TYPES.filter((type) => type !== "count").join(", ")}.`,
  );
}

export interface AthenaQuestion {
  /** With `?` for each parameter, under a comment that says what each stands for. */
  readonly sql: string;
  /** The parameter that each `?` stands for, in order: Athena's execution parameters are values alone. */
  readonly order: readonly string[];
}

/** The question as Athena runs it. A parameter that the SQL uses twice must be given twice. */
export function toAthena(question: Question): AthenaQuestion {
  const order: string[] = [];
  const sql = renderParameters(question.sql, (name) => {
    order.push(name);
    return "?";
  });
  const remarks = order.map((name, index) => {
    const parameter = question.parameters.find((candidate) => candidate.name === name)!;
    return `-- ${index + 1}. ${name} (${describeType(parameter)}): ${parameter.meaning}`;
  });
  return { sql: [`-- ${question.sentence.replaceAll("?", ".")}`, ...remarks, sql].join("\n"), order };
}

const EXAMPLES: Partial<Record<ParameterType, string>> = {
  day: "'2026-05-01'",
  instant: "'2026-05-01' or '2026-05-01 14:30:00'",
  domains: "in quotes: 'example.com,example.org'",
};

const describeType = ({ type, range, default: preset }: QuestionParameter): string => {
  const example = range === null ? (EXAMPLES[type] ?? "in quotes") : `${range.least} to ${range.most}`;
  return preset === null || type === "day" || type === "instant" ? example : `${example}; usually ${preset}`;
};

/** A quoted text or name, a comment, or a parameter. A colon inside one of the former does not start a parameter. */
const TOKENS = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|:([a-z_]+)\b/g;

/** Replaces each `:name` outside of quotes and comments by the result of `render`. */
export const renderParameters = (sql: string, render: (name: string) => string): string =>
  sql.replace(TOKENS, (token, name: string | undefined) => (name === undefined ? token : render(name)));
