/** What a command leaves in the temporary folder and beside its output: nothing, in whatever way it ends. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { chown, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { makeTemporaryFolder, temporaryFileFor } from "../../cli/temporary.ts";
import { createDirectoryArchive } from "../../lambda/stores/directory-archive.ts";
import { startS3Server } from "../fakes/s3-server.ts";
import { appendEvents, eventsOf } from "../query/archive.ts";
import { makeDirectory, NOBODY, runCli, runProcess, startCli, startFeed } from "./run-cli.ts";

const SQL = "SELECT line FROM events_all";
const EVENTS = eventsOf(
  ...Array.from({ length: 3_000 }, (_, index) => ({
    gid: String(index + 1),
    created_at: "2026-05-01T01:00:00.000Z",
    details: { text: "x".repeat(400) },
  })),
);

/** No test changes it. */
let made: Promise<string> | null = null;
const localArchive = (): Promise<string> => {
  made ??= mkdtemp(join(tmpdir(), "asana-audit-archive-leftovers-")).then(async (archive) => {
    await appendEvents(createDirectoryArchive(archive), EVENTS);
    return archive;
  });
  return made;
};
afterAll(async () => {
  if (made !== null) await rm(await made, { recursive: true });
});

/** The same archive in S3, which may never answer for an object, and a temporary folder of the test's own. */
async function remoteArchive(isSilent = false) {
  const folder = await localArchive();
  const asked = Promise.withResolvers<void>();
  const onGet = () => {
    asked.resolve();
    return !isSilent;
  };
  const server = await startS3Server({ onGet });
  for (const name of await readdir(folder, { recursive: true })) {
    if (name.endsWith(".gz")) server.put(`/archive/${name}`, await readFile(join(folder, name)));
  }
  const temporary = await makeDirectory();
  const env = { ...server.env, TMPDIR: temporary, HOME: temporary };
  const left = async () => (await readdir(temporary)).filter((name) => name.startsWith("asana-audit-archive-"));
  return {
    env,
    left,
    whenAsked: asked.promise,
    query: ["query", "--archive", "s3://archive", "--format", "ndjson", SQL],
  };
}

describe("the temporary folder", () => {
  it("is empty after a query whose reader has seen enough", async () => {
    const { env, left, query } = await remoteArchive();
    const { child, ended } = startCli(query, { env });
    child.stdout?.once("data", () => child.stdout?.destroy());
    expect(await ended).toMatchObject({ code: 0, signal: null });
    expect(await left()).toEqual([]);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGHUP", 129],
  ] as const)("is empty after a query that %s ended at once", async (signal, code) => {
    const { env, left, whenAsked, query } = await remoteArchive(true);
    const { child, ended } = startCli(query, { env });
    await whenAsked;
    expect(await left()).toHaveLength(1);
    child.stderr?.once("data", () => child.kill(signal));
    child.kill(signal);
    expect(await ended).toMatchObject({ code, signal: null });
    expect(await left()).toEqual([]);
  });

  it("loses what a killed query left when the next one starts, but nothing of a query that still runs", async () => {
    const { env, left, whenAsked, query } = await remoteArchive(true);
    const killed = startCli(query, { env });
    await whenAsked;
    const archive = await localArchive();
    const other = ["query", "--archive", archive, "SELECT 1"];
    const [folder] = await left();
    expect(await runCli(other, { env })).toMatchObject({ code: 0 });
    expect(await left()).toEqual([folder]);
    killed.child.kill("SIGKILL");
    await killed.ended;
    expect(await left()).toEqual([folder]);
    expect(await runCli(other, { env })).toMatchObject({ code: 0 });
    expect(await left()).toEqual([]);
  });

  it("is named in the error where it does not exist or is full, and the SQL is not blamed", async (test) => {
    const { env, query } = await remoteArchive();
    const missing = await runCli(query, { env: { ...env, TMPDIR: "/no/such/folder" } });
    expect(missing).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/the temporary folder \/no.* does not exist.*\n.*TMPDIR/),
    });
    const small = await makeDirectory();
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=4k", "tmpfs", small], { stdio: "ignore" });
    } catch {
      return test.skip("a small disk can only be mounted by root");
    }
    try {
      const full = await runCli(query, { env: { ...env, TMPDIR: small } });
      expect(full).toMatchObject({ code: 4, stderr: expect.stringContaining("the disk is full") });
      expect(full.stderr).not.toContain("SQL");
    } finally {
      execFileSync("umount", [small]);
    }
  });
});

