import { type CsvCell, csvLines } from "../csv.ts";

/** Column by column, where in the event it stands. */
const COLUMNS: readonly (readonly [name: string, path: readonly string[]])[] = [
  ["gid", ["gid"]],
  ["created_at", ["created_at"]],
  ["event_type", ["event_type"]],
  ["event_category", ["event_category"]],
  ["actor_type", ["actor", "actor_type"]],
  ["actor_gid", ["actor", "gid"]],
  ["actor_name", ["actor", "name"]],
  ["actor_email", ["actor", "email"]],
  ["resource_type", ["resource", "resource_type"]],
  ["resource_subtype", ["resource", "resource_subtype"]],
  ["resource_gid", ["resource", "gid"]],
  ["resource_name", ["resource", "name"]],
  ["resource_email", ["resource", "email"]],
  ["context_type", ["context", "context_type"]],
  ["client_ip_address", ["context", "client_ip_address"]],
  ["user_agent", ["context", "user_agent"]],
  ["api_authentication_method", ["context", "api_authentication_method"]],
  ["details", ["details"]],
];

export const columnNames: readonly string[] = COLUMNS.map(([name]) => name);

export const csvHeader = (): string => csvLines([columnNames], { exact: true });

export const csvRows = (lines: readonly Buffer[], style: { readonly exact: boolean }): string =>
  csvLines(lines.map(cellsOf), style);

/**
 * A row of columns; objects are JSON text. An event that is no object is all `details`. For the exact event take NDJSON.
 */
export function cellsOf(line: Buffer): CsvCell[] {
  const value: unknown = parse(line);
  const event = typeof value === "object" && !Array.isArray(value) ? value : { details: value };
  return COLUMNS.map(([, path]) => toCell(path.reduce(fieldOf, event)));
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function toCell(value: unknown): CsvCell {
  if (value === undefined || value === null) return null;
  return typeof value === "object" ? JSON.stringify(value) : (value as string | number | boolean);
}

function parse(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString());
  } catch {
    return null;
  }
}
