/** Every question about many events, a tenth of them strange, against answers that are computed without SQL. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { type ArchiveSql, openArchiveSql } from "../../cli/query/engine.ts";
import { heldRange } from "../../cli/query/held-days.ts";
import { ask, loadQuestions, type Question } from "../../cli/query/questions.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { plainRows } from "./archive.ts";
import { EXPECTED } from "./expected-answers.ts";
import { readKnown } from "./known-events.ts";
import { writeSample } from "./sample-archive.ts";
import { valuesFor } from "./sample-values.ts";
import { makeStrange, STRANGE_RANGE, STRANGE_WINDOW } from "./strange-archive.ts";

/** `npm run test:questions` asks about 40,000; with fewer, the strange ones still meet in every question. */
const EVENTS = Number(process.env["EVENTS"] ?? 8_000);
const isLong = process.env["EVENTS"] !== undefined;
const sample = makeStrange(EVENTS);
const known = sample.map(readKnown);
let sql: ArchiveSql;

beforeAll(async () => {
  const archive = createMemoryArchive();
  await writeSample(archive, sample);
  sql = await openArchiveSql({ archive });
});
afterAll(() => sql.close());

/** Parameters that have no default, and a window that ends before things change again. */
const GIVEN: Readonly<Record<string, string>> = {
  at: "2026-05-14T02:30:00Z",
  minutes: "600",
  own_domains: "example.com",
  person: "773",
  name: "person 1",
  text: "PERSON 1",
  days: "3",
  at_least: "2",
  percent: "95",
};
const ONE: Readonly<Record<string, string>> = { person: "PERSON3@example.com", thing: "8873" };
/** Questions that this archive has no answer to. */
const EMPTY = ["strange", "on-two-days", "network-policy", "two-factor", "gone-for-good"];

it("the strange archive reaches from the first to the last day that it is made for", () => {
  expect(heldRange(sql.days)).toEqual(STRANGE_RANGE);
});

const questions = loadQuestions().map((question) => [question.name, question] as const);

async function compare(question: Question, window: Readonly<Record<string, string>>): Promise<void> {
  const { name } = question;
  const given = { ...GIVEN, ...window, actor: ONE[name] ?? "", resource: ONE[name] ?? "" };
  const values = valuesFor(question, given, STRANGE_RANGE);
  const rows = await plainRows(await ask(sql, question, values));
  if (!EMPTY.includes(name)) expect(rows).not.toEqual([]);
  expect(rows.map(respelt)).toEqual(EXPECTED[name]!(known, values).map(respelt));
}

const hasWindow = ({ parameters }: Question, type: string): boolean =>
  parameters.some((parameter) => parameter.name === "since" && parameter.type === type);

const ofInstants = questions.filter(([, question]) => hasWindow(question, "instant"));
// questions.test.ts asks each of whole days, too.
const ofWholeDays = isLong ? questions : questions.filter((named) => !ofInstants.includes(named));

it.each(ofWholeDays)("%s, of whole days", async (_, question) => {
  await compare(question, STRANGE_WINDOW);
});

it.each(ofInstants)(
  "%s, of a window that begins and ends at an event inside a day: the first is in it, the last is not",
  async (_, question) => {
    await compare(question, eventsNear(STRANGE_WINDOW));
  },
);

/** A window from one event's millisecond to another's. */
function eventsNear({ since, until }: typeof STRANGE_WINDOW): { since: string; until: string } {
  const times = known.map((event) => event["created_at"]).filter((time) => time !== null && time !== undefined);
  const [first, last] = [since, until].map((day) => times.filter((time) => time >= `${day} 13`).sort()[0]!);
  return { since: first!, until: last! };
}

it("whole days are what late and quiet-days are about, and a time inside a day is refused there", () => {
  const ofDays = questions.filter(([, question]) => hasWindow(question, "day"));
  expect(ofDays.map(([name]) => name)).toEqual(["late", "quiet-days"]);
  for (const [, question] of ofDays) {
    expect(() => valuesFor(question, { since: "2026-05-03 12:00" }, STRANGE_RANGE)).toThrow("compares whole days");
  }
});

/** JSON text has numbers as the source wrote them (115.0), or as JavaScript does. */
const respelt = (row: readonly unknown[]): unknown[] =>
  row.map((value) => (typeof value === "string" && /^[[{]/.test(value) ? JSON.stringify(JSON.parse(value)) : value));
