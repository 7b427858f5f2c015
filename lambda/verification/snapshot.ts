/**
 * What was there when a verification began: it takes a while, and what is archived, looked at and sealed in the meantime
 * must not be held against what was read before.
 */
import { gunzipSync, gzipSync } from "node:zlib";
import { findEveryWorkspace } from "../archive/inventory.ts";
import { inLanes } from "../archive/lanes.ts";
import { COVERAGE_PREFIX } from "../coverage/coverage-key.ts";
import { ArchiverError, type ErrorKind } from "../errors.ts";
import type { ArchiveStore, Checkpoint, CheckpointStore, StoredObject } from "../ports.ts";
import { KEYS_PREFIX, SEALS_PREFIX } from "../seal/seal-key.ts";
import { STAMPS_PREFIX } from "../seal/stamp-key.ts";
import { EVENTS_PREFIX } from "../segment/key.ts";

export interface Snapshot {
  /** Of everything, in the keys' order. */
  readonly objects: readonly StoredObject[];
  /** By workspace, as they were before the listing. */
  readonly checkpoints: Readonly<Record<string, KeptCheckpoint>>;
}

/** What reading a checkpoint gave: it, nothing, or an error. */
type KeptCheckpoint =
  | { readonly checkpoint: Checkpoint | null }
  | { readonly failed: { readonly kind: ErrorKind; readonly message: string; readonly advice: string } };

/** Events last: what is sealed or claimed of them is there by then. */
const PREFIXES = [SEALS_PREFIX, STAMPS_PREFIX, KEYS_PREFIX, COVERAGE_PREFIX, EVENTS_PREFIX];
const READS_AT_ONCE = 8;

/** Lists all of an archive. Memory: a record per object. */
export async function takeSnapshot(
  archive: ArchiveStore,
  checkpoints: CheckpointStore,
  signal?: AbortSignal,
): Promise<Snapshot> {
  const workspaces = await findEveryWorkspace(archive);
  const kept = await inLanes(workspaces, READS_AT_ONCE, async (workspace): Promise<KeptCheckpoint> => {
    try {
      return { checkpoint: await checkpoints.read(workspace) };
    } catch (error) {
      if (!(error instanceof ArchiverError)) throw error;
      const { kind, message, advice } = error;
      return { failed: { kind, message, advice } };
    }
  });
  const byPrefix = new Map<string, StoredObject[]>();
  for (const prefix of PREFIXES) {
    const objects: StoredObject[] = [];
    for await (const object of archive.list(prefix)) {
      signal?.throwIfAborted();
      objects.push(object);
    }
    byPrefix.set(prefix, objects);
  }
  return {
    objects: PREFIXES.toSorted().flatMap((prefix) => byPrefix.get(prefix)!),
    checkpoints: Object.fromEntries(workspaces.map((workspace, index) => [workspace, kept[index]!])),
  };
}

/** The archive as it was listed then. Its objects are read from the store: they never change. */
export const archiveOf = ({ objects }: Snapshot, store: ArchiveStore): ArchiveStore => ({
  ...store,
  async *list(prefix, startAfter = "") {
    for (const object of objects) if (object.key.startsWith(prefix) && object.key > startAfter) yield object;
  },
});

export const checkpointsOf = ({ checkpoints }: Snapshot): Pick<CheckpointStore, "read"> => ({
  async read(workspace) {
    const kept = checkpoints[workspace];
    if (kept === undefined) return null;
    if ("checkpoint" in kept) return kept.checkpoint;
    throw new ArchiverError(kept.failed.kind, kept.failed.message, kept.failed);
  },
});

export const encodeSnapshot = (snapshot: Snapshot): Buffer => gzipSync(JSON.stringify(snapshot));
export const parseSnapshot = (bytes: Buffer): Snapshot => JSON.parse(gunzipSync(bytes).toString("utf8"));
