import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type ArchiveSql, type ArchiveSqlOptions, openArchiveSql } from "../../cli/query/engine.ts";
import { scanEvent } from "../../lambda/event/event-scanner.ts";
import type { ArchiveStore } from "../../lambda/ports.ts";
import { createDirectoryArchive } from "../../lambda/stores/directory-archive.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { appendEvents, eventsOf, JUNK, junkOf, plainRows, WORKSPACE } from "./archive.ts";

const DAYS = ["2026-05-01", "2026-05-02", "2026-05-03", "2026-05-04"];
const event = (gid: string, createdAt: string, more: object = {}) => ({ gid, created_at: createdAt, ...more });
/** Two events a day in one segment, and one more in a second. */
const EVENTS = DAYS.flatMap((day, index) => [
  event(`${index}1`, `${day}T01:00:00.000Z`),
  event(`${index}2`, `${day}T02:00:00.000Z`),
]);
const LATER = DAYS.map((day, index) => event(`${index}3`, `${day}T00:30:00.000Z`));

let folder: string;
let open: ArchiveSql[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "query-"));
  open = [];
});
afterEach(async () => {
  for (const sql of open) await sql.close();
  await rm(folder, { recursive: true });
});

async function openSql(options: ArchiveSqlOptions): Promise<ArchiveSql> {
  const sql = await openArchiveSql(options);
  open.push(sql);
  return sql;
}

async function fill(store: ArchiveStore, workspace = WORKSPACE): Promise<ArchiveStore> {
  await appendEvents(store, eventsOf(...EVENTS), workspace);
  await appendEvents(store, eventsOf(...LATER), workspace);
  return store;
}

const rowsOf = async (sql: ArchiveSql, text: string, parameters?: Parameters<ArchiveSql["query"]>[1]) =>
  plainRows(await sql.query(text, parameters));

/** A store that remembers what it was asked for. */
function watched(store: ArchiveStore) {
  const gets: string[] = [];
  const get: ArchiveStore["get"] = (key, range) => {
    gets.push(key);
    return store.get(key, range);
  };
  return { gets, store: { ...store, get } };
}

describe("a query reads the files of the days that its conditions leave, and no others", () => {
  it.each([
    ["SELECT count(*) FROM events WHERE dt = '2026-05-02'", [], [1]],
    ["SELECT count(*) FROM events WHERE dt = ?", ["2026-05-02"], [1]],
    [
      "SELECT count(*) FROM events WHERE dt >= $since AND dt < $until",
      { since: "2026-05-02", until: "2026-05-04" },
      [1, 2],
    ],
    ["SELECT count(*) FROM events WHERE dt IN ('2026-05-01', '2026-05-04')", [], [0, 3]],
    [
      "SELECT count(*) FROM events WHERE dt BETWEEN ? AND ? AND workspace = '1201'",
      ["2026-05-02", "2026-05-03"],
      [1, 2],
    ],
    ["SELECT count(*) FROM events WHERE dt > '2026-05-02' AND gid LIKE '%(''1' || ')%'", [], [2, 3]],
    ["SELECT count(*) FROM days WHERE dt = '2026-05-03'", [], [2]],
    ["SELECT count(*) FROM doubled WHERE dt = '2026-05-03'", [], [2]],
    ["SELECT count(*) FROM events_all WHERE workspace = '1' AND dt = '2026-05-03'", [], []],
    [
      "SELECT count(*) FROM events a JOIN events b USING (gid) WHERE a.dt = '2026-05-01' AND b.dt = '2026-05-02'",
      [],
      [0, 1],
    ],
    ["SELECT count(*) FROM event_lines WHERE dt = (SELECT '2026-05-02')", [], [0, 1, 2, 3]],
    ["SELECT count(*) FROM people", [], [0, 1, 2, 3]],
    ["SELECT 1", [], []],
    ["DESCRIBE events", [], []],
  ] as const)("%s", async (text, parameters, days) => {
    const { store, gets } = watched(await fill(createMemoryArchive()));
    const sql = await openSql({ archive: store });
    await rowsOf(sql, text, parameters);

    const expected = days.flatMap((day) =>
      [1, 2].map((number) => `events/workspace=1201/dt=${DAYS[day]}/00000${number}.ndjson.gz`),
    );
    expect(sql.filesRead()).toEqual(expected);
    expect(gets.sort()).toEqual(expected);
  });

  it("in a folder, too: files of other days may be unreadable", async () => {
    await fill(createDirectoryArchive(folder));
    for (const day of DAYS.slice(1)) {
      const log = join(folder, `events/workspace=1201/dt=${day}`);
      for (const name of await readdir(log)) await writeFile(join(log, name), "broken");
    }
    const sql = await openSql({ archive: folder });
    expect(await rowsOf(sql, "SELECT count(*) FROM events WHERE dt = ?", [DAYS[0]!])).toEqual([[3]]);
    await expect(rowsOf(sql, "SELECT count(*) FROM events")).rejects.toMatchObject({ kind: "halted" });
  });

  it("fetches no segment twice", async () => {
    const { store, gets } = watched(await fill(createMemoryArchive()));
    const sql = await openSql({ archive: store });
    for (const _ of DAYS) await rowsOf(sql, "SELECT * FROM events WHERE dt < '2026-05-03'");
    expect(gets.length).toBe(4);
  });

  it("of a workspace and of days that it was opened for, it sees nothing else", async () => {
    const store = await fill(await fill(createMemoryArchive()), "1202");
    const one = await openSql({ archive: store, workspace: "1202", days: { from: "2026-05-02", to: "2026-05-04" } });
    expect(await rowsOf(one, "SELECT workspace, dt, events FROM days ORDER BY dt")).toEqual([
      ["1202", "2026-05-02", 3],
      ["1202", "2026-05-03", 3],
    ]);
    const all = await openSql({ archive: store, days: { from: "2026-05-04" } });
    expect(await rowsOf(all, "SELECT workspace, dt FROM days ORDER BY 1")).toEqual([
      ["1201", "2026-05-04"],
      ["1202", "2026-05-04"],
    ]);
  });
});

