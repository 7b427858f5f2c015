import { bucketStarts } from "../archive/fingerprints.ts";
import { inLanes } from "../archive/lanes.ts";
import { verifyLog } from "../archive/verify-log.ts";
import type { ArchiveStore, Clock } from "../ports.ts";
import type { Codec } from "../segment/codec.ts";
import { keepIds, keepJson, type PortionResult, readTasks, resultsKey, type StoredResult } from "./work.ts";

export interface PortionDeps {
  readonly archive: ArchiveStore;
  readonly work: ArchiveStore;
  readonly codec: Codec;
  readonly clock: Pick<Clock, "now">;
}

/** So that one waits for the store while another is judged. */
const LOGS_AT_ONCE = 8;

/** Reads and judges the logs of a portion, each by itself. Memory: as `verifyLog`. Throws as it does, and ArchiverError. */
export async function verifyPortion(
  { archive, work, codec, clock }: PortionDeps,
  run: string,
  portion: number,
  signal?: AbortSignal,
): Promise<PortionResult> {
  const begunMs = clock.now();
  const tasks = await readTasks(work, run, portion);
  const results = await inLanes(tasks, LOGS_AT_ONCE, async (task): Promise<StoredResult> => {
    const result = await verifyLog({ archive, codec, signal }, task);
    await keepIds(work, run, result);
    const { ids, ...stored } = result;
    return { ...stored, starts: bucketStarts(ids) };
  });
  const result = { results, workMs: clock.now() - begunMs };
  await keepJson(work, resultsKey(run, portion), result);
  return result;
}
