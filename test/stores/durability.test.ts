/** What is synced to the disk, and when. The disk is real; each call of `sync` is written down on its way. */
import { existsSync, fstatSync, readFileSync, statSync } from "node:fs";
import { type FileHandle, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { emptyCheckpoint } from "../../lambda/drain/checkpoint.ts";
import type { CheckpointStore } from "../../lambda/ports.ts";
import { createDirectoryArchive } from "../../lambda/stores/directory-archive.ts";
import { createFileCheckpoint } from "../../lambda/stores/file-checkpoint.ts";
import { fullState } from "../../package/testing/checkpoint-contract.ts";
import { fileHandlePrototype } from "./file-handle.ts";

interface Sync {
  readonly inode: number;
  /** Whether the watched file had its name by then, and its content. */
  readonly seen: string | null;
}

const KEY = "events/workspace=1/dt=2026-05-01/000001";

let root: string;
let watched: string;
let syncs: Sync[];
let failWith: ((isFolder: boolean) => string | null) | null;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "durability-"));
  syncs = [];
  failWith = null;
  const prototype = await fileHandlePrototype();
  const sync = prototype.sync;
  vi.spyOn(prototype, "sync").mockImplementation(async function (this: FileHandle) {
    const stats = fstatSync(this.fd);
    const code = failWith?.(stats.isDirectory()) ?? null;
    if (code !== null) throw Object.assign(new Error(code), { code });
    await sync.call(this);
    syncs.push({ inode: stats.ino, seen: existsSync(watched) ? readFileSync(watched, "utf8") : null });
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(root, { recursive: true });
});

const inodeOf = (...path: string[]) => statSync(join(root, ...path)).ino;
/** What was synced since the last look, by name. */
function look(names: Readonly<Record<string, string>>): [name: string, seen: string | null][] {
  const byInode = new Map(Object.entries(names).map(([name, path]) => [inodeOf(path), name]));
  return syncs.splice(0).map(({ inode, seen }) => [byInode.get(inode) ?? "another", seen]);
}