describe("the views", () => {
  it("days counts events, segments and those that came late", async () => {
    const sql = await openSql({ archive: await fill(createMemoryArchive()) });
    expect(await rowsOf(sql, "SELECT * FROM days WHERE dt = '2026-05-01'")).toEqual([
      ["1201", "2026-05-01", 3, 2, "2026-05-01 00:30:00.000", "2026-05-01 02:00:00.000", 1],
    ]);
  });

  it("events has a repeated event once, its first line; doubled has the others", async () => {
    const store = await fill(createMemoryArchive());
    const [again] = eventsOf(event("01", "2026-05-01T01:00:00.000Z", { resource: { name: "renamed" } }));
    await appendEvents(store, [again!]);
    const sql = await openSql({ archive: store });
    expect(await rowsOf(sql, "SELECT count(*), count(DISTINCT gid) FROM events")).toEqual([[12, 12]]);
    expect(await rowsOf(sql, "SELECT resource_name FROM events WHERE gid = '01'")).toEqual([[null]]);
    expect(await rowsOf(sql, "SELECT dt, gid, copy, path FROM doubled")).toEqual([
      ["2026-05-01", "01", 2, "events/workspace=1201/dt=2026-05-01/000003.ndjson.gz"],
    ]);
  });

  it("two events without a gid are two events", async () => {
    const store = createMemoryArchive();
    const of = (gid: unknown, number: number) => ({ gid, number, created_at: "2026-05-01T00:00:00.000Z" });
    await appendEvents(store, eventsOf(of(null, 1), of(null, 2), of("", 3), of("", 4), of(5, 5), of("5", 6)));
    const sql = await openSql({ archive: store });
    expect(await rowsOf(sql, "SELECT gid FROM events ORDER BY line")).toEqual([
      [null],
      [null],
      ["5"],
      [null],
      [null],
      [null],
    ]);
  });

  describe("two lines of a day that", () => {
    const at = '"created_at":"2026-05-01T00:00:00.000Z"';
    const PAIRS: readonly [string, string, string, boolean][] = [
      ["begin with one gid", `{"gid":"7",${at}}`, `{"gid":"7",${at},"event_type":"later"}`, true],
      ["begin with two gids", `{"gid":"7",${at}}`, `{"gid":"8",${at}}`, false],
      ["begin with gids of which one is the beginning of the other", `{"gid":"7",${at}}`, `{"gid":"77",${at}}`, false],
      ["have one gid, but not as what they begin with", `{"gid":"7",${at}}`, `{${at},"gid":"7"}`, true],
      ["have one gid, with a space before it", `{"gid":"7",${at}}`, `{"gid": "7",${at}}`, true],
      ["have one gid, spelt with an escape", `{"gid":"7",${at}}`, String.raw`{"gid":"\u0037",${at}}`, true],
      [
        "have gids that hold the same quote",
        String.raw`{"gid":"7\"a",${at}}`,
        String.raw`{"gid":"7\u0022a",${at}}`,
        true,
      ],
      [
        "have gids that differ behind a quote",
        String.raw`{"gid":"7\"a",${at}}`,
        String.raw`{"gid":"7\"b",${at}}`,
        false,
      ],
      ["have two gids, the first of them the same", `{"gid":"7",${at}}`, `{"gid":"7",${at},"gid":"8"}`, true],
      ["are equal and have no gid", `{"gid":"",${at}}`, `{"gid":"",${at}}`, true],
      ["have no gid and differ", `{"gid":"",${at}}`, `{"gid":"",${at},"event_type":"later"}`, false],
      ["begin with one gid, but one is no JSON", `{"gid":"7",${at}}`, `{"gid":"7",${at}`, false],
      ["are the same cut line", `{"gid":"7`, `{"gid":"7`, true],
      ["are one word", "junk", "junk", true],
    ];
    /** Each pair is in a workspace of its own, so that every query is asked once for all of them. */
    const workspaceOf = (one: string, other: string): string =>
      String(1 + PAIRS.findIndex((pair) => pair[1] === one && pair[2] === other));
    const asked: Record<"copies" | "ofTheDay" | "ofBothDays" | "doubled", Map<string, unknown[]>> = {
      copies: new Map(),
      ofTheDay: new Map(),
      ofBothDays: new Map(),
      doubled: new Map(),
    };

    beforeAll(async () => {
      const store = createMemoryArchive();
      for (const [, one, other] of PAIRS) {
        const workspace = workspaceOf(one, other);
        // The other day's event has a gid of this one, and is another event.
        await appendEvents(store, [junkOf("2026-05-01", one), junkOf("2026-05-02", `{"gid":"7",${at}}`)], workspace);
        await appendEvents(store, [junkOf("2026-05-01", other)], workspace);
      }
      const sql = await openArchiveSql({ archive: store });
      const day = "WHERE dt = '2026-05-01'";
      for (const [name, text] of [
        ["copies", `SELECT workspace, copy FROM events_all ${day} ORDER BY copy`],
        ["ofTheDay", `SELECT workspace, count(*) FROM events ${day} GROUP BY 1`],
        ["ofBothDays", "SELECT workspace, count(*) FROM events GROUP BY 1"],
        ["doubled", "SELECT workspace, line FROM doubled"],
      ] as const) {
        for (const [workspace, value] of await rowsOf(sql, text))
          asked[name].set(String(workspace), [...(asked[name].get(String(workspace)) ?? []), value]);
      }
      await sql.close();
    });

    it.each(PAIRS)("%s", (_, one, other, isOne) => {
      const workspace = workspaceOf(one, other);
      expect(asked.copies.get(workspace)).toEqual(isOne ? [1, 2] : [1, 1]);
      expect(asked.ofTheDay.get(workspace)).toEqual([isOne ? 1 : 2]);
      expect(asked.ofBothDays.get(workspace)).toEqual([isOne ? 2 : 3]);
      expect(asked.doubled.get(workspace)).toEqual(isOne ? [other] : undefined);
    });
  });

  it("people has the latest name and address of everyone who acted or was acted upon", async () => {
    const store = createMemoryArchive();
    const user = (gid: string, name: string) => ({ resource_type: "user", gid, name });
    await appendEvents(
      store,
      eventsOf(
        event("1", "2026-05-01T00:00:00.000Z", { actor: { gid: "7", name: "Ann Old", email: "ann@x" } }),
        event("2", "2026-05-02T00:00:00.000Z", { actor: { gid: "7", name: "Ann New" }, resource: user("8", "Bo") }),
      ),
    );
    const sql = await openSql({ archive: store });
    expect(await rowsOf(sql, "SELECT * FROM people ORDER BY gid")).toEqual([
      ["1201", "7", "Ann New", "ann@x", 2, "2026-05-01 00:00:00.000", "2026-05-02 00:00:00.000", 0],
      ["1201", "8", "Bo", null, 0, null, null, 1],
    ]);
  });

  it("created_at is a UTC timestamp in milliseconds; created_at_text is as received", async () => {
    const store = createMemoryArchive();
    await appendEvents(store, eventsOf(event("1", "2026-05-01T23:30:00.123987-02:00")));
    const sql = await openSql({ archive: store });
    expect(await rowsOf(sql, "SELECT created_at, created_at_text, dt, typeof(created_at) FROM events")).toEqual([
      ["2026-05-02 01:30:00.123", "2026-05-01T23:30:00.123987-02:00", "2026-05-02", "TIMESTAMP_MS"],
    ]);
  });

  it("details of thousands of objects is there; it is null only where it nests deeper than either engine reads", async () => {
    const store = createMemoryArchive();
    const wide = Array.from({ length: 3_000 }, (_, n) => ({ n, brackets: "[[[[{{{{", more: [{ deep: [n] }] }));
    const deep = (levels: number) => JSON.parse(`${"[".repeat(levels)}${"]".repeat(levels)}`);
    const of = (gid: string, details: unknown) => event(gid, "2026-05-01T00:00:00.000Z", { details });
    await appendEvents(store, eventsOf(of("deep", deep(850)), of("deeper", deep(980)), of("wide", wide)));
    const sql = await openSql({ archive: store });
    const [kept, gone, all] = await rowsOf(sql, "SELECT details FROM events ORDER BY gid");
    expect(JSON.parse(String(kept![0]))).toEqual(deep(850));
    expect(gone).toEqual([null]);
    expect(JSON.parse(String(all![0]))).toEqual(wide);
  });

  it("events of the odd day are visible", async () => {
    const store = createMemoryArchive();
    await appendEvents(store, eventsOf(event("1", "who knows")));
    const sql = await openSql({ archive: store });
    expect(await rowsOf(sql, "SELECT dt, gid, created_at, created_at_text FROM events")).toEqual([
      ["2021-10-07", "1", null, "who knows"],
    ]);
  });

  it("are empty, and work, where there is no event yet", async () => {
    for (const archive of [createMemoryArchive(), folder]) {
      const sql = await openSql({ archive });
      for (const view of ["event_lines", "events_all", "events", "days", "people", "doubled", "events_ocsf"]) {
        expect(await rowsOf(sql, `SELECT * FROM ${view}`)).toEqual([]);
      }
    }
  });
});

