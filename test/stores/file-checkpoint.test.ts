import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { emptyCheckpoint } from "../../lambda/drain/checkpoint.ts";
import type { CheckpointState, CheckpointStore } from "../../lambda/ports.ts";
import { parseState, watermarkFalls } from "../../lambda/stores/checkpoint-format.ts";
import { createFileCheckpoint } from "../../lambda/stores/file-checkpoint.ts";
import { checkpointContract, fullState, stateAt } from "../../package/testing/checkpoint-contract.ts";
import { fileHandlePrototype } from "./file-handle.ts";

checkpointContract("file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "checkpoint-"));
  const path = join(folder, "checkpoint");
  return {
    store: createFileCheckpoint(path),
    another: () => createFileCheckpoint(path),
    close: () => rm(folder, { recursive: true }),
  };
});

let root: string;
let path: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "checkpoint-"));
  path = join(root, "checkpoint");
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(root, { recursive: true });
});

const numbered = (number: number) => `${String(number).padStart(12, "0")}.json`;
const filesOf = async (workspace: string) => (await readdir(join(path, workspace))).sort();

async function moved(store: CheckpointStore, workspace: string, state: CheckpointState, from: string | null) {
  const outcome = await store.move(workspace, state, from);
  if (outcome.kind !== "moved") throw new Error("The move met a conflict.");
  return outcome.version;
}

/** Moves by one as often as asked, from what is there; gives the last version. */
async function moveOn(store: CheckpointStore, workspace: string, times: number): Promise<string> {
  let version = (await store.read(workspace))?.version ?? null;
  for (let done = 0; done < times; done++) version = await moved(store, workspace, emptyCheckpoint, version);
  return version ?? "";
}

/** Lets `meanwhile` run once, when the next file is on the disk as a draft and has no name yet. */
async function whenDrafted(meanwhile: () => Promise<unknown>): Promise<void> {
  const prototype = await fileHandlePrototype();
  const sync = prototype.sync;
  let isDone = false;
  vi.spyOn(prototype, "sync").mockImplementation(async function (this: typeof prototype) {
    await sync.call(this);
    if (isDone || (await this.stat()).isDirectory()) return;
    isDone = true;
    await meanwhile();
  });
}

describe("file checkpoint", () => {
  it("is a numbered file per move and workspace, and the newest three are kept", async () => {
    const store = createFileCheckpoint(path);
    await moveOn(store, "1", 2);
    expect(await filesOf("1")).toEqual([1, 2].map(numbered));
    await moveOn(store, "1", 9);
    await moveOn(store, "2", 1);
    expect(await filesOf("1")).toEqual([9, 10, 11].map(numbered));
    expect(await filesOf("2")).toEqual([numbered(1)]);
    expect(await readdir(root)).toEqual(["checkpoint"]);
  });

  it("makes its folder with the first move and not before", async () => {
    const store = createFileCheckpoint(join(root, "a/b/checkpoint"));
    expect(await store.read("1")).toBeNull();
    expect(await readdir(root)).toEqual([]);
    expect(await store.move("1", emptyCheckpoint, null)).toMatchObject({ kind: "moved" });
  });

  it("deleted means none, and no version of before is taken for one of after", async () => {
    const store = createFileCheckpoint(path);
    const before = await moved(store, "1", fullState, null);
    await rm(path, { recursive: true });
    expect(await store.read("1")).toBeNull();
    expect(await store.move("1", fullState, before)).toEqual({ kind: "conflict", current: null });
    const state = stateAt("2026-01-01T00:00:00.000Z");
    const version = await moved(store, "1", state, null);
    expect(await store.move("1", fullState, before)).toEqual({ kind: "conflict", current: { version, state } });
  });

  it("put back from a copy, it is what it was, and a move made since is not mistaken for it", async () => {
    const store = createFileCheckpoint(path);
    await store.move("1", emptyCheckpoint, null);
    await cp(path, `${path}.copy`, { recursive: true });
    const old = await store.read("1");
    const second = await moved(store, "1", fullState, old?.version ?? null);
    await rm(path, { recursive: true });
    await cp(`${path}.copy`, path, { recursive: true });
    expect(await store.read("1")).toEqual(old);
    expect(await store.move("1", fullState, second)).toEqual({ kind: "conflict", current: old });
  });

  it("leaves alone what it did not make", async () => {
    const foreign = ["1.json", "000000000009.json.bak", ".DS_Store", ".000000000001.json.draft", "x000000000009.json"];
    await mkdir(join(path, "1", numbered(8)), { recursive: true });
    await symlink("nowhere", join(path, "1", numbered(9)));
    for (const name of foreign) await writeFile(join(path, "1", name), "Dear diary,");
    const store = createFileCheckpoint(path);
    await moveOn(store, "1", 5);
    expect(await filesOf("1")).toEqual([...foreign, ...[3, 4, 5, 8, 9].map(numbered)].sort());
  });

  it.each([
    ["an empty file", ""],
    ["a file that is not JSON", "Dear diary,"],
    ["JSON of somebody else", '{"name":"my-package"}'],
    ["a version that is not text", JSON.stringify({ version: 7, state: { format: 3, ...fullState } })],
    ["no state", '{"version":"v"}'],
    ["a state with a field missing", JSON.stringify({ version: "v", state: { format: 3, ...fullState, hints: null } })],
    ["a state of a newer format", JSON.stringify({ version: "v", state: { format: 3 } })],
  ])("with %s as its newest, halts, names the file and what to do, and changes nothing", async (_, content) => {
    const store = createFileCheckpoint(path);
    await moveOn(store, "1", 2);
    const file = join(path, "1", numbered(2));
    await writeFile(file, content);
    const halt = { kind: "halted", message: expect.stringContaining(file), advice: expect.stringMatching(/\w\.$/) };
    await expect(store.read("1")).rejects.toMatchObject(halt);
    await expect(store.move("1", emptyCheckpoint, null)).rejects.toMatchObject(halt);
    expect(await filesOf("1")).toEqual([1, 2].map(numbered));
    expect(await readFile(file, "utf8")).toBe(content);
    await rm(file);
    await moveOn(store, "1", 1);
  });

  it("refuses a file for its folder", async () => {
    await writeFile(join(root, "file"), "");
    const below = createFileCheckpoint(join(root, "file/checkpoint"));
    await expect(below.read("1")).rejects.toMatchObject({ kind: "misconfigured" });
    await expect(below.move("1", emptyCheckpoint, null)).rejects.toMatchObject({ kind: "misconfigured" });
  });
});

