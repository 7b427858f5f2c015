/** What `query`, `ask` and `search` have in common: how an answer is printed. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { readInteger, readNewFile } from "./arguments.ts";
import type { Session } from "./command.ts";
import { type CopyUse, withCopy } from "./copy-place.ts";
import { misused } from "./exit.ts";
import { createFileSink, type Sink } from "./export/file.ts";
import { withTimeZone } from "./options.ts";
import { throughPager } from "./pager.ts";
import type { QueryAnswer } from "./query/answer.ts";
import type { ArchiveSql } from "./query/engine.ts";
import { readMemory } from "./query/memory.ts";
import type { SqlParameters } from "./query/statement.ts";
import { formatCount, plural } from "./terminal.ts";
import { UTC } from "./time-zone.ts";

const FORMATS = ["table", "line", "csv", "json", "ndjson", "xlsx"] as const;
type Format = (typeof FORMATS)[number];

export interface AnswerOptions extends CopyUse {
  readonly format?: Format;
  readonly columns?: readonly string[];
  readonly limit?: number;
  readonly tz?: string;
  readonly output?: string;
  readonly parquet?: string;
  readonly plot?: boolean;
  readonly memory?: number;
  readonly exact?: true;
  readonly pager: boolean;
}

/** For every command that writes CSV. */
export const EXACT_HELP =
  "csv for programs: cells that a spreadsheet would take for formulas stay as they are (default: an apostrophe in front)";

/** For every command that writes Excel files. */
export const XLSX_HELP = "xlsx is for people, csv for programs";
export const OUTPUT_HELP = "write to a new file instead of standard output; xlsx needs one";

export function checkOutput({ format, output }: { readonly format?: string; readonly output?: string }): void {
  if (format !== "xlsx" && output?.toLowerCase().endsWith(".xlsx") === true) {
    throw misused(
      "The file's name is that of an Excel file, and its format is not.",
      "Add --format xlsx, or rename it.",
    );
  }
  if (format !== "xlsx" || output !== undefined) return;
  throw misused("An Excel file cannot be printed.", "Name a new file for it: --format xlsx --output answer.xlsx.");
}

export const withAnswerFormat = (command: Command): Command =>
  withTimeZone(withCopy(command), "time zone in which times are shown, and read where they name none")
    .addOption(
      new Option(
        "--format <format>",
        `output format; line prints one column a line, whole; ${XLSX_HELP} (default: table; json with --json)`,
      ).choices(FORMATS),
    )
    .option("--columns <names>", "only these columns, with commas between", readNames)
    .option("--limit <n>", "only the first n rows", readInteger(0, Number.MAX_SAFE_INTEGER))
    .option("--exact", EXACT_HELP)
    .option("--output <file>", OUTPUT_HELP, readNewFile)
    .option("--parquet <file>", "write the rows to a new Parquet file instead", readNewFile)
    .option(
      "--memory <size>",
      "memory for the whole process (default: 60 % of what there is, for the engine alone)",
      readMemory,
    )
    .option(
      "--plot",
      "plot over time instead: the first numeric column, or else the number of rows, by the first time column",
    )
    .option("--no-pager", "print a long answer at once; on a terminal it goes through $PAGER, or less");

function readNames(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.every((name) => name !== "")) return names;
  throw new InvalidArgumentError("Give names of columns with commas between, for example created_at,event_type.");
}

/** Where standard output is no terminal. */
const PLOT_WIDTH_CHARACTERS = 100;

export interface PrintedHead {
  readonly value: unknown;
  readonly text: string;
}

