/** A thread in which one rule is broken; it answers with what noticed that, or null. */
import { parentPort, workerData } from "node:worker_threads";
import { type Killer, MUTANTS } from "./mutants.ts";
import { mutate } from "./mutate.ts";

export interface MutantOrder {
  readonly name: string;
  /** Seeds 1 to this are played at most. */
  readonly seeds: number;
}

const { name, seeds } = workerData as MutantOrder;
const mutant = MUTANTS.find((known) => known.name === name)!;
mutate(mutant);
const { ROWS } = await import("./rows.ts");
const { simulate } = await import("./simulation.ts");

parentPort!.postMessage(await findKiller());

/** First what is known to notice it, which is quick; then every row, and then seed after seed. */
async function findKiller(): Promise<Killer | null> {
  const { killer } = mutant;
  if (killer !== undefined && (await notices(killer))) return killer;
  for (const { rule } of ROWS) if (await notices(rule)) return rule;
  for (let seed = 1; seed <= seeds; seed += 1) if (await notices(seed)) return seed;
  return null;
}

async function notices(killer: Killer): Promise<boolean> {
  if (typeof killer === "number") return killer <= seeds && (await simulate(killer)).failure !== null;
  try {
    await ROWS.find(({ rule }) => rule === killer)!.play();
    return false;
  } catch {
    return true;
  }
}
