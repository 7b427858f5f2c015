/** The simulation is worth what it finds: each rule of the protocol, broken on purpose, must show. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { afterAll, expect, it } from "vitest";
import { SEEDS } from "./counts.ts";
import type { MutantOrder } from "./mutant-worker.ts";
import { type Killer, MUTANTS } from "./mutants.ts";

const killed: { mutant: string; by: string }[] = [];

it("for each of at least 100 broken rules it is known what finds it out, and no two have the same name", () => {
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
  expect(MUTANTS.length).toBeGreaterThanOrEqual(100);
  expect(MUTANTS.filter(({ killer }) => killer === undefined)).toEqual([]);
});

it.each(MUTANTS)("found out: $name", async ({ name }) => {
  const workerData: MutantOrder = { name, seeds: SEEDS };
  const worker = new Worker(new URL("./mutant-worker.ts", import.meta.url), { workerData, execArgv: [] });
  try {
    const [killer] = (await once(worker, "message")) as [Killer | null];
    expect(killer, `neither a row nor ${SEEDS} seeds notice it`).not.toBeNull();
    killed.push({ mutant: name, by: typeof killer === "number" ? `seed ${killer}` : killer! });
  } finally {
    await worker.terminate();
  }
});

afterAll(() => console.table(killed));
