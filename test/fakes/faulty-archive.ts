import type { ArchiveStore } from "../../lambda/ports.ts";
import { type Fault, type Faults, SimulatedCrash, simulatedOutage } from "./faults.ts";

/** An archive store whose calls go wrong as `faults` says. See `Fault` for what each does. */
export function createFaultyArchive(archive: ArchiveStore, faults: Faults): ArchiveStore {
  return {
    async *list(prefix, startAfter) {
      const fault = await faults.next("archive", "list", prefix);
      let left = fault?.kind === "cut" ? fault.afterObjects : 0;
      if (fault !== null && left === 0) throw broken(fault, `list ${prefix}`);
      for await (const object of archive.list(prefix, startAfter)) {
        if (fault !== null && left-- === 0) throw simulatedOutage(`list ${prefix}`);
        yield object;
      }
      if (fault !== null) throw simulatedOutage(`list ${prefix}`);
    },

    async get(key, range) {
      const fault = await faults.next("archive", "get", key);
      if (fault !== null) throw broken(fault, `get ${key}`);
      return await archive.get(key, range);
    },

    async create(key, bytes) {
      const fault = await faults.next("archive", "create", key);
      if (fault === null) return await archive.create(key, bytes);
      if (fault.kind === "late") {
        const sent = Buffer.from(bytes);
        faults.defer(fault.afterEffects, () => archive.create(key, sent));
        return "unknown";
      }
      if (fault.kind !== "cut" && fault.took) await archive.create(key, bytes);
      if (fault.kind === "answer") return fault.outcome;
      throw broken(fault, `create ${key}`);
    },
  };
}

const broken = (fault: Fault, effect: string): Error =>
  fault.kind === "crash" ? new SimulatedCrash(effect) : simulatedOutage(effect);
