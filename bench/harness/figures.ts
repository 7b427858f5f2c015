import type { Ratio, Spread, Table } from "./bench.ts";

/** Three significant digits, as people read them. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return "-";
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString("en-US");
  return size >= 100
    ? value.toFixed(0)
    : size >= 10
      ? value.toFixed(1)
      : size >= 1
        ? value.toFixed(2)
        : value.toFixed(3);
}

export const withRange = ({ median, min, max }: Spread): string =>
  min === max ? figure(median) : `${figure(median)} (${figure(min)} to ${figure(max)})`;

export const megabytes = (bytes: number): number => bytes / 1_000_000;
export const seconds = (ms: number): number => ms / 1000;

export type Verdict = "stretch" | "met" | "missed" | "reported";

export function verdictOf({ goal, value }: Ratio): Verdict {
  if (goal === undefined) return "reported";
  const holds = (bound: number) => (goal.is === "at least" ? value.median >= bound : value.median <= bound);
  return holds(goal.stretch) ? "stretch" : holds(goal.bound) ? "met" : "missed";
}

/** Columns are as wide as their widest cell; numbers are aligned to the right. */
export function alignedTable({ title, columns, rows }: Table): string {
  const widths = columns.map((column, at) => Math.max(column.length, ...rows.map((row) => (row[at] ?? "").length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!)))
      .join("  ")
      .trimEnd();
  return [title, line(columns), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(line)].join("\n");
}

export function markdownTable({ columns, rows }: Omit<Table, "title">): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(columns), line(columns.map((_, at) => (at === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

export function goalText({ goal, unit = "" }: Ratio): string {
  if (goal === undefined) return "";
  const sign = goal.is === "at least" ? "≥" : "≤";
  return `${sign} ${goal.bound}${unit}, aim ${sign} ${goal.stretch}${unit}`;
}

export const ratioTable = (title: string, ratios: readonly Ratio[]): Table => ({
  title,
  columns: ["ratio", "value", "goal", "verdict"],
  rows: ratios.map((ratio) => [
    `${ratio.target === undefined ? "" : `[${ratio.target}] `}${ratio.meaning}`,
    `${withRange(ratio.value)}${ratio.unit ?? ""}`,
    goalText(ratio),
    verdictOf(ratio),
  ]),
});
