/** Text for people: aligned, short, and harmless to the terminal it is printed on. */
import type { Writable } from "node:stream";
import { styleText } from "node:util";

// Everything a terminal may act on or that turns the direction of text: C0, DEL, C1, and the bidirectional controls.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal.
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Control characters as JSON escapes; tab and line feed stay. Inside JSON text this changes no meaning. */
export const terminalSafe = (text: string): string =>
  text.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** The same for a single line of text: line feeds and tabs are escaped as well. */
export const lineSafe = (text: string): string =>
  terminalSafe(text).replace(/[\n\t]/g, (character) => (character === "\n" ? "\\n" : "\\t"));

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}

/** A colour that means something: headings are bold, names dim, faults red. */
export type Paint = "bold" | "dim" | "red";

/** Paints on a terminal only; NO_COLOR and FORCE_COLOR decide otherwise. What is painted must be safe already. */
export const paint = (style: Paint, text: string, stream: Writable): string => styleText(style, text, { stream });

/** Made when it is needed: making it takes as long as half a start. */
let graphemes: Intl.Segmenter | null = null;

function graphemesOf(text: string): Iterable<{ readonly segment: string }> {
  graphemes ??= new Intl.Segmenter();
  return graphemes.segment(text);
}

/** East Asian wide and full-width characters, and emoji: a terminal gives them two columns. */
const WIDE =
  /^(?:\p{Emoji_Presentation}|\p{Emoji}\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}])/u;

/** What a terminal gives no column to: marks without a letter before them, joiners and other invisible characters. */
const INVISIBLE = /^[\p{Default_Ignorable_Code_Point}\p{Nonspacing_Mark}\p{Enclosing_Mark}]+$/u;

const widthOfGrapheme = (grapheme: string): number => (INVISIBLE.test(grapheme) ? 0 : WIDE.test(grapheme) ? 2 : 1);

/** Of these characters each takes one column. A segmenter takes a hundred times as long, so it is kept for the others. */
const SIMPLE = /^[\x20-\x7e\u00a0-\u00ac\u00ae-\u02ff\u2026]*$/;

/** Columns that one line of text takes on a terminal. */
export const widthOf = (text: string): number =>
  SIMPLE.test(text)
    ? text.length
    : [...graphemesOf(text)].reduce((width, { segment }) => width + widthOfGrapheme(segment), 0);

/** The text, or as much of it as leaves room for the mark that something is missing. */
export function cutToWidth(text: string, width: number): string {
  if (text.length <= width / 2 || widthOf(text) <= width) return text;
  if (SIMPLE.test(text)) return `${text.slice(0, Math.max(0, width - 1))}…`;
  let kept = "";
  let taken = 1;
  for (const { segment } of graphemesOf(text)) {
    taken += widthOfGrapheme(segment);
    if (taken > width) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** Columns aligned by spaces alone, so that it also reads well in a pipe. `heading` paints the first line. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  heading: (line: string) => string = (line) => line,
): string {
  const cells = [columns.map(({ title }) => title), ...rows].map((row) => row.map(lineSafe));
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => widthOf(row[index] ?? ""))));
  const pad = (text: string, index: number): string => {
    const space = " ".repeat(widths[index]! - widthOf(text));
    return columns[index]!.align === "right" ? space + text : text + space;
  };
  const [first = "", ...rest] = cells.map((row) => row.map(pad).join("  ").trimEnd());
  return [heading(first), ...rest].join("\n");
}

/** Lines of at most `width` columns, broken at spaces; those after the first begin with `indent`. */
export function wrap(text: string, indent: string, width = 80): string {
  const [first = "", ...words] = text.split(/(?<=\S) +/);
  const lines: string[] = [];
  let line = first;
  for (const word of words) {
    if (widthOf(`${line} ${word}`) <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = indent + word;
    }
  }
  return [...lines, line].join("\n");
}

/** The same beside a label, below whose end all lines begin. */
export const wrapBeside = (label: string, text: string): string =>
  label + wrap(text, " ".repeat(label.length), 80 - label.length);

export const formatCount = (count: number): string => count.toLocaleString("en-US");

/** In decimal units. */
export function formatBytes(sizeBytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = sizeBytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`;
}

/** In its two largest units. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, ms / 1000);
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const [days, hours, minutes] = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3600) % 24,
    Math.floor(whole / 60) % 60,
  ];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  if (minutes > 0) return `${minutes} min ${whole % 60} s`;
  return `${whole} s`;
}

/** The machine's own time of day, with its date: `2026-11-28 14:32:05`. */
export function formatLocalTime(ms: number): string {
  const at = new Date(ms);
  const two = (number: number) => String(number).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;
