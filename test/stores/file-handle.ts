import { type FileHandle, open } from "node:fs/promises";

/** What all open files have in common: where a test puts a spy that lets the real disk work. */
export async function fileHandlePrototype(): Promise<FileHandle> {
  const handle = await open(import.meta.dirname);
  await handle.close();
  return Object.getPrototypeOf(handle);
}