describe("lines that are no events", () => {
  it("never make a query fail, and are there", async () => {
    const store = createMemoryArchive();
    await appendEvents(store, [
      ...eventsOf(event("1", "2026-05-01T00:00:00.000Z")),
      ...JUNK.map((line) => junkOf("2026-05-01", line)),
    ]);
    const sql = await openSql({ archive: store });
    expect((await rowsOf(sql, 'SELECT line FROM events WHERE line NOT LIKE \'{"gid":"1",%\'')).flat().sort()).toEqual(
      [...JUNK].sort(),
    );
    for (const view of ["events_all", "days", "people", "doubled"]) await rowsOf(sql, `SELECT * FROM ${view}`);
  });

  it("not even bytes that are no text", async () => {
    const store = createMemoryArchive();
    await appendEvents(store, [junkOf("2026-05-01", Buffer.from([0x7b, 0xff, 0xfe, 0x7d])), ...eventsOf(EVENTS[0]!)]);
    const sql = await openSql({ archive: store });
    expect((await rowsOf(sql, "SELECT line FROM events ORDER BY gid")).flat()).toEqual([
      expect.stringContaining('"01"'),
      "{\ufffd\ufffd}",
    ]);
  });
});

describe("events of the odd day that are no object, or not UTF-8", () => {
  const ODD = ["42", '"text"', "[1]", '[{"gid":"5"}]', "null", "true", '"\xff"', '["a\xfeb"]'];
  const lines = ODD.map((text) => Buffer.from(text, "latin1"));

  it("are rows whose columns are null but for the line, in every view, and nothing else is missing", async () => {
    const store = createMemoryArchive();
    await appendEvents(store, [...lines.map(scanEvent), ...eventsOf(event("1", "who knows"), EVENTS[0]!)]);
    const sql = await openSql({ archive: store });
    for (const view of ["events", "events_all"]) {
      const rows = await rowsOf(
        sql,
        `SELECT * EXCLUDE (workspace, dt, path, line), line FROM ${view} WHERE dt = '2021-10-07'`,
      );
      const byLine = new Map(rows.map((row) => [row.at(-1), new Set(row.slice(0, -1))]));
      expect([...byLine.keys()].sort()).toEqual([...lines.map(String), JSON.stringify(event("1", "who knows"))].sort());
      for (const line of lines)
        expect([...byLine.get(line.toString())!]).toEqual(view === "events" ? [null] : [null, 1]);
    }
    expect(await rowsOf(sql, "SELECT * FROM doubled")).toEqual([]);
    expect(await rowsOf(sql, "SELECT dt, events FROM days ORDER BY dt")).toEqual([
      ["2021-10-07", ODD.length + 1],
      ["2026-05-01", 1],
    ]);
    await rowsOf(sql, "SELECT * FROM people");
  });

  it("with a gid beside bytes that are not UTF-8 show it, and each such byte as U+FFFD", async () => {
    const store = createMemoryArchive();
    const line = Buffer.from('{"gid":"7","created_at":"2026-05-01T00:00:00.000Z","event_type":"a\xffb"}', "latin1");
    await appendEvents(store, [scanEvent(line)]);
    const sql = await openSql({ archive: store });
    expect(await rowsOf(sql, "SELECT dt, gid, created_at, event_type, line FROM events")).toEqual([
      ["2021-10-07", "7", "2026-05-01 00:00:00.000", "a\ufffdb", line.toString()],
    ]);
  });
});

