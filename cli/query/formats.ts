/** An answer as text: a table for people, CSV and JSON for programs. Parquet is a file: `ArchiveSql.saveParquet`. */
import { type CsvCell, csvLines } from "../csv.ts";
import { renderTable } from "../terminal.ts";
import { type AnswerColumn, type AnswerValue, isTimestampValue, type QueryAnswer } from "./answer.ts";

export const TEXT_FORMATS = ["table", "csv", "json", "ndjson"] as const;
export type TextFormat = (typeof TEXT_FORMATS)[number];

/** Takes text and waits while the reader is slow. */
export type Write = (text: string) => Promise<void> | void;

/**
 * - `table`: aligned, long values cut, control characters as escapes; pieces of 1,000 rows, each aligned by itself.
 * - `csv`: a header line, then as `csv.ts` writes it; `exact` leaves formulas as they are.
 * - `json`: one array of objects. `ndjson`: one object a line. Integers with all digits, timestamps as ISO in UTC.
 *
 * Gives the number of rows.
 */
export async function writeAnswer(
  answer: QueryAnswer,
  format: TextFormat,
  write: Write,
  { exact = false }: { readonly exact?: boolean } = {},
): Promise<number> {
  const style = STYLES[format](answer.columns, exact);
  let count = 0;
  await write(style.start);
  for await (const rows of inPieces(answer.rows, PIECE_ROWS)) {
    await write(style.rows(rows, count));
    count += rows.length;
  }
  await write(style.end(count));
  return count;
}

type Row = readonly AnswerValue[];

interface Style {
  readonly start: string;
  rows(rows: readonly Row[], before: number): string;
  end(count: number): string;
}

/** Enough for the columns to be as wide as they need, and soon on the screen. */
const PIECE_ROWS = 1_000;

const STYLES: Record<TextFormat, (columns: readonly AnswerColumn[], exact: boolean) => Style> = {
  table: (columns) => {
    const heads = columns.map(({ name, isNumber }) => ({ title: name, align: isNumber ? "right" : "left" }) as const);
    return {
      start: "",
      rows: (rows) =>
        `${renderTable(
          heads,
          rows.map((row) => row.map(tableCell)),
        )}\n`,
      end: (count) =>
        count === 0
          ? `${renderTable(heads, [])}\n(no rows)\n`
          : `(${count.toLocaleString("en-US")} ${count === 1 ? "row" : "rows"})\n`,
    };
  },
  csv: (columns, exact) => ({
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

/** Wider values are cut: whoever wants them whole asks for another format. */
const MAX_CELL_CHARACTERS = 80;

function tableCell(value: AnswerValue): string {
  const text = value === null ? "" : plainText(value);
  if (text.length <= MAX_CELL_CHARACTERS) return text;
  const cut = [...text.slice(0, 2 * MAX_CELL_CHARACTERS)].slice(0, MAX_CELL_CHARACTERS - 1).join("");
  return `${cut}…`;
}

function plainText(value: AnswerValue): string {
  if (isTimestampValue(value)) return value.timestamp;
  return typeof value === "object" && value !== null ? jsonText(value) : String(value);
}

const csvCell = (value: AnswerValue): CsvCell =>
  typeof value === "object" && value !== null ? plainText(value) : value;

const rowObject = (columns: readonly AnswerColumn[], row: Row): string =>
  `{${columns.map((column, index) => `${JSON.stringify(column.name)}:${jsonText(row[index] ?? null)}`).join(",")}}`;

/** JSON.stringify has no integers beyond 2^53. What JSON has no number for (NaN, infinity) is null, as it has it. */
function jsonText(value: AnswerValue): string {
  if (typeof value === "bigint") return value.toString();
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (isTimestampValue(value)) return JSON.stringify(`${value.timestamp.replace(" ", "T")}Z`);
  if (Array.isArray(value)) return `[${value.map(jsonText).join(",")}]`;
  const entries = Object.entries(value as Readonly<Record<string, AnswerValue>>);
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${jsonText(item)}`).join(",")}}`;
}
