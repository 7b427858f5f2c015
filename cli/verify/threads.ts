/** Logs verified on several threads, so that an archive is read by as many processors as there are. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { LogReaders, VerifyProgress } from "../../lambda/archive/verify.ts";
import type { LogResult, SegmentAdded } from "../../lambda/archive/verify-log.ts";
import { ArchiverError } from "../../lambda/errors.ts";
import type { Job, Reply } from "./thread.ts";

/** A smaller archive is verified before threads would have started: each takes about a sixth of a second. */
const FEWEST_SEGMENTS = 1000;
const LEAST_BYTES = 16 * 1024 * 1024;

/** How many threads are worth it, where nobody has said. One: this one. */
export function usualThreads({ totalSegments, totalBytes }: VerifyProgress): number {
  return totalSegments < FEWEST_SEGMENTS && totalBytes < LEAST_BYTES ? 1 : availableParallelism();
}

interface Pending {
  readonly resolve: (result: LogResult) => void;
  readonly reject: (error: unknown) => void;
  readonly onSegment: (added: SegmentAdded) => void;
}

/** `archive`: as on the command line. Each thread opens it by itself; the end of one before its time ends them all. */
export function openThreads(archive: string, count: number, signal: AbortSignal): LogReaders {
  const pending = new Map<number, Pending>();
  let asked = 0;
  let failed: { readonly reason: unknown } | null = null;
  const threads = Array.from({ length: count }, () => {
    const thread = new Worker(new URL("./thread.ts", import.meta.url), { workerData: archive });
    thread.on("message", (answer: Reply) => hear(answer));
    thread.on("error", fail);
    thread.on("exit", () => fail(new Error("a thread of verify ended")));
    return thread;
  });
  const onAbort = () => fail(signal.reason);
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();

  return {
    threads: count,
    verify: (task, onSegment) =>
      new Promise((resolve, reject) => {
        if (failed !== null) {
          reject(failed.reason);
          return;
        }
        const id = asked++;
        pending.set(id, { resolve, reject, onSegment });
        threads[id % count]!.postMessage({ id, task } satisfies Job);
      }),
    close: async () => {
      signal.removeEventListener("abort", onAbort);
      await Promise.all(threads.map((thread) => thread.terminate()));
    },
  };

  function hear(answer: Reply): void {
    const asker = pending.get(answer.id);
    if (asker === undefined) return;
    if ("added" in answer) {
      asker.onSegment(answer.added);
      return;
    }
    pending.delete(answer.id);
    if ("result" in answer) asker.resolve(answer.result);
    else asker.reject(new ArchiverError(answer.failed.kind, answer.failed.message, answer.failed));
  }

  /** Nothing will be answered any more. */
  function fail(reason: unknown): void {
    failed ??= { reason };
    for (const { reject } of pending.values()) reject(failed.reason);
    pending.clear();
  }
}
