/** One SELECT with its parameters: whether it may run, what it would read, and what is wrong with it. */
import { type DuckDBConnection, type DuckDBPreparedStatement, StatementType } from "@duckdb/node-api";
import { ArchiverError } from "../../lambda/errors.ts";

export type SqlValue = string | number | bigint | boolean | null;
/** An array for `?`, a record for `$name`. */
export type SqlParameters = readonly SqlValue[] | Readonly<Record<string, SqlValue>>;

/** Prepares and binds. Anything but one SELECT is refused: a statement that could write or read elsewhere. */
export async function prepareSelect(
  connection: DuckDBConnection,
  sql: string,
  parameters: SqlParameters,
): Promise<DuckDBPreparedStatement> {
  if (sql.trim() === "") throw sqlError("There is no SQL.", "Give one SELECT, as an argument or on standard input.");
  const extracted = await connection.extractStatements(sql).catch(failAsSql);
  if (extracted.count !== 1) {
    const what = extracted.count === 0 ? "There is no statement" : `These are ${extracted.count} statements`;
    throw sqlError(
      `${what} where one SELECT is expected.`,
      "Give one SELECT; WITH, DESCRIBE and SUMMARIZE count as one.",
    );
  }
  const statement = await extracted.prepare(0).catch(failAsSql);
  if (statement.statementType !== StatementType.SELECT) {
    const type = StatementType[statement.statementType] ?? "this";
    throw sqlError(`Only a SELECT can be asked of an archive, not ${type}.`, "Nothing in an archive can be changed.");
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
  throw sqlError(`There is no parameter ${unused} in the statement.`, "Give one value for each parameter.");
}

function bindOne(statement: DuckDBPreparedStatement, index: number, value: SqlValue): void {
  if (value === null) statement.bindNull(index);
  else if (typeof value === "string") statement.bindVarchar(index, value);
  else if (typeof value === "boolean") statement.bindBoolean(index, value);
  else if (typeof value === "bigint") statement.bindBigInt(index, value);
  else if (Number.isSafeInteger(value)) statement.bindBigInt(index, BigInt(value));
  else statement.bindDouble(index, value);
}

const sqlError = (message: string, advice: string, cause?: unknown): ArchiverError =>
  new ArchiverError("misconfigured", message, { advice, cause });

const failAsSql = (error: unknown): never => {
  throw explainSqlError(error);
};

const TABLES = "Tables: events, days, people, doubled, events_all, event_lines; docs/querying.md has their columns.";

/** DuckDB's messages span lines and draw pictures; what is wrong is in the first, what was meant often in the next. */
export function explainSqlError(error: unknown): Error {
  if (error instanceof ArchiverError || !(error instanceof Error)) return error as Error;
  const [first = "", second = ""] = error.message
    .replace(/^Failed to \w+ statements?: /, "")
    .split("\n")
    .map((line) => line.trim());
  if (/^(INTERNAL|FATAL|Out of Memory|IO) Error/.test(first)) {
    return new ArchiverError("unavailable", `The query engine failed: ${sentence(first)}`, {
      advice: "Ask for fewer days or columns; if it stays, it is a defect worth reporting.",
      cause: error,
    });
  }
  if (first.startsWith("Permission Error")) {
    return sqlError("The SQL reads a file or an address, and may read the archive alone.", TABLES, error);
  }
  const hint = /^(Did you mean|Candidate bindings)/.test(second) ? `${sentence(second)} ${TABLES}` : TABLES;
  return sqlError(`The SQL does not work: ${sentence(first.replace(/^\w+( \w+)? Error: /, ""))}`, hint, error);
}

const sentence = (text: string): string => (/[.?]$/.test(text) ? text : `${text.replace(/[!:]$/, "")}.`);
