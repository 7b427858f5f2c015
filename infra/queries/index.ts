/**
 * The questions that can be asked of an archive by name, at the desk and in Athena. Each file is a SELECT under a
 * comment: what it answers and when one asks it, then a line `-- name type = default: meaning` a parameter, without a
 * default if one must be given. In the text a parameter is `:name`.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { renderParameters } from "./placeholders.ts";

/**
 * - `day`: `2026-05-01`; defaults: `today`, `<n> days ago`, `open` (a day beyond all).
 * - `instant`: a moment; in the SQL the text `2026-05-01 14:30:00.000`, in UTC.
 * - `count`: a whole number, at times negative. `text`: anything; its default stands in quotes.
 *
 * All are bound as text; the SQL casts what is not.
 */
export type ParameterType = "day" | "instant" | "count" | "text";

export interface QuestionParameter {
  readonly name: string;
  readonly type: ParameterType;
  /** As the file has it; null if a value must be given. */
  readonly default: string | null;
  readonly meaning: string;
}

export interface Question {
  readonly name: string;
  readonly topic: string;
  /** What it answers, and when one asks it. */
  readonly sentence: string;
  readonly parameters: readonly QuestionParameter[];
  /** The SELECT, with `:name` for each parameter. */
  readonly sql: string;
}

const TOPICS: Readonly<Record<string, readonly string[]>> = {
  "Data that leaves": ["exports", "downloads", "last-days-of-leavers", "public-links"],
  "One person, one thing, one moment": ["person", "done-to-person", "thing", "around"],
  "Power and policy": [
    ...["admin-roles", "settings", "sign-in-policy", "two-factor", "network-policy", "privacy", "memberships"],
    ...["support-access", "on-behalf"],
  ],
  "Signing in": ["failed-sign-ins", "spraying", "new-addresses", "sign-ins-without-sso", "password-resets"],
  "Programs that act": ["tokens-and-apps", "service-accounts", "api-use"],
  People: ["guests", "outsiders", "joiners-and-leavers", "woken", "outside-hours", "most-active"],
  "What was deleted": ["deletions-in-bulk", "still-deleted", "gone-for-good"],
  "The record itself": ["volume", "first-ever", "quiet-days", "late", "strange", "on-two-days"],
};

/** All questions, by topic. */
export function loadQuestions(): readonly Question[] {
  return Object.entries(TOPICS).flatMap(([topic, names]) =>
    names.map((name) => parseQuestion(name, topic, readFileSync(join(import.meta.dirname, `${name}.sql`), "utf8"))),
  );
}

function parseQuestion(name: string, topic: string, text: string): Question {
  const lines = text.trimEnd().split("\n");
  const start = lines.findIndex((line) => !line.startsWith("--"));
  const comment = lines.slice(0, start).map((line) => line.slice(3));
  const gap = comment.indexOf("");
  return {
    name,
    topic,
    sentence: comment.slice(0, gap).join(" "),
    parameters: comment.slice(gap + 1).map(parseParameter),
    sql: lines.slice(start).join("\n"),
  };
}

function parseParameter(line: string): QuestionParameter {
  const match = /^([a-z_]+) (day|instant|count|text)(?: = ([^:]+))?: (.+)$/.exec(line);
  if (match === null) throw new Error(`not a parameter: ${line}`);
  return { name: match[1]!, type: match[2] as ParameterType, default: match[3] ?? null, meaning: match[4]! };
}

export interface AthenaQuestion {
  /** With `?` for each parameter, under a comment that says what each stands for. */
  readonly sql: string;
  /** The parameter that each `?` stands for, in order: Athena's execution parameters are values alone. */
  readonly order: readonly string[];
}

/** The question as Athena runs it. A parameter that the text uses twice is asked for twice. */
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

const describeType = ({ type, default: preset }: QuestionParameter): string => {
  const example = { day: "'2026-05-01'", instant: "'2026-05-01 14:30:00'", count: "5", text: "in quotes" }[type];
  return preset === null || type === "day" ? example : `${example}; usually ${preset}`;
};
