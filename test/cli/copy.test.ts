/** The columnar copy at the command line: made without being asked for, told of once, shown, compared and removed. */
import { execFileSync } from "node:child_process";
import { hash } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createRandom } from "../../feed/random.ts";
import { createDirectoryArchive } from "../../lambda/stores/directory-archive.ts";
import { startS3Server } from "../fakes/s3-server.ts";
import { appendEvents, eventsOf, WORKSPACE } from "../query/archive.ts";
import { makeDirectory, runCli, startCli } from "./run-cli.ts";

const SQL = "SELECT count(*) AS n FROM events";
const events = (count: number, month: string, from = 0) =>
  eventsOf(
    ...Array.from({ length: count }, (_, index) => ({
      gid: String(from + index),
      created_at: `2026-${month}-${String(1 + (index % 20)).padStart(2, "0")}T01:00:00.000Z`,
      event_type: "user_login_succeeded",
      details: { text: hash("sha256", String(from + index), "base64") }, // which no compression makes smaller
    })),
  );

async function prepare(count = 100) {
  const archive = await makeDirectory();
  await appendEvents(createDirectoryArchive(archive), events(count, "05"));
  const cache = await makeDirectory();
  const env = { XDG_CACHE_HOME: cache };
  const run = (...words: string[]) => runCli([...words, "--archive", archive], { env });
  const query = async (...words: string[]) => {
    const { code, stdout, stderr } = await run("query", "--format", "csv", ...words, SQL);
    return { code, n: Number(stdout.split("\n")[1]), stderr };
  };
  const kept = async () => (await readdir(cache, { recursive: true })).filter((name) => name.endsWith(".parquet"));
  return { archive, cache, env, run, query, kept };
}

it("the first question says where the copy lies and that it can be removed, and later ones say nothing", async () => {
  const { cache, query } = await prepare();
  const first = await query();
  expect(first).toMatchObject({ code: 0, n: 100 });
  expect(first.stderr).toContain(join(cache, "asana-audit-archive/copies/"));
  expect(first.stderr).toContain("copy --drop");
  expect((await query()).stderr).not.toContain("copy");
});

it("with --no-copy nothing is kept", async () => {
  const { kept, query } = await prepare();
  expect(await query("--no-copy")).toMatchObject({ code: 0, n: 100 });
  expect(await kept()).toEqual([]);
});

it("`copy` says what it holds, --verify that it is what the archive holds, and --drop removes it", async () => {
  const { archive, kept, query, run } = await prepare();
  expect((await run("copy")).stdout).toContain("There is no columnar copy of this archive yet.");
  await query();
  expect((await run("copy")).stdout).toMatch(/^100 events of 20 segments in 1 month, /);
  expect(await run("copy", "--verify")).toMatchObject({ code: 0, stdout: expect.stringContaining("100 events") });
  await unlink(join(archive, `events/workspace=${WORKSPACE}/dt=2026-05-01/000001.ndjson.gz`));
  expect(await query()).toMatchObject({ code: 5, stderr: expect.stringContaining("copy --drop") });
  expect(await query("--no-copy")).toMatchObject({ code: 0, n: 95 });
  expect((await run("copy", "--drop")).code).toBe(0);
  expect(await kept()).toEqual([]);
  expect(await query()).toMatchObject({ code: 0, n: 95 });
});

it("--verify ends with 1 where a column of the copy is another than the archive's", async () => {
  const { archive, cache, query, run } = await prepare();
  await appendEvents(createDirectoryArchive(archive), events(100, "06", 1_000));
  await query();
  const copies = join(cache, "asana-audit-archive/copies");
  const [own] = await readdir(copies);
  const months = ["2026-05", "2026-06"].map((month) => join(copies, own!, WORKSPACE, month));
  const parts = await Promise.all(
    months.map(async (path) => (await readdir(path)).find((name) => name !== "manifest.json")!),
  );
  await writeFile(join(months[0]!, parts[0]!), await readFile(join(months[1]!, parts[1]!)));
  const manifest = JSON.parse(await readFile(join(months[0]!, "manifest.json"), "utf8"));
  manifest.parts[0].sizeBytes = (await stat(join(months[0]!, parts[0]!))).size;
  await writeFile(join(months[0]!, "manifest.json"), JSON.stringify(manifest));
  expect(await run("copy", "--verify")).toMatchObject({
    code: 1,
    stdout: expect.stringContaining("2026-05: the copy differs"),
  });
});

it("an archive that is made anew in the same place has a copy of its own, and that of the former is gone", async () => {
  const { archive, cache, query } = await prepare();
  await query();
  await rm(archive, { recursive: true });
  await mkdir(archive);
  await appendEvents(createDirectoryArchive(archive), events(7, "05"));
  expect(await query()).toMatchObject({ code: 0, n: 7 });
  expect(await readdir(join(cache, "asana-audit-archive/copies"))).toHaveLength(1);
});

it("a full disk is told of in a sentence, and the answer comes from the archive itself", async (test) => {
  const { archive, query, cache } = await prepare();
  await appendEvents(createDirectoryArchive(archive), events(3_000, "06", 1_000));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", cache], { stdio: "ignore" });
  } catch {
    return test.skip("a small disk can only be mounted by root");
  }
  try {
    const answer = await query();
    expect(answer).toMatchObject({ code: 0, n: 3_100 });
    expect(answer.stderr).toContain(
      "The disk is too full for the columnar copy, so the answer comes from the archive itself.",
    );
  } finally {
    execFileSync("umount", [cache]);
  }
});

describe("an archive in S3", () => {
  it("is copied to this machine only with --cache", async () => {
    const { archive, cache, env, kept } = await prepare();
    const server = await startS3Server();
    for (const name of await readdir(archive, { recursive: true })) {
      if (name.endsWith(".gz")) server.put(`/bucket/${name}`, await readFile(join(archive, name)));
    }
    const ask = (...words: string[]) =>
      runCli(["query", "--archive", "s3://bucket", ...words, SQL], { env: { ...server.env, ...env } });
    expect((await ask()).code).toBe(0);
    expect(await readdir(cache)).toEqual([]);
    expect((await ask("--cache")).code).toBe(0);
    expect(await kept()).toHaveLength(1);
  });
});

/** `KILLS=200` kills as often. */
const KILLS = Number(process.env["KILLS"] ?? 4);

it(`whenever a question is killed, the next one has the right answer (${KILLS} times)`, async () => {
  const { archive, env, query, run } = await prepare(2_000);
  const store = createDirectoryArchive(archive);
  const random = createRandom("kill the copy");
  const begunMs = performance.now();
  await query("--no-copy");
  const tookMs = performance.now() - begunMs;
  let held = 2_000;
  for (let kill = 0; kill < KILLS; kill++) {
    if (kill % 5 === 4) await run("copy", "--drop");
    await appendEvents(store, events(20, "05", held));
    held += 20;
    const { child, ended } = startCli(["query", "--archive", archive, SQL], { env });
    await Promise.race([ended, setTimeout(tookMs * (0.5 + random.next()))]);
    child.kill("SIGKILL");
    await ended;
    expect(await query()).toMatchObject({ code: 0, n: held });
  }
  expect((await run("copy", "--verify")).code).toBe(0);
});
