import { type Command, Help, Option } from "commander";
import { loadQuestions, type Question, toAthena } from "../../sql/questions.ts";
import { askArchive } from "../answer-question.ts";
import { defineCommand, type Session } from "../command.ts";
import { EXIT, misused } from "../exit.ts";
import type { PlaceOptions } from "../open.ts";
import { SINCE, UNTIL } from "../options.ts";
import { throughPager } from "../pager.ts";
import { type AnswerOptions, printAnswer, withAnswerFormat } from "../print-answer.ts";
import { flagOf, namedIn, questionHelp, questionNamed } from "../question-help.ts";
import { UTC } from "../time-zone.ts";

interface AskOptions extends Partial<PlaceOptions>, AnswerOptions {
  readonly athena?: boolean;
  readonly fast?: boolean;
  readonly [parameter: string]: unknown;
}

export const askCommand = defineCommand<AskOptions>(
  (command) =>
    withParameters(
      withAnswerFormat(
        command
          .argument("[question]", "name of the question; without it, all are listed")
          .option("--archive <place>", "a directory, or s3://bucket[/prefix]"),
      )
        .option("--athena", "only print the SQL and its parameters for Athena")
        .option("--fast", "with --athena: ask the stack's columnar copy, as far as it goes"),
    )
      .configureHelp({
        formatHelp: (command, helper) => questionHelp(command, helper) ?? new Help().formatHelp(command, helper),
      })
      .addHelpText("after", ({ command }) => (namedIn(command) === undefined ? MORE_HELP : "")),
  async (options, session, name) => {
    if (name === undefined) {
      await throughPager(session, options.pager, async () => listQuestions(session));
      return EXIT.done;
    }
    const question = questionNamed(name);
    const isFast = options.fast === true;
    if (isFast && options.athena !== true)
      throw misused("--fast is about the copy that Athena keeps.", "Add --athena, or leave --fast out.");
    const { checkForm, readValues, toDuckDb } = await import("../query/questions.ts");
    const given = givenTo(options);
    const zone = options.tz ?? UTC;
    checkForm(question, given, zone);
    if (options.athena === true && options.archive === undefined) {
      await session.output.data(await describeForAthena(question, readValues(question, given, null, zone), isFast));
      return EXIT.done;
    }
    if (options.archive === undefined)
      throw misused("--archive is missing.", "Add --archive <place>, or set it in a configuration file.");
    const place = { ...options, archive: options.archive };
    await askArchive(question, given, place, session, async ({ database, values, head }) => {
      if (options.athena === true) await session.output.data(await describeForAthena(question, values, isFast));
      else await printAnswer(database, { sql: toDuckDb(question), parameters: values }, options, session, head);
    });
    return EXIT.done;
  },
);

const MORE_HELP =
  "\nEach question takes some of these parameters: `ask` without a name lists which,\n" +
  "and `ask <question> --help` explains one question. --until is exclusive. An\n" +
  "<instant> is a day (2026-11-27), a month (2026-11), a time (2026-11-27 14:30), or\n" +
  "a time back (7d, 24h), in UTC or --tz; a <day> is a whole UTC day. What counts\n" +
  "back does so from the end of the archive, not from today, so that an answer does\n" +
  "not depend on when somebody asks; without a window it is the last 30 days there.\n" +
  "Each answer begins with its window:\n" +
  "  asana-audit-archive ask exports --archive ./archive --since 2026-05-01";

/** An option for every parameter that any question has. */
function withParameters(command: Command): Command {
  const all = loadQuestions().flatMap((question) => question.parameters);
  for (const [name, same] of Map.groupBy(all, (parameter) => parameter.name)) {
    const meanings = new Set(same.map((parameter) => parameter.meaning));
    const flags = { since: SINCE, until: UNTIL }[name] ?? flagOf(name);
    command.addOption(new Option(`${flags} <${same[0]!.type}>`, [...meanings].join("; or ")));
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
async function describeForAthena(
  question: Question,
  values: Readonly<Record<string, string>>,
  isFast: boolean,
): Promise<string> {
  const { sql: ofRecord, order } = toAthena(question);
  const sql = isFast ? await fromCopy(ofRecord) : ofRecord;
  const literals = order.map((name) => `'${values[name]!.replaceAll("'", "''")}'`);
  return `${sql}\n\n-- Execution parameters, in this order:\n${literals.map((literal) => `-- ${literal}`).join("\n")}\n`;
}

async function fromCopy(sql: string): Promise<string> {
  const { toFast } = await import("../../sql/columnar.ts");
  return `${FAST_REMARK}\n${toFast(sql)}`;
}

const FAST_REMARK =
  "-- From the columnar copy up to its last day, and from the record after it: SELECT * FROM events_copied says which day that is, and as of when.";
