/** The exit code of every way a run can end: 0 done, 1 a check failed, 2 misused, 3 refused, 4 unavailable, 5 halted. */
import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { FeedFault } from "../../feed/faults.ts";
import { putObject } from "../archive/put-object.ts";
import { sampleEvents, sampleLog } from "../segment/sample.ts";
import { archivedLines, segmentsIn } from "./archived-lines.ts";
import { makeDirectory, runCli, startCli, startFeed, WORKSPACE } from "./run-cli.ts";
import { sourceLines } from "./source-lines.ts";

/** The last two lines. */
const CAUSE_AND_ADVICE = /(^|\n)asana-audit-archive: .+\.\n {2}.+\.\n$/;

const always = (fault: FeedFault) => ({ faults: { script: [{ request: 1, times: 1000, fault }] } });

describe("a source that refuses ends a run with 3, and is not asked again", () => {
  it.each([
    ["a wrong token", { tokens: { other: "full" } }, 401],
    ["a token without audit access", { tokens: { "feed-token": "no-audit-log" } }, 403],
    ["a plan without an audit log", { workspaces: [{ gid: WORKSPACE, plan: "basic" }] }, 402],
    ["an unknown workspace", { workspaces: [{ gid: "7" }] }, 404],
    ["an embargo", always({ kind: "status", status: 451 }), 451],
  ] as const)("%s", async (_, options, status) => {
    const { feed, flags } = await startFeed(options);
    const archive = await makeDirectory();
    const { code, stderr } = await runCli(["drain", ...flags, "--archive", archive, "--attempts", "2"]);
    expect({ code, statuses: feed.requests.map((request) => request.status) }).toEqual({ code: 3, statuses: [status] });
    expect(stderr).toMatch(CAUSE_AND_ADVICE);
    expect(await readdir(archive)).toEqual([]);
  });
});

describe("a source in trouble ends a run with 4, and nothing is advanced", () => {
  it.each([
    ["HTML instead of a page", always({ kind: "text" })],
    ["a page that is cut off", always({ kind: "cut" })],
    ["a page without data", always({ kind: "no-data" })],
    ["a redirect", always({ kind: "redirect" })],
    ["an error that stays", always({ kind: "server-error" })],
    ["a reset that stays", always({ kind: "reset" })],
    ["a wait that is too long", always({ kind: "rate-limited", retryAfter: "3600" })],
  ] as const)("%s", async (_, options) => {
    const { flags } = await startFeed(options);
    const archive = await makeDirectory();
    const { code, stderr } = await runCli(["drain", ...flags, "--archive", archive, "--attempts", "2"]);
    expect({ code, stderr }).toEqual({
      code: 4,
      stderr: expect.stringMatching(CAUSE_AND_ADVICE),
    });
    expect((await readdir(archive)).filter((name) => name === "events")).toEqual([]);
  });

  it("a source that does not listen", async () => {
    const archive = await makeDirectory();
    const nowhere = ["--source", "http://127.0.0.1:9/api/1.0", "--workspace", "1", "--attempts", "1"];
    expect(await runCli(["drain", ...nowhere, "--archive", archive])).toMatchObject({ code: 4 });
  });

  it("a broken event is not trouble: it is archived as it is, and so is all else", async () => {
    const { feed, flags } = await startFeed({ faults: { script: [{ request: 1, fault: { kind: "broken-event" } }] } });
    const archive = await makeDirectory();
    const { code, stderr } = await runCli(["drain", ...flags, "--archive", archive]);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining("1 event without a valid created_at"),
    });
    const { stdout } = await runCli(["export", "--archive", archive]);
    expect(stdout.split("\n").slice(0, -1).sort()).toEqual(["7", ...sourceLines(feed)].sort());
  });

  it("a wait that was ordered is kept by the next run, which asks nothing", async () => {
    const { feed, flags } = await startFeed(always({ kind: "rate-limited", retryAfter: "3600" }));
    const archive = await makeDirectory();
    await runCli(["drain", ...flags, "--archive", archive]);
    const before = feed.requests.length;
    const { code, stderr } = await runCli(["drain", ...flags, "--archive", archive]);
    expect({ code, stderr, asked: feed.requests.length - before }).toEqual({
      code: 4,
      stderr: expect.stringContaining("not to be called before"),
      asked: 0,
    });
  });
});

