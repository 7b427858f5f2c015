import { randomUUID } from "node:crypto";
import { link, readFile, stat, unlink, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { kill, pid } from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { ArchiverError } from "../errors.ts";
import { fileErrorCode, isMissing } from "./file-errors.ts";

/**
 * Runs `work` while holding the lock file `path`, so that one process at a time does. Meant for work of milliseconds.
 *
 * The lock names its owner. It counts as left behind when that process is gone, or when the file is half a minute old
 * (an owner on another machine, or a process number given away again). Age can be wrong about an owner that was
 * stopped for so long; so this may guard only what tolerates it, as a checkpoint does: each state ever saved is true,
 * and an older one costs time.
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>, maxWaitMs = MAX_WAIT_MS): Promise<T> {
  await acquire(path, maxWaitMs);
  try {
    return await work();
  } finally {
    await unlink(path).catch(() => {}); // taken for left behind, and removed
  }
}

const WAIT_MS = 10;
const MAX_WAIT_MS = 5_000;
const MAX_AGE_MS = 30_000;

async function acquire(path: string, maxWaitMs: number): Promise<void> {
  for (let waitedMs = 0; waitedMs <= maxWaitMs; waitedMs += WAIT_MS) {
    if (await claim(path)) return;
    if (!(await removeIfLeftBehind(path))) await sleep(WAIT_MS);
  }
  throw new ArchiverError("unavailable", `${path} is held by another process.`, {
    advice: `Run again when the other run has ended; if there is none, delete ${path} and ${path}.judge.`,
  });
}

/** One process at a time judges: else a slow one could remove the lock of whoever came next. */
async function removeIfLeftBehind(path: string): Promise<boolean> {
  const judge = `${path}.judge`;
  try {
    if (!(await claim(judge))) {
      if (await isLeftBehind(judge)) await unlink(judge);
      return false;
    }
    try {
      const isLeft = await isLeftBehind(path);
      if (isLeft) await unlink(path);
      return isLeft;
    } finally {
      await unlink(judge);
    }
  } catch (error) {
    if (isMissing(error)) return true; // released meanwhile
    throw error;
  }
}

/**
 * Creates the file with this process's name in it, if it is not there. By a link, so that it has its content as soon as
 * it has its name: a process killed between the two would leave a lock that nobody can tell to be left behind.
 */
async function claim(path: string): Promise<boolean> {
  return await withDraft(path, JSON.stringify({ pid, host: hostname() }), async (draft) => {
    try {
      await link(draft, path);
      return true;
    } catch (error) {
      if (fileErrorCode(error) === "EEXIST") return false;
      throw error;
    }
  });
}

/** A file beside `path` that is removed again. */
async function withDraft<T>(path: string, content: string, use: (draft: string) => Promise<T>): Promise<T> {
  const draft = `${path}.${randomUUID()}`; // process numbers repeat: in each container on a shared disk
  try {
    await writeFile(draft, content);
    return await use(draft);
  } finally {
    await unlink(draft).catch(() => {});
  }
}

const isLeftBehind = async (path: string): Promise<boolean> =>
  // Stryker disable next-line EqualityOperator: disks do not tell a nanosecond on half a minute
  (await isOwnerGone(path)) || (await ageMs(path)) > MAX_AGE_MS;

/** Not known of an owner elsewhere, nor of one that has not written its name yet: then age decides. */
async function isOwnerGone(path: string): Promise<boolean> {
  // Stryker disable next-line StringLiteral: without an encoding it is bytes, which read as the same text
  const owner = /^\{"pid":(\d+),"host":(".*")\}$/.exec(await readFile(path, "utf8"));
  if (owner === null || owner[2] !== JSON.stringify(hostname())) return false;
  try {
    kill(Number(owner[1]), 0);
    return false;
  } catch (error) {
    return fileErrorCode(error) === "ESRCH";
  }
}

/** By the disk's own clock: how much older the file is than one just made. */
async function ageMs(path: string): Promise<number> {
  // Stryker disable next-line StringLiteral: only its age is looked at
  return await withDraft(path, "", async (fresh) => (await stat(fresh)).mtimeMs - (await stat(path)).mtimeMs);
}
