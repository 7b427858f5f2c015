import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ACCEPTED } from "../../cli/moment.ts";
import type { ArchiveSql } from "../../cli/query/engine.ts";
import { openArchiveSql } from "../../cli/query/engine.ts";
import { ask, daysTouched, loadQuestions, readValues, toDuckDb } from "../../cli/query/questions.ts";
import { questionNamed } from "../../cli/question-help.ts";
import { UTC } from "../../cli/time-zone.ts";
import { toAthena } from "../../sql/questions.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { plainRows } from "./archive.ts";
import { EXPECTED } from "./expected-answers.ts";
import { readKnown } from "./known-events.ts";
import { makeSample, writeSample } from "./sample-archive.ts";
import { sampleValues } from "./sample-values.ts";

const RANGE = { first: "2026-04-20", last: "2026-05-29" };
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
      expect(rows).toEqual(EXPECTED[question.name]!(known, values));
    },
  );

  it("has an answer that is computed without SQL", () => {
    expect(Object.keys(EXPECTED).sort()).toEqual(
      loadQuestions()
        .map(({ name }) => name)
        .sort(),
    );
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
  const exports = questionNamed("exports");

  it("a parameter that is left out has the default of its file, from what the archive holds", () => {
    expect(readValues(exports, {}, RANGE)).toEqual({
      since: "2026-04-30",
      until: "2026-05-30",
      workspace: "",
      actor: "",
    });
    expect(readValues(questionNamed("strange"), {}, RANGE)).toEqual({ today: "2026-05-29", workspace: "" });
    expect(readValues(questionNamed("still-deleted"), {}, RANGE)).toMatchObject({
      as_of: "2026-05-30",
      kind: "",
    });
    expect(readValues(questionNamed("first-ever"), {}, RANGE)).toMatchObject({
      history: "2026-04-20",
      since: "2026-04-30",
    });
    expect(readValues(questionNamed("last-days-of-leavers"), { days: "40", since: "2026-05-20" }, RANGE)).toMatchObject(
      {
        history: "2026-04-10",
      },
    );
  });

  it("the default start of a window depends on the window's end", () => {
    expect(readValues(exports, { until: "2026-05-10" }, RANGE)).toMatchObject({
      since: "2026-04-10",
      until: "2026-05-10",
    });
  });

  it.each([
    ["7d", "yesterday", UTC, "2026-05-23", "2026-05-28"],
    ["36h", "30m", UTC, "2026-05-28 12:00:00.000", "2026-05-29 23:30:00.000"],
    ["2026-04", "2026-05", UTC, "2026-04-01", "2026-05-01"],
    ["2026-05-10T00:00Z", "2026-05-11 14:30", UTC, "2026-05-10", "2026-05-11 14:30:00.000"],
    ["2026-05-10", "2026-05-11 14:30", "Asia/Tokyo", "2026-05-09 15:00:00.000", "2026-05-11 05:30:00.000"],
    ["2026-05-10 09:00", "today", "Asia/Tokyo", "2026-05-10", "2026-05-29 15:00:00.000"],
  ])(
    "%s to %s in %s is the window from %s to %s: as in every command, but counted back from the end of the archive",
    (since, until, zone, from, to) => {
      expect(readValues(exports, { since, until }, RANGE, zone)).toMatchObject({ since: from, until: to });
    },
  );

  it("a moment is bound as a day alone if it is the first of a UTC day, so that no later day is read", () => {
    const around = questionNamed("around");
    expect(readValues(around, { at: "2026-05-10 09:00" }, RANGE, "Asia/Tokyo")).toMatchObject({ at: "2026-05-10" });
    expect(daysTouched({ from: "2026-05-10", to: "2026-05-11" })).toEqual({ from: "2026-05-10", to: "2026-05-11" });
    expect(daysTouched({ from: "2026-05-10 23:59:59.999", to: "2026-05-11 00:00:00.001" })).toEqual({
      from: "2026-05-10",
      to: "2026-05-12",
    });
  });

  it("the default start of a window that ends inside a day is at the same time of day", () => {
    expect(readValues(exports, { until: "2026-05-29 14:30" }, RANGE)).toMatchObject({
      since: "2026-04-29 14:30:00.000",
    });
    expect(
      readValues(questionNamed("last-days-of-leavers"), { since: "2026-05-20 14:30", days: "10" }, RANGE),
    ).toMatchObject({ history: "2026-05-10" });
    expect(readValues(questionNamed("woken"), { since: "2026-04-10 14:30" }, RANGE)).toMatchObject({
      history: "2026-04-10",
    });
  });

  it("without an archive there is no end to count back from", () => {
    expect(() => readValues(exports, { since: "7d" }, null)).toThrow("counts back from the end of an archive");
  });

  it("without an archive a window is open at its end, and its start must be given", () => {
    expect(readValues(exports, { since: "2026-05-01" }, null)).toMatchObject({ until: "9999-12-31" });
    expect(() => readValues(exports, {}, null)).toThrow(
      expect.objectContaining({
        message: "exports needs the parameter since.",
        advice: "Give since: the first moment that counts, or an archive to take it from.",
      }),
    );
  });

  it.each([
    ["exports", { since: "2026-05-03", until: "2026-05-03" }, "since (2026-05-03) is not before until (2026-05-03)"],
    ["exports", { since: "2027-01-01" }, "since (2027-01-01) is not before until (2026-05-30)"],
    ["woken", { history: "2026-05-03", since: "2026-05-02" }, "history (2026-05-03) is not before since (2026-05-02)"],
    ["still-deleted", { as_of: "2026-04-01" }, "since (2026-04-30) is not before as_of (2026-04-01)"],
    ["outside-hours", { first_hour: "20", last_hour: "7" }, "first_hour (20) is not before last_hour (7)"],
    ["public-links", { as_of: "2026-06-01" }, "The archive ends with 2026-05-29, and cannot say what was"],
  ])("%s with %j is refused, since its window is empty or reaches beyond the archive: %s", (name, given, message) => {
    const refused = expect.objectContaining({ kind: "misconfigured", message: expect.stringContaining(message) });
    expect(() => readValues(questionNamed(name), given as Record<string, string>, RANGE)).toThrow(refused);
  });

  it("an instant is bound in UTC, with milliseconds", () => {
    const values = readValues(questionNamed("around"), { at: "2026-05-01T14:30:00.1234+02:00" }, RANGE);
    expect(values["at"]).toBe("2026-05-01 12:30:00.123");
  });

  it.each([
    ["exports", { since: "2026-02-30" }, '"2026-02-30" is not a valid value for since.', `Give ${ACCEPTED}.`],
    [
      "downloads",
      { at_least: "1; DROP" },
      '"1; DROP" is not a valid value for at_least.',
      "Give a whole number from 1 to 1000000.",
    ],
    [
      "outside-hours",
      { utc_offset: "15" },
      '"15" is not a valid value for utc_offset.',
      "Give a whole number from -12 to 14.",
    ],
    [
      "around",
      { at: "2026-05-01T14:30:00Z", minutes: "-5" },
      '"-5" is not a valid value for minutes.',
      "Give a whole number from 0 to 525600.",
    ],
    [
      "guests",
      { own_domains: "us@example.com" },
      '"us@example.com" is not a valid value for own_domains.',
      "Give mail domains with commas between, for example example.com,example.org.",
    ],
    ["around", { at: "noon" }, '"noon" is not a valid value for at.', `Give ${ACCEPTED}.`],
    ["person", {}, "person needs the parameter actor.", "Give actor: gid or address of the person."],
    ["exports", { who: "x" }, "exports has no parameter who.", "Its parameters: since, until, workspace, actor."],
  ])("%s with %j is refused: %s", (name, given, message, advice) => {
    expect(() => readValues(questionNamed(name), given as Record<string, string>, RANGE)).toThrow(
      expect.objectContaining({ kind: "misconfigured", message, advice }),
    );
  });

  it("a question that is not there is refused with the names of those that are", () => {
    expect(() => questionNamed("constructor")).toThrow('The question "constructor" does not exist.');
  });
});

describe("placeholders", () => {
  const question = {
    ...questionNamed("exports"),
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
