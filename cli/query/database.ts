/** The archive's tables and views, in one DuckDB. */
import type { DuckDBConnection } from "@duckdb/node-api";
import { ArchiverError } from "../../lambda/errors.ts";
import { loadViews, type View } from "../../sql/views.ts";
import type { QueryAnswer } from "./answer.ts";
import type { ColumnarCopy, ParquetWriter } from "./columnar-copy.ts";
import {
  BUFFER_VARIABLE,
  eventLinesSql,
  FILES_VARIABLE,
  LEAST_BUFFER_BYTES,
  REPEATING_VARIABLE,
  readingFrom,
  SINGLE_VARIABLE,
  withoutNumbering,
  withoutRows,
} from "./dialect.ts";
import { openInstance } from "./instance.ts";
import { KEPT, keepAnswer, readAnswer } from "./kept-answer.ts";
import type { QueryMemory } from "./memory.ts";
import { COPY_VARIABLE, copyViews, createParquetWriter, type Tables } from "./parquet.ts";
import { openPlanner, type Planner } from "./planner.ts";
import type { SegmentFiles } from "./segment-files.ts";
import { explainSqlError } from "./sql-error.ts";
import { fileList, quote } from "./sql-text.ts";
import { prepareSelect, type SqlParameters } from "./statement.ts";

export interface DatabaseOptions {
  /** A folder of this session alone. */
  readonly own: string;
  readonly files: SegmentFiles;
  readonly memory: QueryMemory;
  /** Asked before the archive itself. */
  readonly copy?: CopyOptions;
  readonly signal?: AbortSignal;
}

export interface CopyOptions {
  /** Besides `own`, the only one whose files may be opened. */
  readonly folder: string;
  open(writer: ParquetWriter): ColumnarCopy;
  /** It cannot be written or read, and is not asked any more. */
  onFault(error: unknown): void;
}

export interface Database {
  run(sql: string, parameters: SqlParameters): Promise<QueryAnswer>;
  /** Null: there is none, or it cannot be used. */
  readonly columnarCopy: ColumnarCopy | null;
  /** Writes a Parquet file into `own`; gives the number of its rows. */
  copyTo(sql: string, parameters: SqlParameters, file: string): Promise<number>;
  close(): void;
}

export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { own, files, memory, signal } = options;
  const instance = await openInstance(own, options.copy === undefined ? [] : [options.copy.folder], memory);
  const { connection } = instance;
  let planner: Planner | null = null; // a question of the whole copy needs no plan
  const [all, ...others] = loadViews();
  const tables = await createTables(connection, files, all!, others);
  let copy = options.copy?.open(createParquetWriter(connection, tables, all!)) ?? null;
  const interrupt = () => {
    planner?.interrupt();
    connection.interrupt();
  };
  signal?.addEventListener("abort", interrupt);

  /** Makes ready what the statement reads, and only then has it run. */
  async function prepared<T>(sql: string, parameters: SqlParameters, run: () => Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    try {
      const whole = await fromCopy(() => copy?.whole());
      if (whole !== null) return await runOnCopy(whole, sql, parameters, run);
      planner ??= await openPlanner(own, files);
      signal?.throwIfAborted();
      const days = await planner.neededDays(sql, parameters);
      const copied = await fromCopy(() => copy?.of(days));
      if (copied !== null) return await runOnCopy(copied, sql, parameters, run);
      await tables.readArchive(await files.provide(days));
      signal?.throwIfAborted();
      return await run();
    } catch (error) {
      signal?.throwIfAborted();
      throw explainSqlError(error);
    }
  }

  /** Null: the archive itself is asked. */
  async function fromCopy(
    find: () => Promise<readonly string[] | null> | undefined,
  ): Promise<readonly string[] | null> {
    try {
      const found = (await find()) ?? null;
      return found === null || found.length === 0 ? null : found;
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof ArchiverError && error.kind === "halted") throw error;
      giveUpCopy(error);
      return null;
    }
  }

  function giveUpCopy(error: unknown): void {
    copy = null;
    options.copy?.onFault(error);
  }

  async function runOnCopy<T>(
    copied: readonly string[],
    sql: string,
    parameters: SqlParameters,
    run: () => Promise<T>,
  ): Promise<T> {
    try {
      await tables.readCopy(copied);
      await prepareSelect(connection, sql, parameters);
      return await run();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof Error) || !error.message.includes(options.copy!.folder)) throw error;
      giveUpCopy(error);
      return await prepared(sql, parameters, run);
    }
  }

  return {
    get columnarCopy() {
      return copy;
    },
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
      planner?.close();
      instance.close();
    },
  };
}

/** What the tables show: the copy; or days of the archive that hold each event once, that may hold some more often, or both kinds. */
type TablesOf = "copy" | "singles" | "repeats" | "both";

/**
 * The tables of which queries are asked; what they read can be changed. DuckDB binds a view when it is created, and again in
 * each statement. So the others are created over an `events_all` without rows, which takes a fifth of the time.
 */
async function createTables(
  connection: DuckDBConnection,
  { columns, days }: SegmentFiles,
  all: View,
  others: readonly View[],
): Promise<Tables> {
  const create = (name: string, sql: string) => connection.run(`CREATE OR REPLACE VIEW ${name} AS ${sql}`);
  let shown: TablesOf | null = null;
  const { rows } = withoutNumbering(all.sql);
  const linesOf = (variable: string): string => eventLinesSql(columns, days.length > 0 ? variable : null);
  const archiveSql: Readonly<Record<Exclude<TablesOf, "copy">, string>> = {
    singles: rows,
    repeats: all.sql,
    both: `${readingFrom(rows, linesOf(SINGLE_VARIABLE))} UNION ALL ${readingFrom(all.sql, linesOf(REPEATING_VARIABLE))}`,
  };

  async function setVariable(name: string, value: string): Promise<void> {
    await connection.run(`SET VARIABLE ${name} = ${value}`);
  }

  await create(all.name, withoutRows(all.columns));
  for (const { name, sql } of others) await create(name, sql);
  return {
    async readArchive({ files, withRepeats, longestRowBytes }) {
      await setVariable(BUFFER_VARIABLE, String(Math.max(LEAST_BUFFER_BYTES, longestRowBytes + 1)));
      const isRepeating = new Set(withRepeats);
      const single = files.filter((file) => !isRepeating.has(file));
      const wanted = withRepeats.length === 0 ? "singles" : single.length === 0 ? "repeats" : "both";
      const lists = [
        [FILES_VARIABLE, files],
        [SINGLE_VARIABLE, single],
        [REPEATING_VARIABLE, withRepeats],
      ] as const;
      if (shown !== wanted) {
        for (const [name, list] of lists) await setVariable(name, fileList(list.slice(0, 1))); // binding looks at each of them
        await create("event_lines", linesOf(FILES_VARIABLE));
        await create(all.name, archiveSql[wanted]);
        shown = wanted;
      }
      for (const [name, list] of lists) await setVariable(name, fileList(list));
    },
    async readCopy(files) {
      await setVariable(COPY_VARIABLE, fileList(files));
      if (shown !== "copy") for (const { name, sql } of copyViews(all)) await create(name, sql);
      shown = "copy";
    },
  };
}
