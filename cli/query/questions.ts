/** Questions by name, asked at the desk. */

import {
  dayOf,
  type Instant,
  isStartOfDay,
  MINUTE_MS,
  ODD_DAY,
  shiftDay,
  shiftInstant,
  startOfDay,
} from "../../lambda/event/instant.ts";
import { type Question, type QuestionParameter, renderParameters } from "../../sql/questions.ts";
import { misused } from "../exit.ts";
import { ACCEPTED, findMoment, isRelative, type MomentContext } from "../moment.ts";
import { UTC } from "../time-zone.ts";
import type { QueryAnswer } from "./answer.ts";
import type { ArchiveSql } from "./engine.ts";
import type { DayWindow, HeldRange } from "./held-days.ts";

export { loadQuestions, type Question, type QuestionParameter } from "../../sql/questions.ts";

/** Later than every day that an archive can hold. */
const OPEN_DAY = "9999-12-31";
/** The audit log begins here. */
const FIRST_DAY = shiftDay(ODD_DAY, 1);

export type Values = Readonly<Record<string, string>>;

/** Both as they are bound; `to` is exclusive. */
export interface QuestionWindow {
  readonly from: string;
  readonly to: string;
}

const DAY_LENGTH = "2026-05-01".length;

/**
 * How a moment is bound: `2026-05-01 14:30:00.000`, and as a day alone if it is the first of one. So the text itself says
 * which days come before it: `dt < '2026-05-02 14:30:00.000'` includes that day, and `dt < '2026-05-02'` does not.
 */
const asBound = (moment: Instant): string =>
  isStartOfDay(moment) ? dayOf(moment) : `${moment.slice(0, DAY_LENGTH)} ${moment.slice(11, 23)}`;

/** The moment that was bound. */
export const asInstant = (bound: string): Instant =>
  bound.length === DAY_LENGTH ? startOfDay(bound) : (`${bound.replace(" ", "T")}Z` as Instant);

/** Everything that can be said without an archive. Throws ArchiverError `misconfigured`. */
export function checkForm({ name: question, parameters }: Question, given: Values, zone = UTC): void {
  const names = parameters.map((parameter) => parameter.name);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw misused(`${question} has no parameter ${unknown}.`, `Its parameters: ${names.join(", ")}.`);
  }
  for (const parameter of parameters) {
    const text = given[parameter.name] ?? null;
    if (text !== null) readValue(parameter, text, { zone, now: startOfDay(FIRST_DAY) });
    else if (parameter.default === null) throw missing(question, parameter);
  }
}

const missing = (question: string, { name, meaning, default: preset }: QuestionParameter) =>
  misused(
    `${question} needs the parameter ${name}.`,
    `Give ${name}: ${meaning}${preset === null ? "" : ", or an archive to take it from"}.`,
  );

function readValue(parameter: QuestionParameter, text: string, context: MomentContext): string {
  const value = readers[parameter.type](text, parameter, context);
  if (value !== null) return value;
  throw misused(`${JSON.stringify(text)} is not a valid value for ${parameter.name}.`, expected(parameter));
}

/**
 * A value for every parameter: as given, checked against its type, or the default. `range`: what the archive holds; null if
 * it is not known, as for Athena. Then a window is open at its end, and its begin must be given. What counts back does so
 * from the end of the range. `zone` is that of moments; a parameter of the type `day` is a UTC day.
 * Throws ArchiverError `misconfigured`, for a window that is empty or inverted too.
 */
export function readValues(
  question: Question,
  given: Values,
  range: HeldRange | null,
  zone = UTC,
): Record<string, string> {
  checkForm(question, given, zone);
  const now = range === null ? null : startOfDay(shiftDay(range.last, 1));
  const valueFor = (name: string): string => {
    const parameter = question.parameters.find((candidate) => candidate.name === name)!;
    const text = given[name];
    if (text !== undefined) return readValue(parameter, text, { zone, now });
    const preset = defaultOf(parameter);
    if (preset === null) throw missing(question.name, parameter);
    const isTime = parameter.type === "day" || parameter.type === "instant";
    return isTime ? preset : readValue(parameter, preset, { zone, now });
  };

  /** As the user would write it. */
  function defaultOf({ name, type, default: preset }: QuestionParameter): string | null {
    if (preset === null) return null;
    if (preset.startsWith("'")) return preset.slice(1, -1);
    if (type === "count") return preset;
    if (preset === "end") return range === null ? OPEN_DAY : shiftDay(range.last, 1);
    if (preset === "last") return range?.last ?? null;
    if (preset === "start") {
      const first = range?.first ?? FIRST_DAY;
      if (name !== "history") return first;
      return [first, valueFor("since").slice(0, DAY_LENGTH)].sort()[0]!;
    }
    const [, days = "", of = ""] = /^(\S+) days before (\S+)$/.exec(preset) ?? [];
    const bound = valueFor(of);
    if (bound === OPEN_DAY) return null;
    const day = shiftDay(bound.slice(0, DAY_LENGTH), -Number(/^\d+$/.test(days) ? days : valueFor(days)));
    return type === "day" ? day : day + bound.slice(DAY_LENGTH);
  }

  const values = Object.fromEntries(question.parameters.map(({ name }) => [name, valueFor(name)]));
  refuseInverted(values, given, range);
  return values;
}

