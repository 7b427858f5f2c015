import { mkdir, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { fileErrorCode } from "./file-errors.ts";

/** What names people, or holds a live offset, is for its owner alone, whatever the umask would allow. */
const OWNER_FILE = 0o600;
const OWNER_FOLDER = 0o700;

/** Writes a new file and returns when its bytes are on the disk; its name is not safe before `syncFolder`. */
export async function writeNewFile(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "wx", OWNER_FILE);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

const CANNOT_SYNC: readonly string[] = ["EINVAL", "ENOTSUP", "EOPNOTSUPP", "EROFS", "EPERM", "EACCES", "ENOSYS"];

/** Makes the names in a folder survive a power loss. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } catch (error) {
    // Windows (EPERM) and some network and FUSE file systems cannot sync a folder; they keep names durable in their own way.
    if (!CANNOT_SYNC.includes(fileErrorCode(error))) throw error;
  } finally {
    await handle.close();
  }
}

/**
 * Makes a folder and those above it that are missing, and the name of each new one durable. A folder found is taken as
 * it is.
 */
export async function makeFolder(folder: string): Promise<void> {
  if (await isFolder(folder)) return;
  const parent = dirname(folder);
  if (parent !== folder) await makeFolder(parent);
  await mkdir(folder, OWNER_FOLDER).catch(async (error) => {
    if (fileErrorCode(error) !== "EEXIST" || !(await isFolder(folder))) throw error; // made by somebody meanwhile
  });
  await syncFolder(parent);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (fileErrorCode(error) === "ENOENT") return false;
    throw error;
  }
}
