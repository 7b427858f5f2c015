/**
 * SQL over an archive, at the desk. The only place that knows DuckDB.
 *
 *     const sql = await openArchiveSql({ archive: "asana-archive" });            // a folder, or any ArchiveStore
 *     try {
 *       const answer = await sql.query("SELECT event_type, count(*) AS n FROM events WHERE dt = ? GROUP BY 1", ["2026-05-01"]);
 *       await writeAnswer(answer, "csv", (text) => output.data(text));           // formats.ts
 *       await sql.save("SELECT * FROM events WHERE dt = '2026-05-01'", [], "day.parquet");
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
import { copyFile, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { ArchiveStore } from "../../lambda/ports.ts";
import { createDirectoryArchive } from "../../lambda/stores/directory-archive.ts";
import type { QueryAnswer } from "./answer.ts";
import { openDatabase } from "./database.ts";
import { createSegmentFiles, type QueryDay } from "./segment-files.ts";
import { listSegments, type SegmentFilter } from "./segments.ts";
import type { SqlParameters } from "./statement.ts";

/** `workspace` and `days`: the archive as if it held these alone. */
export interface ArchiveSqlOptions extends SegmentFilter {
  /** A folder, whose files are read where they are; or a store, whose segments are fetched as they are needed. */
  readonly archive: string | ArchiveStore;
  /** Stops what is running; it then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface ArchiveSql {
  /** Parameters are bound, never spliced: an array for `?`, a record for `$name`. One query at a time. */
  query(sql: string, parameters?: SqlParameters): Promise<QueryAnswer>;
  /** Writes the rows into a Parquet file, in place of what is there, and says how many. */
  saveParquet(sql: string, parameters: SqlParameters, file: string): Promise<number>;
  /** Every day that the archive holds, by workspace. */
  readonly days: readonly QueryDay[];
  /** Keys of the segments that have been read so far. */
  filesRead(): readonly string[];
  close(): Promise<void>;
}

export async function openArchiveSql(options: ArchiveSqlOptions): Promise<ArchiveSql> {
  const folder = typeof options.archive === "string" ? resolve(options.archive) : null;
  const store =
    typeof options.archive === "string" ? createDirectoryArchive(resolve(options.archive)) : options.archive;
  const segments = await listSegments(store, options);
  const own = await mkdtemp(join(await realpath(tmpdir()), "asana-audit-archive-"));
  try {
    const files = await createSegmentFiles({ store, segments, own, folder });
    const folders = folder === null || segments.length === 0 ? [own] : [own, join(await realpath(folder), "events")];
    const database = await openDatabase({ own, folders, files, ...(options.signal && { signal: options.signal }) });
    return {
      query: (sql, parameters = []) => database.run(sql, parameters),
      async saveParquet(sql, parameters, file) {
        const draft = join(own, "answer.parquet");
        const count = await database.copyTo(sql, parameters, draft);
        await copyFile(draft, file);
        return count;
      },
      days: files.days,
      filesRead: () => files.read(),
      async close() {
        database.close();
        await rm(own, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(own, { recursive: true, force: true });
    throw error;
  }
}
