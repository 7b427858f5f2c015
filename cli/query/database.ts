/** One DuckDB in memory, with the archive's tables and views in it and every way out closed. */
import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { loadViews } from "../../sql/views.ts";
import type { QueryAnswer } from "./answer.ts";
import { eventLinesStatement, FILES_VARIABLE, macroStatements } from "./dialect.ts";
import { KEPT, keepAnswer, readAnswer } from "./kept-answer.ts";
import type { QueryMemory } from "./memory.ts";
import { createLogDays, neededDays } from "./needed-days.ts";
import type { QueryDay, SegmentFiles } from "./segment-files.ts";
import { explainSqlError, isNotText } from "./sql-error.ts";
import { explainSelect, prepareSelect, type SqlParameters } from "./statement.ts";

export interface DatabaseOptions {
  /** A folder for what does not fit in memory. */
  readonly own: string;
  /** The only folders whose files may be opened. */
  readonly folders: readonly string[];
  readonly files: SegmentFiles;
  readonly memory: QueryMemory;
  readonly signal?: AbortSignal;
}

export interface Database {
  run(sql: string, parameters: SqlParameters): Promise<QueryAnswer>;
  /** Writes a Parquet file into one of `folders`; gives the number of its rows. */
  copyTo(sql: string, parameters: SqlParameters, file: string): Promise<number>;
  close(): void;
}

export async function openDatabase({ own, folders, files, memory, signal }: DatabaseOptions): Promise<Database> {
  const instance = await DuckDBInstance.create(":memory:", {
    memory_limit: `${memory.limitBytes} bytes`,
    threads: String(memory.threads),
  });
  const connection = await instance.connect();
  await lockDown(connection, own, folders);
  for (const macro of macroStatements()) await connection.run(macro);
  await createLogDays(connection, files);
  await readFrom(connection, files.unread(files.days));
  await connection.run(eventLinesStatement(files.columns, files.days.length > 0));
  for (const view of loadViews()) await connection.run(`CREATE VIEW ${view.name} AS ${view.sql}`);
  const interrupt = () => connection.interrupt();
  signal?.addEventListener("abort", interrupt);

  /** Makes ready what the statement reads, and only then has it run. */
  async function prepared<T>(sql: string, parameters: SqlParameters, run: () => Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    try {
      const plan = async (days: readonly QueryDay[]) => {
        await readFrom(connection, files.unread(days));
        return await explainSelect(connection, sql, parameters);
      };
      await readFrom(connection, files.unread(files.days));
      await prepareSelect(connection, sql, parameters);
      await readFrom(connection, await files.provide(await neededDays(connection, plan, files.days)));
      signal?.throwIfAborted();
      return await run().catch(async (error) => {
        if (!isNotText(error)) throw error;
        await readFrom(connection, await files.repair());
        return await run();
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw explainSqlError(error);
    }
  }

  return {
    run: (sql, parameters) => prepared(sql, parameters, () => readAnswer(connection, sql, parameters, signal)),
    copyTo: (sql, parameters, file) =>
      prepared(sql, parameters, async () => {
        const count = await keepAnswer(connection, sql, parameters);
        await connection.run(`COPY ${KEPT} TO ${quote(file)} (FORMAT parquet, COMPRESSION zstd)`);
        await connection.run(`DROP TABLE ${KEPT}`);
        return count;
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
  const allowed = new Set(folders.flatMap((folder) => [folder, asPattern(folder)]));
  await connection.run(`SET allowed_directories = [${[...allowed].map(quote).join(", ")}]`);
  await connection.run(`SET temp_directory = ${quote(join(own, "spill"))}`);
  await connection.run("SET autoinstall_known_extensions = false");
  await connection.run("SET autoload_known_extensions = false");
  await connection.run("SET TimeZone = 'UTC'");
  await connection.run("SET enable_external_access = false");
  await connection.run("SET lock_configuration = true");
}

async function readFrom(connection: DuckDBConnection, files: readonly string[]): Promise<void> {
  await connection.run(`SET VARIABLE ${FILES_VARIABLE} = [${files.map(asPattern).map(quote).join(", ")}]`);
}

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** DuckDB takes a file's name for a pattern; in brackets, each of these stands for itself. */
const asPattern = (path: string): string => path.replace(/[*?[]/g, "[$&]");