/** Pairs of which the first must come before the second. */
const ORDER = [
  ["since", "until"],
  ["since", "as_of"],
  ["first_hour", "last_hour"],
] as const;

function refuseInverted(values: Values, given: Values, range: HeldRange | null): void {
  const order = given["history"] === undefined ? ORDER : [...ORDER, ["history", "since"] as const];
  for (const [before, after] of order) {
    const [a, b] = [values[before], values[after]];
    if (a === undefined || b === undefined) continue;
    if (/^\d\d?$/.test(a) ? Number(a) < Number(b) : a < b) continue;
    throw misused(
      `${before} (${a}) is not before ${after} (${b}), so nothing lies between them.`,
      range === null
        ? `Give another ${before} or ${after}.`
        : `The archive holds ${range.first} to ${range.last}. Give another ${before} or ${after}.`,
    );
  }
  if (range !== null && values["as_of"] !== undefined && values["as_of"] > shiftDay(range.last, 1)) {
    throw misused(
      `The archive ends with ${range.last}, and cannot say what was at ${values["as_of"]}.`,
      "Leave as_of out for the state at the end of the archive.",
    );
  }
}

/** Whether the window depends on where the archive ends. */
export const endsWithArchive = ({ parameters }: Question, given: Values): boolean =>
  parameters.some(({ name }) => name === "until") &&
  (given["until"] === undefined || [given["since"], given["until"]].some((text) => isRelative(text ?? "")));

/** What a question is about, or the days in which that lies; null for one about all that the archive holds. */
export function windowOf(values: Values): QuestionWindow | null {
  const { since, until, at, minutes } = values;
  if (since !== undefined && until !== undefined) return { from: since, to: until };
  if (at === undefined || minutes === undefined) return null;
  const days = [-1, 1].map((sign) => dayOf(shiftInstant(asInstant(at), sign * Number(minutes) * MINUTE_MS)));
  return { from: days[0]!, to: shiftDay(days[1]!, 1) };
}

/** The UTC days that a window touches. */
export const daysTouched = ({ from, to }: QuestionWindow): DayWindow => ({
  from: from.slice(0, DAY_LENGTH),
  to: to.length === DAY_LENGTH ? to : shiftDay(to.slice(0, DAY_LENGTH), 1),
});

/** The SQL with its values bound, never spliced: what a value holds changes no meaning. */
export async function ask(sql: ArchiveSql, question: Question, values: Values): Promise<QueryAnswer> {
  return await sql.query(toDuckDb(question), values);
}

/** For `ArchiveSql.query` and `saveParquet`, with the values of `readValues`. */
export const toDuckDb = (question: Question): string => renderParameters(question.sql, (name) => `$${name}`);

const asText = (text: string): string => text;

/** Each gives what is bound, or null for what is not valid. */
const readers: Record<
  QuestionParameter["type"],
  (text: string, parameter: QuestionParameter, context: MomentContext) => string | null
> = {
  day: (text, { name }, { now }) => {
    const moment = findMoment(text, { zone: UTC, now });
    if (moment === null || isStartOfDay(moment)) return moment && dayOf(moment);
    throw misused(
      `${JSON.stringify(text)} is inside a UTC day, and ${name} takes whole ones: this question compares whole days.`,
      "Give a day, for example 2026-11-27.",
    );
  },
  instant: (text, _, context) => {
    const moment = findMoment(text, context);
    return moment && asBound(moment);
  },
  count: (text, { range }) => {
    if (!/^-?\d{1,9}$/.test(text)) return null;
    return Number(text) >= range!.least && Number(text) <= range!.most ? String(Number(text)) : null;
  },
  text: asText,
  workspace: asText,
  person: asText,
  resource: asText,
  kind: asText,
  method: asText,
  domains: (text) => {
    const domains = text.split(",").map((domain) => domain.trim().replace(/^@/, "").toLowerCase());
    return domains.every((domain) => DOMAIN.test(domain)) ? domains.join(",") : null;
  },
};

const DOMAIN = /^[\p{L}\p{N}](?:[\p{L}\p{N}-]*)(?:\.[\p{L}\p{N}-]+)+$/u;

function expected({ type, range }: QuestionParameter): string {
  if (type === "domains") return "Give mail domains with commas between, for example example.com,example.org.";
  if (type === "day" || type === "instant") return `Give ${ACCEPTED}.`;
  return `Give a whole number from ${range?.least} to ${range?.most}.`;
}
