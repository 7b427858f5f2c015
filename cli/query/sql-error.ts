/** DuckDB's messages span lines and draw pictures; one sentence of them says what is wrong. */
import { ArchiverError } from "../../lambda/errors.ts";
import { fileError } from "../../lambda/stores/file-errors.ts";

const TABLES =
  "Tables: events, days, people, doubled, events_ocsf, ocsf_types, events_all, event_lines; docs/querying.md describes their columns.";
const ONE_SELECT = "Give one SELECT; WITH, DESCRIBE and SUMMARIZE count as one.";

export const sqlError = (message: string, advice = ONE_SELECT, cause?: unknown): ArchiverError =>
  new ArchiverError("misconfigured", message, { advice, cause });

/** The first line says what is wrong, and often the second what may have been meant. */
export function explainSqlError(error: unknown): Error {
  if (error instanceof ArchiverError || !(error instanceof Error)) return error as Error;
  if ("syscall" in error) return fileError(error, pathOf(error)); // of the system, and not of the SQL
  if (error.message === "Error in native callback") return sqlError("The SQL does not contain a statement.");
  const [first = "", second = ""] = error.message
    .replace(/^Failed to \w+ statements?: /, "")
    .split("\n")
    .map((line) => line.trim());
  if (/^Out of Memory Error.*max_temp_directory_size|^IO Error.*(No space left|Could not write)/s.test(error.message)) {
    return new ArchiverError("unavailable", "The disk for what does not fit in memory is full.", {
      advice: "Name a folder with more room in TMPDIR, query fewer days or columns, or give more memory (--memory).",
      cause: error,
    });
  }
  if (first.startsWith("Out of Memory Error")) {
    return new ArchiverError(
      "unavailable",
      `The query needs more memory than its engine may use: ${withoutKind(first)}`,
      {
        advice: "Give more (--memory; the engine gets most of it), or query fewer days or columns.",
        cause: error,
      },
    );
  }
  if (/^(INTERNAL|FATAL|IO) Error/.test(first)) {
    return new ArchiverError("unavailable", `The query engine failed: ${sentence(first)}`, {
      advice: "Query fewer days or columns. If it persists, please report it.",
      cause: error,
    });
  }
  if (first.startsWith("Permission Error")) {
    return sqlError("The SQL reads a file or a URL, but it may read only the archive.", TABLES, error);
  }
  const hint = /^(Did you mean|Candidate bindings)/.test(second) ? `${sentence(second)} ${TABLES}` : TABLES;
  return sqlError(`The SQL failed: ${withoutKind(first)}`, hint, error);
}

/** Node names the file except where it is written through a handle; that is a temporary one. */
const pathOf = (error: Error): string =>
  "path" in error && typeof error.path === "string" ? error.path : "a temporary file (TMPDIR)";

const withoutKind = (text: string): string => sentence(text.replace(/^\w+( \w+){0,2} Error: /, ""));

const sentence = (text: string): string => (/[.?]$/.test(text) ? text : `${text.replace(/[!:]$/, "")}.`);
