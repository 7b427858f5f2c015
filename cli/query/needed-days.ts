/** Which days a statement would read, as DuckDB's own planner leaves them over. */
import type { DuckDBConnection } from "@duckdb/node-api";
import type { QueryDay, SegmentFiles } from "./segment-files.ts";
import { prepareSelect } from "./statement.ts";

/** Where the days of the archive stand, for `neededDays`. */
export async function createLogDays(
  connection: DuckDBConnection,
  { days, columns }: Pick<SegmentFiles, "days" | "columns">,
): Promise<void> {
  await connection.run("CREATE SCHEMA desk");
  await connection.run(
    `CREATE TABLE desk.log_days (workspace VARCHAR, dt VARCHAR, "${columns.workspace}" VARCHAR, "${columns.day}" VARCHAR)`,
  );
  const appender = await connection.createAppender("log_days", "desk");
  for (const { workspace, day } of days) {
    for (const value of [workspace, day, workspace, day]) appender.appendVarchar(value);
    appender.endRow();
  }
  appender.closeSync();
}

/** Plans the statement as if the archive held these days alone. */
export type PlanOver = (days: readonly QueryDay[]) => Promise<unknown>;

/**
 * A plan says of every scan which conditions choose its files, and how many they leave. The conditions are asked of
 * `desk.log_days`. Their text is not exact (a range is BETWEEN, with its ends or without), so where another number of
 * days comes out, days are planned for by themselves until it is known.
 */
export async function neededDays(
  connection: DuckDBConnection,
  planOver: PlanOver,
  all: readonly QueryDay[],
): Promise<readonly QueryDay[]> {
  const needed = new Set<QueryDay>();
  for (const scan of findScans(await planOver(all))) {
    if (scan.total !== all.length) return all;
    const asked = (await askLogDays(connection, scan, all)) ?? all;
    const candidates = asked.length < scan.left ? all : asked;
    for (const day of await narrow(planOver, candidates, scan.left)) needed.add(day);
  }
  return all.filter((day) => needed.has(day));
}

/** The `left` days among the candidates that are needed; more, if another scan needs those. */
async function narrow(planOver: PlanOver, candidates: readonly QueryDay[], left: number): Promise<readonly QueryDay[]> {
  if (candidates.length === left || left === 0) return left === 0 ? [] : candidates;
  // The usual case: `dt < until`, written as BETWEEN.
  const last = candidates
    .map(({ day }) => day)
    .toSorted()
    .at(-1)!;
  const before = candidates.filter(({ day }) => day < last);
  const isLastNeeded =
    (await usesOf(
      planOver,
      candidates.filter(({ day }) => day === last),
    )) !== "none";
  return before.length === left && !isLastNeeded ? before : await halve(planOver, candidates);
}

async function halve(planOver: PlanOver, days: readonly QueryDay[]): Promise<readonly QueryDay[]> {
  if (days.length === 0) return [];
  const uses = await usesOf(planOver, days);
  if (uses !== "some") return uses === "all" ? days : [];
  const middle = Math.ceil(days.length / 2);
  return [...(await halve(planOver, days.slice(0, middle))), ...(await halve(planOver, days.slice(middle)))];
}

/** How many of these days the statement needs, in any of its scans. */
async function usesOf(planOver: PlanOver, days: readonly QueryDay[]): Promise<"all" | "some" | "none"> {
  const scans = findScans(await planOver(days));
  if (scans.every((scan) => scan.left === 0)) return "none";
  return scans.some((scan) => scan.left === days.length) ? "all" : "some";
}

interface Scan {
  readonly filters: string;
  /** Files that the filters leave, and files in all. */
  readonly left: number;
  readonly total: number;
}

function findScans(node: unknown): Scan[] {
  if (Array.isArray(node)) return node.flatMap(findScans);
  if (typeof node !== "object" || node === null) return [];
  const { name, extra_info: extra, children } = node as Record<string, unknown>;
  const below = findScans(children);
  if (typeof name !== "string" || !name.trim().startsWith("READ_CSV")) return below;
  const info = (extra ?? {}) as Record<string, unknown>;
  const [left = Number.NaN, total = Number.NaN] = String(info["Scanning Files"] ?? "")
    .split("/")
    .map(Number);
  return [...below, { filters: String(info["File Filters"] ?? ""), left, total }];
}

/** The days that fulfil the conditions of a scan; null if they cannot be asked. */
async function askLogDays(
  connection: DuckDBConnection,
  scan: Scan,
  all: readonly QueryDay[],
): Promise<readonly QueryDay[] | null> {
  const conditions = splitConditions(scan.filters).map((condition) => `(${condition})`);
  try {
    const sql = `SELECT workspace || '/' || dt FROM desk.log_days WHERE ${conditions.join(" AND ")}`;
    const rows = (await (await prepareSelect(connection, sql, [])).runAndReadAll()).getRowsJson();
    const names = new Set(rows.map(([name]) => name));
    return all.filter(({ workspace, day }) => names.has(`${workspace}/${day}`));
  } catch {
    return null;
  }
}

/** The conditions stand one after the other, without anything between: each ends where its last bracket closes. */
function splitConditions(text: string): string[] {
  const conditions: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "'" || character === '"') at = endOfQuoted(text, at);
    else if (character === "(") depth += 1;
    else if (character === ")" && --depth === 0) {
      conditions.push(text.slice(start, at + 1));
      start = at + 1;
    }
  }
  return start < text.length ? [...conditions, text.slice(start)] : conditions;
}

/** A doubled quote inside begins the next quoted piece, which comes to the same. */
const endOfQuoted = (text: string, at: number): number => {
  const end = text.indexOf(text[at]!, at + 1);
  return end < 0 ? text.length : end;
};
