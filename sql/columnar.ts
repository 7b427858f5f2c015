/**
 * The statements that keep the columnar copy, in Athena's SQL: the files of `columnar/`, below a comment. What depends on the
 * columns of `events` is filled in here. `:since`, `:until`, `:month` and `:checked_at` stay in a statement; whoever runs it puts
 * a text in quotes in place of each.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { renderParameters } from "./questions.ts";
import { loadViews, type View, type ViewColumn } from "./views.ts";

const NAMES = [
  "create",
  "drop",
  "merge",
  "check",
  "forget",
  "optimize",
  "vacuum",
  "show-copy",
  "show-record",
  "note-copied",
  "read-copied",
] as const;
export type ColumnarStatement = (typeof NAMES)[number];

/** The odd day, as the functions have it (`ODD_DAY`). Events may be added to it at any time, so the copy leaves it out. */
export const UNDATED_DAY = "2021-10-07";

/** `location`: where the table's files are, such as `s3://bucket/events/`. */
export function loadColumnar(location: string): Readonly<Record<ColumnarStatement, string>> {
  const { columns } = viewOf("events");
  const names = columns.map(({ name }) => name);
  const fills: Readonly<Record<string, string>> = {
    definitions: [...columns, KEY, MONTH].map(({ name, type }) => `${name} ${TYPES[type]}`).join(",\n  "),
    columns: names.join(", "),
    recorded: names.map((name) => `recorded.${name}`).join(", "),
    shown: columns.map(asShown).join(", "),
    fingerprint: `from_big_endian_64(substr(sha256(to_utf8(${columns.map(asText).join(" || ")})), 1, 8))`,
    location: `'${location}'`,
    odd_day: `'${UNDATED_DAY}'`,
  };
  return Object.fromEntries(
    NAMES.map((name) => [name, fill(readFileSync(join(FOLDER, `${name}.sql`), "utf8"), fills)]),
  ) as Record<ColumnarStatement, string>;
}

/** The views that `events_fast` has beside it, because others are over `events` alone. */
export function loadFastViews(): readonly View[] {
  const events = viewOf("events");
  return [
    {
      ...events,
      name: "events_fast",
      meaning: "The same as events, from the columnar copy as far as that was checked.",
      sql: `SELECT ${events.columns.map(({ name }) => name).join(", ")} FROM events`,
    },
    {
      name: "events_copied",
      meaning: "Up to which day events_fast answers from the copy, and as of when.",
      columns: [
        { name: "until", type: "varchar", meaning: "the last day that comes from the copy; empty: none does" },
        { name: "checked_at", type: "timestamp(3)", meaning: "when it was last compared with the record, in UTC" },
      ],
      // A deployment of other views writes another text, by which the copy is made anew.
      sql: `SELECT CAST('' AS varchar) AS until, CAST(NULL AS timestamp(3)) AS checked_at /* of ${digestOf(events)} */`,
    },
    ...["days", "people", "events_ocsf"].map((name) => {
      const view = viewOf(name);
      return { ...view, name: `${name}_fast`, sql: toFast(view.sql) };
    }),
  ];
}

/** A question or view, asked of the copy in place of the record. */
export const toFast = (sql: string): string => sql.replace(/\b(FROM|JOIN) (events|days|people)\b/g, "$1 $2_fast");

const FOLDER = join(import.meta.dirname, "columnar");

const KEY: ViewColumn = {
  name: "event_key",
  type: "varchar",
  meaning: "what an event is told apart by within its day",
};
const MONTH: ViewColumn = { name: "month", type: "varchar", meaning: "such as 2026-05" };

/** Athena's names for the types of columns, as its statements that create tables take them. */
const TYPES: Readonly<Record<string, string>> = { varchar: "string", "timestamp(3)": "timestamp" };

const viewOf = (name: string): View => loadViews().find((view) => view.name === name)!;

/** Of all that the copy's rows depend on. */
const digestOf = (events: View): string =>
  createHash("sha256")
    .update(JSON.stringify([viewOf("events_all"), events]))
    .digest("hex")
    .slice(0, 16);

/** Iceberg keeps microseconds; the views have milliseconds. */
const asShown = ({ name, type }: ViewColumn): string =>
  type === "timestamp(3)" ? `CAST(${name} AS timestamp(3)) AS ${name}` : name;

/** Each value with its length before it, and `-` for null, so that no two rows have the same text. */
const asText = ({ name, type }: ViewColumn): string => {
  const text = type === "varchar" ? name : `CAST(CAST(${name} AS ${type}) AS varchar)`;
  return `coalesce(CAST(length(${text}) AS varchar) || ':' || ${text}, '-')`;
};

/** Without the comments: a few statements of Athena's take none. */
const fill = (text: string, fills: Readonly<Record<string, string>>): string =>
  renderParameters(text.replaceAll(/^\s*--.*\n/gm, "").trim(), (name) => fills[name] ?? `:${name}`);
