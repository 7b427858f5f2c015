/** What `query` and `ask` have in common: how an answer is printed. */
import { type Command, Option } from "commander";
import type { Session } from "./command.ts";
import { misused } from "./exit.ts";
import type { ArchiveSql } from "./query/engine.ts";
import { readMemory } from "./query/memory.ts";
import type { SqlParameters } from "./query/statement.ts";
import { plural } from "./terminal.ts";

const FORMATS = ["table", "csv", "json", "ndjson"] as const;

export interface AnswerOptions {
  readonly format?: (typeof FORMATS)[number];
  readonly parquet?: string;
  readonly plot?: boolean;
  readonly memory?: number;
  readonly exact?: true;
}

/** For every command that writes CSV. */
export const EXACT_HELP =
  "csv for programs: cells that a spreadsheet would take for formulas stay as they are (default: an apostrophe in front)";

export const withAnswerFormat = (command: Command): Command =>
  command
    .addOption(new Option("--format <format>", "output format (default: table; json with --json)").choices(FORMATS))
    .option("--exact", EXACT_HELP)
    .option("--parquet <file>", "write the rows to a new Parquet file instead")
    .option("--memory <size>", "the most memory to use (default: 60 % of what there is)", readMemory)
    .option(
      "--plot",
      "plot over time instead: the first numeric column, or else the number of rows, by the first time column",
    );

/** Where standard output is no terminal. */
const PLOT_WIDTH_CHARACTERS = 100;

/** `head`: what stands above the answer. */
export async function printAnswer(
  database: ArchiveSql,
  question: { readonly sql: string; readonly parameters: SqlParameters },
  options: AnswerOptions,
  { output, json }: Session,
  head?: { readonly value: unknown; readonly text: string },
): Promise<void> {
  const { sql, parameters } = question;
  const chosen = [options.format, options.parquet, options.plot].filter((choice) => choice !== undefined);
  if (chosen.length > 1) throw misused("--format, --parquet and --plot exclude each other.", "Give only one of them.");
  const format = options.format ?? (json ? "json" : "table");
  if (head !== undefined) {
    // Above what people read; beside what programs read.
    if (options.parquet === undefined && (options.plot === true || format === "table")) output.say(`${head.text}\n`);
    else output.summary(head.value, head.text);
  }
  if (options.parquet !== undefined) {
    const rows = await database.saveParquet(sql, parameters, options.parquet);
    output.summary({ rows }, `${plural(rows, "row")} written to ${options.parquet}`);
  } else if (options.plot === true) {
    const { plotAnswer } = await import("./query/plot.ts");
    const width = process.stdout.columns ?? PLOT_WIDTH_CHARACTERS;
    await output.data(await plotAnswer(await database.query(sql, parameters), width));
  } else {
    const { writeAnswer } = await import("./query/formats.ts");
    await writeAnswer(await database.query(sql, parameters), format, (chunk) => output.data(chunk), {
      exact: options.exact === true,
    });
  }
}
