import { type Command, Help, Option } from "commander";
import { loadQuestions, type Question, toAthena } from "../../sql/questions.ts";
import { defineCommand, type Session } from "../command.ts";
import { EXIT, misused } from "../exit.ts";
import { openForReading, type PlaceOptions } from "../open.ts";
import { type AnswerOptions, printAnswer, withAnswerFormat } from "../print-answer.ts";
import type { ArchiveSql } from "../query/engine.ts";
import type { DayWindow } from "../query/held-days.ts";
import { flagOf, namedIn, questionHelp, questionNamed } from "../question-help.ts";

interface AskOptions extends Partial<PlaceOptions>, AnswerOptions {
  readonly athena?: boolean;
  readonly [parameter: string]: unknown;
}

export const askCommand = defineCommand<AskOptions>(
  (command) =>
    withParameters(
      withAnswerFormat(
        command
          .argument("[question]", "name of the question; without it, all are listed")
          .option("--archive <place>", "a directory, or s3://bucket[/prefix]"),
      ).option("--athena", "only print the SQL and its parameters for Athena"),
    )
      .configureHelp({
        formatHelp: (command, helper) => questionHelp(command, helper) ?? new Help().formatHelp(command, helper),
      })
      .addHelpText("after", ({ command }) => (namedIn(command) === undefined ? MORE_HELP : "")),
  async (options, session, name) => {
    if (name === undefined) {
      listQuestions(session);
      return EXIT.done;
    }
    const question = questionNamed(name);
    const { checkForm, readValues, toDuckDb, windowOf } = await import("../query/questions.ts");
    const given = givenTo(options);
    checkForm(question, given);
    if (options.athena === true && options.archive === undefined) {
      await session.output.data(describeForAthena(question, readValues(question, given, null)));
      return EXIT.done;
    }
    if (options.archive === undefined)
      throw misused("--archive is missing.", "Add --archive <place>, or set it in a configuration file.");
    const { archive, directory } = await openForReading({ archive: options.archive });
    const { openArchiveSql } = await import("../query/engine.ts");
    const database = await openArchiveSql({
      archive: directory ?? archive,
      signal: session.signal,
      ...(options.memory !== undefined && { memoryBytes: options.memory }),
    });
    try {
      const { heldRange } = await import("../query/held-days.ts");
      const { answerHead, daysOf, describeHead } = await import("../query/answer-head.ts");
      const days = daysOf(given["workspace"], database.days);
      const values = readValues(question, given, heldRange(days) ?? NOTHING);
      const head = answerHead(question, values, database.days);
      await checkGiven(database, question, given, values, windowOf(values));
      if (options.athena === true) {
        await session.output.data(describeForAthena(question, values));
        return EXIT.done;
      }
      await printAnswer(database, { sql: toDuckDb(question), parameters: values }, options, session, {
        value: head,
        text: describeHead(head),
      });
    } finally {
      await database.close();
    }
    return EXIT.done;
  },
);

const MORE_HELP =
  "\nEach question takes some of these parameters: `ask` without a name lists which,\n" +
  "and `ask <question> --help` explains one question. Days are UTC; --until is\n" +
  "exclusive. Without a window it is the last 30 days that the archive holds,\n" +
  "whenever you ask; each answer begins with it:\n" +
  "  asana-audit-archive ask exports --archive ./archive --since 2026-05-01";

/** The range of an archive without a readable event: before its first day there was no audit log. */
const NOTHING = { first: "2021-10-08", last: "2021-10-08" };

/** What was given must mean something in the archive; a default may mean nothing. */
async function checkGiven(
  database: ArchiveSql,
  { parameters }: Question,
  given: Readonly<Record<string, string>>,
  values: Readonly<Record<string, string>>,
  window: DayWindow | null,
): Promise<void> {
  const { checkHeld } = await import("../query/held-values.ts");
  for (const { name, type } of parameters) {
    if ((given[name] ?? "") === "") continue;
    if (type === "day" || type === "instant" || type === "count" || type === "text" || type === "workspace") continue;
    await checkHeld(database, type, values[name]!, window);
  }
}

/** An option for every parameter that any question has. */
function withParameters(command: Command): Command {
  const all = loadQuestions().flatMap((question) => question.parameters);
  for (const [name, same] of Map.groupBy(all, (parameter) => parameter.name)) {
    const meanings = new Set(same.map((parameter) => parameter.meaning));
    command.addOption(new Option(`${flagOf(name)} <${same[0]!.type}>`, [...meanings].join("; or ")));
  }
  return command;
}

/** What was given of the parameters, by their names in the SQL. */
function givenTo(options: AskOptions): Record<string, string> {
  const names = new Set(loadQuestions().flatMap((question) => question.parameters.map(({ name }) => name)));
  const given: Record<string, string> = {};
  for (const name of names) {
    const value = options[name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())];
    if (typeof value === "string") given[name] = value;
  }
  return given;
}

function listQuestions({ output }: Session): void {
  for (const [topic, questions] of Map.groupBy(loadQuestions(), (question) => question.topic)) {
    output.say(`${topic}\n`);
    for (const { name, sentence, parameters, topic: of } of questions) {
      output.say(`  ${name}\n    ${sentence}\n    ${parameters.map(usage).join(" ")}\n`);
      output.record({ name, topic: of, sentence, parameters });
    }
  }
}

const usage = ({ name, type, default: preset }: Question["parameters"][number]): string =>
  preset === null ? `${flagOf(name)} <${type}>` : `[${flagOf(name)}]`;

/** As it is pasted into a console or given to `aws athena start-query-execution`. */
function describeForAthena(question: Question, values: Readonly<Record<string, string>>): string {
  const { sql, order } = toAthena(question);
  const literals = order.map((name) => `'${values[name]!.replaceAll("'", "''")}'`);
  return `${sql}\n\n-- Execution parameters, in this order:\n${literals.map((literal) => `-- ${literal}`).join("\n")}\n`;
}
