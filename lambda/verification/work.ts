/**
 * What the steps of a verification leave for each other, below `runs/` of the bucket of reports. An object is created once:
 * a step that is started again finds what it had made, and makes the same.
 */
import type { Fingerprints } from "../archive/fingerprints.ts";
import type { LogResult, LogTask } from "../archive/verify-log.ts";
import { ArchiverError } from "../errors.ts";
import type { ArchiveStore } from "../ports.ts";

/** Logs of one workspace that are verified by one invocation. A line of the inventory. */
export interface Portion {
  readonly run: string;
  /** From 1. */
  readonly portion: number;
  readonly workspace: string;
  readonly firstDay: string;
  readonly lastDay: string;
  readonly days: number;
  readonly segments: number;
  readonly storedBytes: number;
}

/** A log's result, its fingerprints kept apart. */
export interface StoredResult extends Omit<LogResult, "ids"> {
  readonly starts: readonly number[];
}

export interface PortionResult {
  readonly results: readonly StoredResult[];
  readonly workMs: number;
}

const numbered = (kind: string) => (run: string, portion: number) =>
  `runs/${run}/${kind}/${String(portion).padStart(6, "0")}.json`;

export const snapshotKey = (run: string): string => `runs/${run}/snapshot.json.gz`;
export const inventoryKey = (run: string): string => `runs/${run}/inventory.jsonl`;
export const tasksKey = numbered("tasks");
export const resultsKey = numbered("results");
export const resultsPrefix = (run: string): string => `runs/${run}/results/`;
const idsKey = (run: string, { workspace, day }: Pick<LogResult, "workspace" | "day">): string =>
  `runs/${run}/ids/${workspace}/${day}`;

/** Throws ArchiverError `unavailable` if the store does not say whether it is there. */
export async function keep(work: ArchiveStore, key: string, bytes: Uint8Array): Promise<void> {
  if ((await work.create(key, bytes)) !== "unknown") return;
  throw new ArchiverError("unavailable", `The store did not say whether it created ${key}.`, {
    advice: "Start the step again: it makes the same.",
  });
}

export const keepJson = (work: ArchiveStore, key: string, value: unknown): Promise<void> =>
  keep(work, key, Buffer.from(JSON.stringify(value)));

export async function readKept(work: ArchiveStore, key: string): Promise<Buffer> {
  const bytes = await work.get(key);
  if (bytes !== null) return bytes;
  throw new ArchiverError("unavailable", `${key} is not there: the step that makes it has not ended.`, {
    advice: "Start another verification: what its steps leave for each other is kept for a week only.",
  });
}

export const readTasks = async (work: ArchiveStore, run: string, portion: number): Promise<readonly LogTask[]> =>
  JSON.parse((await readKept(work, tasksKey(run, portion))).toString("utf8"));

export const readResults = async (work: ArchiveStore, key: string): Promise<PortionResult> =>
  JSON.parse((await readKept(work, key)).toString("utf8"));

const FINGERPRINT_BYTES = 8;

export const keepIds = (work: ArchiveStore, run: string, { ids, ...log }: LogResult): Promise<void> =>
  keep(work, idsKey(run, log), new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength));

/** The fingerprints of a log from one index on and before another. */
export async function readIds(
  work: ArchiveStore,
  run: string,
  log: Pick<LogResult, "workspace" | "day">,
  from: number,
  to: number,
): Promise<Fingerprints> {
  if (from === to) return new BigUint64Array(0);
  const range = { start: from * FINGERPRINT_BYTES, end: to * FINGERPRINT_BYTES - 1 };
  const bytes = await work.get(idsKey(run, log), range);
  if (bytes?.length !== (to - from) * FINGERPRINT_BYTES) {
    throw new ArchiverError("unavailable", `The fingerprints of ${log.day} are not there as they were kept.`, {
      advice: "Start another verification.",
    });
  }
  return new BigUint64Array(new Uint8Array(bytes).buffer); // copied, so that it begins where eight bytes may begin
}
