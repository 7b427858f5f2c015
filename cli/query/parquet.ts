/** The columnar copy's files, as DuckDB writes and reads them. */
import { createHash } from "node:crypto";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { View } from "../../sql/views.ts";
import type { ParquetWriter } from "./columnar-copy.ts";
import { macroStatements, parsedOnce, withoutNumbering } from "./dialect.ts";
import { type PackedDay, type ReadableFiles, readable } from "./segment-files.ts";
import { fileList, quote } from "./sql-text.ts";

/** The variable that names the files, a list of texts. It is read when a statement is bound. */
export const COPY_VARIABLE = "copy_files";

/** Few rows a group, so that a thread holds little, and a window reads little of a month. */
const OPTIONS = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 30720";

const reading = (files: readonly string[]): string => `read_parquet(${fileList(files)})`;

/** What the tables of queries read from now on. */
export interface Tables {
  readArchive(files: ReadableFiles): Promise<void>;
  readCopy(files: readonly string[]): Promise<void>;
}

/** `view`: of all lines. */
export function createParquetWriter(connection: DuckDBConnection, tables: Tables, { sql }: View): ParquetWriter {
  const { rows, number } = withoutNumbering(sql);
  const columns = createHash("sha256")
    .update([parsedOnce(sql), ...macroStatements(), OPTIONS].join("\n"))
    .digest("hex");

  async function writeRows(select: string, target: string): Promise<number> {
    const result = await connection.runAndReadAll(`COPY (${select}) TO ${quote(target)} (${OPTIONS})`);
    return Number(result.getRowsJson()[0]?.[0] ?? 0);
  }

  return {
    columns,
    async write(days, target) {
      await tables.readArchive(readable(days));
      return await writeRows(parsedOnce(rows), target);
    },
    async hasRepeats(files, days) {
      const held = `FROM ${reading(files)} WHERE dt IN (${days.map(quote).join(", ")})`;
      const result = await connection.runAndReadAll(
        `SELECT 1 ${held} AND gid IS NOT NULL GROUP BY dt, gid HAVING count(*) > 1
          UNION ALL SELECT 1 ${held} AND gid IS NULL GROUP BY dt, line HAVING count(*) > 1 LIMIT 1`,
      );
      return result.currentRowCount > 0;
    },
    merge: (files, target) =>
      writeRows(`SELECT * EXCLUDE copy, ${number} AS copy FROM ${reading(files)} ORDER BY dt, path`, target),
    async digest(of) {
      if (isPacked(of)) await tables.readArchive(readable(of));
      else await tables.readCopy(of);
      const result = await connection.runAndReadAll("SELECT count(*), bit_xor(hash(e)) FROM events_all AS e");
      const [events, sum] = result.getRowsJson()[0]!;
      return { events: Number(events), sum: String(sum) };
    },
  };
}

const isPacked = (of: readonly PackedDay[] | readonly string[]): of is readonly PackedDay[] =>
  typeof of[0] !== "string";

/** Instead of the views of the record, by name. */
export function copyViews({ columns }: View): { readonly name: string; readonly sql: string }[] {
  const from = `FROM read_parquet(getvariable('${COPY_VARIABLE}'))`;
  const all = columns.map(({ name, type }) =>
    type === "timestamp(3)" ? `CAST(${name} AS TIMESTAMP_MS) AS ${name}` : name,
  );
  return [
    { name: "event_lines", sql: `SELECT line, workspace, dt, path AS "$path" ${from}` },
    { name: "events_all", sql: `SELECT ${all.join(", ")} ${from}` },
  ];
}