describe("verify", () => {
  it("ends with 0 for a whole archive, and says what it read", async () => {
    const archive = await drained();
    const { code, stdout } = await runCli(["verify", "--archive", archive]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining("600 events") });
  });

  it("ends with 2 where there is nothing to verify", async () => {
    const archive = await drained();
    const before = ["--workspace", WORKSPACE, "--from", "2019-01-01", "--to", "2020-01-01"];
    expect(await runCli(["verify", "--archive", archive, ...before])).toMatchObject({ code: 2 });
    expect(await runCli(["verify", "--archive", archive, "--workspace", "9"])).toMatchObject({ code: 2 });
    expect(await runCli(["verify", "--archive", archive, "--day", "2022-01-01"])).toMatchObject({ code: 2 });
  });

  it.each([
    ["cut short", "I5", async (file: string) => truncate(file, 700)],
    ["cut short inside its manifest", "I5", async (file: string) => truncate(file, 100)],
    ["empty", "I5", async (file: string) => truncate(file, 0)],
    ["edited", "I5", async (file: string) => flip(file, 900)],
    ["with bytes behind its end", "I5", async (file: string) => writeFile(file, "x", { flag: "a" })],
    ["of an unknown format", "I5", async (file: string) => replaceIn(file, '{"format":1', '{"format":9')],
    ["gone", "I3", async (file: string) => rm(file)],
    ["under another number", "I3", async (file: string) => rename(file, file.replace("000001", "000007"))],
  ] as const)(
    "ends with 1 for a segment that is %s, names the key, and touches nothing",
    async (_, invariant, damage) => {
      const archive = await drained();
      const [key = ""] = await segmentsIn(archive);
      await damage(join(archive, key));
      const before = await contentsOf(archive);
      const { code, stdout } = await runCli(["verify", "--archive", archive]);
      expect(code).toBe(1);
      expect(stdout).toContain(key.replace("000001.ndjson.gz", ""));
      expect(stdout).toMatch(new RegExp(`\\b(${invariant}|I4)\\b`));
      expect(await contentsOf(archive)).toEqual(before);
    },
  );
});

describe("an archive whose bucket expires what is old", () => {
  it.each(["verify", "status"])(
    "is whole for %s that is given the setting, and not for one without",
    async (command) => {
      const archive = await makeDirectory();
      const [, ...rest] = await sampleLog([sampleEvents(2, 0, "2022-01-01"), sampleEvents(2, 10, "2022-01-01")]);
      for (const { key, bytes } of rest) await putObject(archive, key, bytes);
      const words = [command, "--archive", archive];
      expect(await runCli([...words, "--expire-after-days", "100"])).toMatchObject({ code: 0 });
      expect(await runCli([...words, "--expire-after-days", "36500"])).toMatchObject({ code: 1 });
      expect(await runCli(words)).toMatchObject({ code: 1, stdout: expect.stringContaining("I3") });
      expect(await runCli([...words, "--expire-after-days", "0"])).toMatchObject({ code: 2 });
    },
  );
});

describe("status", () => {
  it("tells what there is, from any day on", async () => {
    const archive = await drained();
    const { code, stdout } = await runCli(["status", "--archive", archive, "--from", "2019-01-01", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ workspaces: [{ workspace: WORKSPACE, events: 600 }], faults: [] });
    const table = await runCli(["status", "--archive", archive, "--days"]);
    expect(table.stdout).toMatch(
      /^workspace +first day +last day +days +events +segments +size +newest event +days left\n/,
    );
  });

  it("ends with 1 where a segment is missing or damaged, and with 2 where there is nothing", async () => {
    const archive = await drained();
    expect(await runCli(["status", "--archive", archive, "--workspace", "9"])).toMatchObject({ code: 2 });
    const [key = ""] = await segmentsIn(archive);
    await truncate(join(archive, key), 100);
    const { code, stdout } = await runCli(["status", "--archive", archive]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining(key) });
  });
});

