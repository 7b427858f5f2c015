/** One SELECT with its parameters: whether it may run, what it would read, and what is wrong with it. */
import { type DuckDBConnection, type DuckDBPreparedStatement, StatementType } from "@duckdb/node-api";
import { explainSqlError, sqlError } from "./sql-error.ts";

export type SqlValue = string | number | bigint | boolean | null;
/** An array for `?`, a record for `$name`. */
export type SqlParameters = readonly SqlValue[] | Readonly<Record<string, SqlValue>>;

/** Prepares and binds. Anything but one SELECT is refused: a statement that could write or read elsewhere. */
export async function prepareSelect(
  connection: DuckDBConnection,
  sql: string,
  parameters: SqlParameters,
): Promise<DuckDBPreparedStatement> {
  if (sql.trim() === "") throw sqlError("No SQL was given.", "Give one SELECT as an argument or on standard input.");
  const extracted = await connection.extractStatements(sql).catch(failAsSql);
  if (extracted.count !== 1) {
    throw sqlError(`The SQL contains ${extracted.count === 0 ? "no statement" : `${extracted.count} statements`}.`);
  }
  const statement = await extracted.prepare(0).catch(failAsSql);
  if (statement.statementType !== StatementType.SELECT) {
    const type = StatementType[statement.statementType] ?? "this";
    throw sqlError(`Only SELECT is allowed, not ${type}.`, "Nothing in an archive can be changed.");
  }
  return bindParameters(statement, parameters);
}

/** Binds what `sql` asks for; no more, no less. */
export function bindParameters(statement: DuckDBPreparedStatement, parameters: SqlParameters): DuckDBPreparedStatement {
  const given = Array.isArray(parameters)
    ? new Map(parameters.map((value, index) => [String(index + 1), value as SqlValue]))
    : new Map(Object.entries(parameters as Record<string, SqlValue>));
  for (let index = 1; index <= statement.parameterCount; index++) {
    const name = statement.parameterName(index);
    const value = given.get(name);
    if (value === undefined)
      throw sqlError(`The parameter ${name} has no value.`, "Give one value for each parameter.");
    given.delete(name);
    bindOne(statement, index, value);
  }
  const [unused] = given.keys();
  if (unused === undefined) return statement;
  throw sqlError(`The statement has no parameter ${unused}.`, "Give one value for each parameter.");
}

function bindOne(statement: DuckDBPreparedStatement, index: number, value: SqlValue): void {
  if (value === null) statement.bindNull(index);
  else if (typeof value === "string") statement.bindVarchar(index, value);
  else if (typeof value === "boolean") statement.bindBoolean(index, value);
  else if (typeof value === "bigint") statement.bindBigInt(index, value);
  else if (Number.isSafeInteger(value)) statement.bindBigInt(index, BigInt(value));
  else statement.bindDouble(index, value);
}

/** DuckDB's plan for it, as JSON. */
export async function explainSelect(
  connection: DuckDBConnection,
  sql: string,
  parameters: SqlParameters,
): Promise<unknown> {
  const statement = await connection.prepare(`EXPLAIN (FORMAT json) ${sql}`);
  const [row] = (await bindParameters(statement, parameters).runAndReadAll()).getRowsJson();
  return JSON.parse(String(row?.[1]));
}

const failAsSql = (error: unknown): never => {
  throw explainSqlError(error);
};
