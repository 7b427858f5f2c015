/** SQL is typed by people and comes out of notebooks and tickets: it may read the archive, and nothing else. */
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type ArchiveSql, openArchiveSql } from "../../cli/query/engine.ts";
import { inLanes } from "../../lambda/archive/lanes.ts";
import { CANARY, expectHarmless, home, runCli, STEERING, snapshot } from "./cli.ts";
import { remake } from "./segments.ts";

/** Means something to SQL, to globs and to a shell. */
const ODD_NAME = `it's "an" [arch]ive*; DROP TABLE events; -- $(touch owned)`;
const archive = join(home, ODD_NAME);
/** Processes at once. */
const LANES = 3;
let sql: ArchiveSql;

beforeAll(async () => {
  const line = '{"gid":"1","created_at":"2026-05-01T09:00:00.000Z","event_type":"user_login_succeeded"}';
  const { key, bytes } = remake({ workspace: "1201", day: "2026-05-01", number: 1 }, [line], null);
  await mkdir(join(archive, key, ".."), { recursive: true });
  await writeFile(join(archive, key), bytes);
  await mkdir(join(archive, "checkpoint/1201"), { recursive: true });
  await writeFile(join(archive, "checkpoint/1201/1.json"), `{"offset":"${CANARY}"}`);
  await writeFile(join(home, "secret.csv"), `secret\n${CANARY}\n`);
  vi.stubEnv("ASANA_TOKEN", CANARY);
  sql = await openArchiveSql({ archive });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await sql.close();
});

const secret = join(home, "secret.csv").replaceAll("'", "''");
const folder = archive.replaceAll("'", "''");

const named = (texts: readonly string[]) =>
  texts.map((text) => [JSON.stringify(text.replaceAll(home, "")).slice(0, 90), text] as const);

describe("SQL that reaches for more than the archive is refused", () => {
  const link = join(archive, "events", ".link");
  beforeAll(() => symlink(home, link)); // with it, the archive could not be opened
  afterAll(() => rm(link));

  it.each(
    named([
      `SELECT * FROM '${secret}'`,
      `SELECT * FROM read_text('${secret}')`,
      `SELECT * FROM read_blob('${secret}')`,
      `SELECT * FROM read_csv('${secret}')`,
      `SELECT * FROM read_csv_auto(['${secret}'])`,
      `SELECT * FROM read_json('${secret}')`,
      `SELECT * FROM read_ndjson_objects('${secret}')`,
      `SELECT * FROM read_parquet('${secret}')`,
      `SELECT * FROM sniff_csv('${secret}')`,
      `SELECT * FROM parquet_metadata('${secret}')`,
      `SELECT * FROM glob('${home}/*')`,
      "SELECT * FROM read_text('/etc/passwd')",
      "SELECT * FROM read_text('/proc/self/environ')",
      `SELECT * FROM read_text('${folder}/checkpoint/1201/1.json')`,
      `SELECT * FROM read_text('${folder}/events/../checkpoint/1201/1.json')`,
      `SELECT * FROM read_text('${folder}/events/../../secret.csv')`,
      `SELECT * FROM read_text('${folder}/events/.link/secret.csv')`,
      "SELECT * FROM read_text('https://127.0.0.1:1/x')",
      "SELECT * FROM 's3://bucket/key.parquet'",
      "SELECT getenv('ASANA_TOKEN')",
      `SELECT * FROM query('SELECT * FROM read_text(''${secret}'')')`,
      "SELECT * FROM query_table('/etc/passwd')",
      `WITH s AS (SELECT * FROM read_text('${secret}')) SELECT * FROM s`,
      `SELECT (SELECT content FROM read_text('${secret}'))`,
      `SELECT * FROM events WHERE line IN (SELECT content FROM read_text('${secret}'))`,
      "COPY events TO 'owned.csv'",
      "COPY (SELECT 1) TO 'owned.parquet'",
      "EXPORT DATABASE 'owned'",
      "IMPORT DATABASE 'owned'",
      "ATTACH 'owned.db'",
      "CREATE TABLE owned AS SELECT 1",
      "CREATE OR REPLACE VIEW events AS SELECT 1",
      "DROP VIEW events",
      "INSERT INTO log_days VALUES (1)",
      "DELETE FROM event_lines",
      "INSTALL httpfs",
      "LOAD httpfs",
      "SET enable_external_access = true",
      "SET allowed_directories = ['/']",
      "RESET lock_configuration",
      "PRAGMA enable_profiling",
      "SET VARIABLE files = ['/etc/passwd']",
      "CREATE SECRET s (TYPE s3)",
      "CALL pragma_version()",
      "SELECT 1; COPY (SELECT 1) TO 'owned.csv'",
      "SELECT 1; DROP VIEW events",
      "/* SELECT */ DROP VIEW events",
      "-- SELECT 1\nDROP VIEW events",
      "EXPLAIN ANALYZE COPY (SELECT 1) TO 'owned.csv'",
      "PREPARE p AS SELECT 1",
      "VACUUM",
      "CHECKPOINT",
      "",
      ";",
      "SELECT",
      "\u0000",
      `SELECT '${"x".repeat(100_000)}`,
    ]),
  )("%s", async (_, text) => {
    const before = await snapshot();
    const rows: unknown[] = [];
    const outcome = await sql
      .query(text)
      .then(async (answer) => {
        for await (const some of answer.rows) rows.push(...some);
      })
      .catch((error) => error);
    expect(JSON.stringify(rows)).not.toContain("secret");
    expect(outcome).toMatchObject({ name: "ArchiverError", kind: "misconfigured" });
    expect(`${outcome.message}${outcome.advice}`).not.toContain(CANARY);
    expect(await snapshot()).toEqual(before);
  });

  it("and the archive answers afterwards as before", async () => {
    const { rows } = await sql.query("SELECT count(*), min(workspace) FROM events");
    expect((await Array.fromAsync(rows)).flat()).toEqual([[1n, "1201"]]);
  });
});

