import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFileCheckpoint } from "../../lambda/stores/file-checkpoint.ts";
import { withFileLock } from "../../lambda/stores/file-lock.ts";
import { checkpointContract, fullState, stateAt } from "./checkpoint-contract.ts";
import { emptyState } from "./empty-state.ts";

checkpointContract("file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "checkpoint-"));
  const path = join(folder, "checkpoint.json");
  return {
    store: createFileCheckpoint(path),
    another: () => createFileCheckpoint(path),
    close: () => rm(folder, { recursive: true }),
  };
});

describe("file checkpoint", () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "checkpoint-"));
    path = join(folder, "checkpoint.json");
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("is one file for all workspaces, and nothing else is left beside it", async () => {
    const store = createFileCheckpoint(path);
    await store.move("1", fullState, null);
    await store.move("2", fullState, null);
    expect(await readdir(folder)).toEqual(["checkpoint.json"]);
    expect(Object.keys(JSON.parse(await readFile(path, "utf8")).workspaces)).toEqual(["1", "2"]);
  });

  it("makes the folder of the file, with the first move and not before", async () => {
    const store = createFileCheckpoint(join(folder, "a/b/checkpoint.json"));
    expect(await store.read("1")).toBeNull();
    expect(await readdir(folder)).toEqual([]);
    expect(await store.move("1", emptyState, null)).toMatchObject({ kind: "moved" });
  });

  it("deleted means none, and the next move makes it again", async () => {
    const store = createFileCheckpoint(path);
    await store.move("1", fullState, null);
    await rm(path);
    expect(await store.read("1")).toBeNull();
    expect(await store.move("1", stateAt("2026-01-01T00:00:00.000Z"), null)).toMatchObject({ kind: "moved" });
  });

  it("put back from a copy, it is what it was, and a move made since is not mistaken for it", async () => {
    const store = createFileCheckpoint(path);
    await store.move("1", emptyState, null);
    await copyFile(path, `${path}.copy`);
    const old = await store.read("1");
    const second = await store.move("1", fullState, old?.version ?? null);
    await copyFile(`${path}.copy`, path);
    expect(await store.read("1")).toEqual(old);
    if (second.kind !== "moved") throw new Error("The move met a conflict.");
    expect(await store.move("1", fullState, second.version)).toEqual({ kind: "conflict", current: old });
  });

  const file = (state: unknown) =>
    JSON.stringify({ kind: "asana-audit-archive checkpoint", workspaces: { "1": { version: "v", state } } });
  const good = { format: 1, ...fullState };

  it.each([
    ["an empty file", "", "misconfigured"],
    ["a file that is not JSON", "Dear diary,", "misconfigured"],
    ["a file cut short", file(good).slice(0, -20), "misconfigured"],
    ["JSON of somebody else", '{"name":"my-package","version":"1.0.0"}', "misconfigured"],
    ["JSON that is no object", "[1,2,3]", "misconfigured"],
    [
      "a checkpoint without a version",
      '{"kind":"asana-audit-archive checkpoint","workspaces":{"1":{}}}',
      "misconfigured",
    ],
    ["a state of a newer format", file({ ...good, format: 2, more: true }), "halted"],
    ["a state with a field missing", file({ ...good, blankRuns: undefined }), "halted"],
  ])("refuses %s, says what to do, and never replaces it", async (_, content, kind) => {
    await writeFile(path, content);
    const store = createFileCheckpoint(path);
    const refusal = { name: "ArchiverError", kind, advice: expect.stringMatching(/\w/) };
    await expect(store.read("1")).rejects.toMatchObject(refusal);
    await expect(store.move("1", emptyState, null)).rejects.toMatchObject(refusal);
    expect(await readFile(path, "utf8")).toBe(content);
    expect(await readdir(folder)).toEqual(["checkpoint.json"]);
  });

  it("reads a hint of an earlier version, without a size, and one of a later version, with a field more", async () => {
    const { sizeBytes, ...earlier } = fullState.hints["2026-05-01"]!;
    const hints = { "2026-05-01": earlier, "2026-05-02": { ...earlier, sizeBytes, more: 1 } };
    await writeFile(path, file({ ...good, hints }));
    expect((await createFileCheckpoint(path).read("1"))?.state.hints).toEqual({
      "2026-05-01": { ...earlier, sizeBytes: null },
      "2026-05-02": { ...earlier, sizeBytes },
    });
  });

  it("goes on after a move that failed", async () => {
    const store = createFileCheckpoint(path);
    await writeFile(path, "broken");
    await expect(store.move("1", emptyState, null)).rejects.toThrow();
    await rm(path);
    expect(await store.move("1", emptyState, null)).toMatchObject({ kind: "moved" });
  });

  it("refuses a folder for a file, and a file for its folder", async () => {
    await mkdir(path);
    await expect(createFileCheckpoint(path).read("1")).rejects.toMatchObject({ kind: "misconfigured" });
    await writeFile(join(folder, "file"), "");
    const below = createFileCheckpoint(join(folder, "file/checkpoint.json"));
    await expect(below.read("1")).rejects.toMatchObject({ kind: "misconfigured" });
    await expect(below.move("1", emptyState, null)).rejects.toMatchObject({ kind: "misconfigured" });
  });

  it("loses no move when several processes move at once", async () => {
    const processes = Array.from({ length: 3 }, () => storeProcess(["count", path, "15"]));
    await Promise.all(processes.map((child) => once(child, "close")));
    expect((await createFileCheckpoint(path).read("1"))?.state.blankRuns).toBe(45);
    expect(await readdir(folder)).toEqual(["checkpoint.json"]);
  });

  it("is whole after a process was killed at any moment, and can be moved at once", async () => {
    for (let round = 0; round < 6; round++) {
      const child = storeProcess(["count", path, "1000000"]);
      let moves = 0;
      child.stdout.on("data", (chunk) => {
        moves += String(chunk).split("moved").length - 1;
        if (moves > 3 + round * 2) child.kill("SIGKILL");
      });
      await once(child, "close");
      const store = createFileCheckpoint(path);
      const current = await store.read("1");
      expect(current?.state.blankRuns).toBeGreaterThanOrEqual(moves);
      const outcome = await store.move("1", emptyState, current?.version ?? null);
      expect(outcome).toMatchObject({ kind: "moved" });
    }
  });
});

