/**
 * DuckDB's streamed results end without an error when the query fails in the middle. So an answer is kept whole first,
 * in a table that goes to disk if it does not fit in memory, and read from there.
 */
import type {
  DuckDBBlobValue,
  DuckDBConnection,
  DuckDBPreparedStatement,
  DuckDBResult,
  DuckDBValue,
} from "@duckdb/node-api";
import {
  type AnswerColumn,
  type AnswerValue,
  type QueryAnswer,
  readColumns,
  readValue,
  timestampText,
} from "./answer.ts";
import { bindParameters, prepareSelect, type SqlParameters } from "./statement.ts";

export const KEPT = "temp.kept_answer";

/** Runs a SELECT that has been checked, and says how many rows it gave. */
export async function keepAnswer(
  connection: DuckDBConnection,
  sql: string,
  parameters: SqlParameters,
): Promise<number> {
  return await runKeeping(await prepareKeeping(connection, sql), parameters);
}

export async function readAnswer(
  connection: DuckDBConnection,
  sql: string,
  parameters: SqlParameters,
  signal: AbortSignal | undefined,
): Promise<QueryAnswer> {
  // DESCRIBE and SUMMARIZE count as SELECT, but not in a table's definition; their answers are small.
  const keeping = await prepareKeeping(connection, sql).catch(() => null);
  if (keeping === null) {
    const result = await (await prepareSelect(connection, sql, parameters)).run();
    const { rowCount } = result;
    return {
      columns: readColumns(result),
      rowCount,
      rows: readRows(result, (row) => row.map(readValue), rowCount, signal),
    };
  }
  const count = await runKeeping(keeping, parameters);
  const columns = readColumns(await connection.run(`SELECT * FROM ${KEPT} LIMIT 0`));
  const result = await connection.stream(`SELECT ${textsTogether(columns)} FROM ${KEPT}`);
  return { columns, rowCount: count, rows: readRows(result, (row) => readTogether(row, columns), count, signal) };
}

/** The statement is behind, because whatever it ends in (a semicolon, a comment) ends it still. */
const prepareKeeping = (connection: DuckDBConnection, sql: string): Promise<DuckDBPreparedStatement> =>
  connection.prepare(`CREATE OR REPLACE TEMP TABLE kept_answer AS ${sql}`);

async function runKeeping(statement: DuckDBPreparedStatement, parameters: SqlParameters): Promise<number> {
  const [row] = (await bindParameters(statement, parameters).runAndReadAll()).getRowsJson();
  return Number(row?.[0] ?? 0);
}

const isText = ({ type }: AnswerColumn): boolean => type === "VARCHAR";
const isTimestamp = ({ type }: AnswerColumn): boolean => type === "TIMESTAMP" || type === "TIMESTAMP_MS";

/**
 * All texts of a row as one value, in bytes; then all columns, of a text its length alone. The client takes a microsecond or two to
 * hand over any one text or point in time, which is most of the time of a long answer, and would lose a byte order mark at a
 * text's begin.
 */
function textsTogether(columns: readonly AnswerColumn[]): string {
  const named = columns.map((column) => {
    const quoted = `"${column.name.replaceAll('"', '""')}"`;
    return { quoted, text: isText(column) ? quoted : isTimestamp(column) ? `CAST(${quoted} AS VARCHAR)` : null };
  });
  // As bytes, since texts of two collations cannot be joined.
  const texts = named.flatMap(({ text }) => (text === null ? [] : `coalesce(encode(${text}), ''::BLOB)`));
  const each = named.map(({ quoted, text }) => (text === null ? quoted : `CAST(strlen(${text}) AS INTEGER)`));
  return [["''::BLOB", ...texts].join(" || "), ...each].join(", ");
}

/** A row of `textsTogether`. */
function readTogether([together, ...values]: readonly DuckDBValue[], columns: readonly AnswerColumn[]): AnswerValue[] {
  const { buffer, byteOffset, byteLength } = (together as DuckDBBlobValue).bytes;
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  const whole = bytes.toString();
  const isAscii = whole.length === byteLength;
  let end = 0;
  return values.map((value, index) => {
    const column = columns[index]!;
    if (value === null || !(isText(column) || isTimestamp(column))) return readValue(value);
    const begin = end;
    end += Number(value);
    const text = isAscii ? whole.slice(begin, end) : bytes.toString("utf8", begin, end);
    return isText(column) ? text : { timestamp: timestampText(text) };
  });
}

async function* readRows(
  result: DuckDBResult,
  readRow: (row: readonly DuckDBValue[]) => readonly AnswerValue[],
  count: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly (readonly AnswerValue[])[]> {
  let read = 0;
  for await (const rows of result.yieldRows()) {
    signal?.throwIfAborted();
    read += rows.length;
    yield rows.map(readRow);
  }
  signal?.throwIfAborted();
  if (read !== count) throw new Error(`the answer has ${count} rows, but only ${read} could be read`);
}
