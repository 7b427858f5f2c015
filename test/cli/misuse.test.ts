/** Used wrongly, the command line exits with 2, says what is wrong and what to do, and does nothing. */
import { chmod, mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { makeDirectory, NOBODY, runCli, runProcess, startFeed, WORKSPACE } from "./run-cli.ts";

const SOURCE = "http://127.0.0.1:9/api/1.0";
const drain = ["drain", "--source", SOURCE, "--workspace", "1", "--archive", "/nonexistent/archive"];

it.each([
  ["an unknown command", ["drian"], "unknown command 'drian'"],
  ["no command", [], "Usage: asana-audit-archive"],
  ["an unknown flag", ["drain", "--archve", "x"], "unknown option '--archve'"],
  ["a token as a flag", [...drain, "--token=secret@"], "set ASANA_TOKEN"],
  ["a missing archive", ["drain", "--workspace", "1"], "--archive is missing"],
  ["a missing workspace", ["drain", "--archive", "x"], "--workspace is missing"],
  ["a flag without its value", ["drain", "--archive"], "argument missing"],
  ["an argument that nobody asked for", [...drain, "extra"], "too many arguments"],
  ["a gid that is not digits", ["drain", "--workspace", "12a"], "A gid consists of digits"],
  ["an empty gid", ["drain", "--workspace", ""], "A gid consists of digits"],
  ["a date that does not exist", ["rescan", "--day", "2026-02-30"], "Give a date, for example"],
  ["a date beyond all dates", ["rescan", "--day", "9999-12-31"], "Give a date, for example"],
  ["a window that is no time", ["drain", "--since", "May"], "a day (2026-11-27), a month (2026-11), a time"],
  ["a time zone that does not exist", ["drain", "--tz", "Mars/Olympus"], "a time zone by its IANA name"],
  ["an empty window", [...drain, "--from", "2026-05-02", "--to", "2026-05-02"], "--since is not before --until"],
  ["a window and a schedule", [...drain, "--from", "2026-05-02", "--every", "1h"], "--every cannot be combined"],
  ["a rescan of nothing", ["rescan", ...drain.slice(1)], "A rescan takes exactly one window"],
  [
    "a rescan of two things",
    ["rescan", ...drain.slice(1), "--last", "1h", "--settled"],
    "A rescan takes exactly one window",
  ],
  ["a duration without a unit", ["drain", "--every", "10"], "a number and a unit"],
  ["a duration of thousands of years", ["rescan", "--last", "999999d"], "at most 3650d"],
  ["http to another machine", ["drain", "--source", "http://example.com/api/1.0"], "http is accepted for loopback"],
  ["a password in the URL", ["drain", "--source", "https://me:secret@example.com/"], "without user"],
  ["a limit of 0", ["fetch", "--page-limit", "0"], "whole number from 1"],
  ["a setting out of its range", ["drain", "--batch-mib", "129"], "Give a whole number of MiB from 1 to 128."],
  ["a setting that cannot be none", ["rescan", "--overlap-minutes="], "Give a whole number of minutes from 1 to"],
  ["an unknown format", ["export", "--format", "xml"], "Allowed choices are ndjson, csv"],
  ["an archive without a name", ["status", "--archive", ""], "--archive is empty"],
  ["a bucket without a name", ["status", "--archive", "s3://"], "is not a valid bucket name"],
  [
    "an archive in S3 without a checkpoint",
    ["drain", ...drain.slice(1, 5), "--archive", "s3://bucket"],
    "needs a checkpoint",
  ],
  [
    "a table without a name",
    ["status", "--archive", "s3://bucket", "--checkpoint", "dynamodb://"],
    "is not a valid table name",
  ],
  ["a value for a flag that has none", ["status", "--json=1"], "option '--json' takes no value.\n  Write --json alone"],
  ["the same before the command", ["--quiet=1", "status"], "Options follow the command"],
  ["a file without a name", ["query", "--output", "", "SELECT 1"], "--output is empty.\n  Give a file"],
  ["another file without a name", ["ask", "exports", "--parquet="], "--parquet is empty.\n  Give a file"],
  ["a configuration file without a name", ["status", "--config", ""], "--config is empty.\n  Give a file"],
  ["a profile without a name", ["status", "--profile="], "--profile is empty.\n  Give a name"],
  ["a new archive without a name", ["init", "--archive", ""], "--archive is empty.\n  Give a place"],
  ["the next option as a file's name", ["export", "--output", "--exact"], "--output is followed by --exact, which is"],
  ["the next option as a place", ["status", "--archive", "--json"], "--archive is followed by --json, which is"],
  ["a dash for standard output", ["export", "--output", "-"], "Leave it out to print to standard output"],
  ["the same for a Parquet file", ["query", "--parquet", "-", "SELECT 1"], "Leave it out to print to standard output"],
  ["a feed flag out of range", ["feed", "--events", "-3"], "--events must be a number"],
])("%s is refused with 2", async (_, args, message) => {
  const { code, stdout, stderr } = await runCli(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(message);
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(stderr).not.toContain("secret@");
});

it.each([
  ["no token", null, "no token was given"],
  ["an empty token", "", "ASANA_TOKEN is empty"],
  ["a token with a space in it", "SECRET token", "white space"],
  ["a token on two lines", "SECRET\nSECRET", "white space"],
  ["a token with the word Bearer", "Bearer SECRET", "white space"],
  ["a token in quotation marks", '"SECRET"', "quotation marks"],
  ["a token in another alphabet", "SECRETключ", "characters that tokens never contain"],
])("%s is refused with 2, before any request, and never repeated", async (_, token, message) => {
  const { feed, flags } = await startFeed({ events: 10 });
  const directory = await makeDirectory();
  const { code, stdout, stderr } = await runCli(["drain", ...flags, "--archive", directory, "--debug"], { token });
  expect({ code, stdout, requests: feed.requests.length }).toEqual({ code: 2, stdout: "", requests: 0 });
  expect(stderr).toContain(message);
  expect(stderr).not.toContain("SECRET");
});

it("a token file is refused when it is missing, a directory or the wrong file, and warned of when all can read it", async () => {
  const { flags } = await startFeed({ events: 10 });
  const directory = await makeDirectory();
  const args = ["drain", ...flags, "--archive", join(directory, "archive"), "--token-file"];
  const withFile = (file: string) => runCli([...args, join(directory, file)], { token: null });
  expect(await withFile("missing")).toMatchObject({ code: 2, stderr: expect.stringContaining("ENOENT") });
  expect(await withFile(".")).toMatchObject({ code: 2, stderr: expect.stringContaining("is a directory") });
  await writeFile(join(directory, "large"), "x".repeat(100_000));
  expect(await withFile("large")).toMatchObject({ code: 2, stderr: expect.stringContaining("too long") });
  await writeFile(join(directory, "token"), "feed-token\n", { mode: 0o644 });
  expect(await withFile("token")).toMatchObject({ code: 0, stderr: expect.stringContaining("chmod 600") });
  await chmod(join(directory, "token"), 0o600);
  expect(await withFile("token")).toMatchObject({ code: 0, stderr: expect.not.stringContaining("chmod 600") });
});

it("an archive to read from must be there, and be one", async () => {
  const directory = await makeDirectory();
  await writeFile(join(directory, "file"), "");
  for (const command of [["status"], ["verify"], ["query", "SELECT 1"], ["export"]]) {
    for (const [archive, message] of [
      [join(directory, "missing"), "does not exist"],
      [directory, "does not contain an archive"],
      [join(directory, "file"), "is not a directory"],
    ] as const) {
      const { code, stderr } = await runCli([...command, "--archive", archive]);
      expect({ command, code, stderr }).toEqual({ command, code: 2, stderr: expect.stringContaining(message) });
    }
  }
});

it("an archive to write to must not be a file or hold other things, and is asked for before the source is", async () => {
  const { feed, flags } = await startFeed({ events: 10 });
  const directory = await makeDirectory();
  await writeFile(join(directory, "notes.txt"), "mine");
  for (const archive of [directory, join(directory, "notes.txt"), join(directory, "notes.txt", "below")]) {
    expect(await runCli(["drain", ...flags, "--archive", archive])).toMatchObject({ code: 2 });
  }
  expect(await readdir(directory)).toEqual(["notes.txt"]);
  expect(feed.requests).toHaveLength(0);
});

it("an archive that may not be written to is told as such", async () => {
  const { flags } = await startFeed({ events: 10 });
  const directory = await makeDirectory();
  const archive = join(directory, "archive");
  await mkdir(archive);
  await chmod(directory, 0o755);
  await chmod(archive, 0o555);
  // Root may write everywhere, so it is somebody else who tries.
  const uid = process.getuid?.() === 0 ? { uid: NOBODY } : {};
  const { code, stderr } = await runProcess(["drain", ...flags, "--archive", archive], uid);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("access is denied") });
});

it("a link out of the archive is not followed into another folder", async () => {
  const { flags } = await startFeed({ events: 10 });
  const directory = await makeDirectory();
  await mkdir(join(directory, "elsewhere"));
  await mkdir(join(directory, "archive", "events"), { recursive: true });
  await symlink(join(directory, "elsewhere"), join(directory, "archive", "events", `workspace=${WORKSPACE}`));
  const { code } = await runCli(["drain", ...flags, "--archive", join(directory, "archive")]);
  expect(code).not.toBe(0);
  expect(await readdir(join(directory, "elsewhere"))).toEqual([]);
});
