import type { HeldRange } from "../../cli/query/held-days.ts";
import { type Question, readValues } from "../../cli/query/questions.ts";
import type { KnownEvent } from "./known-events.ts";
import { HISTORY, RANGE, SINCE, UNTIL } from "./sample-archive.ts";

/** Values under which every question has something to say about the sample archive. */
export function sampleValues(question: Question, known: readonly KnownEvent[]): Record<string, string> {
  const period = known.filter((event) => event["dt"]! >= SINCE && event["dt"]! < UNTIL);
  const given: Record<string, string> = {
    since: SINCE,
    until: UNTIL,
    history: HISTORY,
    at: "2026-05-14T02:30:00Z",
    at_least: { "deletions-in-bulk": "10", downloads: "5" }[question.name] ?? "5",
    days: { woken: "8" }[question.name] ?? "14",
    percent: "60",
    utc_offset: "-5",
    own_domains: "Example.com, @example.org",
    as_of: "2026-06-01",
    name: "mallory",
    text: "mallory",
    ...(question.name === "person" && { actor: "MALLORY@example.com" }),
    person: "1198000000000002",
    ...(question.name === "thing" && { resource: mostFrequent(period, "resource_gid") }),
    today: "2026-05-31",
  };
  return valuesFor(question, given, RANGE);
}

/** Of the given values, those that the question has a parameter for. */
export function valuesFor(
  question: Question,
  given: Readonly<Record<string, string>>,
  range: HeldRange,
): Record<string, string> {
  const names = question.parameters.map((parameter) => parameter.name);
  const asked = Object.entries(given).filter(([name]) => names.includes(name));
  return readValues(question, Object.fromEntries(asked), range);
}

function mostFrequent(events: readonly KnownEvent[], column: string): string {
  const counts = Map.groupBy(events, (event) => event[column] ?? "");
  counts.delete("");
  return [...counts].sort((a, b) => b[1].length - a[1].length)[0]![0];
}
