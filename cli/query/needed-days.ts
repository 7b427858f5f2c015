/** Which days a statement would read, as DuckDB's own planner leaves them over. */
import type { DuckDBConnection } from "@duckdb/node-api";
import type { LogDay } from "./segment-files.ts";
import { bindParameters, prepareSelect, type SqlParameters } from "./statement.ts";

/** Where the days of the archive stand, for `neededDays`. */
export async function createLogDays(connection: DuckDBConnection, days: readonly LogDay[]): Promise<void> {
  await connection.run("CREATE SCHEMA desk");
  await connection.run("CREATE TABLE desk.log_days (workspace VARCHAR, dt VARCHAR)");
  const appender = await connection.createAppender("log_days", "desk");
  for (const { workspace, day } of days) {
    appender.appendVarchar(workspace);
    appender.appendVarchar(day);
    appender.endRow();
  }
  appender.closeSync();
}

/**
 * The plan is made over one file a day, and says of every scan which conditions choose its files and how many they
 * leave. Those conditions are asked of `desk.log_days`; where they cannot be, or leave another number, all days count.
 */
export async function neededDays(
  connection: DuckDBConnection,
  sql: string,
  parameters: SqlParameters,
  all: readonly LogDay[],
): Promise<readonly LogDay[]> {
  const statement = await connection.prepare(`EXPLAIN (FORMAT json) ${sql}`);
  const plan = (await bindParameters(statement, parameters).runAndReadAll()).getRowsJson()[0]?.[1];
  const needed = new Map<string, LogDay>();
  for (const scan of findScans(JSON.parse(String(plan)))) {
    for (const day of (await daysOfScan(connection, scan, all.length)) ?? all) {
      needed.set(`${day.workspace}/${day.day}`, day);
    }
  }
  return [...needed.values()];
}

interface Scan {
  readonly filters: string;
  /** Files left and files in all, as `2/30`; empty where nothing is filtered. */
  readonly files: string;
}

function findScans(node: unknown): Scan[] {
  if (Array.isArray(node)) return node.flatMap(findScans);
  if (typeof node !== "object" || node === null) return [];
  const { name, extra_info: extra, children } = node as Record<string, unknown>;
  const below = findScans(children);
  if (typeof name !== "string" || !name.trim().startsWith("READ_CSV")) return below;
  const info = (extra ?? {}) as Record<string, unknown>;
  return [...below, { filters: String(info["File Filters"] ?? ""), files: String(info["Scanning Files"] ?? "") }];
}

async function daysOfScan(connection: DuckDBConnection, scan: Scan, total: number): Promise<LogDay[] | null> {
  const [left, of] = scan.files.split("/").map(Number);
  if (scan.filters === "" || of !== total) return null;
  const conditions = splitConditions(scan.filters).map((condition) => `(${condition})`);
  try {
    const sql = `SELECT workspace, dt FROM desk.log_days WHERE ${conditions.join(" AND ")}`;
    const rows = (await (await prepareSelect(connection, sql, [])).runAndReadAll()).getRowsJson();
    return rows.length === left
      ? rows.map(([workspace, day]) => ({ workspace: String(workspace), day: String(day) }))
      : null;
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