describe("an archive in a folder", () => {
  const names = {
    above: "",
    archive: "archive",
    events: "archive/events",
    workspace: "archive/events/workspace=1",
    day: "archive/events/workspace=1/dt=2026-05-01",
    segment: `archive/${KEY}`,
  };
  const openArchive = () => createDirectoryArchive(join(root, "archive"));
  const listDay = async (archive = openArchive()) => {
    for await (const { key } of archive.list("events/workspace=1/dt=2026-05-01/")) return { key, had: syncs.length };
    return null;
  };
  beforeEach(() => {
    watched = join(root, "archive", KEY);
  });

  it("has the bytes of a segment on the disk before its name, and its name and all above it before create returns", async () => {
    await openArchive().create(KEY, Buffer.from("first"));
    const synced = look(names);
    const named = synced.findIndex(([, seen]) => seen !== null);
    expect(synced.slice(0, named)).toContainEqual(["segment", null]);
    expect(synced.slice(0, named)).toContainEqual(["above", null]);
    expect(synced.slice(named)).toEqual(["day", "workspace", "events", "archive"].map((name) => [name, "first"]));
  });

  it("syncs a segment and its day only, once the folders above are known to be on the disk", async () => {
    const archive = openArchive();
    await archive.create(KEY, Buffer.from("first"));
    look(names);
    watched = join(root, "archive/events/workspace=1/dt=2026-05-01/000002");
    await archive.create(KEY.replace(/1$/, "2"), Buffer.from("second"));
    expect(look({ ...names, segment: "archive/events/workspace=1/dt=2026-05-01/000002" })).toEqual([
      ["segment", null],
      ["day", "second"],
    ]);
  });

  it("syncs the day also where the key was taken: whoever lost goes on from what it found", async () => {
    await openArchive().create(KEY, Buffer.from("first"));
    look(names);
    expect(await openArchive().create(KEY, Buffer.from("other"))).toBe("exists");
    expect(look(names).slice(1)).toEqual(["day", "workspace", "events", "archive"].map((name) => [name, "first"]));
  });

  it("syncs a day and the folders above before it lists the day: what was seen there does not vanish", async () => {
    await openArchive().create(KEY, Buffer.from("first"));
    look(names);
    const archive = openArchive();
    expect(await listDay(archive)).toEqual({ key: KEY, had: 4 });
    expect(look(names)).toEqual(["day", "workspace", "events", "archive"].map((name) => [name, "first"]));
    expect(await listDay(archive)).toEqual({ key: KEY, had: 1 });
    expect(look(names)).toEqual([["day", "first"]]);
  });

  it("syncs nothing for whoever only reads, so a disk that cannot sync can be read", async () => {
    await openArchive().create(KEY, Buffer.from("first"));
    syncs.length = 0;
    failWith = () => "EIO";
    const reader = createDirectoryArchive(join(root, "archive"), "read");
    expect(await listDay(reader)).toEqual({ key: KEY, had: 0 });
    expect((await reader.get(KEY))?.toString()).toBe("first");
  });

  it("syncs nothing for a list of all, or of a day that is not there", async () => {
    await openArchive().create("events/1", Buffer.from("x"));
    syncs.length = 0;
    for await (const _ of openArchive().list("")) break;
    expect(await listDay()).toBeNull();
    expect(syncs).toEqual([]);
  });

  it.each(["EINVAL", "ENOTSUP", "EOPNOTSUPP", "EROFS", "EPERM", "EACCES", "ENOSYS"])(
    "takes %s of a folder as a disk that keeps names",
    async (code) => {
      failWith = (isFolder) => (isFolder ? code : null);
      expect(await openArchive().create(KEY, Buffer.from("first"))).toBe("created");
      expect(await listDay()).toMatchObject({ key: KEY });
    },
  );

  it.each([true, false])("never says created when the disk fails (a folder: %s)", async (ofFolder) => {
    const archive = openArchive();
    await archive.create(KEY.replace(/1$/, "0"), Buffer.from("zero"));
    failWith = (isFolder) => (isFolder === ofFolder ? "EIO" : null);
    await expect(archive.create(KEY, Buffer.from("first"))).rejects.toMatchObject({ kind: "unavailable" });
    // A name that could not be synced may be there or not; bytes that could not are under no name.
    expect(existsSync(watched)).toBe(ofFolder);
    expect(await readdir(join(root, "archive/.incoming"))).toEqual([]);
  });
});

describe("a checkpoint in a folder", () => {
  const names = { folder: "state/1", draft: "state/1/000000000002.json" };
  let store: CheckpointStore;
  let first: string;
  beforeEach(async () => {
    watched = join(root, "state/1/000000000002.json");
    store = createFileCheckpoint(join(root, "state"));
    const outcome = await store.move("1", emptyCheckpoint, null);
    if (outcome.kind !== "moved") throw new Error("The move met a conflict.");
    first = outcome.version;
    syncs.length = 0;
  });

  it("is whole on the disk before it has its name, and has that before the move returns", async () => {
    await store.move("1", { ...emptyCheckpoint, blankRuns: 7 }, first);
    expect(look(names)).toEqual([
      ["draft", null],
      ["folder", readFileSync(watched, "utf8")],
    ]);
  });

  it("stays as it was when the disk fails", async () => {
    failWith = (isFolder) => (isFolder ? null : "ENOSPC");
    await expect(store.move("1", fullState, first)).rejects.toMatchObject({ kind: "unavailable" });
    expect(await store.read("1")).toEqual({ version: first, state: emptyCheckpoint });
    expect(await readdir(join(root, "state/1"))).toEqual(["000000000001.json"]);
  });

  it("never says moved when the disk fails to keep its name", async () => {
    failWith = (isFolder) => (isFolder ? "EIO" : null);
    await expect(store.move("1", fullState, first)).rejects.toMatchObject({ kind: "unavailable" });
  });
});
