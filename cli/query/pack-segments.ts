/** Packs sets of segments, each into a folder of its own; on several threads where that is worth starting them. */
import { once } from "node:events";
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { ArchiverError } from "../../lambda/errors.ts";
import type { ArchiveStore } from "../../lambda/ports.ts";
import { isMissing } from "../../lambda/stores/file-errors.ts";
import { isCheckout } from "../../package/checkout.ts";
import { areThreadsWorthIt, fromPosted } from "../worker-thread.ts";
import { createPacker, makePackSpace, type Packed } from "./pack.ts";
import type { PackReply, PackThreadData } from "./pack-thread.ts";
import { checkSize, type Segment } from "./segments.ts";

export interface PackTask {
  readonly segments: readonly Segment[];
  /** Is made. */
  readonly target: string;
}

export interface SegmentSource {
  readonly store: ArchiveStore;
  /** The archive's folder, if its files can be read directly. */
  readonly folder: string | null;
  readonly signal?: AbortSignal;
}

const FETCHES_AT_ONCE = 8;
const THREAD = new URL(isCheckout ? "./pack-thread.ts" : "./pack-thread.js", import.meta.url);

/** In the order of the tasks. Throws ArchiverError `halted` for a segment that is damaged or gone. */
export async function packSegments(tasks: readonly PackTask[], source: SegmentSource): Promise<Packed[]> {
  for (const { target } of tasks) await mkdir(target, { recursive: true });
  const segments = tasks.flatMap((task) => task.segments);
  const totalBytes = segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (source.folder !== null && areThreadsWorthIt(segments.length, totalBytes))
    return await packOnThreads(tasks, source.folder, source.signal);
  const packed: Packed[] = [];
  const space = makePackSpace();
  for (const task of tasks)
    packed.push(
      source.folder === null ? await fetchAndPack(task, source, space) : packFiles(task, source.folder, space),
    );
  return packed;
}

export function packFiles({ segments, target }: PackTask, folder: string, space: Buffer): Packed {
  const packer = createPacker(target, space);
  for (const segment of segments) {
    checkSize(segment);
    packer.add(segment, present(segment, readIfThere(join(folder, segment.key), segment.sizeBytes)));
  }
  return packer.finish();
}

/** Asks the system for as little as can be: that, and not the reading, is what small files take. */
function readIfThere(file: string, listedBytes: number): Buffer | null {
  try {
    const bytes = Buffer.allocUnsafe(listedBytes + 1);
    const bytesRead = readOnce(file, bytes);
    return bytesRead === listedBytes ? bytes.subarray(0, bytesRead) : readFileSync(file);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function readOnce(file: string, into: Buffer): number {
  const opened = openSync(file, "r");
  try {
    return readSync(opened, into);
  } finally {
    closeSync(opened);
  }
}

async function fetchAndPack(
  { segments, target }: PackTask,
  { store, signal }: SegmentSource,
  space: Buffer,
): Promise<Packed> {
  const packer = createPacker(target, space);
  for (let at = 0; at < segments.length; at += FETCHES_AT_ONCE) {
    signal?.throwIfAborted();
    const some = segments.slice(at, at + FETCHES_AT_ONCE);
    for (const segment of some) checkSize(segment);
    const fetched = await Promise.all(some.map(({ key }) => store.get(key)));
    for (const [index, segment] of some.entries()) packer.add(segment, present(segment, fetched[index]!));
  }
  return packer.finish();
}

function present({ key }: Segment, bytes: Buffer | null): Buffer {
  if (bytes !== null) return bytes;
  throw new ArchiverError("halted", `${key} was listed but no longer exists.`, {
    advice: "Nothing is ever removed from an archive: find out who removed it, and run verify.",
  });
}

/** Each thread takes the next task until there is none; the first failure stops all. */
async function packOnThreads(
  tasks: readonly PackTask[],
  folder: string,
  signal: AbortSignal | undefined,
): Promise<Packed[]> {
  const packed: Packed[] = [];
  const left = tasks.entries();
  const workers = Array.from(
    { length: Math.min(availableParallelism(), tasks.length) },
    () => new Worker(THREAD, { workerData: { folder } satisfies PackThreadData }),
  );
  try {
    await Promise.all(
      workers.map(async (worker) => {
        for (const [index, task] of left) {
          const answered = once(worker, "message", signal && { signal });
          worker.postMessage(task);
          const [reply] = (await answered) as [PackReply];
          if ("failed" in reply) throw fromPosted(reply.failed);
          packed[index] = reply.packed;
        }
      }),
    );
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return packed;
}
