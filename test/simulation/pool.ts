/** Plays seeds on several threads. */
import { Worker } from "node:worker_threads";
import type { Answer, Order } from "./worker.ts";

export interface PoolOptions {
  readonly from: number;
  readonly to: number;
  readonly threads: number;
  /** Told of each batch, in the order in which they end. True: enough. */
  readonly onBatch: (answer: Answer) => boolean | undefined;
}

const BATCH = 25;

export async function playSeeds({ from, to, threads, onBatch }: PoolOptions): Promise<void> {
  let next = from;
  const takeOrder = (): Order | null => {
    if (next > to) return null;
    const order = { from: next, to: Math.min(to, next + BATCH - 1) };
    next = order.to + 1;
    return order;
  };
  await Promise.all(Array.from({ length: threads }, () => playOn()));

  async function playOn(): Promise<void> {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { execArgv: [] });
    try {
      for (let order = takeOrder(); order !== null; order = takeOrder()) {
        const answer = await ask(worker, order);
        if (onBatch(answer) === true) next = to + 1;
      }
    } finally {
      await worker.terminate();
    }
  }
}

function ask(worker: Worker, order: Order): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const finish = () => worker.off("error", fail).off("message", take);
    const fail = (error: Error) => {
      finish();
      reject(error);
    };
    const take = (answer: Answer) => {
      finish();
      resolve(answer);
    };
    worker.on("error", fail).on("message", take);
    worker.postMessage(order);
  });
}
