import { randomUUID } from "node:crypto";
import { link, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { ArchiverError } from "../errors.ts";
import type { Checkpoint, CheckpointState, CheckpointStore, MoveOutcome } from "../ports.ts";
import { parseState, stateToJson, watermarkFalls } from "./checkpoint-format.ts";
import { makeFolder, syncFolder, writeNewFile } from "./durable-file.ts";
import { fileError, fileErrorCode } from "./file-errors.ts";

/**
 * Checkpoints in a folder, as numbered files of readable JSON: `<folder>/<workspace>/<number, 12 digits>.json`. The
 * highest number is the checkpoint. A move creates the next number as a segment is created: it writes and syncs a draft,
 * then links it to its name, which fails if that is taken. So of several processes one moves, no lock is needed, and a
 * crash leaves the checkpoint before or the one after. The newest few files are kept.
 *
 * The version is a random id in the file, not the number: numbers begin again in a folder that was deleted.
 *
 * Earlier versions kept the checkpoints of all workspaces in one file, `<folder>.json`. It is read for a workspace that
 * has no numbered file, and never written: the first move continues from it in the folder. `path` may name either; a
 * file named otherwise is continued in `<file>.d`, for as long as that file is there. An earlier version that still runs
 * continues to move its own file, and neither sees the other's moves. Each state is true by itself, so both read some
 * pages twice, and lose nothing.
 *
 * Throws ArchiverError.
 */
export function createFileCheckpoint(path: string): CheckpointStore {
  /** The number is 0 where there is no numbered file. */
  async function find(workspace: string) {
    const places = await placesOf(path);
    const folder = join(places.folder, workspace);
    for (;;) {
      const { newest: number } = await look(folder);
      if (number === 0) return { folder, number, current: await readEarlier(places.earlierFile, workspace) };
      const file = join(folder, nameOf(number));
      const text = await readIfThere(file);
      if (text !== null) return { folder, number, current: parseCheckpoint(parseJson(text), file) };
      // Others have moved several times since the look, and removed it.
    }
  }

  async function move(workspace: string, state: CheckpointState, from: string | null): Promise<MoveOutcome> {
    const { folder, number, current } = await find(workspace);
    if ((current?.version ?? null) !== from || watermarkFalls(current?.state.watermark ?? null, state.watermark)) {
      return { kind: "conflict", current };
    }
    const version = randomUUID();
    const text = `${JSON.stringify({ version, state: stateToJson(state) }, null, 2)}\n`;
    const isMoved = await createNext(folder, number, text);
    if (!isMoved) return { kind: "conflict", current: (await find(workspace)).current };
    await removeOlder(folder).catch(() => {}); // the move is made; the next one tries again
    return { kind: "moved", version };
  }

  const fail = (error: unknown): never => {
    throw fileError(error, path);
  };
  return {
    read: async (workspace) => (await find(workspace).catch(fail)).current,
    move: (workspace, state, from) => move(workspace, state, from).catch(fail),
  };
}

async function placesOf(path: string) {
  const folder = path.replace(/(?<=[^/])\.json$/, "");
  const isEarlierFile = folder === path && (await stat(path).catch(() => null))?.isFile();
  return isEarlierFile ? { folder: `${path}.d`, earlierFile: path } : { folder, earlierFile: `${folder}.json` };
}

const KEPT = 3;
const NUMBERED = /^(\d{12})\.json$/;
const DRAFT = /^\.(\d{12})\.json\.[0-9a-f-]{36}$/;

const nameOf = (number: number): string => `${String(number).padStart(12, "0")}.json`;

/** Anything else in the folder is left alone. */
async function look(folder: string) {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error) => {
    if (fileErrorCode(error) === "ENOENT") return [];
    throw error;
  });
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  const numbered = names.filter((name) => NUMBERED.test(name)).sort();
  const newest = Number(NUMBERED.exec(numbered.at(-1) ?? "")?.[1] ?? 0);
  return { newest, numbered, drafts: names.filter((name) => DRAFT.test(name)) };
}

/**
 * False if somebody else has moved. A number that is removed is free again, so a slow process could create it far behind
 * the newest. Therefore: a draft says which number it is for, its owner looks again once it exists, and whoever removes
 * a number first removes the drafts for it. Either the look shows the newer numbers, or the draft is gone.
 */
async function createNext(folder: string, number: number, text: string): Promise<boolean> {
  await makeFolder(folder);
  const name = nameOf(number + 1);
  const draft = join(folder, `.${name}.${randomUUID()}`);
  try {
    await writeNewFile(draft, Buffer.from(text));
    if ((await look(folder)).newest !== number) return false;
    await link(draft, join(folder, name));
  } catch (error) {
    if (["EEXIST", "ENOENT"].includes(fileErrorCode(error))) return false;
    throw error;
  } finally {
    await rm(draft, { force: true }).catch(() => {});
  }
  await syncFolder(folder);
  return true;
}

/** Removes the drafts of killed processes as well: a draft for a number that is taken can never become a file. */
async function removeOlder(folder: string): Promise<void> {
  const { newest, numbered, drafts } = await look(folder);
  const doomed = drafts.filter((name) => Number(DRAFT.exec(name)?.[1]) <= newest);
  for (const name of [...doomed, ...numbered.slice(0, -KEPT)]) await rm(join(folder, name), { force: true });
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (fileErrorCode(error) === "ENOENT") return null;
    throw error;
  }
}

const EARLIER_KIND = "asana-audit-archive checkpoint";

async function readEarlier(file: string, workspace: string): Promise<Checkpoint | null> {
  const text = await readIfThere(file);
  if (text === null) return null;
  const content = parseJson(text);
  if (!isRecord(content) || content["kind"] !== EARLIER_KIND || !isRecord(content["workspaces"])) {
    throw new ArchiverError("misconfigured", `${file} is not a checkpoint, or is damaged.`, {
      advice: `Name another place; if it was a checkpoint, delete it: ${NOTHING_IS_LOST}`,
    });
  }
  const entry = new Map(Object.entries(content["workspaces"])).get(workspace);
  return entry === undefined ? null : parseCheckpoint(entry, file);
}

function parseCheckpoint(value: unknown, file: string): Checkpoint {
  const { version, state } = isRecord(value) ? value : {};
  if (typeof version !== "string") {
    throw new ArchiverError("halted", `${file} is damaged or not a checkpoint.`, {
      advice: `Look at it, then delete it: ${NOTHING_IS_LOST}`,
    });
  }
  try {
    return { version, state: parseState(state) };
  } catch (error) {
    if (!(error instanceof ArchiverError)) throw error;
    throw new ArchiverError(error.kind, `${file}: ${error.message}`, { advice: error.advice, cause: error });
  }
}

const NOTHING_IS_LOST = "the next run finds its place from the archive and the source, and loses nothing.";

/** Undefined for what is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
