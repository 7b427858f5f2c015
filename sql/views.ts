/**
 * The views over the table `event_lines (line, workspace, dt, "$path")`, with the same SQL for Athena, Trino and DuckDB.
 * Each file is a SELECT below a comment: the meaning of the view, then one line `-- name type: meaning` per column.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface ViewColumn {
  readonly name: string;
  /** Trino's name of the type: varchar, bigint, timestamp(3). */
  readonly type: string;
  readonly meaning: string;
}

export interface View {
  readonly name: string;
  readonly meaning: string;
  readonly columns: readonly ViewColumn[];
  /** The SELECT alone, without comment and semicolon. */
  readonly sql: string;
}

/** In an order in which they can be created: each view uses only earlier ones. */
const NAMES: readonly string[] = ["events_all", "events", "days", "people", "doubled", "ocsf_types", "events_ocsf"];

const FOLDER = join(import.meta.dirname, "views");

export function loadViews(): readonly View[] {
  const unlisted = readdirSync(FOLDER).find((file) => !NAMES.some((name) => file === `${name}.sql`));
  if (unlisted !== undefined) throw new Error(`sql/views/${unlisted}: list it in NAMES of sql/views.ts.`);
  const views: View[] = [];
  for (const name of NAMES) {
    views.push(parseView(name, readFileSync(join(FOLDER, `${name}.sql`), "utf8"), views));
  }
  return views;
}

function parseView(name: string, text: string, before: readonly View[]): View {
  const lines = text.trimEnd().split("\n");
  const start = lines.findIndex((line) => !line.startsWith("--"));
  const comment = lines.slice(0, start).map((line) => line.slice(3));
  const gap = comment.indexOf("");
  const columns = comment.slice(gap + 1).flatMap((line) => parseColumns(line, before));
  return { name, meaning: comment.slice(0, gap).join(" "), columns, sql: lines.slice(start).join("\n") };
}

function parseColumns(line: string, before: readonly View[]): readonly ViewColumn[] {
  const like = /^like (\w+) but (\w+)$/.exec(line);
  if (like !== null) {
    const model = before.find((view) => view.name === like[1]);
    if (model === undefined)
      throw new Error(`sql/views: "${line}" refers to a view that does not exist or comes later`);
    return model.columns.filter((column) => column.name !== like[2]);
  }
  const match = /^(\w+) ([a-z]+(?:\(\d\))?): (.+)$/.exec(line);
  if (match === null) throw new Error(`sql/views: "-- ${line}" is not a column; write "-- name type: meaning"`);
  return [{ name: match[1]!, type: match[2]!, meaning: match[3]! }];
}
