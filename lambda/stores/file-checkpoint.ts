import { randomUUID } from "node:crypto";
import { readFile, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { ArchiverError } from "../errors.ts";
import type { Checkpoint, CheckpointState, CheckpointStore, MoveOutcome } from "../ports.ts";
import { parseState, stateToJson, watermarkFalls } from "./checkpoint-format.ts";
import { makeFolder, syncFolder, writeNewFile } from "./durable-file.ts";
import { fileError, fileErrorCode } from "./file-errors.ts";
import { withFileLock } from "./file-lock.ts";

/**
 * The checkpoints of all workspaces of an archive in one file of readable JSON, replaced as a whole by a rename, so
 * that a reader needs no lock and a crash leaves the old file or the new one. Moves of several processes take turns
 * by a lock file: comparing and replacing are two steps, and no file system does both in one.
 *
 * A file that is something else is never replaced. Throws ArchiverError.
 */
export function createFileCheckpoint(path: string): CheckpointStore {
  let lastMove: Promise<unknown> = Promise.resolve();

  async function move(workspace: string, state: CheckpointState, from: string | null): Promise<MoveOutcome> {
    await makeFolder(dirname(path));
    return await withFileLock(`${path}.lock`, async () => {
      const checkpoints = await readCheckpoints(path);
      const current = checkpoints.get(workspace) ?? null;
      if ((current?.version ?? null) !== from || watermarkFalls(current?.state.watermark ?? null, state.watermark)) {
        return { kind: "conflict", current };
      }
      const version = randomUUID();
      checkpoints.set(workspace, { version, state });
      await replaceFile(path, encodeCheckpoints(checkpoints));
      return { kind: "moved", version };
    });
  }

  return {
    async read(workspace) {
      try {
        return (await readCheckpoints(path)).get(workspace) ?? null;
      } catch (error) {
        throw fileError(error, path);
      }
    },

    move(workspace, state, from) {
      // Moves of this process queue here rather than at the lock file, where they would wait by polling.
      const turn = lastMove.then(() => move(workspace, state, from));
      lastMove = turn.catch(() => {});
      return turn.catch((error) => {
        throw fileError(error, path);
      });
    },
  };
}

const KIND = "asana-audit-archive checkpoint";

function encodeCheckpoints(checkpoints: ReadonlyMap<string, Checkpoint>): string {
  const workspaces = [...checkpoints].map(([workspace, { version, state }]) => [
    workspace,
    { version, state: stateToJson(state) },
  ]);
  return `${JSON.stringify({ kind: KIND, workspaces: Object.fromEntries(workspaces) }, null, 2)}\n`;
}

async function readCheckpoints(path: string): Promise<Map<string, Checkpoint>> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (fileErrorCode(error) === "ENOENT") return new Map();
    throw error;
  }
  return new Map(Object.entries(parseFile(text, path)).map(([name, value]) => [name, parseCheckpoint(value, path)]));
}

function parseFile(text: string, path: string): Record<string, unknown> {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch (error) {
    throw notACheckpoint(path, error);
  }
  if (!isRecord(file) || file["kind"] !== KIND || !isRecord(file["workspaces"])) throw notACheckpoint(path);
  return file["workspaces"];
}

function parseCheckpoint(value: unknown, path: string): Checkpoint {
  if (!isRecord(value) || typeof value["version"] !== "string") throw notACheckpoint(path);
  return { version: value["version"], state: parseState(value["state"]) };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

async function replaceFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomUUID()}.draft`;
  try {
    await writeNewFile(draft, Buffer.from(text));
    await rename(draft, path);
  } catch (error) {
    await unlink(draft).catch(() => {});
    throw error;
  }
  await syncFolder(dirname(path));
}

const notACheckpoint = (path: string, cause?: unknown): ArchiverError =>
  new ArchiverError("misconfigured", `${path} is not a checkpoint, or is damaged.`, {
    advice:
      "Name another file; if it was one, delete it: the next run finds its place from the archive and the source, and loses nothing.",
    cause,
  });
