import type { Checkpoint, CheckpointStore } from "../../lambda/ports.ts";
import { parseState, stateToJson, watermarkFalls } from "../../lambda/stores/checkpoint-format.ts";

/**
 * Checkpoints in memory that honour every rule of the port. Tests may hand in the map, to look at them, to lose them,
 * and to put back old ones.
 */
export function createMemoryCheckpoint(checkpoints: Map<string, Checkpoint> = new Map()): CheckpointStore {
  let moves = 0;
  return {
    async read(workspace) {
      return checkpoints.get(workspace) ?? null;
    },

    async move(workspace, state, from) {
      const current = checkpoints.get(workspace) ?? null;
      if ((current?.version ?? null) !== from || watermarkFalls(current?.state.watermark ?? null, state.watermark)) {
        return { kind: "conflict", current };
      }
      moves += 1;
      const version = `move-${moves}`;
      // Through the saved form, so that what a real store could not keep is not kept here.
      checkpoints.set(workspace, { version, state: parseState(stateToJson(state)) });
      return { kind: "moved", version };
    },
  };
}
