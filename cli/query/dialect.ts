/**
 * What DuckDB lacks to run the SQL that Athena and Trino run: their functions as macros, and the table `event_lines`.
 * A macro may have the name of one of DuckDB's own functions; it then comes first.
 */
import { MAX_LINE_BYTES } from "../../lambda/segment/bounds.ts";
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
  // json_value, because of an object or an array json_extract_scalar makes null.
  "json_extract_scalar(j, p) AS system.main.json_extract_string(coalesce(try(json_value(j, p)), CASE WHEN has_surrogate(j) THEN try(json_value(repaired(j), p)) END), '$')",
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

/** The variable that names the files to read, a list of texts. It is read when a statement is bound. */
export const FILES_VARIABLE = "segment_files";

/**
 * One line is one row, byte for byte: no quotes, no escapes, no header, and a delimiter that no line holds. Without
 * strict mode a raw CR ends a line, as in Trino, and fails nothing. Whoever filters on `dt` or `workspace` opens the
 * files of these alone.
 */
export function eventLinesStatement(columns: PathColumns, hasFiles: boolean): string {
  if (!hasFiles) {
    const nothing = ["line", "workspace", "dt", '"$path"'].map((name) => `CAST(NULL AS VARCHAR) AS ${name}`);
    return `CREATE OR REPLACE VIEW event_lines AS SELECT ${nothing.join(", ")} WHERE false`;
  }
  const [workspace, day] = [`"${columns.workspace}"`, `"${columns.day}"`];
  return `CREATE OR REPLACE VIEW event_lines AS SELECT coalesce(line, '') AS line, ${workspace} AS workspace, ${day} AS dt,
      'events/workspace=' || ${workspace} || '/dt=' || ${day} || '/' || parse_filename(filename) AS "$path"
    FROM read_csv(getvariable('${FILES_VARIABLE}'),
      columns = {'line': 'VARCHAR'}, auto_detect = false, header = false, compression = 'gzip', new_line = '\\n',
      delim = chr(1) || chr(2) || chr(1) || chr(2), quote = '', escape = '', strict_mode = false,
      max_line_size = ${MAX_LINE_BYTES + 1}, buffer_size = ${MAX_LINE_BYTES + 1},
      hive_partitioning = true, hive_types = {'${columns.workspace}': VARCHAR, '${columns.day}': VARCHAR}, filename = true)`;
}