/** `head`: what stands above the answer. */
export async function printAnswer(
  database: ArchiveSql,
  question: { readonly sql: string; readonly parameters: SqlParameters },
  options: AnswerOptions,
  session: Session,
  head?: PrintedHead,
): Promise<void> {
  checkChoice(options);
  const { output } = session;
  const { sql, parameters } = question;
  if (options.parquet !== undefined) {
    if (head !== undefined) output.summary(head.value, head.text);
    const rows = await database.saveParquet(sql, parameters, options.parquet);
    output.summary({ rows }, `${plural(rows, "row")} written to ${options.parquet}`);
    return;
  }
  const sink = options.output === undefined ? null : await createFileSink(options.output);
  try {
    const whole = await database.query(sql, parameters);
    const { chooseFrom } = await import("./query/chosen-answer.ts");
    const { inZone } = await import("./query/zoned-answer.ts");
    const answer = inZone(chooseFrom(whole, options), options.tz ?? UTC);
    if (sink === null) {
      await throughPager(session, options.pager, () => printText(answer, whole.rowCount, options, session, head));
    } else {
      await writeToFile(answer, whole.rowCount, options, session, sink, head);
    }
  } catch (error) {
    await sink?.discard();
    throw error;
  }
}

async function writeToFile(
  answer: QueryAnswer,
  of: number,
  options: AnswerOptions,
  { output, json }: Session,
  sink: Sink,
  head: PrintedHead | undefined,
): Promise<void> {
  const format: Format = options.format ?? (json ? "json" : "table");
  let cut: string | null = null;
  if (format === "xlsx") {
    const [{ answerAsSheet }, { describeCut }] = await Promise.all([
      import("./query/xlsx-answer.ts"),
      import("./xlsx.ts"),
    ]);
    const sheet = await answerAsSheet(answer);
    await sink.write(await sheet.toBuffer());
    cut = describeCut(sheet);
  } else {
    const { writeAnswer } = await import("./query/formats.ts");
    await writeAnswer(answer, format, (text) => sink.write(text), { exact: options.exact === true, of });
  }
  await sink.finish();
  if (head !== undefined) output.summary(head.value, head.text);
  const { rowCount: rows } = answer;
  const counted = rows === of ? plural(rows, "row") : `${formatCount(rows)} of ${plural(of, "row")}`;
  output.summary({ rows, of }, `${counted} written to ${options.output}`);
  if (cut !== null) output.summary({ remark: cut }, cut);
}

function checkChoice({ format, output, parquet, plot, columns, limit }: AnswerOptions): void {
  checkOutput({ ...(format !== undefined && { format }), ...(output !== undefined && { output }) });
  const chosen = [format, parquet, plot].filter((choice) => choice !== undefined);
  if (chosen.length > 1) throw misused("--format, --parquet and --plot exclude each other.", "Give only one of them.");
  if ((columns ?? limit) !== undefined && (parquet ?? plot) !== undefined) {
    throw misused(
      "--columns and --limit choose from what is printed as text.",
      "Leave them out: a Parquet file and a plot are made from the whole answer.",
    );
  }
  if (output !== undefined && (parquet ?? plot) !== undefined) {
    throw misused("--output cannot be combined with --parquet and --plot.", "Give only one of them.");
  }
}

async function printText(
  answer: QueryAnswer,
  of: number,
  options: AnswerOptions,
  { output, json }: Session,
  head: PrintedHead | undefined,
): Promise<void> {
  const format = options.format ?? (json ? "json" : "table");
  if (format === "xlsx") return; // it has a file
  const isForPeople = options.plot === true || format === "table" || format === "line";
  if (head !== undefined) {
    // Above what people read; beside what programs read.
    if (isForPeople) output.say(`${head.text}\n`);
    else output.summary(head.value, head.text);
  }
  if (options.plot === true) {
    const { plotAnswer } = await import("./query/plot.ts");
    await output.data(await plotAnswer(answer, output.width ?? PLOT_WIDTH_CHARACTERS));
    return;
  }
  const { writeAnswer } = await import("./query/formats.ts");
  const people = { width: output.width, heading: (text: string) => output.paint("bold", text) };
  await writeAnswer(answer, format, isForPeople ? output.safeData : output.data, {
    exact: options.exact === true,
    people,
    of,
  });
  const { rowCount: rows } = answer;
  if (!isForPeople && rows < of) output.summary({ rows, of }, `${formatCount(rows)} of ${plural(of, "row")} printed`);
}
