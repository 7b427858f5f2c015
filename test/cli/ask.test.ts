import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createDirectoryArchive } from "../../lambda/stores/directory-archive.ts";
import { loadQuestions } from "../../sql/questions.ts";
import { appendEvents, eventsOf } from "../query/archive.ts";
import { makeDirectory, runCli } from "./run-cli.ts";

const event = (gid: string, createdAt: string, email: string) => ({
  gid,
  created_at: createdAt,
  event_type: "workspace_export_started",
  event_category: "content_export",
  actor: { actor_type: "user", gid: `7${gid}`, email },
  resource: { resource_type: "workspace", gid: "1201" },
});
const EVENTS = [
  event("1", "2026-05-01T10:00:00.000Z", "ann@example.com"),
  event("2", "2026-05-01T11:00:00.000Z", "bo@example.com"),
  event("3", "2026-05-03T10:00:00.000Z", "ann@example.com"),
];

async function makeArchive(): Promise<string> {
  const directory = join(await makeDirectory(), "archive");
  await appendEvents(createDirectoryArchive(directory), eventsOf(...EVENTS));
  return directory;
}

it("alone, ask lists every question with its sentence", async () => {
  const { code, stdout } = await runCli(["ask"]);
  expect(code).toBe(0);
  for (const { name, sentence } of loadQuestions()) expect(stdout).toContain(`  ${name}\n    ${sentence}\n`);
  const asJson = await runCli(["ask", "--json"]);
  expect(
    asJson.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).name),
  ).toEqual(loadQuestions().map((question) => question.name));
});

