/** The named questions, with values for the simulated company's last days. */
import { loadQuestions, type Question, readValues, type Values } from "../../cli/query/questions.ts";
import { DAY_MS, dayOf, msToInstant } from "../../lambda/event/instant.ts";
import { NOW_MS } from "../harness/now.ts";

/** For those that have no default. */
const GIVEN: Readonly<Record<string, string>> = {
  at: msToInstant(NOW_MS - 2 * DAY_MS),
  minutes: "600",
  own_domains: "example.com",
  person: "elif.64@example.com",
  actor: "elif.64@example.com",
  resource: "1198000001219004",
  name: "elif",
  text: "elif",
};

const dayBefore = (days: number): string => dayOf(msToInstant(NOW_MS - days * DAY_MS));

/** Every question, with values for all of these days. */
export function questionsOver(
  days: number,
): { readonly question: Question; readonly given: Readonly<Record<string, string>>; readonly values: Values }[] {
  const range = { first: dayBefore(days), last: dayBefore(1) };
  return loadQuestions().map((question) => {
    const given = Object.fromEntries(
      question.parameters.flatMap(({ name, default: preset }) => {
        if (name === "since") return [[name, range.first]];
        const value = preset === null ? GIVEN[name] : undefined;
        return value === undefined ? [] : [[name, value]];
      }),
    );
    return { question, given, values: readValues(question, given, range) };
  });
}
