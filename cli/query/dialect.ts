/**
 * What DuckDB lacks to run the SQL that Athena and Trino run: their functions as macros, and the table `event_lines`.
 * A macro may have the name of one of DuckDB's own functions; it then comes first.
 */
import type { ViewColumn } from "../../sql/views.ts";
import { PACK_COMPRESSION, PACK_DELIMITER } from "./pack.ts";
import type { PathColumns } from "./segment-files.ts";

/**
 * Half a surrogate pair (`\ud800` alone) is legal in an event; Trino reads it as `?`, and DuckDB's JSON functions refuse
 * the whole line. So what they refuse is repaired and tried again. Whole pairs and escaped backslashes are marked with
 * 0x01, which JSON cannot hold, so that the halves are what is left over.
 */
const MACROS = [
  String.raw`has_surrogate(j) AS contains(j, '\ud') OR contains(j, '\uD')`,
  String.raw`repaired(j) AS replace(replace(system.main.regexp_replace(system.main.regexp_replace(j,
    '(\\\\)|\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})', '\1' || chr(1) || '\2' || chr(1) || '\3', 'g'),
    '\\u[dD][89a-fA-F][0-9a-fA-F]{2}', '?', 'g'), chr(1) || chr(1), ''), chr(1), '\u')`,
  // json_value, because of an object or an array json_extract_scalar makes null. Of a list of paths it gives a list.
  "json_scalars(j, p) AS coalesce(try(json_value(j, p)), CASE WHEN has_surrogate(j) THEN try(json_value(repaired(j), p)) END)",
  "scalar_text(j) AS system.main.json_extract_string(j, '$')",
  "json_extract_scalar(j, p) AS scalar_text(json_scalars(j, p))",
  "json_extract(j, p) AS coalesce(try(system.main.json_extract(j, p)), CASE WHEN has_surrogate(j) THEN try(system.main.json_extract(repaired(j), p)) END)",
  "json_format(j) AS CAST(j AS VARCHAR)",
  // DuckDB's own replaces the first match alone.
  "regexp_replace(s, p, r) AS system.main.regexp_replace(s, p, r, 'g')",
  "regexp_like(s, p) AS regexp_matches(s, p)",
  "day_of_week(t) AS isodow(t)",
  // Not array_to_string: it names its list twice, and so each list within a list four times.
  "array_join(a, s) AS coalesce(list_aggregate(a, 'string_agg', s), '')",
  "normalize(s) AS nfc_normalize(s)",
] as const;

export const macroStatements = (): string[] => MACROS.map((macro) => `CREATE MACRO ${macro}`);

/**
 * The variables that a statement reads when it is bound: the files, a list of texts; the same in two lists, of files in which
 * events may stand more than once and of the others; and their longest row.
 */
export const FILES_VARIABLE = "segment_files";
export const REPEATING_VARIABLE = "repeating_files";
export const SINGLE_VARIABLE = "single_files";
export const BUFFER_VARIABLE = "segment_buffer";
/** Larger buffers are no faster, and each thread holds several. */
export const LEAST_BUFFER_BYTES = 4 * 1024 * 1024;

/**
 * One row of a packed file is the name of a segment and a line, byte for byte: no quotes, no escapes, no header, and a
 * delimiter that no line holds. Whoever filters on `dt` or `workspace` opens the files of these alone.
 */
export function eventLinesSql(columns: PathColumns, filesVariable: string | null): string {
  if (filesVariable === null)
    return withoutRows(["line", "workspace", "dt", '"$path"'].map((name) => ({ name, type: "varchar" })));
  const [workspace, day] = [`"${columns.workspace}"`, `"${columns.day}"`];
  const delimiter = [...PACK_DELIMITER].map((byte) => `chr(${byte})`).join(" || ");
  return `SELECT coalesce(line, '') AS line, ${workspace} AS workspace, ${day} AS dt,
      'events/workspace=' || ${workspace} || '/dt=' || ${day} || '/' || name AS "$path"
    FROM read_csv(getvariable('${filesVariable}'),
      columns = {'name': 'VARCHAR', 'line': 'VARCHAR'}, auto_detect = false, header = false,
      compression = '${PACK_COMPRESSION}', new_line = '\\n', delim = ${delimiter}, quote = '', escape = '', strict_mode = false,
      max_line_size = getvariable('${BUFFER_VARIABLE}'), buffer_size = getvariable('${BUFFER_VARIABLE}'),
      hive_partitioning = true, hive_types = {'${columns.workspace}': VARCHAR, '${columns.day}': VARCHAR})`;
}

/** An empty table of these columns. */
export const withoutRows = (columns: readonly Pick<ViewColumn, "name" | "type">[]): string =>
  `SELECT ${columns.map(({ name, type }) => `CAST(NULL AS ${type}) AS ${name}`).join(", ")} WHERE false`;

const FIELD = /json_extract_scalar\(line, ('\$[^']*')\)/g;

/**
 * The same SELECT for whoever wants all columns: a line is parsed once, with a list of paths, and not once for each field. Few
 * fields are faster one by one.
 */
export function parsedOnce(sql: string): string {
  const paths = [...new Set([...sql.matchAll(FIELD)].map(([, path]) => path!))];
  if (paths.length === 0) return sql;
  const lines = `SELECT *, json_scalars(line, [${paths.join(", ")}]) AS fields FROM event_lines`;
  return readingFrom(
    sql.replaceAll(FIELD, (_, path: string) => `scalar_text(fields[${paths.indexOf(path) + 1}])`),
    lines,
  );
}

const LINES = "FROM event_lines";

/** The same SELECT of other lines than `event_lines`. */
export function readingFrom(sql: string, lines: string): string {
  if (sql.split(LINES).length !== 2) throw new Error(`sql/views/events_all.sql must read event_lines once: ${LINES}`);
  return sql.replace(LINES, () => `FROM (${lines})`);
}

/** The rows of a view of all lines, each as if it had no repeats; and the number that it would have among them. */
export function withoutNumbering(sql: string): { readonly rows: string; readonly number: string } {
  const [, number] = NUMBERING.exec(sql) ?? [];
  if (number === undefined)
    throw new Error("sql/views/events_all.sql must number repeats as row_number() OVER (...) AS copy");
  return { rows: sql.replace(NUMBERING, "CAST(1 AS BIGINT) AS copy"), number };
}

const NUMBERING = /(row_number\(\) OVER \([^()]*\)) AS copy/;
