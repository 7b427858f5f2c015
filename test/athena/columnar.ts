/** Plays the steps of the columnar copy's state machine, as it is synthesised, with Trino for Athena. */
import type { ColumnarInput } from "../../infra/constructs/columnar-steps.ts";
import { evaluateJsonata } from "../infra/jsonata.ts";
import type { CatalogTemplate } from "./catalog.ts";
import type { TrinoAnswer } from "./trino.ts";

export interface Window {
  readonly since: string;
  readonly until: string;
}

/** What the execution knows when it plans. */
interface Known {
  readonly startedAt: string;
  readonly first: string;
  /** Up to which day there is a copy; empty: there is none. */
  readonly until: string;
  readonly order: ColumnarInput;
}

export function createColumnar(catalog: CatalogTemplate, query: (sql: string) => Promise<TrinoAnswer>) {
  const { steps } = catalog;
  const { sql } = steps["Begin"]!.Assign!;
  const table = `iceberg.${catalog.database}.events_columnar`;

  async function run(step: string, bindings: object = {}): Promise<TrinoAnswer> {
    const statement: string = await evaluateJsonata(steps[step]!.Arguments!.QueryString!, {
      sql,
      until: "",
      ...bindings,
    });
    return await query(toTrino(statement, table));
  }
  const ofWindow = (input: Window) => ({ states: { input }, startedAt: "2026-06-02T10:00:00.000Z" });
  const plan = (known: Known) => evaluateJsonata(steps["Plan"]!.Assign!["plan"] as string, known);

  return {
    table,
    windows: async (known: Known): Promise<Window[]> => [...(await plan(known)).windows],
    /** Drops what there is. */
    async make(): Promise<void> {
      await run("Drop");
      await run("Create");
    },
    /** Tells how many events were added. */
    async copy(window: Window): Promise<number> {
      return Number((await run("Merge", ofWindow(window))).rows[0]![0]);
    },
    isEqual: async (window: Window): Promise<boolean> => (await run("Check", ofWindow(window))).rows[0]![2] === "true",
    async show(window: Window): Promise<void> {
      await run("Show copy", ofWindow(window));
      await run("Note copied", ofWindow(window));
    },
    async showRecord(): Promise<void> {
      await run("Show record instead");
      await run("Note nothing copied instead", { startedAt: "2026-06-02T10:00:00.000Z" });
    },
    async tidy(known: Known): Promise<void> {
      await run("Optimize", { plan: await plan(known) });
      await run("Vacuum");
    },
  };
}

/** A statement as Trino takes it: in three of them Athena's SQL is its own. */
function toTrino(sql: string, table: string): string {
  const created =
    /^CREATE TABLE IF NOT EXISTS events_columnar \(([^)]*)\)\s*PARTITIONED BY \(([^)]*)\)\s*LOCATION ('[^']*')\s*TBLPROPERTIES/.exec(
      sql,
    );
  if (created !== null) {
    const columns = created[1]!.replaceAll(/ string\b/g, " varchar").replaceAll(/ timestamp\b/g, " timestamp(6)");
    const partitions = created[2]!.split(", ").map((name) => `'${name}'`);
    return `CREATE TABLE IF NOT EXISTS ${table} (${columns}) WITH (format = 'PARQUET', partitioning = ARRAY[${partitions.join(", ")}], location = ${created[3]})`;
  }
  const optimized = /^OPTIMIZE events_columnar REWRITE DATA USING BIN_PACK (WHERE .*)$/.exec(sql);
  if (optimized !== null) return `ALTER TABLE ${table} EXECUTE optimize ${optimized[1]}`;
  if (sql === "VACUUM events_columnar")
    return `ALTER TABLE ${table} EXECUTE expire_snapshots(retention_threshold => '7d')`;
  return sql;
}
