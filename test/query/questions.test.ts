import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ArchiveSql } from "../../cli/query/engine.ts";
import { openArchiveSql } from "../../cli/query/engine.ts";
import { ask, findQuestion, loadQuestions, readValues, toDuckDb } from "../../cli/query/questions.ts";
import { toAthena } from "../../sql/questions.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { plainRows } from "./archive.ts";
import { EXPECTED } from "./expected-answers.ts";
import { readKnown } from "./known-events.ts";
import { makeSample, writeSample } from "./sample-archive.ts";
import { sampleValues } from "./sample-values.ts";

const NOW_MS = Date.parse("2026-05-30T12:00:00Z");
const sample = makeSample();
const known = sample.map(readKnown);
let sql: ArchiveSql;

beforeAll(async () => {
  const archive = createMemoryArchive();
  await writeSample(archive, sample);
  sql = await openArchiveSql({ archive });
});
afterAll(() => sql.close());

describe("every question", () => {
  it.each(loadQuestions().map((question) => [question.name, question] as const))(
    "%s filters on dt, says when one asks it, and answers with what the feed holds",
    async (_, question) => {
      expect(question.sql, "filter the day first: WHERE dt >= :since AND dt < :until").toMatch(/WHERE \(?dt\b/);
      expect(
        question.sentence,
        'the header must ask something, and then say when one asks it: "Who ...? Asked when ..."',
      ).toMatch(/^[A-Z].*\? .*\bAsked\b|^[A-Z].*\? .*\bA service account\b/);
      expect(
        clausesOfParameters(question.sql).filter((clause) => clause !== "WHERE"),
        "Athena takes parameters in WHERE clauses only: SELECT from a subquery and filter outside of it",
      ).toEqual([]);
      expect(toAthena(question).order.length, "Athena's console takes 25 parameters").toBeLessThanOrEqual(25);
      const named = [...question.sql.matchAll(/:([a-z_]+)/g)].map((match) => match[1]!);
      expect(new Set(named), "the parameters of the SQL must be those of the header").toEqual(
        new Set(question.parameters.map((parameter) => parameter.name)),
      );

      const values = sampleValues(question, known);
      const rows = await plainRows(await ask(sql, question, values));
      if (EMPTY.includes(question.name)) return;
      expect(rows, "no answer about the sample archive: give it values in test/query/sample-values.ts").not.toEqual([]);
      expect(rows).toEqual(EXPECTED[question.name]?.(known, values) ?? rows);
    },
  );

  it("with an expected answer exists", () => {
    for (const name of Object.keys(EXPECTED)) expect(findQuestion(name).name).toBe(name);
  });

  it("has a name, and there are at least 25", () => {
    expect(new Set(loadQuestions().map((question) => question.name)).size).toBeGreaterThanOrEqual(25);
  });
});

/** The clause that each parameter stands in: the last one begun in its brackets, or in those around them. */
function clausesOfParameters(sql: string): string[] {
  const clauses = ["none"];
  const found: string[] = [];
  for (const [token] of sql.replaceAll(/--.*|'[^']*'/g, "").matchAll(/[()]|:[a-z_]+|\b[A-Z]+\b/g)) {
    if (token === "(") clauses.push(clauses.at(-1)!);
    else if (token === ")") clauses.pop();
    else if (token.startsWith(":")) found.push(clauses.at(-1)!);
    else if (/^(SELECT|FROM|WHERE|GROUP|HAVING|ORDER|ON|VALUES)$/.test(token)) clauses[clauses.length - 1] = token;
  }
  return found;
}

/** What a good archive has none of. */
const EMPTY = ["strange", "on-two-days"];

describe("values", () => {
  const exports = findQuestion("exports");

  it("a parameter that is left out has the default of its file", () => {
    expect(readValues(exports, {}, NOW_MS)).toEqual({
      since: "2026-04-30",
      until: "9999-12-31",
      workspace: "",
      actor: "",
    });
    expect(readValues(findQuestion("strange"), {}, NOW_MS)).toEqual({ today: "2026-05-30", workspace: "" });
  });

  it("an instant is bound in UTC, with milliseconds", () => {
    const values = readValues(findQuestion("around"), { at: "2026-05-01T14:30:00.1234+02:00" }, NOW_MS);
    expect(values["at"]).toBe("2026-05-01 12:30:00.123");
  });

  it.each([
    [
      "exports",
      { since: "yesterday" },
      '"yesterday" is not a valid value for since.',
      "Give a UTC date, for example 2026-05-01.",
    ],
    [
      "exports",
      { since: "2026-02-30" },
      '"2026-02-30" is not a valid value for since.',
      "Give a UTC date, for example 2026-05-01.",
    ],
    ["downloads", { at_least: "1; DROP" }, '"1; DROP" is not a valid value for at_least.', "Give a whole number."],
    [
      "around",
      { at: "noon" },
      '"noon" is not a valid value for at.',
      "Give a time with a zone, for example 2026-05-01T14:30:00Z.",
    ],
    ["person", {}, "person needs the parameter actor.", "Give actor: gid or address of the person."],
    ["exports", { who: "x" }, "exports has no parameter who.", "Its parameters: since, until, workspace, actor."],
  ])("%s with %j is refused: %s", (name, given, message, advice) => {
    expect(() => readValues(findQuestion(name), given as Record<string, string>, NOW_MS)).toThrow(
      expect.objectContaining({ kind: "misconfigured", message, advice }),
    );
  });

  it("a question that is not there is refused with the names of those that are", () => {
    expect(() => findQuestion("constructor")).toThrow('The question "constructor" does not exist.');
  });
});

describe("placeholders", () => {
  const question = {
    ...findQuestion("exports"),
    sql: `SELECT ':a', ":b" -- :c\n/* :d */ WHERE x = :since AND y = :until OR z = :since`,
  };

  it("stand where the text has a parameter, not in quotes or comments", () => {
    expect(toDuckDb(question)).toBe(`SELECT ':a', ":b" -- :c\n/* :d */ WHERE x = $since AND y = $until OR z = $since`);
  });

  it("are question marks in Athena, with the parameter of each in order", () => {
    const { sql: text, order } = toAthena(question);
    expect(order).toEqual(["since", "until", "since"]);
    expect(
      text
        .split("\n")
        .filter((line) => !line.startsWith("-- "))
        .join("\n"),
    ).toBe(`SELECT ':a', ":b" -- :c\n/* :d */ WHERE x = ? AND y = ? OR z = ?`);
    expect(text.match(/\?/g)).toHaveLength(3);
  });
});
