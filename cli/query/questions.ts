/** Questions by name, asked at the desk. */

import { ArchiverError } from "../../lambda/errors.ts";
import { dayOf, msToInstant, shiftDay } from "../../lambda/event/instant.ts";
import { isDay, parseMoment } from "../../lambda/event/parse.ts";
import { loadQuestions, type Question, type QuestionParameter, renderParameters } from "../../sql/questions.ts";
import type { QueryAnswer } from "./answer.ts";
import type { ArchiveSql } from "./engine.ts";

export { loadQuestions, type Question, type QuestionParameter } from "../../sql/questions.ts";

/** Later than every day that an archive can hold. */
const OPEN_DAY = "9999-12-31";

/** Throws ArchiverError `misconfigured` if there is none of that name. */
export function findQuestion(name: string): Question {
  const questions = loadQuestions();
  const found = questions.find((question) => question.name === name);
  if (found !== undefined) return found;
  throw misasked(
    `The question ${JSON.stringify(name)} does not exist.`,
    `Questions: ${questions.map((question) => question.name).join(", ")}.`,
  );
}

/**
 * A value for every parameter: as given, checked against its type, or the default. `nowMs`: for `30 days ago`.
 * Throws ArchiverError `misconfigured`.
 */
export function readValues(
  question: Question,
  given: Readonly<Record<string, string>>,
  nowMs: number,
): Record<string, string> {
  const unknown = Object.keys(given).find((name) => !question.parameters.some((parameter) => parameter.name === name));
  if (unknown !== undefined) {
    const names = question.parameters.map((parameter) => parameter.name).join(", ");
    throw misasked(`${question.name} has no parameter ${unknown}.`, `Its parameters: ${names}.`);
  }
  return Object.fromEntries(
    question.parameters.map((parameter) => [
      parameter.name,
      readValue(question, parameter, given[parameter.name], nowMs),
    ]),
  );
}

/** The SQL with its values bound, never spliced: what a value holds changes no meaning. */
export async function ask(
  sql: ArchiveSql,
  question: Question,
  values: Readonly<Record<string, string>>,
): Promise<QueryAnswer> {
  return await sql.query(toDuckDb(question), values);
}

/** For `ArchiveSql.query` and `saveParquet`, with the values of `readValues`. */
export const toDuckDb = (question: Question): string => renderParameters(question.sql, (name) => `$${name}`);

function readValue(question: Question, parameter: QuestionParameter, given: string | undefined, nowMs: number): string {
  const text = given ?? defaultOf(parameter, nowMs);
  if (text === null) {
    throw misasked(
      `${question.name} needs the parameter ${parameter.name}.`,
      `Give ${parameter.name}: ${parameter.meaning}.`,
    );
  }
  const value = READERS[parameter.type](text);
  if (value !== null) return value;
  throw misasked(`${JSON.stringify(text)} is not a valid value for ${parameter.name}.`, EXPECTED[parameter.type]);
}

function defaultOf(parameter: QuestionParameter, nowMs: number): string | null {
  if (parameter.default === null) return null;
  if (parameter.type === "text") return parameter.default.slice(1, -1);
  if (parameter.type !== "day") return parameter.default;
  if (parameter.default === "open") return OPEN_DAY;
  const ago = /^(\d+) days ago$/.exec(parameter.default);
  return shiftDay(dayOf(msToInstant(nowMs)), ago === null ? 0 : -Number(ago[1]));
}

const READERS: Record<QuestionParameter["type"], (text: string) => string | null> = {
  day: (text) => (isDay(text) ? text : null),
  instant: (text) => {
    const instant = parseMoment(text);
    return instant === null ? null : `${instant.slice(0, 10)} ${instant.slice(11, 23)}`;
  },
  count: (text) => (/^-?\d{1,9}$/.test(text) ? text : null),
  text: (text) => text,
};

const EXPECTED: Record<QuestionParameter["type"], string> = {
  day: "Give a UTC date, for example 2026-05-01.",
  instant: "Give a time with a zone, for example 2026-05-01T14:30:00Z.",
  count: "Give a whole number.",
  text: "Give text.",
};

const misasked = (message: string, advice: string) => new ArchiverError("misconfigured", message, { advice });
