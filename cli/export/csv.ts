import { stringify } from "csv-stringify/sync";

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

export const csvHeader = (): string => stringify([COLUMNS.map(([name]) => name)]);

/**
 * Rows for a spreadsheet: a cell that it would take for a formula gets an apostrophe in front, and objects are JSON
 * text. An event that is no object is all `details`. For the exact event take NDJSON.
 */
export function csvRows(lines: readonly Buffer[]): string {
  const rows = lines.map((line) => {
    const value: unknown = parse(line);
    const event = typeof value === "object" && !Array.isArray(value) ? value : { details: value };
    return COLUMNS.map(([, path]) => toCell(path.reduce(fieldOf, event)));
  });
  return stringify(rows, { escape_formulas: true });
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function toCell(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function parse(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString());
  } catch {
    return null;
  }
}
