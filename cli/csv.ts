/** The one writer of CSV: RFC 4180, with LF between records. */

/** null is an empty cell, and an empty text is `""`. */
export type CsvCell = string | number | bigint | boolean | null;

/**
 * Lines for these rows, each with its line feed. Unless `exact`, no spreadsheet takes a cell for a formula: an apostrophe
 * stands before what it would take for the beginning of one.
 */
export const csvLines = (rows: readonly (readonly CsvCell[])[], { exact }: { readonly exact: boolean }): string =>
  rows.map((row) => `${row.map((cell) => toText(cell, exact)).join(",")}\n`).join("");

/**
 * What begins a formula, full-width forms included, after whatever a spreadsheet passes over. A cell also begins where a
 * spreadsheet divides it by itself: at the semicolon, in half of the world's settings, at a tab, and at a line break.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: spreadsheets pass over these.
const FORMULA = /(^|[;\t\r\n])([\s\u0000-\u001f\u00a0\u200b-\u200f\u2060\ufeff]*)(?=[=+\-@＝＋－＠])/g;
/** A lone CR ends a record for many readers, and white space at the ends is lost to some. */
const NEEDS_QUOTES = /[",;\t\r\n]|^\s|\s$/;

function toText(cell: CsvCell, exact: boolean): string {
  if (cell === null) return "";
  if (typeof cell !== "string") return String(cell);
  const text = exact ? cell : cell.replace(FORMULA, "$1$2'");
  return text === "" || NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
