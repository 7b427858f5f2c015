/** The one writer of Excel files: one sheet, for people. What Excel cannot hold is said, and never left out in silence. */
import { getHeapStatistics } from "node:v8";
import writeXlsxFile, { type Row } from "write-excel-file/node";
import type { CsvCell } from "./csv.ts";
import { misused } from "./exit.ts";
import { formatCount, plural } from "./terminal.ts";

/** Excel's own, the heading included. */
const MAX_ROWS = 1_048_576;
const MAX_COLUMNS = 16_384;
const MAX_CELL_CHARACTERS = 32_767;
/** What a cell takes of the heap until the file is made: 420 to 470 were measured. */
const CELL_BYTES = 500;
/** Excel shows no more digits, and rounds what has more. */
const MAX_NUMBER = 999_999_999_999_999;
/** Excel shows longer cells of the format "text" as a row of #. */
const MAX_TEXT_FORMAT_CHARACTERS = 255;

const ADVICE = "Use --format csv, which has no limit, or choose less: fewer days, --columns or --limit.";

export interface Sheet {
  /** Throws ArchiverError `misconfigured` for a row that Excel has no room for. */
  add(row: readonly CsvCell[]): void;
  /** How many cells are longer than Excel can hold; each of them ends in a mark that says so. */
  readonly cut: number;
  toBuffer(): Promise<Buffer>;
}

/** More would end the process without a word. */
const cellsThatFit = (): number => Math.floor(getHeapStatistics().heap_size_limit / CELL_BYTES);

/** `rowCount`: how many rows are to come, where that is known. */
export function createSheet(names: readonly string[], rowCount = 0, mostCells = cellsThatFit()): Sheet {
  checkRows(rowCount);
  if (names.length > MAX_COLUMNS) throw tooLarge(`${formatCount(names.length)} columns`, formatCount(MAX_COLUMNS));
  const rows: Row[] = [names.map((name) => ({ value: escapeText(name), type: String, fontWeight: "bold" }))];
  let cut = 0;
  return {
    add(row) {
      checkRows(rows.length);
      if (rows.length * names.length > mostCells) {
        throw tooLarge(`more than ${formatCount(mostCells)} cells`, "no more in the memory of this process");
      }
      cut += row.filter(isTooLong).length;
      rows.push(row.map(toCell));
    },
    get cut() {
      return cut;
    },
    async toBuffer() {
      try {
        return await writeXlsxFile(rows, { sheet: "Answer", stickyRowsCount: 1 }).toBuffer();
      } catch (error) {
        // The sheet is one text before it is compressed, and the engine has a longest one.
        if (error instanceof RangeError) throw tooLarge("more cells than can be made into one file", "fewer");
        throw error;
      }
    },
  };
}

function checkRows(rowCount: number): void {
  if (rowCount >= MAX_ROWS) throw tooLarge(`more than ${formatCount(MAX_ROWS - 1)} rows`, "no more below its heading");
}

const tooLarge = (what: string, most: string) =>
  misused(`There are ${what}, and an Excel sheet holds ${most}.`, ADVICE);

/** Text is text, whatever it begins with: only a cell of the type formula is one. So is a number that Excel would round. */
function toCell(cell: CsvCell) {
  if (cell === null || cell === "") return null;
  if (typeof cell === "boolean") return { value: cell, type: Boolean };
  if (typeof cell !== "string" && Math.abs(Number(cell)) <= MAX_NUMBER) return { value: Number(cell), type: Number };
  const text = isTooLong(cell) ? cutWithMark(cell) : String(cell);
  const isShort = text.length <= MAX_TEXT_FORMAT_CHARACTERS;
  return { value: escapeText(text), type: String, ...(isShort && { format: "@" }) };
}

const isTooLong = (cell: CsvCell): cell is string => typeof cell === "string" && cell.length > MAX_CELL_CHARACTERS;

function cutWithMark(text: string): string {
  const mark = ` [cut here by Excel's limit: ${formatCount(text.length)} characters in all]`;
  return text.slice(0, MAX_CELL_CHARACTERS - mark.length) + mark;
}

/** For people, beside the file; null where nothing was cut. */
export const describeCut = ({ cut }: Pick<Sheet, "cut">): string | null =>
  cut === 0
    ? null
    : `${plural(cut, "cell")} longer than the ${formatCount(MAX_CELL_CHARACTERS)} characters that Excel holds: cut, with a mark at the end; csv has all`;

/** What XML or the library would drop, and what Excel would take for an escape: control characters, odd halves, U+FFFD. */
const UNWRITABLE = /[\p{Noncharacter_Code_Point}\p{Cs}\ufffd]|(?![\t\n])\p{Cc}|_(?=x[0-9a-fA-F]{4}_)/gu;

/** `_x000D_` is how Excel writes what XML cannot hold, and it reads it back as the character. */
function escapeText(text: string): string {
  // The library keeps texts in an object that knows these names before any text has been put in.
  const start = text in {} ? escapeCharacter(text[0]!) + text.slice(1) : text;
  return start === text ? text.replace(UNWRITABLE, escapeCharacter) : start;
}

const escapeCharacter = (character: string): string =>
  Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
    .map((unit) => `_x${unit.toString(16).toUpperCase().padStart(4, "0")}_`)
    .join("");
