/** The simulation is worth what it finds: each rule of the protocol, broken on purpose, must show. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { afterAll, expect, it } from "vitest";
import { SEEDS } from "./counts.ts";
import type { MutantOrder } from "./mutant-worker.ts";
import { type Killer, MUTANTS } from "./mutants.ts";

const killed: { mutant: string; by: string }[] = [];

it("there are at least 40 broken rules, each of another name", () => {
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
  expect(MUTANTS.filter(({ killer }) => killer !== undefined).length).toBeGreaterThanOrEqual(40);
});

const known = MUTANTS.filter(({ killer }) => killer !== undefined);
const unknown = MUTANTS.filter(({ killer }) => killer === undefined);
/** Seed after seed for each takes long. */
const isHunt = process.env["SIMULATION_HUNT"] !== undefined;
if (!isHunt) for (const { name } of unknown) it.todo(`found out: ${name}`);

it.each(isHunt ? MUTANTS : known)("found out: $name", async ({ name }) => {
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