describe("damage is loud", () => {
  const key = "events/workspace=1201/dt=2026-05-01/000001.ndjson.gz";

  it.each([
    ["cut short", (bytes: Buffer) => bytes.subarray(0, bytes.length - 20)],
    ["changed in one bit", (bytes: Buffer) => bytes.with(bytes.length - 12, bytes[bytes.length - 12]! ^ 1)],
    ["empty", () => Buffer.alloc(0)],
    ["no segment", () => Buffer.from("hello")],
  ])("a segment that is %s fails the query that needs it, by name", async (_, change) => {
    await fill(createDirectoryArchive(folder));
    await writeFile(join(folder, key), change(await readFile(join(folder, key))));
    const sql = await openSql({ archive: folder });
    await expect(rowsOf(sql, "SELECT count(*) FROM events WHERE dt = '2026-05-01'")).rejects.toMatchObject({
      kind: "halted",
      message: expect.stringContaining(key),
    });
    expect(await rowsOf(sql, "SELECT count(*) FROM events WHERE dt = '2026-05-02'")).toEqual([[3]]);
  });

  it("a segment that is gone when it is needed, too", async () => {
    const store = await fill(createMemoryArchive());
    const sql = await openSql({ archive: { ...store, get: async () => null } });
    await expect(rowsOf(sql, "SELECT count(*) FROM events")).rejects.toMatchObject({ kind: "halted" });
  });
});

