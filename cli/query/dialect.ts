/**
 * What DuckDB lacks to run the SQL that Athena and Trino run: their functions as macros, and the table `event_lines`.
 * A macro may have the name of one of DuckDB's own functions; it then comes first.
 */
import { NUMBER_LENGTH } from "./packed-day.ts";
import type { PathColumns } from "./segment-files.ts";

/**
 * Half a surrogate pair (`\ud800` alone) is legal in an event; Trino reads it as `?`, and DuckDB's JSON functions refuse
 * the whole line. So a line that may hold one is repaired first: had it to fail first, DuckDB would read each of the 2,048
 * lines around it by itself. Whole pairs and escaped backslashes are marked with 0x01, which JSON cannot hold, so that the
 * halves are what is left over.
 */
const MACROS = [
  String.raw`has_surrogate(j) AS contains(j, '\ud') OR contains(j, '\uD')`,
  String.raw`repaired(j) AS replace(replace(system.main.regexp_replace(system.main.regexp_replace(j,
    '(\\\\)|\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})', '\1' || chr(1) || '\2' || chr(1) || '\3', 'g'),
    '\\u[dD][89a-fA-F][0-9a-fA-F]{2}', '?', 'g'), chr(1) || chr(1), ''), chr(1), '\u')`,
  "readable(j) AS CASE WHEN has_surrogate(j) THEN repaired(j) ELSE j END",
  // json_value, because of an object or an array json_extract_scalar makes null.
  "json_extract_scalar(j, p) AS system.main.json_extract_string(try(json_value(readable(j), p)), '$')",
  "json_extract(j, p) AS try(system.main.json_extract(readable(j), p))",
  "json_format(j) AS CAST(j AS VARCHAR)",
  // DuckDB's own replaces the first match alone.
  "regexp_replace(s, p, r) AS system.main.regexp_replace(s, p, r, 'g')",
  "regexp_like(s, p) AS regexp_matches(s, p)",
  "day_of_week(t) AS isodow(t)",
  "normalize(s) AS nfc_normalize(s)",
] as const;

export const macroStatements = (): string[] => MACROS.map((macro) => `CREATE MACRO ${macro}`);

/** The variable that names the files to read, a list of texts. It is read when a statement is bound. */
export const FILES_VARIABLE = "segment_files";

/** The variable that says how many bytes a line may have. A thread holds a few times as many. */
export const LINE_BYTES_VARIABLE = "line_bytes";

/**
 * One line is one row, byte for byte: no quotes, no escapes, no header, and a delimiter that no line holds.
 * Whoever filters on `dt` or `workspace` opens the files of these alone.
 */
export function eventLinesStatement(columns: PathColumns, hasFiles: boolean): string {
  if (!hasFiles) {
    const nothing = ["line", "workspace", "dt", '"$path"'].map((name) => `CAST(NULL AS VARCHAR) AS ${name}`);
    return `CREATE OR REPLACE VIEW event_lines AS SELECT ${nothing.join(", ")} WHERE false`;
  }
  const [workspace, day] = [`"${columns.workspace}"`, `"${columns.day}"`];
  return `CREATE OR REPLACE VIEW event_lines AS SELECT substr(packed, ${NUMBER_LENGTH + 1}) AS line, ${workspace} AS workspace, ${day} AS dt,
      'events/workspace=' || ${workspace} || '/dt=' || ${day} || '/' || left(packed, ${NUMBER_LENGTH}) || '.ndjson.gz' AS "$path"
    FROM read_csv(getvariable('${FILES_VARIABLE}'),
      columns = {'packed': 'VARCHAR'}, auto_detect = false, header = false, compression = 'zstd', new_line = '\\n',
      delim = chr(1) || chr(2) || chr(1) || chr(2), quote = '', escape = '', strict_mode = false,
      max_line_size = getvariable('${LINE_BYTES_VARIABLE}'), buffer_size = getvariable('${LINE_BYTES_VARIABLE}'),
      hive_partitioning = true, hive_types = {'${columns.workspace}': VARCHAR, '${columns.day}': VARCHAR})`;
}

/** The numbering of repeats in `events_all`: a sort of all lines, which keeps conditions from reaching them before it. */
const NUMBERING = /row_number\(\) OVER \([^)]*\) AS copy/;

/** Where no event stands twice, each is the first. */
export function eventsAllStatement(sql: string, areDistinct: boolean): string {
  const text = areDistinct ? sql.replace(NUMBERING, "CAST(1 AS BIGINT) AS copy") : sql;
  if (areDistinct && text === sql) throw new Error("sql/views/events_all.sql numbers repeats in another way");
  return `CREATE OR REPLACE VIEW events_all AS ${text}`;
}