describe("a contradiction halts with 5, and nothing is written", () => {
  it("an archive that is emptied under its checkpoint", async () => {
    const { flags } = await startFeed();
    const archive = await makeDirectory();
    await runCli(["drain", ...flags, "--archive", archive]);
    await rm(join(archive, "events"), { recursive: true });
    await mkdir(join(archive, "events"));
    expect(await runCli(["drain", ...flags, "--archive", archive])).toMatchObject({ code: 5 });
    expect(await segmentsIn(archive)).toEqual([]);
  });

  it("a checkpoint that names a day that does not exist", async () => {
    const { flags } = await startFeed();
    const archive = await makeDirectory();
    await runCli(["drain", ...flags, "--archive", archive]);
    const names = await readdir(join(archive, "checkpoint", WORKSPACE));
    const file = join(archive, "checkpoint", WORKSPACE, names.sort().at(-1)!);
    const text = await readFile(file, "utf8");
    const damaged = text.replace(/("settledThrough": ?)(?:null|"[^"]*")/, '$1"2026-02-31"');
    expect(damaged).not.toBe(text);
    await writeFile(file, damaged);
    expect(await runCli(["rescan", "--settled", ...flags, "--archive", archive])).toMatchObject({
      code: 5,
      stderr: expect.stringContaining("The checkpoint is damaged: `settledThrough` is not a day."),
    });
    for (const command of [["status"], ["verify"]]) {
      const { code, stdout } = await runCli([...command, "--archive", archive]);
      expect({ command, code }).toEqual({ command, code: 5 });
      expect(stdout).toContain("The checkpoint is damaged: `settledThrough` is not a day.");
      expect(stdout).toContain("Look at it, then delete it");
    }
    expect(await readFile(file, "utf8")).toBe(damaged);
  });

  it("a segment in an unknown format, for writers and readers", async () => {
    const { flags } = await startFeed();
    const archive = await makeDirectory();
    await runCli(["drain", ...flags, "--archive", archive]);
    for (const key of await segmentsIn(archive)) await replaceIn(join(archive, key), '{"format":1', '{"format":9');
    const before = await contentsOf(archive);
    await rm(join(archive, "checkpoint"), { recursive: true });
    expect(await runCli(["drain", ...flags, "--archive", archive])).toMatchObject({ code: 5 });
    expect(await runCli(["export", "--archive", archive])).toMatchObject({ code: 5 });
    expect(await runCli(["query", "--archive", archive, "SELECT count(*) FROM events"])).toMatchObject({ code: 5 });
    await rm(join(archive, "checkpoint"), { recursive: true, force: true });
    expect(await contentsOf(archive)).toEqual(before.filter(([name]) => !name.startsWith("checkpoint/")));
  });
});

it("a full disk ends a drain with 4 and no half segment, and with room made the next one goes on", async (test) => {
  const { feed, flags } = await startFeed({ events: 3_000 });
  const archive = await makeDirectory();
  if (!mountSmallDisk(archive, "100k")) return test.skip("a small disk can only be mounted by root");
  try {
    const full = await runCli(["drain", ...flags, "--archive", archive]);
    expect(full).toMatchObject({ code: 4, stderr: expect.stringContaining("the disk is full") });
    const kept = await archivedLines(archive);
    expect(kept.length).toBeLessThan(3_000);
    mountSmallDisk(archive, "10m", "remount,");
    expect(await runCli(["drain", ...flags, "--archive", archive])).toMatchObject({ code: 0 });
    expect(await archivedLines(archive)).toEqual(sourceLines(feed).sort());
  } finally {
    execFileSync("umount", [archive]);
  }
});

function mountSmallDisk(directory: string, size: string, how = ""): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `${how}size=${size}`, "tmpfs", directory], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

it("with several workspaces the code is the highest of theirs", async () => {
  const { flags } = await startFeed({ workspaces: [{ gid: WORKSPACE }, { gid: "5", plan: "basic" }] });
  const archive = await makeDirectory();
  const { code } = await runCli(["drain", ...flags, "--workspace", "5", "--archive", archive]);
  expect(code).toBe(3);
});

it("a reader that has seen enough is no failure", async () => {
  const archive = await drained();
  const { child, ended } = startCli(["export", "--archive", archive]);
  child.stdout?.once("data", () => child.stdout?.destroy());
  expect(await ended).toMatchObject({ code: 0, signal: null });
});

async function drained(): Promise<string> {
  const { flags } = await startFeed();
  const archive = await makeDirectory();
  await runCli(["drain", ...flags, "--archive", archive]);
  return archive;
}

async function contentsOf(archive: string): Promise<(readonly [string, string])[]> {
  const names = (await readdir(archive, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const files = names.map(({ parentPath, name }) => join(parentPath, name)).sort();
  return await Promise.all(
    files.map(async (file) => [file.slice(archive.length + 1), (await readFile(file)).toString("base64")] as const),
  );
}

async function flip(file: string, at: number): Promise<void> {
  const bytes = await readFile(file);
  bytes[at] = bytes[at]! ^ 1;
  await writeFile(file, bytes);
}

async function replaceIn(file: string, text: string, by: string): Promise<void> {
  const bytes = (await readFile(file)).toString("latin1");
  await writeFile(file, bytes.replace(text, by), "latin1");
}
