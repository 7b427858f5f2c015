/** One DuckDB in memory, with the archive's tables and views in it and every way out closed. */
import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance, type DuckDBResult } from "@duckdb/node-api";
import { loadViews } from "../../infra/views/index.ts";
import { type Answer, type AnswerValue, readColumns, readValue } from "./answer.ts";
import { eventLinesStatement, FILES_VARIABLE, macroStatements } from "./dialect.ts";
import { createLogDays, neededDays } from "./needed-days.ts";
import type { SegmentFiles } from "./segment-files.ts";
import { bindParameters, explainSqlError, prepareSelect, type SqlParameters } from "./statement.ts";

export interface DatabaseOptions {
  /** A folder for what does not fit in memory. */
  readonly own: string;
  /** The only folders whose files may be opened. */
  readonly folders: readonly string[];
  readonly files: SegmentFiles;
  readonly signal?: AbortSignal;
}

export interface Database {
  run(sql: string, parameters: SqlParameters): Promise<Answer>;
  /** Writes a Parquet file into one of `folders`; gives the number of its rows. */
  copyTo(sql: string, parameters: SqlParameters, file: string): Promise<number>;
  close(): void;
}

export async function openDatabase({ own, folders, files, signal }: DatabaseOptions): Promise<Database> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await lockDown(connection, own, folders);
  for (const macro of macroStatements()) await connection.run(macro);
  await createLogDays(connection, files.days);
  await readFrom(connection, files.unread());
  await connection.run(eventLinesStatement(files.days.length > 0));
  for (const view of loadViews()) await connection.run(`CREATE VIEW ${view.name} AS ${view.sql}`);
  const interrupt = () => connection.interrupt();
  signal?.addEventListener("abort", interrupt);

  /** Makes ready what the statement reads, and only then has it run. */
  async function prepared<T>(sql: string, parameters: SqlParameters, run: () => Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    try {
      await readFrom(connection, files.unread());
      await prepareSelect(connection, sql, parameters);
      const days = await neededDays(connection, sql, parameters, files.days);
      await readFrom(connection, await files.provide(days));
      return await run();
    } catch (error) {
      signal?.throwIfAborted();
      throw explainSqlError(error);
    }
  }

  return {
    run: (sql, parameters) =>
      prepared(sql, parameters, async () => {
        const statement = await prepareSelect(connection, sql, parameters);
        const result = await statement.stream();
        // The first rows now: what fails, fails here, before anything has been printed.
        const rows = readRows(result, signal);
        const first = await rows.next();
        return { columns: readColumns(result), rows: joinRows(first, rows) };
      }),
    copyTo: (sql, parameters, file) =>
      prepared(sql, parameters, async () => {
        // In two steps, because only in front of a statement can something be put whatever it ends in.
        const statement = await connection.prepare(`CREATE OR REPLACE TEMP TABLE saved_answer AS ${sql}`);
        await bindParameters(statement, parameters).run();
        const copied = await connection.runAndReadAll(
          `COPY saved_answer TO ${quote(file)} (FORMAT parquet, COMPRESSION zstd)`,
        );
        await connection.run("DROP TABLE saved_answer");
        return Number(copied.getRowsJson()[0]?.[0] ?? 0);
      }),
    close() {
      signal?.removeEventListener("abort", interrupt);
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** No extension is ever loaded, no file outside of `folders` opened, and no query can change that. */
async function lockDown(connection: DuckDBConnection, own: string, folders: readonly string[]): Promise<void> {
  await connection.run(`SET allowed_directories = [${folders.map(quote).join(", ")}]`);
  await connection.run(`SET temp_directory = ${quote(join(own, "spill"))}`);
  await connection.run("SET autoinstall_known_extensions = false");
  await connection.run("SET autoload_known_extensions = false");
  await connection.run("SET TimeZone = 'UTC'");
  await connection.run("SET enable_external_access = false");
  await connection.run("SET lock_configuration = true");
}

async function readFrom(connection: DuckDBConnection, files: readonly string[]): Promise<void> {
  await connection.run(`SET VARIABLE ${FILES_VARIABLE} = [${files.map(quote).join(", ")}]`);
}

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

type Rows = readonly (readonly AnswerValue[])[];

async function* readRows(result: DuckDBResult, signal: AbortSignal | undefined): AsyncGenerator<Rows, undefined> {
  try {
    for await (const rows of result.yieldRows()) yield rows.map((row) => row.map(readValue));
  } catch (error) {
    signal?.throwIfAborted();
    throw explainSqlError(error);
  }
}

async function* joinRows(first: IteratorResult<Rows>, rest: AsyncGenerator<Rows>): AsyncGenerator<Rows> {
  if (first.done === true) return;
  yield first.value;
  yield* rest;
}