describe("a query can do nothing but read the archive", () => {
  let place: string;
  let sql: ArchiveSql;
  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), "query-"));
    await fill(createDirectoryArchive(join(place, "archive")));
    await mkdir(join(place, "archive/checkpoint/1"), { recursive: true });
    await writeFile(join(place, "archive/checkpoint/1/1.json"), "{}");
    sql = await openArchiveSql({ archive: join(place, "archive") });
  });
  afterAll(async () => {
    await sql.close();
    await rm(place, { recursive: true });
  });

  it.each([
    ["COPY (SELECT 1) TO '{folder}/out.csv'", /reads a file or a URL/],
    ["COPY (SELECT 1) TO '{folder}/archive/events/out.csv'", /reads a file or a URL/],
    ["SELECT * FROM read_text('/etc/hostname')", /reads a file or a URL/],
    ["SELECT * FROM read_blob('{folder}/archive/checkpoint/1/1.json')", /reads a file or a URL/],
    ["SELECT * FROM 'https://127.0.0.1/x.parquet'", /reads a file or a URL/],
    ["SELECT * FROM glob('/*')", /reads a file or a URL/],
    ["ATTACH '{folder}/x.db'", /Only SELECT/],
    ["INSTALL httpfs", /Only SELECT/],
    ["LOAD httpfs", /Only SELECT/],
    ["SET enable_external_access = true", /Only SELECT/],
    ["CREATE TABLE x (a INT)", /Only SELECT/],
    ["DROP VIEW events", /Only SELECT/],
    ["EXPLAIN ANALYZE COPY (SELECT 1) TO 'x'", /Only SELECT|reads a file/],
    ["SELECT 1; SELECT 2", /contains 2 statements/],
    ["", /No SQL was given/],
    ["-- nothing", /does not contain a statement/],
    ["SELEC 1", /^The SQL failed: syntax error at or near "SELEC"\.$/],
    ["SELECT nothing FROM events", /^The SQL failed: Referenced column "nothing" not found in FROM clause\.$/],
    ["SELECT * FROM evnts", /^The SQL failed: Table with name evnts does not exist\.$/],
    ["SELECT CAST('x' AS integer)", /^The SQL failed: Could not convert string 'x' to INT32\.$/],
    ["SELECT ?", /^The parameter 1 has no value\.$/],
  ])("%s", async (text, message) => {
    const before = await readdir(place, { recursive: true });
    await expect(rowsOf(sql, text.replace("{folder}", place))).rejects.toMatchObject({
      kind: "misconfigured",
      message: expect.stringMatching(message),
      advice: expect.stringMatching(/\.$/),
    });
    expect(await readdir(place, { recursive: true })).toEqual(before);
  });

  it("an error is one sentence on one line", async () => {
    for (const text of [
      "SELECT * FRM x",
      "SELECT gid || 1 + FROM events",
      "SELECT sum(gid) FROM events",
      "SELECT json_extract(1)",
    ]) {
      const error = await rowsOf(sql, text).catch((thrown) => thrown);
      expect(error.message).toMatch(/^The SQL failed: [^\n]+\.$/);
    }
  });

  it("a query that needs more memory than its engine has says so in one sentence, and what to give", async () => {
    const little = await openSql({ archive: folder, memoryBytes: 480 * 1024 * 1024 });
    const text = "SELECT length(string_agg(repeat('x', 1000000), '')) FROM range(1000)";
    await expect(rowsOf(little, text)).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringMatching(/^The query needs more memory than its engine may use: failed [^\n]+\.$/),
      advice: expect.stringContaining("--memory"),
    });
  });

  it("a query that fails in the middle fails, and is no shorter answer", async () => {
    const text = "SELECT CAST(CASE WHEN i = 900000 THEN 'x' ELSE '1' END AS integer) FROM range(1000000) AS t (i)";
    await expect(rowsOf(sql, text)).rejects.toMatchObject({ kind: "misconfigured" });
  });

  it("an answer has its columns, under names of their own, whatever the statement ends in", async () => {
    const answer = await sql.query(
      "SELECT a.gid, b.gid, ?, NULL AS n FROM events a JOIN events b USING (gid) WHERE gid = '01' -- end;",
      ["x"],
    );
    expect(answer.columns.map((column) => column.name)).toEqual(["gid", "gid_1", expect.any(String), "n"]);
    expect((await plainRows(answer))[0]).toEqual(["01", "01", "x", null]);
    expect((await rowsOf(sql, "SUMMARIZE SELECT gid FROM events WHERE dt = '2026-05-01';")).length).toBe(1);
  });

  it("texts of one row stay apart: of several bytes a letter, of two collations, empty, absent, with a byte order mark, and beside a time without end", async () => {
    const sql = await openSql({ archive: await fill(createMemoryArchive()) });
    const texts = "'\ufeffä' AS a, '' AS b, NULL AS c, 'x' AS \"d\"\"e\", '𝄞é' AS f, 7 AS g";
    const times = "TIMESTAMP '2026-05-01 09:00:00' AS h, CAST('infinity' AS TIMESTAMP_MS) AS i";
    const collated = "'A' COLLATE NOCASE AS j, 'É' COLLATE NOACCENT AS k";
    expect(await rowsOf(sql, `SELECT ${texts}, CAST(NULL AS VARCHAR) AS n, ${times}, ${collated}, 'end' AS z`)).toEqual(
      [["\ufeffä", "", null, "x", "𝄞é", 7, null, "2026-05-01 09:00:00.000", "infinity", "A", "É", "end"]],
    );
  });

  it("an aborted query ends with the reason of its signal", async () => {
    const controller = new AbortController();
    const sql = await openSql({ archive: await fill(createMemoryArchive()), signal: controller.signal });
    const answer = await sql.query("SELECT * FROM range(100000)");
    await expect(async () => {
      for await (const _ of answer.rows) controller.abort(new Error("stop"));
    }).rejects.toThrow("stop");
    await expect(rowsOf(sql, "SELECT 1")).rejects.toThrow("stop");
  });
});