describe("what a dead process left", () => {
  it("is removed if its process is gone from this machine, or if it is from another machine and a week old, but never if it is another user's", async () => {
    const folder = await makeDirectory();
    const target = join(folder, "out.ndjson");
    const own = temporaryFileFor(target);
    const place = basename(own.path).split(".")[3]!.split("-")[0]!;
    const ended = spawn(process.execPath, ["-e", ""]);
    await once(ended, "close");
    const names = {
      dead: `out.ndjson.${ended.pid}.${place}-00000000.partial`,
      running: `out.ndjson.${process.ppid}.${place}-00000000.partial`,
      elsewhere: "out.ndjson.1.00000000-00000000.partial",
      old: "out.ndjson.1.00000000-11111111.partial",
      foreign: "out.ndjson.partial",
      ...(process.getuid?.() === 0 && { anothers: `out.ndjson.${ended.pid}.${place}-22222222.partial` }),
    };
    for (const name of Object.values(names)) await writeFile(join(folder, name), "");
    if (names.anothers !== undefined) await chown(join(folder, names.anothers), NOBODY, NOBODY);
    await utimes(join(folder, names.old), 0, 0);
    await writeFile(own.path, "");
    temporaryFileFor(target);
    expect((await readdir(folder)).sort()).toEqual(
      [
        basename(own.path),
        names.running,
        names.elsewhere,
        names.foreign,
        ...(names.anothers ? [names.anothers] : []),
      ].sort(),
    );
  });

  it("a temporary folder is removed with its content", async () => {
    const made = makeTemporaryFolder();
    await mkdir(join(made.path, "deep"));
    made.remove();
    await expect(readdir(made.path)).rejects.toThrow("ENOENT");
  });
});

describe("a file that is asked for", () => {
  it("is never written over, and a query says so before it reads anything", async () => {
    const archive = await localArchive();
    const file = join(await makeDirectory(), "rows.parquet");
    const query = ["query", "--archive", archive, "--parquet", file, "SELECT count(*) AS n FROM events_all"];
    expect(await runCli(query)).toMatchObject({ code: 0 });
    const before = await readFile(file);
    expect(before.subarray(0, 4).toString()).toBe("PAR1");
    expect(await runCli(query)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("rows.parquet already exists."),
    });
    expect(await readFile(file)).toEqual(before);
    expect(await readdir(join(file, ".."))).toEqual(["rows.parquet"]);
  });

  it("is what an error of the disk names, and not the draft beside it", async () => {
    const archive = await localArchive();
    for (const words of [
      ["query", "--parquet", "/no/such/folder/rows", SQL],
      ["export", "--output", "/no/such/folder/rows"],
    ]) {
      const { code, stderr } = await runCli([words[0]!, "--archive", archive, ...words.slice(1)]);
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: expect.stringContaining("/no/such/folder/rows: it does not exist"),
      });
    }
  });
});

describe("standard output", () => {
  async function runInto(path: string, args: readonly string[]) {
    const file = openSync(path, "w");
    const { code, stderr } = await runProcess(args, { stdout: file });
    closeSync(file);
    return { code, stderr };
  }

  it("that cannot be written to is an error, whatever was to be printed", async () => {
    const archive = await localArchive();
    for (const args of [
      ["--version"],
      ["status", "--archive", archive],
      ["query", "--archive", archive, SQL],
      ["export", "--archive", archive],
    ]) {
      expect({ args, ...(await runInto("/dev/full", args)) }).toEqual({
        args,
        code: 4,
        stderr: expect.stringContaining("asana-audit-archive: standard output: the disk is full (write ENOSPC)."),
      });
    }
  });

  it("that nobody reads any more does not end a drain", async () => {
    const { flags } = await startFeed({ events: 200, days: 3 });
    const archive = await makeDirectory();
    const { child, ended } = startCli(["drain", ...flags, "--archive", archive]);
    child.stdout?.destroy();
    expect(await ended).toMatchObject({ code: 0 });
    expect(await runCli(["verify", "--archive", archive])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("200 events"),
    });
  });
});
