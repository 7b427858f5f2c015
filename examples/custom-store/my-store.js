// An archive store and a checkpoint store that pass the contracts: in memory, so a program that ends loses all of it.
import {
  checkKey,
  checkPrefix,
  checkRange,
  compareKeys,
  parseState,
  stateToJson,
  watermarkFalls,
} from "asana-audit-archive";

export const createMyArchive = (objects) => ({
  async *list(prefix, startAfter = "") {
    checkPrefix(prefix);
    const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && compareKeys(key, startAfter) > 0);
    for (const key of keys.sort(compareKeys)) yield { key, sizeBytes: objects.get(key).length };
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
});

export const createMyCheckpoints = (states) => ({
  async read(workspace) {
    return states.get(workspace) ?? null;
  },
  async move(workspace, state, from) {
    const current = states.get(workspace) ?? null;
    const isConflict = (current?.version ?? null) !== from;
    if (isConflict || watermarkFalls(current?.state.watermark ?? null, state.watermark))
      return { kind: "conflict", current };
    const version = crypto.randomUUID();
    states.set(workspace, { version, state: parseState(stateToJson(state)) });
    return { kind: "moved", version };
  },
});