describe("file lock", () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "lock-"));
    path = join(folder, "x.lock");
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("lets one in at a time", async () => {
    let inside = 0;
    const work = async () => {
      inside += 1;
      expect(inside).toBe(1);
      await readdir(folder);
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 10 }, () => withFileLock(path, work)));
    expect(await readdir(folder)).toEqual([]);
  });

  it("is released when the work fails", async () => {
    const failing = withFileLock(path, async () => {
      throw new Error("work failed");
    });
    await expect(failing).rejects.toThrow("work failed");
    expect(await readdir(folder)).toEqual([]);
  });

  it("is given up after a while when its owner lives, with a word on what to do", async () => {
    await writeFile(path, JSON.stringify({ pid: process.pid, host: hostname() }));
    await expect(withFileLock(path, async () => "in", 20)).rejects.toMatchObject({
      kind: "unavailable",
      advice: expect.stringContaining(path),
    });
    expect(await readdir(folder)).toEqual(["x.lock"]);
  });

  it.each([
    ["whose process is gone", async () => JSON.stringify({ pid: await deadProcess(), host: hostname() }), 0],
    ["of another machine once it is half a minute old", async () => JSON.stringify({ pid: 1, host: "elsewhere" }), 31],
    ["without a name once it is half a minute old", async () => "", 31],
    [
      "of a living process once it is half a minute old",
      async () => JSON.stringify({ pid: process.pid, host: hostname() }),
      31,
    ],
  ])("is taken over from an owner %s", async (_, content, ageSeconds) => {
    await writeFile(path, await content());
    const then = Date.now() / 1000 - ageSeconds;
    await utimes(path, then, then);
    expect(await withFileLock(path, async () => "in", 20)).toBe("in");
    expect(await readdir(folder)).toEqual([]);
  });

  it("is taken over also when the judge died before it was named, half a minute later", async () => {
    await writeFile(path, JSON.stringify({ pid: await deadProcess(), host: hostname() }));
    await writeFile(`${path}.judge`, "");
    const then = Date.now() / 1000 - 31;
    await utimes(`${path}.judge`, then, then);
    expect(await withFileLock(path, async () => "in", 50)).toBe("in");
    expect(await readdir(folder)).toEqual([]);
  });

  it("has its owner's name as soon as it is there", async () => {
    const content = await withFileLock(path, () => readFile(path, "utf8"));
    expect(JSON.parse(content)).toEqual({ pid: process.pid, host: hostname() });
  });

  it.each([
    ["of another machine", JSON.stringify({ pid: 1, host: "elsewhere" })],
    ["that has not written its name yet", ""],
  ])("is not taken from an owner %s while it is young", async (_, content) => {
    await writeFile(path, content);
    await expect(withFileLock(path, async () => "in", 20)).rejects.toMatchObject({ kind: "unavailable" });
  });

  it("is taken over also when a process died while judging it", async () => {
    const dead = JSON.stringify({ pid: await deadProcess(), host: hostname() });
    await writeFile(path, dead);
    await writeFile(`${path}.judge`, dead);
    expect(await withFileLock(path, async () => "in", 50)).toBe("in");
    expect(await readdir(folder)).toEqual([]);
  });
});

function storeProcess(args: string[]) {
  return spawn(process.execPath, [join(import.meta.dirname, "store-process.ts"), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

/** The number of a process that has just ended. */
async function deadProcess(): Promise<number> {
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  await once(child, "close");
  return child.pid ?? 0;
}