describe("a move that others overtake", () => {
  it.each([1, 2, 3, 4, 7])("by %i between its draft and its name is a conflict, and is nowhere", async (moves) => {
    const store = createFileCheckpoint(path);
    const from = await moveOn(store, "1", 1);
    let version = "";
    await whenDrafted(async () => {
      version = await moveOn(createFileCheckpoint(path), "1", moves);
    });
    expect(await store.move("1", fullState, from)).toEqual({
      kind: "conflict",
      current: { version, state: emptyCheckpoint },
    });
    const newest = 1 + moves;
    expect(await filesOf("1")).toEqual([newest - 2, newest - 1, newest].filter((number) => number > 0).map(numbered));
  });

  it("cannot create a number that was removed after it looked: its draft went first", async () => {
    const store = createFileCheckpoint(path);
    await moveOn(store, "1", 1);
    await whenDrafted(async () => {
      const drafts = () => filesOf("1").then((names) => names.filter((name) => name.startsWith(".")));
      expect(await drafts()).toHaveLength(1);
      await moveOn(createFileCheckpoint(path), "1", 1);
      expect(await drafts()).toEqual([]);
    });
    await store.move("1", fullState, (await store.read("1"))?.version ?? null);
  });

  it("by a removal of its draft is a conflict", async () => {
    const store = createFileCheckpoint(path);
    const from = await moveOn(store, "1", 1);
    await whenDrafted(async () => {
      for (const name of await filesOf("1")) if (name.startsWith(".")) await rm(join(path, "1", name));
    });
    expect(await store.move("1", fullState, from)).toEqual({
      kind: "conflict",
      current: { version: from, state: emptyCheckpoint },
    });
  });

  it("by the deletion of all is a conflict, and does not bring the checkpoint back", async () => {
    const store = createFileCheckpoint(path);
    const from = await moveOn(store, "1", 5);
    await whenDrafted(async () => {
      for (const number of [3, 4, 5]) await rm(join(path, "1", numbered(number)));
    });
    expect(await store.move("1", fullState, from)).toEqual({ kind: "conflict", current: null });
    expect(await store.read("1")).toBeNull();
  });

  it("loses none when several processes move at once, and its watermark never falls", async () => {
    const processes = Array.from({ length: 3 }, () => storeProcess(["count", path, "15"]));
    let running = processes.length;
    for (const child of processes) child.once("close", () => (running -= 1));
    const store = createFileCheckpoint(path);
    let last = stateAt(null);
    while (running > 0) {
      const state = (await store.read("1"))?.state ?? last;
      expect(watermarkFalls(last.watermark, state.watermark)).toBe(false);
      last = state;
    }
    expect((await store.read("1"))?.state.blankRuns).toBe(45);
    expect(await filesOf("1")).toEqual([43, 44, 45].map(numbered));
  });
});

