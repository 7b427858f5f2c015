/** Who may look into what a store makes. */
import { statSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { emptyCheckpoint } from "../../lambda/drain/checkpoint.ts";
import { createDirectoryArchive } from "../../lambda/stores/directory-archive.ts";
import { createFileCheckpoint } from "../../lambda/stores/file-checkpoint.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "owner-only-"));
});
afterEach(() => rm(root, { recursive: true }));

/** Each path below the root with its permissions, as `ls` would give them. */
async function permissions(): Promise<Record<string, string>> {
  const names = (await readdir(root, { recursive: true })).sort();
  return Object.fromEntries(names.map((name) => [name, (statSync(join(root, name)).mode & 0o7777).toString(8)]));
}

it("an archive in a folder is made for its owner alone", async () => {
  await createDirectoryArchive(join(root, "a/archive")).create("events/dt=1/1.gz", Buffer.from("x"));
  expect(await permissions()).toEqual({
    a: "700",
    "a/archive": "700",
    "a/archive/.incoming": "700",
    "a/archive/events": "700",
    "a/archive/events/dt=1": "700",
    "a/archive/events/dt=1/1.gz": "600",
  });
});

it("so is a checkpoint: it holds an offset that reads the log", async () => {
  await createFileCheckpoint(join(root, "checkpoint")).move("1", emptyCheckpoint, null);
  expect(await permissions()).toEqual({
    checkpoint: "700",
    "checkpoint/1": "700",
    "checkpoint/1/000000000001.json": "600",
  });
});

it("a folder that is there keeps the permissions that somebody gave it", async () => {
  await mkdir(join(root, "archive"));
  await chmod(join(root, "archive"), 0o750);
  await createDirectoryArchive(join(root, "archive")).create("events/1", Buffer.from("x"));
  expect(await permissions()).toMatchObject({ archive: "750", "archive/events": "700", "archive/events/1": "600" });
});
