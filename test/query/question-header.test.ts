/** What is wrong with the comment above a question is said so that whoever wrote it can fix it. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { loadQuestions, parseQuestion, TOPICS } from "../../sql/questions.ts";

const FOLDER = join(import.meta.dirname, "../../sql/questions");
const withHeader = (...lines: string[]) => [...lines.map((line) => `-- ${line}`.trimEnd()), "SELECT 1"].join("\n");

it("every file of the folder is a question, and every topic has one", () => {
  const questions = loadQuestions();
  const files = readdirSync(FOLDER).map((name) => name.replace(/\.sql$/, ""));
  expect(questions.map(({ name }) => name).sort()).toEqual(files.sort());
  expect([...new Set(questions.map(({ topic }) => topic))]).toEqual(TOPICS);
});

it("a header has a sentence, a topic and parameters", () => {
  const text = withHeader("Who?", "Asked often.", "", "topic: People", "since day = start: the first UTC day");
  expect(parseQuestion("who.sql", text)).toEqual({
    name: "who",
    topic: "People",
    sentence: "Who? Asked often.",
    parameters: [{ name: "since", type: "day", range: null, default: "start", meaning: "the first UTC day" }],
    sql: "SELECT 1",
  });
});

it.each([
  ["without a topic", withHeader("Who?", "", "since day: the first UTC day")],
  ["with a topic that does not exist", withHeader("Who?", "", "topic: Nobody")],
  ["without an empty line", withHeader("Who?", "topic: People")],
  ["without a header", "SELECT 1"],
])("a file %s is refused with the topics that exist", (_, text) => {
  expect(() => parseQuestion("who.sql", text)).toThrow(
    /^sql\/questions\/who\.sql: .*"-- topic: " and one of: .*; People; /,
  );
});

it.each([
  "many count: no range",
  "many text 1..2: a range",
  "since",
  "since date: the first UTC day",
  "Since day: the first UTC day",
  "note: mind the gap",
  "",
])("the header line %j is refused with what a parameter looks like", (line) => {
  expect(() => parseQuestion("who.sql", withHeader("Who?", "", "topic: People", line))).toThrow(
    `sql/questions/who.sql: "-- ${line}" is not a parameter; write "-- name type = default: meaning"`,
  );
});
