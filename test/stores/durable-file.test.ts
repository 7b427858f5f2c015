import { mkdtempSync } from "node:fs";
import { readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeFolder, syncFolder, writeNewFile } from "../../lambda/stores/durable-file.ts";
import { openBelow } from "./file-handle.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "durable-"));
});
afterEach(() => rm(root, { recursive: true }));

describe("a folder", () => {
  it("is made with those above it, also when several make it at once", async () => {
    await Promise.all(Array.from({ length: 20 }, () => makeFolder(join(root, "a/b/c"))));
    expect(await readdir(join(root, "a/b"))).toEqual(["c"]);
    await makeFolder(join(root, "a/b/c"));
  });

  it("is not made where a file is, or below one, and the file stays", async () => {
    await writeFile(join(root, "file"), "mine");
    await expect(makeFolder(join(root, "file"))).rejects.toMatchObject({ code: "EEXIST" });
    await expect(makeFolder(join(root, "file/below"))).rejects.toMatchObject({ code: "ENOTDIR" });
    expect(await readdir(root)).toEqual(["file"]);
  });

  it("is not made behind a link that leads nowhere", async () => {
    await symlink("loop", join(root, "loop"));
    await expect(makeFolder(join(root, "loop"))).rejects.toMatchObject({ code: "ELOOP" });
    await symlink("nowhere", join(root, "link"));
    await expect(makeFolder(join(root, "link"))).rejects.toMatchObject({ code: "EEXIST" });
  });
});

it("a new file is not written over one that is there", async () => {
  await writeNewFile(join(root, "new"), Buffer.from("first"));
  await expect(writeNewFile(join(root, "new"), Buffer.from("other"))).rejects.toMatchObject({ code: "EEXIST" });
});

it("a file or folder that was written or synced is closed again", async () => {
  for (let count = 0; count < 5; count++) {
    await writeNewFile(join(root, String(count)), Buffer.from("x"));
    await syncFolder(root);
  }
  expect(await openBelow(root)).toEqual([]);
});
