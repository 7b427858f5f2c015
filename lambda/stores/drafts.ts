import { randomUUID } from "node:crypto";
import { readdir, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder, writeNewFile } from "./durable-file.ts";

/** Where new files are written before they get their names. */
export interface Drafts {
  /** Gives `use` the path of a file that holds `bytes` durably; it is gone afterwards. */
  with<T>(bytes: Uint8Array, use: (path: string) => Promise<T>): Promise<T>;
}

/** Drafts in a folder of their own, on the same file system as the names they get. What crashes left is removed. */
export function createDrafts(folder: string): Drafts {
  let isSwept = false;

  /** The age of a file is judged by the disk's own clock, against the draft `fresh`. */
  async function sweepOnce(fresh: string): Promise<void> {
    if (isSwept) return;
    isSwept = true;
    const { mtimeMs } = await stat(fresh);
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      const left = await stat(path).catch(() => null); // its owner may remove it meanwhile
      if (left !== null && mtimeMs - left.mtimeMs > ABANDONED_MS) await unlink(path).catch(() => {});
    }
  }

  return {
    async with(bytes, use) {
      await makeFolder(folder);
      const path = join(folder, randomUUID());
      try {
        await writeNewFile(path, bytes);
        await sweepOnce(path);
        return await use(path);
      } finally {
        await unlink(path).catch(() => {}); // never written, or swept by somebody whose clock is ahead
      }
    },
  };
}

/** No draft is in use for an hour; should one be, its create fails and is done again. */
const ABANDONED_MS = 3_600_000;