describe("a question", () => {
  it("is asked by name, its parameters are flags, and what is not given has its default", async () => {
    const archive = await makeArchive();
    const ask = async (...args: string[]) =>
      (await runCli(["ask", "exports", "--archive", archive, "--format", "csv", ...args])).stdout
        .trimEnd()
        .split("\n")
        .slice(1)
        .map((line) => line.split(",").at(-1));
    expect(await ask("--since", "2026-05-01")).toEqual(["1", "2", "3"]);
    expect(await ask("--since", "2026-05-01", "--until", "2026-05-03")).toEqual(["1", "2"]);
    expect(await ask("--since", "2026-05-01", "--actor", "ANN@example.com")).toEqual(["1", "3"]);
    expect(await ask("--since", "2026-05-02")).toEqual(["3"]);
  });

  it("is answered as a table, a plot over time, or a Parquet file", async () => {
    const archive = await makeArchive();
    const base = ["ask", "volume", "--archive", archive, "--since", "2026-05-01"];
    expect((await runCli(base)).stdout).toMatchInlineSnapshot(`
      "volume: 2026-05-01 to 2026-05-03 (3 days, UTC), counted from the archive's end
        1201: events on 2 of 3 UTC days, none on 2026-05-02; the archive holds 2026-05-01 to 2026-05-03

      dt          event_category  events  people  workspace
      2026-05-01  content_export       2       2  1201
      2026-05-03  content_export       1       1  1201
      (2 rows)
      "
    `);
    expect((await runCli([...base, "--plot", "--quiet"])).stdout.split("\n").map((line) => line.slice(0, 13))).toEqual([
      "2026-05-01  2",
      "2026-05-02  0",
      "2026-05-03  1",
      "",
    ]);
    const file = join(archive, "..", "volume.parquet");
    expect(await runCli([...base, "--parquet", file])).toMatchObject({
      code: 0,
      stdout: "",
      stderr: expect.stringMatching(/^volume: /),
    });
    expect((await readFile(file)).subarray(0, 4).toString()).toBe("PAR1");
  });

  it("is shown for Athena, with its execution parameters as literals", async () => {
    const { code, stdout } = await runCli(["ask", "thing", "--resource", "it's", "--since", "2026-05-01", "--athena"]);
    expect(code).toBe(0);
    expect(stdout).toContain("WHERE dt >= substr(?, 1, 10) AND dt < ?");
    expect(stdout).toMatch(
      /in this order:\n-- '2026-05-01'\n-- '9999-12-31'\n-- '2026-05-01'\n-- '9999-12-31'\n-- ''\n-- 'it''s'\n$/,
    );
  });

  it("is shown for Athena's columnar copy on demand, in the views of the copy", async () => {
    const { code, stdout } = await runCli(["ask", "late", "--since", "2026-05-01", "--athena", "--fast"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^-- From the columnar copy .*events_copied/);
    expect(stdout).toContain("FROM days_fast");
  });

  it.each([
    [["ask", "exports", "--archive", "x", "--fast"], "--fast is about the copy that Athena keeps."],
    [["ask", "nothing"], 'The question "nothing" does not exist.'],
    [["ask", "exports"], "--archive is missing."],
    [["ask", "exports", "--at-least", "3"], "exports has no parameter at_least."],
    [["ask", "person", "--archive", "x"], "person needs the parameter actor."],
    [["ask", "exports", "--since", "May"], '"May" is not a valid value for since.'],
    [["ask", "exports", "--archive", "no such place"], "no such place does not exist"],
    [["ask", "exports", "--nonsense"], "unknown option"],
  ])("%j is used wrongly: %s", async (args, message) => {
    const { code, stderr, stdout } = await runCli(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  });
});

describe("an answer is about what the archive holds", () => {
  it("its default window is 30 days, up to the last one that the archive holds or to --until", async () => {
    const archive = await makeArchive();
    const { code, stdout } = await runCli(["ask", "exports", "--archive", archive]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^exports: 2026-04-04 to 2026-05-03 \(30 days, UTC\), counted from the archive's end\n/);
    expect(stdout).toContain("(3 rows)");
    const until = await runCli(["ask", "exports", "--archive", archive, "--until", "2026-05-03"]);
    expect(until.stdout).toMatch(/^exports: 2026-04-03 to 2026-05-02 \(30 days, UTC\)\n/);
    expect(until.stdout).toContain("(2 rows)");
  });

  it("with --json, standard error tells its window, its parameters, and which days of the window the archive holds", async () => {
    const archive = await makeArchive();
    const { stdout, stderr } = await runCli(["ask", "exports", "--archive", archive, "--actor", "71", "--json"]);
    expect(JSON.parse(stdout)).toHaveLength(1);
    expect(JSON.parse(stderr)).toEqual({
      question: "exports",
      window: { from: "2026-04-04", to: "2026-05-04" },
      countedFrom: "2026-05-03",
      timeZone: "UTC",
      parameters: { since: "2026-04-04", until: "2026-05-04", workspace: "", actor: "71" },
      archive: [{ workspace: "1201", firstDay: "2026-05-01", lastDay: "2026-05-03", days: 2, silent: ["2026-05-02"] }],
    });
  });

  it.each([
    [
      ["exports", "--until", "2026-05-01"],
      "The archive holds nothing of 2026-04-01 to 2026-04-30 (30 days, UTC)",
      "It holds 1201: 2026-05-01 to 2026-05-03.",
    ],
    [["around", "--at", "2027-01-01T12:00:00Z"], "The archive holds nothing of 2027-01-01 (UTC)", "It holds 1201"],
    [
      ["exports", "--since", "2026-05-03", "--until", "2026-05-01"],
      "since (2026-05-03) is not before until",
      "holds 2026-05-01 to 2026-05-03",
    ],
    [
      ["exports", "--workspace", "42", "--since", "2026-05-01"],
      'The archive holds no workspace "42".',
      "It holds 1201.",
    ],
    [
      ["exports", "--actor", "Ann"],
      'Nobody in the archive has the gid or the address "Ann".',
      "Did you mean <ann@example.com> (71), <ann@example.com> (73)? Ask who --name",
    ],
    [["person", "--actor", "' OR '1'='1"], "Nobody in the archive has", "Ask who"],
    [["done-to-person", "--person", "zed"], "Nobody in the archive has", "Ask who"],
    [["thing", "--resource", "5"], 'No event in the archive is about a thing with the gid "5".', "Give the number"],
    [
      ["still-deleted", "--kind", "workspce"],
      'No event in the archive is about a "workspce".',
      "Did you mean workspace?",
    ],
    [["sign-ins-without-sso", "--method", "SAM"], 'Nobody in the archive ever signed in by "SAM".', "Give a method"],
    [
      ["outsiders", "--own-domains", "@exmaple.com"],
      'No address in the archive has the domain "exmaple.com".',
      "Did you mean example.com?",
    ],
  ])("%j is refused: %s", async (args, message, advice) => {
    const { code, stdout, stderr } = await runCli(["ask", ...args, "--archive", await makeArchive()]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).toContain(advice);
  });

  it("query refuses a workspace that the archive does not hold", async () => {
    const args = ["query", "--archive", await makeArchive(), "--workspace", "42", "SELECT count(*) FROM events"];
    expect(await runCli(args)).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining("no workspace 42"),
    });
  });
});

describe("a window", () => {
  const ask = async (...args: string[]) => await runCli(["ask", "exports", "--archive", await makeArchive(), ...args]);

  it("counts back from the end of the archive, years later too, and the answer says so", async () => {
    const { stdout } = await ask("--since", "1d");
    expect(stdout).toMatch(/^exports: 2026-05-03 \(UTC\), counted from the archive's end\n/);
    expect(stdout).toContain("(1 row)");
  });

  it("begins and ends at the moments that were given, as that of export does, and the answer names them", async () => {
    // Events at 10:00 on 2026-05-01, the second of them a millisecond later.
    const at = ["--since", "2026-05-01 12:00:00.001", "--until", "2026-05-03 12:00", "--tz", "Europe/Berlin"];
    const { stdout } = await ask(...at, "--columns", "gid");
    expect(stdout).toMatch(
      /^exports: 2026-05-01 12:00:00\.001\+02:00 to 2026-05-03 12:00:00\+02:00 \(end excluded\); times in Europe\/Berlin\n {2}1201: events on 2 of 3 UTC days, none on 2026-05-02;/,
    );
    const answered = /\ngid\n([\d\n]*)\n\(/.exec(stdout)?.[1]?.split("\n");
    const exported = await runCli(["export", "--archive", await makeArchive(), ...at]);
    expect(answered).toEqual([...exported.stdout.matchAll(/"gid":"(\d)"/g)].map(([, gid]) => gid));
    expect(answered).toEqual(["2"]);
  });

  it("shows a text of the question on one line, whatever it holds", async () => {
    const { stdout } = await runCli(["search", "a\nb\u0007\u202ec", "--archive", await makeArchive()]);
    expect(stdout).toMatch(/^search: .*; text a\\nb\\u0007\\u202ec\n {2}1201: /);
  });

  it("has the same flags under their older names", async () => {
    const [since, from] = [
      await ask("--since", "2026-05-01", "--until", "2026-05-03"),
      await ask("--from", "2026-05-01", "--to", "2026-05-03"),
    ];
    expect(from.stdout).toBe(since.stdout);
    expect(from.stdout).toMatch(/^exports: 2026-05-01 to 2026-05-02 \(2 days, UTC\)\n/);
    const base = ["export", "--archive", await makeArchive()];
    const exported = await runCli([...base, "--from", "2026-05-01T13:00", "--to", "2026-05-03", "--tz", "Asia/Riyadh"]);
    expect(exported.stdout.match(/"gid":"\d"/g)).toEqual(['"gid":"1"', '"gid":"2"']);
    const later = await runCli([
      ...base,
      "--since",
      "2026-05-01T13:01",
      "--until",
      "2026-05-03",
      "--tz",
      "Asia/Riyadh",
    ]);
    expect(later.stdout.match(/"gid":"\d"/g)).toEqual(['"gid":"2"']);
  });

  it("shows times in the time zone that was given, with their offset, in every format", async () => {
    const given = ["--since", "2026-05-03", "--columns", "created_at", "--tz", "America/New_York"];
    const shown = "2026-05-03 06:00:00.000-04:00";
    const table = await ask(...given);
    expect(table.stdout).toMatch(
      /^exports: 2026-05-03 00:00:00-04:00 to 2026-05-03 20:00:00-04:00 \(end excluded\), .*; times in America\/New_York\n/,
    );
    expect(table.stdout).toContain(`\n${shown}\n`);
    expect((await ask(...given, "--format", "csv")).stdout).toBe(`created_at\n${shown}\n`);
    expect(JSON.parse((await ask(...given, "--json")).stdout)).toEqual([{ created_at: shown.replace(" ", "T") }]);
  });
});

describe("search", () => {
  const search = async (...args: string[]) => await runCli(["search", ...args, "--archive", await makeArchive()]);

  it("finds a text, says in which field, and begins with the window, as ask does", async () => {
    expect((await search("ANN@", "--columns", "gid,found_in")).stdout).toMatchInlineSnapshot(`
      "search: 2026-05-01 to 2026-05-03 (3 days, UTC), counted from the archive's end; text ANN@
        1201: events on 2 of 3 UTC days, none on 2026-05-02; the archive holds 2026-05-01 to 2026-05-03

      gid  found_in
      1    actor_email
      3    actor_email
      (2 rows)
      "
    `);
    expect((await search("ANN@", "--since", "1d", "--columns", "gid", "--format", "csv")).stdout).toBe("gid\n3\n");
  });

  it("finds nothing where nothing is, and that is an answer", async () => {
    expect(await search("%", "--columns", "gid", "--json")).toMatchObject({ code: 0, stdout: "[]\n" });
  });

  it.each([
    [[], "There is no text to search for."],
    [[""], "There is no text to search for."],
    [["ann", "--workspace", "42"], 'The archive holds no workspace "42".'],
    [["ann", "--since", "2027-01-01", "--until", "2027-02-01"], "The archive holds nothing of 2027-01-01"],
  ])("refuses %j", async (args, message) => {
    const { code, stdout, stderr } = await search(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  });
});

describe("query", () => {
  const sql = "SELECT gid, dt, event_type FROM events ORDER BY gid";

  it("prints the columns and the first rows that were asked for, and says what it left out", async () => {
    const base = ["query", "--archive", await makeArchive(), "--columns", "dt,gid", "--limit", "2", sql];
    expect((await runCli(base)).stdout).toBe("dt          gid\n2026-05-01  1\n2026-05-01  2\n(2 of 3 rows)\n");
    expect(await runCli([...base, "--format", "csv"])).toMatchObject({
      stdout: "dt,gid\n2026-05-01,1\n2026-05-01,2\n",
      stderr: "2 of 3 rows printed\n",
    });
    const asJson = await runCli([...base, "--json"]);
    expect(JSON.parse(asJson.stdout)).toHaveLength(2);
    expect(JSON.parse(asJson.stderr)).toEqual({ rows: 2, of: 3 });
  });

  it.each([
    [["--columns", "dt,nope"], 'The answer has no column "nope".', "Its columns: gid, dt, event_type."],
    [["--columns", "dt,,gid"], "--columns", ""],
    [["--limit", "-1"], "--limit", ""],
    [["--limit", "1", "--plot"], "--columns and --limit choose from what is printed as text.", "Leave them out"],
  ])("refuses %j", async (args, message, advice) => {
    const { code, stdout, stderr } = await runCli(["query", "--archive", await makeArchive(), ...args, sql]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).toContain(advice);
  });

  it("has colours on a terminal only, unless FORCE_COLOR says otherwise; data for programs has none", async () => {
    const base = ["query", "--archive", await makeArchive(), "--limit", "1", "--columns", "gid", sql];
    const table = "gid\n1\n(1 of 3 rows)\n";
    expect((await runCli(base)).stdout).toBe(table);
    expect((await runCli(base, { env: { FORCE_COLOR: "1" } })).stdout).toBe(
      table.replace("gid", "\u001b[1mgid\u001b[22m"),
    );
    expect((await runCli(base, { env: { FORCE_COLOR: "0" } })).stdout).toBe(table);
    expect((await runCli([...base, "--format", "csv"], { env: { FORCE_COLOR: "1" } })).stdout).toBe("gid\n1\n");
    const wrong = await runCli([...base.slice(0, -1), "SELECT nope FROM events"], { env: { FORCE_COLOR: "1" } });
    expect(wrong.stderr.startsWith("\u001b[31masana-audit-archive: ")).toBe(true);
  });

  it("plots a count over time", async () => {
    const archive = await makeArchive();
    const { stdout } = await runCli([
      "query",
      "--archive",
      archive,
      "--plot",
      "SELECT created_at FROM events WHERE dt = '2026-05-01'",
    ]);
    expect(stdout).toBe(`2026-05-01 10:00  1  ${"█".repeat(79)}\n2026-05-01 11:00  1  ${"█".repeat(79)}\n`);
  });

  it("gives an answer one form", async () => {
    const archive = await makeArchive();
    const args = ["query", "--archive", archive, "--plot", "--format", "csv", "SELECT dt FROM events"];
    expect(await runCli(args)).toMatchObject({ code: 2, stdout: "" });
  });
});
