import { type FileHandle, open, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";

/** What all open files have in common: where a test puts a spy that lets the real disk work. */
export async function fileHandlePrototype(): Promise<FileHandle> {
  const handle = await open(import.meta.dirname);
  await handle.close();
  return Object.getPrototypeOf(handle);
}

/** Files and folders below `folder` that this process has open. Only Linux tells: elsewhere none is seen. */
export async function openBelow(folder: string): Promise<string[]> {
  if (process.platform !== "linux") return [];
  const own = "/proc/self/fd";
  const paths = (await readdir(own)).map((name) => readlink(join(own, name)).catch(() => "")); // closed meanwhile
  return (await Promise.all(paths)).filter((path) => path.startsWith(folder));
}