describe("a process that is killed", () => {
  it("between draft and name leaves the checkpoint as it was, and its draft goes with the next move", async () => {
    const store = createFileCheckpoint(path);
    await moveOn(store, "1", 1);
    const before = await store.read("1");
    const draft = `.${numbered(2)}.0b9a5a3e-0000-4000-8000-000000000000`;
    await writeFile(join(path, "1", draft), '{"version":');
    expect(await store.read("1")).toEqual(before);
    await moveOn(store, "1", 1);
    expect(await filesOf("1")).toEqual([1, 2].map(numbered));
  });

  it("at any moment leaves a whole checkpoint, which can be moved at once", async () => {
    for (let round = 0; round < 3; round++) {
      const child = storeProcess(["count", path, "1000000"]);
      let moves = 0;
      child.stdout.on("data", (chunk) => {
        moves += String(chunk).split("moved").length - 1;
        if (moves > 3 + round * 4) child.kill("SIGKILL");
      });
      await once(child, "close");
      const store = createFileCheckpoint(path);
      const current = await store.read("1");
      expect(current?.state.blankRuns).toBeGreaterThanOrEqual(moves);
      await moved(store, "1", current?.state ?? emptyCheckpoint, current?.version ?? null);
    }
  });
});

describe("the one file of earlier versions", () => {
  let file: string;
  beforeEach(() => {
    file = `${path}.json`;
  });
  /** Written by the code of commit 788c322. */
  const EARLIER = join(import.meta.dirname, "earlier-checkpoint.json");
  const WATERMARK = "2026-05-01T08:59:59.123456Z";
  const VERSIONS = { "1201": "586a6ec4-62db-4be6-b59f-d3ac25554b61", "1202": "4e3bf31d-34ef-48e1-87c9-b796880a7209" };

  it.each(["checkpoint", "checkpoint.json"])("is read and continued in the folder, named as %s", async (name) => {
    await copyFile(EARLIER, file);
    const store = createFileCheckpoint(join(root, name));
    const [one, two] = [await store.read("1201"), await store.read("1202")];
    const { state: saved } = JSON.parse(await readFile(EARLIER, "utf8")).workspaces["1201"];
    const state = parseState(saved);
    expect(one).toEqual({ version: VERSIONS["1201"], state });
    expect(two).toMatchObject({ version: VERSIONS["1202"], state: { notBefore: "2026-05-01T09:10:00.000Z" } });
    expect(await store.read("1203")).toBeNull();
    expect(await readdir(root)).toEqual(["checkpoint.json"]);

    expect(await store.move("1201", fullState, null)).toEqual({ kind: "conflict", current: one });
    expect(await store.move("1201", stateAt(null), VERSIONS["1201"])).toEqual({ kind: "conflict", current: one });
    const version = await moved(store, "1201", stateAt(WATERMARK), VERSIONS["1201"]);
    expect(await store.read("1201")).toEqual({ version, state: stateAt(WATERMARK) });
    expect(await store.read("1202")).toEqual(two);
    expect(await filesOf("1201")).toEqual([numbered(1)]);
    expect(await readFile(file)).toEqual(await readFile(EARLIER));
  });

  it("is continued in a folder beside it where it has a name of its own", async () => {
    await copyFile(EARLIER, join(root, "state"));
    const store = createFileCheckpoint(join(root, "state"));
    const version = await moved(store, "1201", stateAt(WATERMARK), VERSIONS["1201"]);
    expect(await createFileCheckpoint(join(root, "state")).read("1201")).toMatchObject({ version });
    expect(await readdir(root)).toEqual(["state", "state.d"]);
  });

  it("is continued by one of several at once", async () => {
    await copyFile(EARLIER, file);
    const moves = Array.from({ length: 8 }, (_, blankRuns) =>
      createFileCheckpoint(path).move("1201", { ...stateAt(WATERMARK), blankRuns }, VERSIONS["1201"]),
    );
    const outcomes = await Promise.all(moves);
    expect(outcomes.filter(({ kind }) => kind === "moved")).toHaveLength(1);
    expect((await createFileCheckpoint(path).read("1201"))?.state.blankRuns).toBe(
      outcomes.findIndex(({ kind }) => kind === "moved"),
    );
    expect(await filesOf("1201")).toEqual([numbered(1)]);
  });

  it("is continued as it was when whoever continued it was killed", async () => {
    await copyFile(EARLIER, file);
    await mkdir(join(path, "1201"), { recursive: true });
    await writeFile(join(path, "1201", `.${numbered(1)}.0b9a5a3e-0000-4000-8000-000000000000`), "");
    expect(await createFileCheckpoint(path).read("1201")).toMatchObject({ version: VERSIONS["1201"] });
  });

  it("counts for nothing once the folder is ahead, though an earlier version moves it still", async () => {
    const store = createFileCheckpoint(path);
    const version = await moved(store, "1201", fullState, null);
    for (const content of [await readFile(EARLIER), "Dear diary,"]) {
      await writeFile(file, content);
      expect(await store.read("1201")).toEqual({ version, state: fullState });
      expect(await store.move("1201", fullState, VERSIONS["1201"])).toMatchObject({ kind: "conflict" });
    }
    expect(await store.move("1201", fullState, version)).toMatchObject({ kind: "moved" });
  });

  it("reads a hint of an earlier version, without a size or the ids archived last, and one of a later version, with a field more", async () => {
    const { sizeBytes, recentIds, ...earlier } = fullState.hints["2026-05-01"]!;
    const hints = { "2026-05-01": earlier, "2026-05-02": { ...earlier, sizeBytes, recentIds, more: 1 } };
    await writeFile(file, entryOf({ version: "v", state: { ...good, hints } }));
    expect((await createFileCheckpoint(path).read("1"))?.state.hints).toEqual({
      "2026-05-01": { ...earlier, sizeBytes: null, recentIds: null },
      "2026-05-02": { ...earlier, sizeBytes, recentIds },
    });
  });

  const contentOf = (workspaces: unknown) => JSON.stringify({ kind: "asana-audit-archive checkpoint", workspaces });
  const entryOf = (entry: unknown) => contentOf({ "1": entry });
  const good = { format: 3, ...fullState };

  it.each([
    ["an empty file", "", "misconfigured"],
    ["a file that is not JSON", "Dear diary,", "misconfigured"],
    ["a file cut short", entryOf({ version: "v", state: good }).slice(0, -20), "misconfigured"],
    ["JSON of somebody else", '{"name":"my-package","version":"1.0.0"}', "misconfigured"],
    ["JSON of another kind", '{"kind":"another checkpoint","workspaces":{}}', "misconfigured"],
    ["JSON that is not an object", "[1,2,3]", "misconfigured"],
    ["JSON that is null", "null", "misconfigured"],
    ["workspaces that are no object", contentOf([]), "misconfigured"],
    ["workspaces that are text", contentOf("1"), "misconfigured"],
    ["a checkpoint that is not an object", entryOf(7), "halted"],
    ["a checkpoint that is null", entryOf(null), "halted"],
    ["a checkpoint without a version", entryOf({ state: good }), "halted"],
    ["a state of a newer format", entryOf({ version: "v", state: { ...good, format: 3, more: true } }), "halted"],
    ["a state with a field missing", entryOf({ version: "v", state: { ...good, blankRuns: undefined } }), "halted"],
  ])("is refused if it is %s, with what to do, and is never replaced", async (_, content, kind) => {
    await writeFile(file, content);
    const store = createFileCheckpoint(path);
    const refusal = {
      name: "ArchiverError",
      kind,
      message: expect.stringMatching(
        kind === "halted"
          ? /checkpoint\.json(:| is damaged)/
          : /checkpoint\.json is not a checkpoint, or is damaged\.$/,
      ),
      advice: expect.stringMatching(/\w\.$/),
    };
    await expect(store.read("1")).rejects.toMatchObject(refusal);
    await expect(store.move("1", emptyCheckpoint, null)).rejects.toMatchObject(refusal);
    expect(await readFile(file, "utf8")).toBe(content);
    expect(await readdir(root)).toEqual(["checkpoint.json"]);
    await rm(file);
    expect(await store.move("1", emptyCheckpoint, null)).toMatchObject({ kind: "moved" });
  });

  it("is refused if it is a folder", async () => {
    await mkdir(file);
    await expect(createFileCheckpoint(path).read("1")).rejects.toMatchObject({ kind: "misconfigured" });
  });
});

function storeProcess(args: string[]) {
  return spawn(process.execPath, [join(import.meta.dirname, "store-process.ts"), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}
