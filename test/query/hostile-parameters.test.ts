import { afterAll, beforeAll, expect, it } from "vitest";
import { type ArchiveSql, openArchiveSql } from "../../cli/query/engine.ts";
import { ask, loadQuestions, readValues } from "../../cli/query/questions.ts";
import { questionNamed } from "../../cli/question-help.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { appendEvents, eventsOf, plainRows } from "./archive.ts";
import { eventsAbout, hostileTexts } from "./hostile-texts.ts";

const texts = hostileTexts(10_000);
/** Over events about all of them, and about a few. */
let sql: ArchiveSql;
let few: ArchiveSql;

beforeAll(async () => {
  const open = async (about: readonly string[]) => {
    const archive = createMemoryArchive();
    await appendEvents(archive, eventsOf(...eventsAbout(about)));
    return await openArchiveSql({ archive });
  };
  [sql, few] = await Promise.all([open(texts), open(texts.slice(0, 20))]);
});
afterAll(() => Promise.all([sql.close(), few.close()]));

const PART = 1_000;
const RANGE = { first: "2026-05-01", last: "2026-05-01" };
/** Types of parameters whose values are bound as they were given. */
const TEXTS = ["text", "workspace", "person", "resource", "kind", "method"];

it("10,000 texts, bound, are compared as they are", async () => {
  for (let start = 0; start < texts.length; start += PART) {
    const part = texts.slice(start, start + PART);
    const places = part.map(() => "?").join(", ");
    const rows = await plainRows(
      await sql.query(`SELECT resource_gid FROM events WHERE resource_gid IN (${places})`, part),
    );
    expect(rows.flat().sort()).toEqual([...part].sort());
  }
});

it("a question about one of them is answered about that one", async () => {
  const thing = questionNamed("thing");
  for (let index = 0; index < texts.length; index += PART / 2) {
    const values = readValues(thing, { resource: texts[index]!, since: "2026-05-01" }, RANGE);
    const rows = await plainRows(await ask(sql, thing, values));
    expect(rows.map((row) => row.at(-1))).toEqual([`about-${index}`]);
  }
});

/** The questions with each of their parameters that is a text. */
const asked = loadQuestions()
  .flatMap((question) => question.parameters.map((parameter) => ({ question, parameter })))
  .filter(({ parameter: { type } }) => TEXTS.includes(type));

it("no text parameter of any question takes one for more than a text", async () => {
  expect(new Set(asked.map(({ parameter }) => parameter.type))).toEqual(new Set(TEXTS));
  for (const { question, parameter } of asked) {
    const given = Object.fromEntries(
      question.parameters
        .filter((other) => other.default === null)
        .map(({ name, type }) => [name, type === "instant" ? "2026-05-01T12:00:00Z" : "x.example"]),
    );
    const values = readValues(question, { ...given, [parameter.name]: "' OR '1'='1' --" }, RANGE);
    const rows = await plainRows(await ask(few, question, values));
    // Of method, which every event here lacks, nothing follows; of all others, nobody has that name.
    expect(rows).toEqual([]);
  }
});
