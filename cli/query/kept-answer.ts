/**
 * DuckDB's streamed results end without an error when the query fails in the middle. So an answer is kept whole first,
 * in a table that goes to disk if it does not fit in memory, and read from there.
 */
import {
  DuckDBBlobValue,
  type DuckDBConnection,
  type DuckDBPreparedStatement,
  type DuckDBResult,
  type DuckDBValue,
} from "@duckdb/node-api";
import { type AnswerColumn, type AnswerValue, type QueryAnswer, readColumns, readValue } from "./answer.ts";
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
    return { columns: readColumns(result), rowCount, rows: readRows(result, [], rowCount, signal) };
  }
  const count = await runKeeping(keeping, parameters);
  const columns = readColumns(await connection.run(`SELECT * FROM ${KEPT} LIMIT 0`));
  const result = await connection.stream(`SELECT ${columns.map(asBytes).join(", ")} FROM ${KEPT}`);
  return { columns, rowCount: count, rows: readRows(result, columns, count, signal) };
}

/** The statement is behind, because whatever it ends in (a semicolon, a comment) ends it still. */
const prepareKeeping = (connection: DuckDBConnection, sql: string): Promise<DuckDBPreparedStatement> =>
  connection.prepare(`CREATE OR REPLACE TEMP TABLE kept_answer AS ${sql}`);

async function runKeeping(statement: DuckDBPreparedStatement, parameters: SqlParameters): Promise<number> {
  const [row] = (await bindParameters(statement, parameters).runAndReadAll()).getRowsJson();
  return Number(row?.[0] ?? 0);
}

/** As text the client would lose a byte order mark at its begin. */
function asBytes({ name, type }: AnswerColumn): string {
  const quoted = `"${name.replaceAll('"', '""')}"`;
  return type === "VARCHAR" ? `encode(${quoted})` : quoted;
}

const readItem = (value: DuckDBValue, column: AnswerColumn | undefined): AnswerValue =>
  value instanceof DuckDBBlobValue && column?.type === "VARCHAR"
    ? Buffer.from(value.bytes).toString()
    : readValue(value);

async function* readRows(
  result: DuckDBResult,
  columns: readonly AnswerColumn[],
  count: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly (readonly AnswerValue[])[]> {
  let read = 0;
  for await (const rows of result.yieldRows()) {
    signal?.throwIfAborted();
    read += rows.length;
    yield rows.map((row) => row.map((value, index) => readItem(value, columns[index])));
  }
  signal?.throwIfAborted();
  if (read !== count) throw new Error(`the answer has ${count} rows, but only ${read} could be read`);
}
