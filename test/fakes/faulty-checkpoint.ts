import type { CheckpointStore } from "../../lambda/ports.ts";
import { type Fault, type Faults, SimulatedCrash, simulatedOutage } from "./faults.ts";

/** A checkpoint store whose calls go wrong as `faults` says. See `Fault` for what each does. */
export function createFaultyCheckpoint(checkpoints: CheckpointStore, faults: Faults): CheckpointStore {
  return {
    async read(workspace) {
      const fault = await faults.next("checkpoint", "read", workspace);
      if (fault !== null) throw broken(fault, `read ${workspace}`);
      return await checkpoints.read(workspace);
    },

    async move(workspace, state, from) {
      const fault = await faults.next("checkpoint", "move", workspace);
      if (fault === null) return await checkpoints.move(workspace, state, from);
      if (fault.kind === "late") faults.defer(fault.afterEffects, () => checkpoints.move(workspace, state, from));
      else if (fault.kind !== "cut" && fault.took) await checkpoints.move(workspace, state, from);
      if (fault.kind === "answer" && fault.outcome === "exists") {
        return { kind: "conflict", current: await checkpoints.read(workspace) };
      }
      throw broken(fault, `move ${workspace}`);
    },
  };
}

const broken = (fault: Fault, effect: string): Error =>
  fault.kind === "crash" ? new SimulatedCrash(effect) : simulatedOutage(effect);
