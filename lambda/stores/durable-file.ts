import { mkdir, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { fileErrorCode } from "./file-errors.ts";

/** Writes a new file and returns when its bytes are on the disk; its name is not safe before `syncFolder`. */
export async function writeNewFile(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "wx");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the names in a folder survive a power loss. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } catch (error) {
    // Some network file systems have no such thing as syncing a folder; they keep names in their own way.
    if (!["EINVAL", "ENOTSUP", "EOPNOTSUPP", "EROFS"].includes(fileErrorCode(error))) throw error;
  } finally {
    await handle.close();
  }
}

/**
 * Makes a folder and those above it that are missing, and the name of each new one durable. A folder found is believed
 * to be durable: whoever made it did so here, or is the user.
 */
export async function makeFolder(folder: string): Promise<void> {
  const parent = dirname(folder);
  try {
    await mkdir(folder);
  } catch (error) {
    const code = fileErrorCode(error);
    if (code === "EEXIST" && (await stat(folder)).isDirectory()) return;
    if (code !== "ENOENT" || parent === folder) throw error;
    await makeFolder(parent);
    return await makeFolder(folder);
  }
  await syncFolder(parent);
}
