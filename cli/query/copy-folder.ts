/** Where the columnar copy of an archive lies: in the user's own cache, for the user alone. */
import { createHash } from "node:crypto";
import { readdirSync, rmSync, statSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { safeFolder, userCache } from "../user-cache.js";

/**
 * The folder of the archive's copy, made if it is not there; null where others could write to it. `place`: as it was given.
 * An archive that was made anew in the same place has another copy, and that of its predecessor is removed.
 */
export async function openCopyFolder(
  place: string,
  directory: string | null,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string | null> {
  const copies = safeFolder(join(userCache(environment), "asana-audit-archive", "copies"));
  if (copies === null) return null;
  const path = shortHash(directory === null ? place : await realpath(directory));
  const name = `${path}-${shortHash(directory === null ? "" : identityOf(directory))}`;
  for (const other of readdirSync(copies)) {
    if (other.startsWith(`${path}-`) && other !== name) rmSync(join(copies, other), { recursive: true, force: true });
  }
  return safeFolder(join(copies, name));
}

const shortHash = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);

/** Which folder it is, whatever is in it. */
function identityOf(directory: string): string {
  const { ino, birthtimeMs } = statSync(directory);
  return `${ino} ${birthtimeMs}`;
}
