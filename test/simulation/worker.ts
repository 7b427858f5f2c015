/** A thread that plays seeds. */
import { parentPort } from "node:worker_threads";
import { type SeedResult, simulate } from "./simulation.ts";

/** Seeds `from` to `to`, both inclusive. */
export interface Order {
  readonly from: number;
  readonly to: number;
}

export type Answer = readonly Omit<SeedResult, "trace">[];

parentPort!.on("message", async ({ from, to }: Order) => {
  const results: Omit<SeedResult, "trace">[] = [];
  for (let seed = from; seed <= to; seed += 1) {
    const { trace: _, ...result } = await simulate(seed);
    results.push(result);
  }
  parentPort!.postMessage(results satisfies Answer);
});
