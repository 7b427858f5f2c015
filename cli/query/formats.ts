/** An answer as text: a table or lines for people, CSV and JSON for programs. Parquet is a file: `ArchiveSql.saveParquet`. */
import { type CsvCell, csvLines } from "../csv.ts";
import { type AnswerColumn, type AnswerValue, jsonText, type QueryAnswer, valueText } from "./answer.ts";
import { createLines, createTable, type PeopleFormat, type PeopleStyle } from "./table.ts";

export const TEXT_FORMATS = ["table", "line", "csv", "json", "ndjson"] as const;
export type TextFormat = (typeof TEXT_FORMATS)[number];

/** Takes text and waits while the reader is slow. */
export type Write = (text: string) => Promise<void> | void;

/**
 * - `table`: aligned, fit to the terminal, control characters as escapes; pieces of 1,000 rows, each aligned by itself.
 * - `line`: one column a line, values whole, control characters as escapes.
 * - `csv`: a header line, then as `csv.ts` writes it; `exact` leaves formulas as they are.
 * - `json`: one array of objects. `ndjson`: one object a line. Integers with all digits, timestamps as ISO in UTC.
 *
 * `of`: how many rows there are, of which the answer has the first. Gives the number of rows written.
 */
export async function writeAnswer(
  answer: QueryAnswer,
  format: TextFormat,
  write: Write,
  { exact = false, people = PLAIN, of = answer.rowCount }: TextStyle = {},
): Promise<number> {
  const style = STYLES[format](answer.columns, { exact, people });
  let count = 0;
  await write(style.start);
  for await (const rows of inPieces(answer.rows, PIECE_ROWS)) {
    await write(style.rows(rows, count));
    count += rows.length;
  }
  await write(style.end(count, of));
  return count;
}

export interface TextStyle {
  readonly exact?: boolean;
  readonly people?: PeopleStyle;
  readonly of?: number;
}

const PLAIN: PeopleStyle = { width: null, heading: (text) => text };

type Row = readonly AnswerValue[];

interface Style extends PeopleFormat {
  readonly start: string;
}

/** Enough for the columns to be as wide as they need, and soon on the screen. */
const PIECE_ROWS = 1_000;

const STYLES: Record<TextFormat, (columns: readonly AnswerColumn[], style: Required<Omit<TextStyle, "of">>) => Style> =
  {
    table: (columns, { people }) => ({ start: "", ...createTable(columns, people) }),
    line: (columns, { people }) => ({ start: "", ...createLines(columns, people) }),
    csv: (columns, { exact }) => ({
      start: csvLines([columns.map((column) => column.name)], { exact }),
      rows: (rows) =>
        csvLines(
          rows.map((row) => row.map(csvCell)),
          { exact },
        ),
      end: () => "",
    }),
    json: (columns) => ({
      start: "[",
      rows: (rows, before) =>
        rows.map((row, index) => `${before + index === 0 ? "" : ","}\n${rowObject(columns, row)}`).join(""),
      end: (count) => (count === 0 ? "]\n" : "\n]\n"),
    }),
    ndjson: (columns) => ({
      start: "",
      rows: (rows) => rows.map((row) => `${rowObject(columns, row)}\n`).join(""),
      end: () => "",
    }),
  };

async function* inPieces(chunks: AsyncIterable<readonly Row[]>, size: number): AsyncGenerator<Row[]> {
  let piece: Row[] = [];
  for await (const rows of chunks) {
    for (const row of rows) {
      piece.push(row);
      if (piece.length === size) {
        yield piece;
        piece = [];
      }
    }
  }
  if (piece.length > 0) yield piece;
}

const csvCell = (value: AnswerValue): CsvCell =>
  typeof value === "object" && value !== null ? valueText(value) : value;

const rowObject = (columns: readonly AnswerColumn[], row: Row): string =>
  `{${columns.map((column, index) => `${JSON.stringify(column.name)}:${jsonText(row[index] ?? null)}`).join(",")}}`;
