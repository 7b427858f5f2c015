import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFileCheckpoint } from "../../lambda/stores/file-checkpoint.ts";
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
    ["JSON of another kind", '{"kind":"another checkpoint","workspaces":{}}', "misconfigured"],
    ["JSON that is no object", "[1,2,3]", "misconfigured"],
    ["JSON that is null", "null", "misconfigured"],
    ["workspaces that are no object", '{"kind":"asana-audit-archive checkpoint","workspaces":[]}', "misconfigured"],
    ["workspaces that are text", '{"kind":"asana-audit-archive checkpoint","workspaces":"1"}', "misconfigured"],
    [
      "a checkpoint that is no object",
      '{"kind":"asana-audit-archive checkpoint","workspaces":{"1":7}}',
      "misconfigured",
    ],
    ["a checkpoint that is null", '{"kind":"asana-audit-archive checkpoint","workspaces":{"1":null}}', "misconfigured"],
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
    const message =
      kind === "halted" ? /^The checkpoint is / : /checkpoint\.json is not a checkpoint, or is damaged\.$/;
    const refusal = {
      name: "ArchiverError",
      kind,
      message: expect.stringMatching(message),
      advice: expect.stringMatching(/\w/),
    };
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

function storeProcess(args: string[]) {
  return spawn(process.execPath, [join(import.meta.dirname, "store-process.ts"), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}
