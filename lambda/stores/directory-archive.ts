import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs";
import { link, lstat, open, readdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import { makerOf } from "../archive/strays.ts";
import { ArchiverError } from "../errors.ts";
import type { ArchiveStore, ByteRange, CreateOutcome } from "../ports.ts";
import { walkFolder } from "./directory-walk.ts";
import { createDrafts } from "./drafts.ts";
import { makeFolder, syncFolder } from "./durable-file.ts";
import { fileError, fileErrorCode, isMissing } from "./file-errors.ts";
import { checkKey, checkPrefix, checkRange } from "./key-rules.ts";

/**
 * An archive in a folder: each key is a path below it. A new object is written and synced as a draft in `.incoming`,
 * then linked to its own name, which fails if that is taken, and then its folder is synced: a crash at any instant
 * leaves the whole object or none under its name. Several processes may use one folder.
 *
 * The folder is made by the first create. A folder that holds other things and none of `events`, `coverage` and `seals` is refused, so that a
 * mistyped path does not fill somebody's home. Throws ArchiverError.
 *
 * `read`: for whoever only reads. It syncs nothing, so that an archive on a disk that is read-only, or that cannot sync,
 * can be looked at. `check`: for whoever reads all of it. It also lists what is neither a file nor a folder, which the
 * others refuse, and small files are read on this thread.
 */
export function createDirectoryArchive(path: string, use: "write" | "read" | "check" = "write"): ArchiveStore {
  const folder = resolve(path);
  const drafts = createDrafts(join(folder, ".incoming"));
  /** Folders whose own name is known to be durable. */
  const durable = new Set<string>([folder]);
  let isArchive = false;

  const fileOf = (key: string): string => join(folder, ...key.split("/"));

  async function* list(prefix: string, startAfter = "") {
    checkPrefix(prefix);
    try {
      await checkIsArchive();
      // A writer that lists one folder goes on from what is seen there, so that must not vanish in a power loss.
      const own = prefix.slice(0, Math.max(0, prefix.lastIndexOf("/")));
      if (use === "write" && own !== "" && existsSync(fileOf(own))) await settle(fileOf(own));
      yield* walkFolder(folder, prefix, startAfter, use === "check");
    } catch (error) {
      throw fileError(error, folder);
    }
  }

  async function get(key: string, range?: ByteRange): Promise<Buffer | null> {
    checkKey(key);
    if (range !== undefined) checkRange(range);
    try {
      if (use === "check" && range === undefined) return await readWhole(fileOf(key));
      return await readFileRange(fileOf(key), range);
    } catch (error) {
      if (isMissing(error)) return null;
      throw fileError(error, fileOf(key));
    }
  }

  async function create(key: string, bytes: Uint8Array): Promise<CreateOutcome> {
    checkKey(key);
    const file = fileOf(key);
    const parent = dirname(file);
    try {
      await checkIsArchive();
      await refuseLinks(parent);
      await makeFolder(parent);
      const outcome = await drafts.with(bytes, (draft) => linkNew(draft, file));
      await settle(parent);
      return outcome;
    } catch (error) {
      throw fileError(error, file);
    }
  }

  /** A folder below the archive that is a link would let segments be written somewhere else. */
  async function refuseLinks(path: string): Promise<void> {
    for (let at = path; !durable.has(at); at = dirname(at)) {
      const found = await lstat(at).catch(() => null); // missing or unreadable: creating it will throw
      if (found?.isSymbolicLink()) throw inTheWay(at);
    }
  }

  /** Makes the names in a folder durable, and those of the folders that lead to it. */
  async function settle(path: string): Promise<void> {
    await syncFolder(path);
    for (let above = path; !durable.has(above); above = dirname(above)) {
      await syncFolder(dirname(above));
      durable.add(above);
    }
  }

  async function checkIsArchive(): Promise<void> {
    if (isArchive) return;
    const names: string[] = await readdir(folder).catch((error) => {
      if (fileErrorCode(error) === "ENOENT") return [];
      throw error;
    });
    if (!names.some((name) => OWN.includes(name)) && !names.every(isHarmless)) throw notAnArchive(folder);
    isArchive = true;
  }

  return { list, get, create };
}

/** What an archive begins with: a day without events can be looked at before there are any. Seals may be all that is left. */
const OWN: readonly string[] = ["events", "coverage", "seals"];

/** What may be in a folder before that: a checkpoint, hidden files, the file that explains it, and strays. */
const isHarmless = (name: string): boolean =>
  name.startsWith(".") || name.startsWith("checkpoint") || name === "README.txt" || makerOf(name) !== null;

async function linkNew(draft: string, path: string): Promise<CreateOutcome> {
  try {
    await link(draft, path);
    return "created";
  } catch (error) {
    if (fileErrorCode(error) !== "EEXIST") throw error;
    if ((await lstat(path)).isFile()) return "exists";
    throw inTheWay(path);
  }
}

const inTheWay = (path: string): ArchiverError =>
  new ArchiverError("misconfigured", `${path} is neither a plain file nor a folder.`, {
    advice: "Look at what it is, and move it out of the archive.",
  });

/** Handing the steps of so short a reading to other threads would take several times longer than the reading. */
const SMALL_BYTES = 256 * 1024;

async function readWhole(path: string): Promise<Buffer | null> {
  await setImmediate(); // so that signals and messages come through between two files
  const file = openSync(path, "r");
  try {
    const found = fstatSync(file);
    if (!found.isFile()) return null;
    if (found.size <= SMALL_BYTES) {
      const bytes = Buffer.allocUnsafe(found.size);
      const bytesRead = readSync(file, bytes, 0, bytes.length, 0);
      if (bytesRead === bytes.length) return bytes;
    }
  } finally {
    closeSync(file);
  }
  return await readFileRange(path);
}

async function readFileRange(path: string, range?: ByteRange): Promise<Buffer | null> {
  const file = await open(path, "r");
  try {
    const found = await file.stat();
    if (!found.isFile()) return null;
    if (range === undefined) return await file.readFile();
    const wanted = Buffer.alloc(Math.max(0, Math.min(range.end + 1, found.size) - range.start));
    let filled = 0;
    while (filled < wanted.length) {
      const { bytesRead } = await file.read(wanted, filled, wanted.length - filled, range.start + filled);
      if (bytesRead === 0) break; // the file has become shorter
      filled += bytesRead;
    }
    return wanted.subarray(0, filled);
  } finally {
    await file.close();
  }
}

const notAnArchive = (folder: string): ArchiverError =>
  new ArchiverError("misconfigured", `${folder} holds other files but no archive.`, {
    advice: 'Name an empty or a new folder; if this one is meant, make a folder "events" in it.',
  });
