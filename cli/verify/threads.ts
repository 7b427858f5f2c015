/** Verifies logs on several threads, so that all CPUs are used. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { LogReaders, VerifyProgress } from "../../lambda/archive/verify.ts";
import type { LogResult, SegmentsAdded } from "../../lambda/archive/verify-log.ts";
import { isCheckout } from "../../package/checkout.ts";
import { areThreadsWorthIt, fromPosted } from "../worker-thread.ts";
import type { ThreadReply, ThreadRequest } from "./thread.ts";

const THREAD = new URL(isCheckout ? "./thread.ts" : "./thread.js", import.meta.url);

/** The default number of threads. One means the current thread. */
export function usualThreads({ totalSegments, totalBytes }: VerifyProgress): number {
  return areThreadsWorthIt(totalSegments, totalBytes) ? availableParallelism() : 1;
}

interface Pending {
  readonly resolve: (result: LogResult) => void;
  readonly reject: (error: unknown) => void;
  readonly onSegments: (added: SegmentsAdded) => void;
}

/** `archive` is given as on the command line; each thread opens it for itself. If one ends unexpectedly, all requests fail. */
export function openThreads(archive: string, count: number, signal: AbortSignal): LogReaders {
  const pending = new Map<number, Pending>();
  let asked = 0;
  let failed: { readonly reason: unknown } | null = null;
  const threads = Array.from({ length: count }, () => {
    const thread = new Worker(THREAD, { workerData: archive });
    thread.on("message", (answer: ThreadReply) => hear(answer));
    thread.on("error", fail);
    thread.on("exit", () => fail(new Error("a worker thread of verify ended unexpectedly")));
    return thread;
  });
  const onAbort = () => fail(signal.reason);
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();

  return {
    threads: count,
    verify: (task, onSegments) =>
      new Promise((resolve, reject) => {
        if (failed !== null) {
          reject(failed.reason);
          return;
        }
        const id = asked++;
        pending.set(id, { resolve, reject, onSegments });
        threads[id % count]!.postMessage({ id, task } satisfies ThreadRequest);
      }),
    close: async () => {
      signal.removeEventListener("abort", onAbort);
      await Promise.all(threads.map((thread) => thread.terminate()));
    },
  };

  function hear(answer: ThreadReply): void {
    const asker = pending.get(answer.id);
    if (asker === undefined) return;
    if ("added" in answer) {
      asker.onSegments(answer.added);
      return;
    }
    pending.delete(answer.id);
    if ("result" in answer) asker.resolve(answer.result);
    else asker.reject(fromPosted(answer.failed));
  }

  /** Fails all pending and future requests. */
  function fail(reason: unknown): void {
    failed ??= { reason };
    for (const { reject } of pending.values()) reject(failed.reason);
    pending.clear();
  }
}
