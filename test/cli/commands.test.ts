/** Each command does what its help says, as a process, against a feed over HTTP. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { makeDirectory, runCli, startCli, startFeed, WORKSPACE } from "./run-cli.ts";
import { sourceLines } from "./source-lines.ts";

it("drain archives all there is, and the next drain nothing, with at most two requests", async () => {
  const { feed, flags } = await startFeed();
  const directory = await makeDirectory();
  const first = await runCli(["drain", ...flags, "--archive", directory]);
  expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining("600 events archived") });
  const before = feed.requests.length;
  const second = await runCli(["drain", ...flags, "--archive", directory, "--json"]);
  expect(second.code).toBe(0);
  expect(JSON.parse(second.stdout)).toMatchObject({ outcome: "caught-up", archived: 0, workspace: WORKSPACE });
  expect(feed.requests.length - before).toBeLessThanOrEqual(2);
});

it("export gives the very bytes that the source showed", async () => {
  const { feed, flags } = await startFeed();
  const directory = await makeDirectory();
  await runCli(["drain", ...flags, "--archive", directory]);
  const { code, stdout, stderr } = await runCli(["export", "--archive", directory]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^600 events exported/) });
  expect(stdout.split("\n").slice(0, -1).sort()).toEqual(sourceLines(feed).sort());
});

it("export filters by window, actor, type and resource", async () => {
  const { feed, flags } = await startFeed();
  const directory = await makeDirectory();
  await runCli(["drain", ...flags, "--archive", directory]);
  const events = sourceLines(feed).map((line) => JSON.parse(line));
  const some = events.find((event) => event.actor?.email !== undefined && event.resource?.gid !== undefined);
  const from = new Date(Date.parse(some.created_at) - 1000).toISOString();
  const expected = events.filter(
    (event) =>
      event.created_at >= from &&
      event.created_at < "2100" &&
      event.actor?.email === some.actor.email &&
      event.event_type === some.event_type &&
      event.resource?.gid === some.resource.gid,
  );
  const filters = ["--from", from, "--to", "2100-01-01", "--actor", some.actor.email.toUpperCase()];
  const more = ["--event-type", some.event_type, "--resource", some.resource.gid];
  const { stdout } = await runCli(["export", "--archive", directory, ...filters, ...more]);
  expect(
    stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line)),
  ).toEqual(expected);
});

it("export writes a new file whole or not at all, and CSV that no spreadsheet takes for a formula", async () => {
  const { feed, flags } = await startFeed({ events: 10 });
  feed.append(WORKSPACE, {
    gid: "1",
    created_at: new Date(Date.now() - 60_000).toISOString(),
    event_type: "x",
    resource: { name: "=HYPERLINK(1)" },
  });
  const directory = await makeDirectory();
  await runCli(["drain", ...flags, "--archive", join(directory, "archive")]);
  const file = join(directory, "events.csv");
  const args = ["export", "--archive", join(directory, "archive"), "--format", "csv", "--output", file];
  expect(await runCli(args)).toMatchObject({ code: 0, stdout: "" });
  const newline = /\n(?=(?:[^"]*"[^"]*")*[^"]*$)/; // outside of quotes: a name may have several lines
  const rows = (await readFile(file, "utf8")).trimEnd().split(newline);
  expect(rows).toHaveLength(12);
  expect(rows[0]).toMatch(/^gid,created_at,event_type,/);
  expect(rows.at(-1)).toContain("'=HYPERLINK(1)");
  expect(await runCli(args)).toMatchObject({ code: 2, stderr: expect.stringContaining("exists") });
});

it("fetch prints what the source shows, and archives nothing", async () => {
  const { feed, flags } = await startFeed();
  const all = await runCli(["fetch", ...flags]);
  expect(all.code).toBe(0);
  expect(all.stdout.split("\n").slice(0, -1)).toEqual(sourceLines(feed));
});

it("fetch sends every parameter of the API, and goes on from an offset", async () => {
  const { feed, flags } = await startFeed();
  const type = JSON.parse(sourceLines(feed)[0]!).event_type;
  const filters = ["--from", "2020-01-01", "--to", "2100-01-01T00:00:00Z", "--event-type", type, "--page-limit", "1"];
  const more = ["--actor-gid", "123", "--resource-gid", "456"];
  await runCli(["fetch", ...flags, ...filters, ...more, "--one-page"]);
  expect(feed.requests.at(-1)?.query).toEqual({
    start_at: "2020-01-01T00:00:00.000Z",
    end_at: "2100-01-01T00:00:00.000Z",
    event_type: type,
    actor_gid: "123",
    resource_gid: "456",
    limit: "1",
  });
  await runCli(["fetch", ...flags, "--actor-type", "user", "--one-page"]);
  expect(feed.requests.at(-1)?.query).toEqual({ actor_type: "user" });

  const both = ["fetch", ...flags, "--actor-type", "user", "--actor-gid", "123", "--one-page"];
  expect(await runCli(both)).toMatchObject({ code: 0, stderr: expect.stringContaining("Only events that pass both") });
  expect(feed.requests.at(-1)?.query).toEqual({ actor_type: "user", actor_gid: "123" });

  const first = await runCli(["fetch", ...flags, "--page-limit", "5", "--one-page", "--json"]);
  const summary = first.stderr.split("\n").find((line) => line.includes('"offset"')) ?? "";
  const { offset, ...rest } = JSON.parse(summary);
  expect(rest).toEqual({ events: 5 });
  const second = await runCli(["fetch", ...flags, "--page-limit", "5", "--one-page", "--offset", offset]);
  expect([...first.stdout.split("\n").slice(0, -1), ...second.stdout.split("\n").slice(0, -1)]).toEqual(
    sourceLines(feed).slice(0, 10),
  );
});

it("drain asks for as many events a page as it is told to, and for no number otherwise", async () => {
  const { feed, flags } = await startFeed({ events: 200 });
  const archive = ["--archive", await makeDirectory()];
  await runCli(["drain", ...flags, ...archive]);
  expect(feed.requests.map(({ query }) => query["limit"])).toEqual(feed.requests.map(() => undefined));
  const before = feed.requests.length;
  const whole = ["--from", "2020-01-01", "--page-limit", "60"];
  expect(await runCli(["drain", ...flags, ...archive, ...whole])).toMatchObject({ code: 0 });
  const limits = feed.requests.slice(before).map(({ query }) => query["limit"]);
  // The first asks for the time alone, and the last two once more for what is behind the newest event.
  expect(limits).toEqual(["1", "60", "60", "60", "60", "60", "60", "60"]);
});

it("query answers from an argument or standard input, in every format", async () => {
  const { flags } = await startFeed();
  const directory = await makeDirectory();
  await runCli(["drain", ...flags, "--archive", directory]);
  const sql = "SELECT count(*) AS n, count(DISTINCT gid) AS gids FROM events";
  const table = await runCli(["query", "--archive", directory, sql]);
  expect(table).toMatchObject({ code: 0, stdout: expect.stringMatching(/n\s+gids\n600\s+600\n/) });
  const json = await runCli(["query", "--archive", directory, "--json"], { input: sql });
  expect(JSON.parse(json.stdout)).toEqual([{ n: 600, gids: 600 }]);
  const csv = await runCli(["query", "--archive", directory, "--format", "csv", sql]);
  expect(csv.stdout).toBe("n,gids\n600,600\n");
  const ndjson = await runCli(["query", "--archive", directory, "--format", "ndjson", sql]);
  expect(ndjson.stdout).toBe('{"n":600,"gids":600}\n');
});

it("rescan archives what a cursor has missed, and says how late it was", async () => {
  const { feed, flags } = await startFeed();
  const directory = await makeDirectory();
  const first = await runCli(["drain", ...flags, "--archive", directory, "--json"]);
  const { watermark } = JSON.parse(first.stdout);
  const late = new Date(Date.parse(watermark) - 1).toISOString();
  feed.append(WORKSPACE, { gid: "77", created_at: late, event_type: "late" }, Date.now());
  const drained = await runCli(["drain", ...flags, "--archive", directory, "--json"]);
  expect(JSON.parse(drained.stdout)).toMatchObject({ archived: 0 });
  const rescanned = await runCli(["rescan", "--last", "1h", ...flags, "--archive", directory]);
  expect(rescanned).toMatchObject({ code: 0, stdout: expect.stringContaining("1 event archived") });
  expect(rescanned.stderr).toContain("1 event became visible late");
  for (const window of [
    ["--day", late.slice(0, 10)],
    ["--settled"],
    ["--from", late.slice(0, 10), "--to", "2100-01-01"],
  ]) {
    const again = await runCli(["rescan", ...window, ...flags, "--archive", directory, "--json"]);
    expect(JSON.parse(again.stdout)).toMatchObject({ archived: 0, outcome: "caught-up" });
  }
});

it("drain with a window archives that window alone", async () => {
  const { feed, flags } = await startFeed();
  const directory = await makeDirectory();
  const times = sourceLines(feed).map((line) => JSON.parse(line).created_at as string);
  const [from, to] = [times[100]!, times[300]!];
  const { stdout } = await runCli(["drain", ...flags, "--archive", directory, "--from", from, "--to", to, "--json"]);
  const inside = times.filter((time) => time >= from && time < to).length;
  expect(JSON.parse(stdout)).toMatchObject({ archived: inside });
});

it("feed serves until it is told to stop", async () => {
  const { child, ended } = startCli(["feed", "--port", "0", "--events", "50", "--days", "2", "--json"]);
  const line = await new Promise<string>((resolve) => child.stdout?.once("data", (chunk) => resolve(String(chunk))));
  const { baseUrl, workspaces, token } = JSON.parse(line);
  const fetched = await runCli(["fetch", "--source", baseUrl, "--workspace", workspaces[0]], { token });
  expect(fetched.stdout.trimEnd().split("\n")).toHaveLength(50);
  child.kill("SIGINT");
  expect(await ended).toMatchObject({ code: 0, signal: null });
});

it("several workspaces are drained in one run, and one that fails does not keep the others from theirs", async () => {
  const { baseUrl } = await startFeed({ events: 50 });
  const directory = await makeDirectory();
  const args = ["--source", baseUrl, "--workspace", "999", "--workspace", WORKSPACE, "--archive", directory, "--json"];
  const { code, stdout, stderr } = await runCli(["drain", ...args]);
  expect(code).toBe(3);
  expect(JSON.parse(stdout)).toMatchObject({ workspace: WORKSPACE, archived: 50 });
  expect(stderr).toContain('"workspace":"999"');
});

it("the token may come from a file, which is read again when the source refuses the token", async () => {
  const { feed, flags, whenAsked } = await startFeed({ events: 2_000, defaultLimit: 50, tokens: { old: "full" } });
  const directory = await makeDirectory();
  const file = join(directory, "token");
  await writeFile(file, "old\n", { mode: 0o600 });
  const args = ["drain", ...flags, "--archive", join(directory, "archive"), "--token-file", file, "--json"];
  const { ended } = startCli(args, { token: null });
  await whenAsked(3);
  await writeFile(file, "new\n");
  feed.change({ tokens: { new: "full" } });
  const { code, stdout } = await ended;
  expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, archived: 2_000 });
  expect(feed.requests.filter(({ status }) => status === 401).length).toBeGreaterThan(0);
});
