/** Ports that count what AWS would bill: one request per call, and one per 1,000 keys of a list. */
import type { ArchiveStore, CheckpointStore } from "../../lambda/ports.ts";

export interface PortCounts {
  lists: number;
  gets: number;
  creates: number;
  checkpointReads: number;
  checkpointMoves: number;
}

export const noCounts = (): PortCounts => ({ lists: 0, gets: 0, creates: 0, checkpointReads: 0, checkpointMoves: 0 });

const LIST_PAGE = 1000;

export function countedArchive(archive: ArchiveStore, counts: PortCounts): ArchiveStore {
  return {
    async *list(prefix, startAfter) {
      counts.lists += 1;
      let keys = 0;
      for await (const object of archive.list(prefix, startAfter)) {
        if (keys > 0 && keys % LIST_PAGE === 0) counts.lists += 1;
        keys += 1;
        yield object;
      }
    },
    get: (key, range) => {
      counts.gets += 1;
      return archive.get(key, range);
    },
    create: (key, bytes) => {
      counts.creates += 1;
      return archive.create(key, bytes);
    },
  };
}

export function countedCheckpoint(checkpoints: CheckpointStore, counts: PortCounts): CheckpointStore {
  return {
    read: (workspace) => {
      counts.checkpointReads += 1;
      return checkpoints.read(workspace);
    },
    move: (workspace, state, from) => {
      counts.checkpointMoves += 1;
      return checkpoints.move(workspace, state, from);
    },
  };
}