describe("files", () => {
  it("a folder may have any name, and be a link", async () => {
    const odd = join(folder, "a=b [x]*? 'q' {1}");
    await mkdir(odd);
    await fill(createDirectoryArchive(join(odd, "archive")));
    await symlink(join(odd, "archive"), join(folder, "link"));
    for (const archive of [join(odd, "archive"), join(folder, "link")]) {
      const sql = await openSql({ archive });
      expect(await rowsOf(sql, "SELECT count(*) FROM events")).toEqual([[12]]);
    }
  });

  it.each([
    ["dt=2026-01-01", "workspace=1", "a=b=c"],
    ["a*b", "a?b", "[a]", "]["],
    ["it's", 'say "so"', "a b", "{a,b}", "$HOME", "~", "%2A", "é"],
  ])("no character of the temporary folder's path means anything to the engine: %j, %j, %j ...", async (...names) => {
    const archive = join(folder, ...names, "archive");
    await mkdir(archive, { recursive: true });
    await fill(createDirectoryArchive(archive));
    const junk = [junkOf("2026-05-04", Buffer.from([0xff]))];
    await appendEvents(createDirectoryArchive(archive), junk);
    const spill = join(folder, ...names, "tmp");
    await mkdir(spill);
    vi.stubEnv("TMPDIR", spill);
    try {
      const text = "SELECT count(*), min(workspace), max(dt), min(path) FROM events WHERE dt >= '2026-05-03'";
      for (const [name, place] of [
        ["folder", archive],
        ["store", createDirectoryArchive(archive)],
      ] as const) {
        const sql = await openSql({ archive: place });
        const path = `events/workspace=${WORKSPACE}/dt=2026-05-03/000001.ndjson.gz`;
        expect(await rowsOf(sql, text)).toEqual([[7, WORKSPACE, "2026-05-04", path]]);
        expect(await sql.saveParquet("SELECT 1", [], join(spill, `${name}.parquet`))).toBe(1);
      }
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it("of its own are removed when it is closed", async () => {
    const temporary = join(folder, "tmp");
    await mkdir(temporary);
    vi.stubEnv("TMPDIR", temporary);
    const sql = await openArchiveSql({ archive: await fill(createMemoryArchive()) }).finally(() => vi.unstubAllEnvs());
    await rowsOf(sql, "SELECT * FROM events");
    expect(await readdir(temporary)).toHaveLength(1);
    await sql.close();
    expect(await readdir(temporary)).toEqual([]);
  });

  it("a Parquet file holds the rows, and never replaces a file that exists", async () => {
    await fill(createDirectoryArchive(join(folder, "archive")));
    const file = join(folder, "events.parquet");
    const sql = await openSql({ archive: join(folder, "archive") });
    expect(
      await sql.saveParquet("SELECT line, created_at FROM events WHERE dt >= ?; -- all of it", ["2026-05-03"], file),
    ).toBe(6);
    const bytes = await readFile(file);
    expect(bytes.subarray(0, 4).toString()).toBe("PAR1");
    await expect(sql.saveParquet("SELECT 1 AS a", [], file)).rejects.toThrow("events.parquet already exists.");
    expect(await readFile(file)).toEqual(bytes);
    const other = join(folder, "other.parquet");
    await expect(sql.saveParquet("DROP VIEW events", [], other)).rejects.toMatchObject({ kind: "misconfigured" });
    expect((await readdir(folder)).sort()).toEqual(["archive", "events.parquet"]);
  });

  it("an archive that is copied elsewhere can be asked there", async () => {
    await fill(createDirectoryArchive(join(folder, "archive")));
    await cp(join(folder, "archive"), join(folder, "copy"), { recursive: true });
    const sql = await openSql({ archive: join(folder, "copy") });
    expect(await rowsOf(sql, "SELECT count(*) FROM events")).toEqual([[12]]);
  });
});
