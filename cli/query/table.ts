/** An answer for people: a table that fits the terminal, or one column a line. A table says what it leaves out. */
import { cutToWidth, formatCount, lineSafe, plural, renderTable, widthOf } from "../terminal.ts";
import { type AnswerColumn, type AnswerValue, valueText } from "./answer.ts";

export interface PeopleStyle {
  /** Columns of the terminal; null where there is none. */
  readonly width: number | null;
  /** Paints what is no value: the heading of a table, the names of lines. */
  heading(text: string): string;
}

type Row = readonly AnswerValue[];

export interface PeopleFormat {
  rows(rows: readonly Row[], before: number): string;
  /** `of`: how many rows the answer has. */
  end(count: number, of: number): string;
}

/** Where no terminal sets a limit, wider values are cut: whoever wants them whole asks for another format. */
const MAX_WIDTH = 80;
/** No column is made narrower: an id or a day stays whole. */
const LEAST_WIDTH = 16;
const GAP = 2;
/** Stands where something is left out; alone, for columns. */
const MORE = "…";

/**
 * Columns are left out from the right until the others fit; then the widest texts are cut. Numbers and times are never
 * cut. The first rows decide which columns there are, so that these stay the same all the way down.
 */
export function createTable(columns: readonly AnswerColumn[], { width, heading }: PeopleStyle): PeopleFormat {
  const widest = width ?? MAX_WIDTH;
  let shown: number | null = null;
  let cut = 0;

  function render(rows: readonly Row[]): string {
    const texts = rows.map((row) => row.map((value) => startOf(textOf(value), widest)));
    const natural = columns.map(({ name }, index) =>
      texts.reduce((most, row) => Math.max(most, Math.min(widest, widthOf(row[index]!))), widthOf(lineSafe(name))),
    );
    const least = natural.map((wide, index) => (isRigid(columns[index]!) ? wide : Math.min(wide, LEAST_WIDTH)));
    shown ??= width === null ? columns.length : countFitting(least, width);
    const more = shown < columns.length ? [MORE] : [];
    const room = width === null ? natural.length * widest : width - GAP * (shown - 1 + more.length) - more.length;
    const widths = shareOut(natural.slice(0, shown), least, room);
    const cells = texts.map((row) => widths.map((most, index) => cutToWidth(row[index]!, most)));
    cut += cells.reduce((sum, row, at) => sum + row.filter((cell, index) => isCut(cell, texts[at]![index]!)).length, 0);
    const heads = widths.map((most, index) => {
      const { name, isNumber } = columns[index]!;
      return { title: cutToWidth(lineSafe(name), most), align: isNumber ? "right" : "left" } as const;
    });
    return renderTable(
      [...heads, ...more.map((title) => ({ title }))],
      cells.map((row) => [...row, ...more]),
      heading,
    );
  }

  return {
    rows: (rows) => `${render(rows)}\n`,
    end: (count, of) => {
      const empty = count === 0 ? `${render([])}\n` : "";
      return `${empty}${countRows(count, of)}\n${describeMissing(columns.length, shown ?? 0, cut)}`;
    },
  };
}

/** `name = value`, with an empty line between rows; values are whole. */
export function createLines(columns: readonly AnswerColumn[], { heading }: PeopleStyle): PeopleFormat {
  const names = columns.map(({ name }) => lineSafe(name));
  const widest = Math.max(...names.map(widthOf));
  const padded = names.map((name) => heading(`${" ".repeat(widest - widthOf(name))}${name} =`));
  const lines = (row: Row) => row.map((value, index) => `${padded[index]} ${lineSafe(textOf(value))}`.trimEnd());
  return {
    rows: (rows) => rows.map((row) => `${lines(row).join("\n")}\n\n`).join(""),
    end: (count, of) => `${countRows(count, of)}\n`,
  };
}

const textOf = (value: AnswerValue): string => (value === null ? "" : valueText(value));

/** As much of a long text as can matter. */
const startOf = (text: string, widest: number): string =>
  lineSafe(text.length > 4 * widest ? `${text.slice(0, 4 * widest).toWellFormed()}${MORE}` : text);

const isCut = (cell: string, text: string): boolean => cell !== text || text.length > 4 * MAX_WIDTH;

const isRigid = ({ isNumber, type }: AnswerColumn): boolean => isNumber || /^(TIMESTAMP|DATE|TIME)/.test(type);

/** How many of the first columns fit beside the mark for the others; at least one is shown. */
function countFitting(least: readonly number[], width: number): number {
  const sum = (count: number): number => least.slice(0, count).reduce((taken, wide) => taken + wide + GAP, -GAP);
  if (sum(least.length) <= width) return least.length;
  const room = width - GAP - MORE.length;
  return Math.max(1, least.findLastIndex((_, index) => sum(index + 1) <= room) + 1);
}

/** All columns are cut at one width, except those that are narrower or cannot be cut. */
function shareOut(natural: readonly number[], least: readonly number[], room: number): number[] {
  for (let most = Math.max(0, ...natural); most >= LEAST_WIDTH; most--) {
    const widths = natural.map((wide, index) => Math.max(least[index]!, Math.min(wide, most)));
    if (widths.reduce((sum, wide) => sum + wide, 0) <= room) return widths;
  }
  return natural.map((_, index) => least[index]!);
}

export function countRows(count: number, of: number): string {
  if (of === 0) return "(no rows)";
  return count === of ? `(${plural(count, "row")})` : `(${formatCount(count)} of ${plural(of, "row")})`;
}

function describeMissing(columns: number, shown: number, cut: number): string {
  const missing = columns - shown;
  const left = [
    ...(missing > 0 ? [`${missing} of ${plural(columns, "column")} left out`] : []),
    ...(cut > 0 ? [`${plural(cut, "value")} cut`] : []),
  ];
  if (left.length === 0) return "";
  return `${left.join(", ")}.\n${missing > 0 ? "--columns a,b chooses columns; " : ""}--format line shows everything.\n`;
}
