/** A thread that plays seeds, of the product as it is or of a mutant of it. */
import { parentPort, workerData } from "node:worker_threads";
import { MUTANTS, type Mutant } from "./mutants.ts";
import { mutate } from "./mutate.ts";
import type { SeedResult } from "./simulation.ts";

/** Seeds `from` to `to`, both inclusive; after a failure the rest is left out, if asked to. */
export interface Order {
  readonly from: number;
  readonly to: number;
  readonly stopAtFailure: boolean;
}

export type Answer = readonly Omit<SeedResult, "trace">[];

const { mutant: name } = workerData as { readonly mutant: string | null };
const mutant: Mutant | undefined = MUTANTS.find((known) => known.name === name);
if (mutant !== undefined) mutate(mutant);
const { simulate } = await import("./simulation.ts");

parentPort!.on("message", async ({ from, to, stopAtFailure }: Order) => {
  const results: Omit<SeedResult, "trace">[] = [];
  for (let seed = from; seed <= to; seed += 1) {
    const { trace: _, ...result } = await simulate(seed);
    results.push(result);
    if (stopAtFailure && result.failure !== null) break;
  }
  parentPort!.postMessage(results satisfies Answer);
});
