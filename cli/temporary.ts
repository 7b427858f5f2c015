/**
 * Temporary files and folders outside of an archive. They are removed when the process ends; those of a process that was
 * killed are removed by the next process that creates one in the same place.
 */
import { createHash, randomUUID } from "node:crypto";
import { lstatSync, mkdtempSync, readdirSync, readlinkSync, realpathSync, rmSync, statSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { DAY_MS } from "../lambda/event/instant.ts";
import { fileError, fileErrorCode } from "../lambda/stores/file-errors.ts";
import { misused } from "./exit.ts";

export interface Temporary {
  readonly path: string;
  /** Removes it now. */
  remove(): void;
  /** It has become something else: it is not removed. */
  keep(): void;
}

const PREFIX = "asana-audit-archive-";
/** For those of other machines or containers in a shared folder: whether their process still runs cannot be seen from here. */
const ABANDONED_MS = 7 * DAY_MS;

/** A folder for this process alone, in the system's temporary folder. Throws ArchiverError. */
export function makeTemporaryFolder(): Temporary {
  let parent = tmpdir();
  try {
    parent = realpathSync(parent);
    sweep(parent, PREFIX, "");
    return untilExit(mkdtempSync(join(parent, `${PREFIX}${OWNER}-`)));
  } catch (error) {
    const advice = "Name a folder with enough room in TMPDIR.";
    if (fileErrorCode(error) === "ENOENT") throw misused(`the temporary folder ${parent} does not exist`, advice);
    throw fileError(error, `${parent} (the temporary folder, TMPDIR)`);
  }
}

/** A name beside `path` for what becomes `path` once it is whole; nothing is there yet. */
export function temporaryFileFor(path: string): Temporary {
  const prefix = `${basename(path)}.`;
  sweep(dirname(path), prefix, ".partial");
  return untilExit(join(dirname(path), `${prefix}${OWNER}-${randomUUID().slice(0, 8)}.partial`));
}

/** This process: its number, and a name for the machine or container in which that number is valid. */
const OWNER = `${process.pid}.${placeOfNumbers()}`;

function placeOfNumbers(): string {
  let space = "";
  try {
    space = readlinkSync("/proc/self/ns/pid");
  } catch {} // not Linux
  return createHash("sha256").update(`${hostname()} ${space}`).digest("hex").slice(0, 8);
}

const made = new Set<string>();
let isWatching = false;

function untilExit(path: string): Temporary {
  if (!isWatching) process.once("exit", removeAll);
  isWatching = true;
  made.add(path);
  return { path, remove: () => remove(path), keep: () => void made.delete(path) };
}

function removeAll(): void {
  for (const path of made) remove(path);
}

function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 2 });
    made.delete(path);
  } catch {} // the next start tries again
}

/** Removes what ended processes of this user left under names that begin and end like this. */
function sweep(folder: string, prefix: string, suffix: string): void {
  let names: string[] = [];
  try {
    names = readdirSync(folder);
  } catch {} // creating something there will fail with a clear error
  for (const name of names) {
    if (!name.startsWith(prefix) || !name.endsWith(suffix)) continue;
    const [, pid, place] =
      /^(\d+)\.([0-9a-f]{8})-[^.]*$/.exec(name.slice(prefix.length, name.length - suffix.length)) ?? [];
    const path = join(folder, name);
    if (pid === undefined || made.has(path) || !isOurs(path)) continue;
    if (place === OWNER.split(".")[1] ? !isRunning(Number(pid)) : isAbandoned(path)) remove(path);
  }
}

/** Another user could replace what is theirs, while it is being removed, by a link to something of ours. */
function isOurs(path: string): boolean {
  try {
    return process.getuid === undefined || lstatSync(path).uid === process.getuid();
  } catch {
    return false;
  }
}

/** An earlier process may have had our own number. */
function isRunning(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return fileErrorCode(error) !== "ESRCH";
  }
}

function isAbandoned(path: string): boolean {
  try {
    return Date.now() - statSync(path).mtimeMs > ABANDONED_MS;
  } catch {
    return false;
  }
}
