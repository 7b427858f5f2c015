/** All questions by one session: of the copy, and of bare DuckDB over its files; and how long it takes to read all by hand. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import { macroStatements } from "../../cli/query/dialect.ts";
import { openArchiveSql } from "../../cli/query/engine.ts";
import { heldRange } from "../../cli/query/held-days.ts";
import { COPY_VARIABLE, copyViews } from "../../cli/query/parquet.ts";
import { ask, toDuckDb } from "../../cli/query/questions.ts";
import { fileList } from "../../cli/query/sql-text.ts";
import { bindParameters } from "../../cli/query/statement.ts";
import { loadViews } from "../../sql/views.ts";
import type { Meter } from "../harness/processes.ts";
import { questionsOver } from "./questions-over.ts";

/** Milliseconds by question. */
export type Times = Readonly<Record<string, number>>;

export interface QuestionsInput {
  readonly archive: string;
  /** The folder of the copy. */
  readonly copy: string;
  readonly days: number;
}

/** Every question over all days. */
export async function askArchive({ archive, copy, days }: QuestionsInput, meter: Meter): Promise<Times> {
  const fail = (error: unknown) => {
    throw error;
  };
  const place = { folder: copy, onCopying: () => undefined, onFault: fail };
  const sql = await openArchiveSql({ archive, copy: place });
  if (heldRange(sql.days) === null) throw new Error("the archive is empty");
  const times: Record<string, number> = {};
  meter.begin();
  for (const { question, values } of questionsOver(days)) {
    const begunMs = performance.now();
    for await (const _ of (await ask(sql, question, values)).rows);
    times[question.name] = performance.now() - begunMs;
  }
  meter.end();
  await sql.close();
  return times;
}

/** The limit: the same SQL, and nothing else. */
export async function askBare({ copy, days }: QuestionsInput, meter: Meter): Promise<Times> {
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  const files = readdirSync(copy, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".parquet"));
  for (const macro of macroStatements()) await connection.run(macro);
  await connection.run(`SET VARIABLE ${COPY_VARIABLE} = ${fileList(files.map((name) => join(copy, name)))}`);
  const [all, ...others] = loadViews();
  for (const { name, sql } of [...copyViews(all!), ...others]) await connection.run(`CREATE VIEW ${name} AS ${sql}`);
  const times: Record<string, number> = {};
  meter.begin();
  for (const { question, values } of questionsOver(days)) {
    const begunMs = performance.now();
    const statement = await connection.prepare(toDuckDb(question));
    await bindParameters(statement, values).runAndReadAll();
    times[question.name] = performance.now() - begunMs;
  }
  meter.end();
  return times;
}

/** What a user would do without a query engine: `zcat`, and a program that reads each line as JSON. */
export async function readByHand({ archive }: QuestionsInput): Promise<number> {
  let events = 0;
  for (const name of readdirSync(archive, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".gz")) continue;
    for (const line of gunzipSync(readFileSync(join(archive, name)))
      .toString()
      .split("\n")) {
      if (line !== "" && JSON.parse(line).event_type !== undefined) events += 1;
    }
  }
  return events;
}
