import { spawn } from "node:child_process";
import { once } from "node:events";
import { truncateSync } from "node:fs";
import { type FileHandle, mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ArchiveStore } from "../../lambda/ports.ts";
import { createDirectoryArchive } from "../../lambda/stores/directory-archive.ts";
import { archiveContract } from "../../package/testing/archive-contract.ts";
import { keysOf } from "../../package/testing/keys-of.ts";
import { fileHandlePrototype, openBelow } from "./file-handle.ts";

archiveContract("directory", async () => {
  const folder = await mkdtemp(join(tmpdir(), "archive-"));
  return {
    store: createDirectoryArchive(folder),
    another: () => createDirectoryArchive(folder),
    close: () => rm(folder, { recursive: true }),
  };
});

/** Reads small objects in a way of its own. */
archiveContract("directory, for whoever checks all of it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "archive-"));
  const { get } = createDirectoryArchive(folder, "check");
  return {
    store: { ...createDirectoryArchive(folder), get },
    another: () => createDirectoryArchive(folder),
    close: () => rm(folder, { recursive: true }),
  };
});

describe("directory archive", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "archive-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const misconfigured = { name: "ArchiverError", kind: "misconfigured", advice: expect.stringMatching(/\w/) };

  it("keeps an object as a plain file whose path is its key", async () => {
    await createDirectoryArchive(folder).create("events/workspace=1/dt=2026-05-01/000001.ndjson.gz", Buffer.from("x"));
    expect(await readFile(join(folder, "events/workspace=1/dt=2026-05-01/000001.ndjson.gz"), "utf8")).toBe("x");
  });

  it("makes its folder, and those above it, with the first create and not before", async () => {
    const deep = join(folder, "a", "b");
    const archive = createDirectoryArchive(deep);
    expect(await keysOf(archive)).toEqual([]);
    expect(await archive.get("events/1")).toBeNull();
    expect(await readdir(folder)).toEqual([]);
    expect(await archive.create("events/1", Buffer.from("x"))).toBe("created");
    expect(await keysOf(archive)).toEqual(["events/1"]);
  });

  it("may be named by a relative path, with dots and a slash at its end", async () => {
    const archive = createDirectoryArchive(`./${relative(process.cwd(), folder)}/./a/`);
    expect(await archive.create("events/dt/1", Buffer.from("x"))).toBe("created");
    expect(await readFile(join(folder, "a/events/dt/1"), "utf8")).toBe("x");
    expect(await keysOf(archive)).toEqual(["events/dt/1"]);
  });

  it("leaves no draft behind, whether it won, lost or failed", async () => {
    const archive = createDirectoryArchive(folder);
    await archive.create("events/1", Buffer.from("x"));
    await archive.create("events/1", Buffer.from("x"));
    await mkdir(join(folder, "events/folder"));
    await expect(archive.create("events/folder", Buffer.from("x"))).rejects.toMatchObject({
      ...misconfigured,
      message: `${join(folder, "events/folder")} is neither a plain file nor a folder.`,
    });
    expect(await readdir(join(folder, ".incoming"))).toEqual([]);
  });

  it("tells an object that cannot be read from one that is not there", async () => {
    await mkdir(join(folder, "events"));
    await symlink("loop", join(folder, "events/loop"));
    await expect(createDirectoryArchive(folder).get("events/loop")).rejects.toMatchObject({
      ...misconfigured,
      message: `${join(folder, "events/loop")}: symbolic links form a loop (open ELOOP).`,
    });
  });

  it("gives whoever checks all of it small objects and large ones, and leaves no file open", async () => {
    await mkdir(join(folder, "events"));
    const archive = createDirectoryArchive(folder, "check");
    for (const sizeBytes of [0, 1, 256 * 1024, 256 * 1024 + 1]) {
      const bytes = Buffer.alloc(sizeBytes, "x");
      await writeFile(join(folder, "events/1"), bytes);
      expect((await archive.get("events/1"))?.equals(bytes)).toBe(true);
    }
    expect(await archive.get("events")).toBeNull();
    expect(await archive.get("events/2")).toBeNull();
    await symlink("loop", join(folder, "events/loop"));
    await expect(archive.get("events/loop")).rejects.toMatchObject(misconfigured);
    expect(await openBelow(folder)).toEqual([]);
  });

  it("removes drafts that a crash left an hour ago, and no younger ones", async () => {
    await mkdir(join(folder, ".incoming"));
    for (const name of ["old", "young"]) await writeFile(join(folder, ".incoming", name), "draft");
    const longAgo = Date.now() / 1000 - 4_000;
    await utimes(join(folder, ".incoming/old"), longAgo, longAgo);
    const archive = createDirectoryArchive(folder);
    await archive.create("events/1", Buffer.from("x"));
    expect(await readdir(join(folder, ".incoming"))).toEqual(["young"]);
    await utimes(join(folder, ".incoming/young"), longAgo, longAgo);
    await archive.create("events/2", Buffer.from("x"));
    expect(await readdir(join(folder, ".incoming"))).toEqual(["young"]); // looked for once, with the first create
  });

  it("lists a name that begins with a dot like any other, since the pattern of a query engine takes it", async () => {
    const archive = createDirectoryArchive(folder);
    await archive.create("events/dt/1", Buffer.from("x"));
    await writeFile(join(folder, "events/dt/.2"), "");
    await mkdir(join(folder, "events/.hidden"));
    await writeFile(join(folder, "events/.hidden/1"), "");
    expect(await keysOf(archive)).toEqual(["events/.hidden/1", "events/dt/.2", "events/dt/1"]);
    expect(await keysOf(archive, "events/dt/")).toEqual(["events/dt/.2", "events/dt/1"]);
  });

  it("lists no draft, and nothing hidden beside the events", async () => {
    const archive = createDirectoryArchive(folder);
    await archive.create("events/1", Buffer.from("x"));
    await writeFile(join(folder, ".incoming/left"), "draft");
    await writeFile(join(folder, ".DS_Store"), "");
    expect(await keysOf(archive)).toEqual(["events/1"]);
  });

  it("reads no folder that can hold nothing of what is asked for", async () => {
    const archive = createDirectoryArchive(folder);
    for (const key of ["events/b/1", "events/b/3", "events/c/1"]) await archive.create(key, Buffer.from("x"));
    const listed = (prefix: string, startAfter?: string) => keysOf(archive, prefix, startAfter);
    // Whoever reads this folder is refused.
    await mkdir(join(folder, "events/a"));
    await symlink("nowhere", join(folder, "events/a/link"));
    await expect(listed("events/")).rejects.toMatchObject({
      ...misconfigured,
      message: `${join(folder, "events/a/link")} is neither a file nor a folder.`,
    });
    expect(await listed("events/b/")).toEqual(["events/b/1", "events/b/3"]);
    expect(await listed("events/b")).toEqual(["events/b/1", "events/b/3"]);
    expect(await listed("events/", "events/b/2")).toEqual(["events/b/3", "events/c/1"]);
    expect(await listed("events/", "events/b")).toEqual(["events/b/1", "events/b/3", "events/c/1"]);
  });

  it("leaves out what was removed since its folder was read", async () => {
    const archive = createDirectoryArchive(folder);
    const keys = Array.from({ length: 100 }, (_, index) => `events/${100 + index}`);
    for (const key of keys) await archive.create(key, Buffer.from("x"));
    const listed: string[] = [];
    for await (const { key } of archive.list("events/")) {
      if (listed.length === 0) await rm(join(folder, "events/180"));
      listed.push(key);
    }
    expect(listed).toEqual(keys.filter((key) => key !== "events/180"));
  });

  it("lists what somebody put among the segments, so that verify can name it", async () => {
    const archive = createDirectoryArchive(folder);
    await archive.create("events/dt/1", Buffer.from("x"));
    await writeFile(join(folder, "events/dt/notes.txt"), "hello");
    expect(await keysOf(archive)).toEqual(["events/dt/1", "events/dt/notes.txt"]);
  });

  it.each([
    ["a document", async () => writeFile(join(folder, "thesis.doc"), "mine")],
    ["another folder", async () => mkdir(join(folder, "src"))],
  ])("refuses a folder that holds %s and no events, and leaves it alone", async (_, fill) => {
    await fill();
    const before = await readdir(folder);
    const archive = createDirectoryArchive(folder);
    const refusal = { ...misconfigured, message: `${folder} holds other files but no archive.` };
    await expect(archive.create("events/1", Buffer.from("x"))).rejects.toMatchObject(refusal);
    await expect(keysOf(archive)).rejects.toMatchObject(refusal);
    expect(await readdir(folder)).toEqual(before);
  });

  it.each([
    ["only a checkpoint", async () => mkdir(join(folder, "checkpoint"))],
    ["only a checkpoint of an earlier version", async () => writeFile(join(folder, "checkpoint.json"), "{}")],
    ["only hidden files", async () => writeFile(join(folder, ".hidden"), "")],
    ["what a fresh disk holds", async () => mkdir(join(folder, "lost+found"))],
    ["what a NAS leaves in every folder", async () => mkdir(join(folder, "@eaDir"))],
    ["only the file that explains it", async () => writeFile(join(folder, "README.txt"), "an archive")],
    [
      "events beside other things",
      async () => {
        await mkdir(join(folder, "events"));
        await writeFile(join(folder, "README.txt"), "our archive");
      },
    ],
  ])("takes a folder that holds %s", async (_, fill) => {
    await fill();
    expect(await createDirectoryArchive(folder).create("events/1", Buffer.from("x"))).toBe("created");
  });

  it("refuses a file for a folder", async () => {
    const file = join(folder, "file");
    await writeFile(file, "not a folder");
    for (const path of [file, join(file, "below")]) {
      const archive = createDirectoryArchive(path);
      await expect(archive.create("events/1", Buffer.from("x"))).rejects.toMatchObject(misconfigured);
      await expect(keysOf(archive)).rejects.toMatchObject(misconfigured);
    }
    expect(await readFile(file, "utf8")).toBe("not a folder");
  });

  it("says misconfigured where no folder can be made", async () => {
    const nowhere = process.platform === "linux" ? "/proc/asana-archive" : "/dev/null/asana-archive";
    await expect(createDirectoryArchive(nowhere).create("events/1", Buffer.from("x"))).rejects.toMatchObject(
      misconfigured,
    );
  });

  it("refuses a link inside the archive, so that nothing is written outside of it", async () => {
    const outside = await mkdtemp(join(tmpdir(), "outside-"));
    try {
      const archive = createDirectoryArchive(folder);
      await archive.create("events/1", Buffer.from("x"));
      await symlink(outside, join(folder, "events/link"));
      await expect(keysOf(archive)).rejects.toMatchObject(misconfigured);
      await expect(archive.create("events/link/1", Buffer.from("x"))).rejects.toMatchObject(misconfigured);
      await expect(archive.create("events/link/a/b/1", Buffer.from("x"))).rejects.toMatchObject(misconfigured);
      expect(await readdir(outside)).toEqual([]);
    } finally {
      await rm(outside, { recursive: true });
    }
  });

  describe("a part of an object", () => {
    let archive: ArchiveStore;
    beforeEach(async () => {
      archive = createDirectoryArchive(folder);
      await archive.create("events/1", Buffer.from("0123456789"));
    });
    afterEach(() => {
      vi.restoreAllMocks();
    });
    /** The real disk, three bytes at a time; `after` each of them. */
    const readInBits = async (after: () => void = () => {}) => {
      const prototype = await fileHandlePrototype();
      const read = prototype.read as (...args: unknown[]) => ReturnType<FileHandle["read"]>;
      const inBits = async function (this: FileHandle, buffer: Buffer, offset: number, length: number, at: number) {
        const done = await read.call(this, buffer, offset, Math.min(length, 3), at);
        after();
        return done;
      };
      vi.spyOn(prototype, "read").mockImplementation(inBits as FileHandle["read"]);
    };

    it("is whole also where the disk gives less at a time than was asked for", async () => {
      await readInBits();
      expect((await archive.get("events/1", { start: 1, end: 8 }))?.toString()).toBe("12345678");
    });

    it("ends where the object ends, if that became shorter meanwhile", async () => {
      await readInBits(() => truncateSync(join(folder, "events/1"), 3));
      expect((await archive.get("events/1", { start: 1, end: 8 }))?.toString()).toBe("123");
    });

    it("leaves no file open", async () => {
      for (let count = 0; count < 5; count++) await archive.get("events/1", { start: 1, end: 8 });
      expect(await openBelow(folder)).toEqual([]);
    });
  });

  it("holds only whole objects after processes were killed at any moment, and goes on", async () => {
    for (let round = 0; round < 3; round++) {
      const created = await runAndKill(["create", folder, String(round)], 3 + round * 6);
      const archive = createDirectoryArchive(folder);
      const keys = await keysOf(archive);
      for (const key of created) expect(keys).toContain(key);
      for (const key of keys) {
        const body = await archive.get(key);
        expect(body?.length).toBe(200_000);
        expect(body?.toString("latin1", 0, 100).trim()).toBe(key);
        expect(body?.toString("latin1", 200_000 - 3)).toBe("end");
      }
    }
  });
});

/** Kills the process with SIGKILL when it has told `lines` lines; gives the keys it said it had created. */
async function runAndKill(args: string[], lines: number): Promise<string[]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "store-process.ts"), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
    if (output.split("\n").length > lines) child.kill("SIGKILL");
  });
  await once(child, "close");
  return output.split("\n").flatMap((line) => (line.endsWith(" created") ? [line.slice(0, -" created".length)] : []));
}
