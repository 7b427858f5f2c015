/**
 * Whether a value that somebody gave means anything in the archive. A name that is spelt wrongly would otherwise get the
 * answer "nothing", which is a wrong one.
 */
import type { ArchiverError } from "../../lambda/errors.ts";
import { misused } from "../exit.ts";
import type { ArchiveSql } from "./engine.ts";
import type { DayWindow } from "./held-days.ts";

export type HeldType = "person" | "resource" | "kind" | "method" | "domains" | "event_type";

interface Check {
  /** A condition on `events` for `$value`. */
  readonly isHeld: string;
  /** A SELECT of what there is: `value`, and its `likeness` to `$value`. Null: there are too many to suggest one. */
  readonly candidates: string | null;
  message(value: string): string;
  readonly advice: string;
}

const USER = "resource_type = 'user'";
const METHODS = `unnest(from_json(json_extract(details, '$.method'), '["VARCHAR"]'))`;
const DOMAIN_OF = (column: string) => `lower(split_part(${column}, '@', 2))`;

const CHECKS: Record<HeldType, Check> = {
  person: {
    isHeld: `lower($value) IN (actor_gid, lower(actor_email)) OR (${USER} AND lower($value) IN (resource_gid, lower(resource_email)))`,
    candidates: `SELECT concat_ws(' ', name, '<' || email || '>', '(' || gid || ')') AS value,
      greatest(jaro_winkler_similarity(lower(coalesce(name, '')), lower($value)), jaro_winkler_similarity(lower(coalesce(email, '')), lower($value))) AS likeness FROM people`,
    message: (value) => `Nobody in the archive has the gid or the address ${value}.`,
    advice: "Ask who --name with a part of the name.",
  },
  resource: {
    isHeld: "resource_gid = $value",
    candidates: null,
    message: (value) => `No event in the archive is about a thing with the gid ${value}.`,
    advice: "Give the number from its address in Asana.",
  },
  kind: {
    isHeld: "resource_type = $value",
    candidates: distinct("resource_type"),
    message: (value) => `No event in the archive is about a ${value}.`,
    advice: "Give a kind that the archive holds.",
  },
  method: {
    isHeld: `event_type = 'user_login_succeeded' AND strpos(lower(coalesce(json_format(json_extract(details, '$.method')), '')), '"' || lower($value) || '"') > 0`,
    candidates: distinct(METHODS, "event_type = 'user_login_succeeded'"),
    message: (value) => `Nobody in the archive ever signed in by ${value}.`,
    advice: "Give a method that the archive holds.",
  },
  domains: {
    isHeld: `$value IN (${DOMAIN_OF("actor_email")}, CASE WHEN ${USER} THEN ${DOMAIN_OF("resource_email")} END)`,
    candidates: distinct(DOMAIN_OF("actor_email"), "strpos(actor_email, '@') > 0"),
    message: (value) => `No address in the archive has the domain ${value}.`,
    advice: "Give mail domains that the archive holds.",
  },
  event_type: {
    isHeld: "event_type = $value",
    candidates: distinct("event_type"),
    message: (value) => `No event in the archive has the type ${value}.`,
    advice: "Query SELECT DISTINCT event_type FROM events for all of them.",
  },
};

function distinct(value: string, condition = "true"): string {
  return `SELECT value, jaro_winkler_similarity(lower(value), lower($value)) AS likeness
    FROM (SELECT DISTINCT ${value} AS value FROM events WHERE ${condition})`;
}

const MAX_CANDIDATES = 5;
/** Less alike than this is another word. */
const LEAST_LIKENESS = 0.75;

/** Throws ArchiverError `misconfigured` with candidates. Looks in the window first, because most values are held there. */
export async function checkHeld(
  sql: ArchiveSql,
  type: HeldType,
  text: string,
  window: DayWindow | null,
): Promise<void> {
  for (const value of type === "domains" ? text.split(",") : [text]) {
    if (window !== null && (await isHeld(sql, type, value, window))) continue;
    if (await isHeld(sql, type, value, null)) continue;
    throw await unheld(sql, type, value);
  }
}

async function isHeld(sql: ArchiveSql, type: HeldType, value: string, window: DayWindow | null): Promise<boolean> {
  const days = window === null ? "true" : "dt >= $from AND dt < $to";
  const text = `SELECT 1 FROM events WHERE ${days} AND (${CHECKS[type].isHeld}) LIMIT 1`;
  return (await firstColumn(sql, text, { value, ...window })).length > 0;
}

async function unheld(sql: ArchiveSql, type: HeldType, value: string): Promise<ArchiverError> {
  const { candidates, message, advice } = CHECKS[type];
  const found =
    candidates === null
      ? []
      : await firstColumn(
          sql,
          `SELECT value FROM (${candidates}) WHERE value <> '' AND (strpos(lower(value), lower($value)) > 0 OR likeness >= ${LEAST_LIKENESS})
            ORDER BY strpos(lower(value), lower($value)) > 0 DESC, likeness DESC, value LIMIT ${MAX_CANDIDATES}`,
          { value },
        );
  const meant = found.length === 0 ? "" : `Did you mean ${found.join(", ")}? `;
  return misused(message(JSON.stringify(value)), `${meant}${advice}`);
}

async function firstColumn(sql: ArchiveSql, text: string, values: Readonly<Record<string, string>>): Promise<string[]> {
  const found: string[] = [];
  for await (const rows of (await sql.query(text, values)).rows) found.push(...rows.map(([value]) => String(value)));
  return found;
}
