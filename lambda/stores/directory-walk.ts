import { type Dirent, lstatSync } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { makerOf } from "../archive/strays.ts";
import { ArchiverError } from "../errors.ts";
import type { StoredObject } from "../ports.ts";
import { fileErrorCode, isMissing } from "./file-errors.ts";
import { compareKeys } from "./key-rules.ts";

/**
 * The files below `folder` whose key starts with `prefix` and sorts after `startAfter`, in key order, reading only
 * folders that may hold such keys. Names beside `events` that begin with a dot are the store's own, such as its drafts.
 * Below it nothing is hidden: a query engine's pattern also takes a file whose name begins with a dot.
 *
 * What is neither a file nor a folder, such as a link, is refused: whole days may lie behind it. With `nameOdd`, and where
 * other programs give such a name, it is listed instead, with a slash at its end, which makes it no segment.
 */
export async function* walkFolder(
  folder: string,
  prefix: string,
  startAfter: string,
  nameOdd = false,
): AsyncIterable<StoredObject> {
  const size = nameOdd ? sizeNow : sizeOf;
  yield* walk(prefix.slice(0, prefix.lastIndexOf("/") + 1));

  /** `parent` is empty or ends with a slash. */
  async function* walk(parent: string): AsyncIterable<StoredObject> {
    const place = join(folder, parent);
    const entries = (await entriesOf(place)).filter(({ name }) => parent !== "" || !name.startsWith("."));
    const odd = new Set(entries.filter(isOdd).map((entry) => keyOf(parent, entry)));
    const keys = entries.map((entry) => keyOf(parent, entry)).sort(compareKeys);
    const wanted = keys.filter((key) => (odd.has(key) ? isAsked(key) : isWanted(key)));
    for (let from = 0; from < wanted.length; from += STATS_AT_ONCE) {
      const some = wanted.slice(from, from + STATS_AT_ONCE);
      const sizes = await Promise.all(some.map((key) => (key.endsWith("/") ? null : size(join(folder, key)))));
      for (const [index, key] of some.entries()) {
        const sizeBytes = sizes[index];
        if (odd.has(key)) yield { key, sizeBytes: 0 };
        else if (key.endsWith("/")) yield* walk(key);
        else if (typeof sizeBytes === "number") yield { key, sizeBytes };
      }
    }
  }

  function isAsked(key: string): boolean {
    return key.startsWith(prefix) && compareKeys(key, startAfter) > 0;
  }

  /** Of a folder: whether a key in it may be wanted. */
  function isWanted(key: string): boolean {
    if (!key.endsWith("/")) return isAsked(key);
    const mayStart = key.startsWith(prefix) || prefix.startsWith(key);
    return mayStart && (compareKeys(key, startAfter) > 0 || startAfter.startsWith(key));
  }

  /** A folder's key ends with a slash, so that sorting puts its content where S3 would. */
  function keyOf(parent: string, entry: Dirent): string {
    if (entry.isFile()) return parent + entry.name;
    if (entry.isDirectory() || nameOdd || makerOf(entry.name) !== null) return `${parent}${entry.name}/`;
    throw new ArchiverError("misconfigured", `${join(folder, parent, entry.name)} is neither a file nor a folder.`, {
      advice:
        "An archive holds plain files and folders only; put the file itself there, not a link to it. verify names all that is neither.",
    });
  }
}

const isOdd = (entry: Dirent): boolean => !entry.isFile() && !entry.isDirectory();

/** Enough to keep the disk busy, few enough for any limit of open files. */
const STATS_AT_ONCE = 64;

async function entriesOf(place: string): Promise<Dirent[]> {
  try {
    return await readdir(place, { withFileTypes: true });
  } catch (error) {
    if (fileErrorCode(error) === "ENOENT") return [];
    throw error;
  }
}

/** Null: removed since the folder was read. */
async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await lstat(path)).size;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** The same on this thread: whoever reads everything has nothing else to do, and one look takes less time than handing it over. */
function sizeNow(path: string): number | null {
  try {
    return lstatSync(path).size;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}
