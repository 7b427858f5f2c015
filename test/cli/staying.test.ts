/** Commands that stay, and run again and again, as processes against a feed over HTTP. */
import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { makeDirectory, startCli, startFeed, WORKSPACE } from "./run-cli.ts";

it("drain --every stays, repeats, does what is due hourly, and ends with 0 on SIGTERM", async () => {
  const { feed, flags } = await startFeed({ events: 100 });
  const directory = await makeDirectory();
  const args = ["drain", ...flags, "--archive", directory, "--every", "1s", "--json"];
  const { child, whenPrinted, ended } = startCli(args);
  await whenPrinted(2); // the first drain, and the first rescan
  feed.append(WORKSPACE, { gid: "5", created_at: new Date(Date.now() - 1000).toISOString(), event_type: "new" });
  await whenPrinted(4); // a drain that may have asked before, and one that has not
  child.kill("SIGTERM");
  const { code, stdout } = await ended;
  expect(code).toBe(0);
  const [first, rescan, ...drains] = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect([first.archived, rescan.archived, rescan.doubted > 1]).toEqual([100, 0, true]);
  expect(drains.reduce((total, { archived }) => total + archived, 0)).toBe(1);
});

it("drain --every tries a workspace again after a refusal, says when, and archives once it is let in", async () => {
  const { feed, flags, whenAsked } = await startFeed({ events: 10, tokens: { "feed-token": "no-audit-log" } });
  const directory = await makeDirectory();
  const { child, whenPrinted, ended } = startCli(["drain", ...flags, "--archive", directory, "--every", "1s"]);
  await whenAsked(2);
  feed.change({ tokens: { "feed-token": "full" } });
  await whenPrinted(2);
  child.kill("SIGTERM");
  const { code, stdout, stderr } = await ended;
  const time = "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d";
  expect(code).toBe(0);
  expect(stderr).toMatch(new RegExp(`(^|\n)${time}  asana-audit-archive: ${WORKSPACE}: .*\\(403, `));
  expect(stderr).toMatch(new RegExp(`\n${time}  ${WORKSPACE}: 2 failures in a row; the next try is at ${time}, in `));
  expect(stderr).toMatch(new RegExp(`\n${time}  ${WORKSPACE}: works again; it had failed since ${time}\n`));
  expect(stdout).toMatch(new RegExp(`^${time}  ${WORKSPACE}: caught up, 10 events archived`));
});

it("drain --every uses the token that its file holds now, also after a refusal that is not about the token", async () => {
  const { feed, flags, whenAsked } = await startFeed({ events: 10, tokens: { old: "no-audit-log", new: "full" } });
  const directory = await makeDirectory();
  const file = join(directory, "token");
  await writeFile(file, "old\n", { mode: 0o600 });
  const archive = join(directory, "archive");
  const args = ["drain", ...flags, "--archive", archive, "--token-file", file, "--every", "1s", "--json"];
  const { child, whenPrinted, ended } = startCli(args, { token: null });
  await whenAsked(1);
  await writeFile(file, "new\n");
  await whenPrinted(1);
  child.kill("SIGTERM");
  const { stdout } = await ended;
  expect(JSON.parse(stdout.split("\n")[0]!)).toMatchObject({ archived: 10 });
  expect(feed.requests[0]?.status).toBe(403);
});

it("a token that comes through a pipe is read once, and is enough for every run", async () => {
  const { flags } = await startFeed({ events: 10 });
  const directory = await makeDirectory();
  const pipe = join(directory, "token");
  execFileSync("mkfifo", [pipe]);
  const args = ["drain", ...flags, "--archive", join(directory, "a"), "--token-file", pipe, "--every", "1s"];
  const { child, whenPrinted, ended } = startCli(args, { token: null });
  await writeFile(pipe, "feed-token\n");
  await whenPrinted(3); // the second drain
  child.kill("SIGTERM");
  expect(await ended).toMatchObject({ code: 0, stderr: expect.not.stringContaining("asana-audit-archive:") });
});
