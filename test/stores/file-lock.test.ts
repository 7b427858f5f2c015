import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withFileLock } from "../../lambda/stores/file-lock.ts";

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
      message: `${path} is held by another process.`,
      advice: expect.stringContaining(path),
    });
    expect(await readdir(folder)).toEqual(["x.lock"]);
  });

  it("is tried once also where there is no time to wait", async () => {
    expect(await withFileLock(path, async () => "in", 0)).toBe("in");
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
    ["of another machine", (pid: number) => JSON.stringify({ pid, host: "elsewhere" })],
    ["that has not written its name yet", () => ""],
    ["whose name cannot be read", (pid: number) => `?${JSON.stringify({ pid, host: hostname() })}`],
    ["whose number can be nobody's", () => JSON.stringify({ pid: 99_999_999_999, host: hostname() })],
    ["whose name goes on", (pid: number) => `${JSON.stringify({ pid, host: hostname() })}?`],
  ])("is not taken from an owner %s while it is young", async (_, content) => {
    await writeFile(path, content(await deadProcess()));
    await expect(withFileLock(path, async () => "in", 20)).rejects.toMatchObject({ kind: "unavailable" });
    expect(await readdir(folder)).toEqual(["x.lock"]);
  });

  it("is not judged by two at a time: else the slower one could remove the lock of whoever came next", async () => {
    await writeFile(path, JSON.stringify({ pid: await deadProcess(), host: hostname() }));
    await writeFile(`${path}.judge`, JSON.stringify({ pid: process.pid, host: hostname() }));
    await expect(withFileLock(path, async () => "in", 20)).rejects.toMatchObject({ kind: "unavailable" });
    expect(await readdir(folder)).toEqual(["x.lock", "x.lock.judge"]);
  });

  it("is taken over also when a process died while judging it", async () => {
    const dead = JSON.stringify({ pid: await deadProcess(), host: hostname() });
    await writeFile(path, dead);
    await writeFile(`${path}.judge`, dead);
    expect(await withFileLock(path, async () => "in", 50)).toBe("in");
    expect(await readdir(folder)).toEqual([]);
  });
});

/** The number of a process that has just ended. */
async function deadProcess(): Promise<number> {
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  await once(child, "close");
  return child.pid ?? 0;
}
