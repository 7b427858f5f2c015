import type { ArchiveStore } from "../../lambda/ports.ts";
import { checkKey, checkPrefix, checkRange, compareKeys } from "../../lambda/stores/key-rules.ts";

/**
 * An archive in memory that honours every rule of the port. Tests may hand in the map, to look at the objects and to
 * damage them.
 */
export function createMemoryArchive(objects: Map<string, Buffer> = new Map()): ArchiveStore {
  return {
    async *list(prefix, startAfter = "") {
      checkPrefix(prefix);
      const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && compareKeys(key, startAfter) > 0);
      for (const key of keys.sort(compareKeys)) yield { key, sizeBytes: objects.get(key)?.length ?? 0 };
    },

    async get(key, range) {
      checkKey(key);
      if (range !== undefined) checkRange(range);
      const bytes = objects.get(key);
      if (bytes === undefined) return null;
      return Buffer.from(range === undefined ? bytes : bytes.subarray(range.start, range.end + 1));
    },

    async create(key, bytes) {
      checkKey(key);
      if (objects.has(key)) return "exists";
      objects.set(key, Buffer.from(bytes));
      return "created";
    },
  };
}
