/**
 * Checks a statement and plans it, in a DuckDB of its own. Its `events_all` has the columns of the archive's, but takes each from
 * the whole line: to bind the expressions that read a field takes several times as long, and a plan needs no field.
 */
import { join } from "node:path";
import { loadViews, type View } from "../../sql/views.ts";
import { BUFFER_VARIABLE, eventLinesSql, FILES_VARIABLE, LEAST_BUFFER_BYTES, withoutNumbering } from "./dialect.ts";
import { type Instance, openInstance } from "./instance.ts";
import { createLogDays, neededDays } from "./needed-days.ts";
import type { QueryDay, SegmentFiles } from "./segment-files.ts";
import { fileList } from "./sql-text.ts";
import { explainSelect, prepareSelect, type SqlParameters } from "./statement.ts";

export interface Planner {
  /** Which days the statement would read. Throws what is wrong with it. */
  neededDays(sql: string, parameters: SqlParameters): Promise<readonly QueryDay[]>;
  interrupt(): void;
  close(): void;
}

const MEMORY = { limitBytes: 128 * 1024 * 1024, threads: 1 };

/** `own`: the folder of this session alone, in which the files of `files` lie. */
export async function openPlanner(own: string, files: SegmentFiles): Promise<Planner> {
  const instance = await openInstance(join(own, "planner"), [own], MEMORY);
  try {
    return await createPlanner(instance, files);
  } catch (error) {
    instance.close();
    throw error;
  }
}

async function createPlanner({ connection, close }: Instance, files: SegmentFiles): Promise<Planner> {
  const { columns, days } = files;
  const show = async (some: readonly QueryDay[]): Promise<void> => {
    await connection.run(`SET VARIABLE ${FILES_VARIABLE} = ${fileList(files.unread(some).files)}`);
  };
  await createLogDays(connection, files);
  await connection.run(`SET VARIABLE ${BUFFER_VARIABLE} = ${LEAST_BUFFER_BYTES}`);
  await show(days.slice(0, 1)); // binding looks at each of them
  const [all, ...others] = loadViews();
  const views = [
    { name: "event_lines", sql: eventLinesSql(columns, days.length > 0 ? FILES_VARIABLE : null) },
    { name: all!.name, sql: withoutFields(all!) },
    ...others,
  ];
  for (const { name, sql } of views) await connection.run(`CREATE VIEW ${name} AS ${sql}`);

  return {
    async neededDays(sql, parameters) {
      await show(days);
      await prepareSelect(connection, sql, parameters);
      const plan = async (some: readonly QueryDay[]) => {
        await show(some);
        return await explainSelect(connection, sql, parameters);
      };
      return await neededDays(connection, plan, days);
    },
    interrupt: () => connection.interrupt(),
    close,
  };
}

/** The columns of `event_lines`, by their names in the view of all lines. */
const OWN_COLUMNS: Readonly<Record<string, string>> = {
  line: "line",
  workspace: "workspace",
  dt: "dt",
  path: '"$path"',
};

/**
 * Some text of the line, or none: `random` keeps conditions on it out of the scan, whose plan shall tell of days and workspaces
 * alone, and the CASE keeps `IS NULL` from being decided before.
 */
const SOMETHING = "CASE WHEN random() < 2 THEN line END";

function withoutFields({ columns, sql }: View): string {
  const numbered = columns.filter(({ name }) => name !== "copy");
  const cast = numbered.map(({ name, type }) => `${OWN_COLUMNS[name] ?? `CAST(${SOMETHING} AS ${type})`} AS ${name}`);
  return `SELECT *, ${withoutNumbering(sql).number} AS copy FROM (SELECT ${cast.join(", ")} FROM event_lines)`;
}
