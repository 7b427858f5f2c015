/**
 * SQL over an archive, at the desk. The only place that knows DuckDB.
 *
 *     const sql = await openArchiveSql({ archive: "asana-archive" });            // a folder, or any ArchiveStore
 *     try {
 *       const answer = await sql.query("SELECT event_type, count(*) AS n FROM events WHERE dt = ? GROUP BY 1", ["2026-05-01"]);
 *       await writeAnswer(answer, "csv", (text) => output.data(text));           // formats.ts
 *       await sql.saveParquet("SELECT * FROM events WHERE dt = '2026-05-01'", [], "day.parquet");
 *     } finally {
 *       await sql.close();                                                       // removes its temporary files
 *     }
 *
 * Tables: `event_lines` and the views of sql/views. A query reads the files of the days that its conditions on `dt`
 * and `workspace` leave over, and no others; each of them is checked against its manifest before it is read. Queries
 * can read nothing else and write nothing: one SELECT, no other file, no network.
 *
 * Throws ArchiverError, all of them one sentence: `misconfigured` for SQL that does not work, `halted` for a segment
 * that is damaged, `unavailable` for a store that does not answer.
 */
import { createReadStream } from "node:fs";
import { join, resolve } from "node:path";
import type { ArchiveStore } from "../../lambda/ports.ts";
import { createDirectoryArchive } from "../../lambda/stores/directory-archive.ts";
import { checkIsNew, createFileSink } from "../export/file.ts";
import { makeTemporaryFolder } from "../temporary.ts";
import type { QueryAnswer } from "./answer.ts";
import { type ColumnarCopy, openColumnarCopy } from "./columnar-copy.ts";
import { openDatabase } from "./database.ts";
import { queryMemory } from "./memory.ts";
import { createSegmentFiles, type QueryDay } from "./segment-files.ts";
import { listSegments, type SegmentFilter } from "./segments.ts";
import type { SqlParameters } from "./statement.ts";

/** `workspace` and `days`: the archive as if it held these alone. */
export interface ArchiveSqlOptions extends SegmentFilter {
  /** A folder, whose files are read where they are; or a store, whose segments are fetched as they are needed. */
  readonly archive: string | ArchiveStore;
  /** A columnar copy to ask instead of the archive, where there may be one. */
  readonly copy?: ColumnarCopyPlace;
  /** What the process is to take at most, this engine and all around it; by default the engine gets a share of what there is. */
  readonly memoryBytes?: number;
  /** Stops what is running; it then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface ColumnarCopyPlace {
  /** Of this archive alone, and for nobody else to write to. */
  readonly folder: string;
  /** Called before anything is copied. */
  onCopying(): void;
  /** It cannot be written or read; the archive itself is asked. */
  onFault(error: unknown): void;
}

export interface ArchiveSql {
  /** Parameters are bound, never spliced: an array for `?`, a record for `$name`. One query at a time. */
  query(sql: string, parameters?: SqlParameters): Promise<QueryAnswer>;
  /** Writes the rows into a new Parquet file, and says how many. */
  saveParquet(sql: string, parameters: SqlParameters, file: string): Promise<number>;
  /** Every day that the archive holds, by workspace. */
  readonly days: readonly QueryDay[];
  /** The columnar copy, where there is one. */
  readonly columnarCopy: ColumnarCopy | null;
  /** Keys of the segments that have been read so far. */
  filesRead(): readonly string[];
  close(): Promise<void>;
}

export async function openArchiveSql(options: ArchiveSqlOptions): Promise<ArchiveSql> {
  const folder = typeof options.archive === "string" ? resolve(options.archive) : null;
  const store =
    typeof options.archive === "string" ? createDirectoryArchive(resolve(options.archive), "read") : options.archive;
  const segments = await listSegments(store, folder, options);
  const temporary = makeTemporaryFolder();
  const own = temporary.path;
  try {
    const only = options.workspace === undefined ? {} : { workspace: options.workspace };
    const signal = options.signal && { signal: options.signal };
    const files = createSegmentFiles({ store, segments, own, folder, ...signal });
    const memory = queryMemory(options.memoryBytes ?? null);
    const database = await openDatabase({
      own,
      files,
      memory,
      ...signal,
      ...(options.copy !== undefined &&
        options.days === undefined && {
          copy: {
            folder: options.copy.folder,
            open: (writer) =>
              openColumnarCopy({ ...options.copy!, segments, files, writer, mayExpire: folder === null, ...only }),
            onFault: options.copy.onFault,
          },
        }),
    });
    return {
      query: (sql, parameters = []) => database.run(sql, parameters),
      async saveParquet(sql, parameters, file) {
        await checkIsNew(file);
        const draft = join(own, "answer.parquet");
        const count = await database.copyTo(sql, parameters, draft);
        const sink = await createFileSink(file);
        try {
          for await (const chunk of createReadStream(draft)) await sink.write(chunk);
          await sink.finish();
        } catch (error) {
          await sink.discard();
          throw error;
        }
        return count;
      },
      days: files.days,
      columnarCopy: database.columnarCopy,
      filesRead: () => files.read(),
      async close() {
        database.close();
        temporary.remove();
      },
    };
  } catch (error) {
    temporary.remove();
    throw error;
  }
}