describe("a flag's value is a value", () => {
  const INJECTION = "1201' OR 1=1; DROP VIEW events; --";

  it("of export, or it is refused", async () => {
    const before = await snapshot();
    const flags = ["--workspace", "--from", "--to", "--resource", "--format", "--actor", "--event-type"];
    await inLanes(flags, LANES, async (flag) => {
      const ended = await runCli(["export", "--archive", archive, flag, INJECTION], { cwd: home });
      expectHarmless(ended);
      expect(ended).toMatchObject({ code: 2, stdout: "" });
    });
    expect(await snapshot()).toEqual(before);
  });

  it("of query --workspace, and an archive's own name", async () => {
    const query = (...args: string[]) =>
      runCli(["query", "--archive", archive, ...args, "SELECT line FROM events"], { cwd: home });
    await inLanes([INJECTION, "../../x", "\u001b[2J", "1201\n"], LANES, async (value) => {
      const ended = await query("--workspace", value);
      expectHarmless(ended);
      expect(ended).toMatchObject({ code: 2, stdout: "" });
    });
    expect(await query("--format", "ndjson")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("user_login_succeeded"),
    });
  });

  it("of query --parquet: one file of that name, and no other", async () => {
    const before = await snapshot();
    const name = "x'; COPY (SELECT 1) TO 'owned.csv'; --.parquet";
    const args = ["query", "--archive", archive, "--parquet", name, "SELECT * FROM events"];
    expect(await runCli(args, { cwd: home })).toMatchObject({ code: 0 });
    const added = (await snapshot()).filter((entry) => !before.includes(entry));
    expect(added).toEqual([expect.stringContaining(join(home, name))]);
  });
});

it("names of columns and errors that hold control characters are printed harmless", async () => {
  const wild = "\u001b[2J\u009b31m\u202e\u0007";
  const pivot = `PIVOT (SELECT '${wild}' AS name, 1 AS n) ON name USING sum(n)`;
  const texts = [`SELECT 1 AS "${wild}"`, `SELECT * FROM (${pivot})`, `SELECT "${wild}"`];
  const runs = texts.flatMap((input) => [[], ["--json", "--debug"]].map((style) => ({ input, style })));
  await inLanes(runs, LANES, async ({ input, style }) => {
    const { stdout, stderr } = await runCli(["query", "--archive", archive, ...style], { cwd: home, input });
    expect(stderr).not.toMatch(STEERING);
    if (style.length === 0) expect(stdout).not.toMatch(STEERING);
  });
});
