/** The simulation is worth what it finds: each rule of the protocol, broken on purpose, must show. */
import { afterAll, expect, it } from "vitest";
import { MUTANTS, RULES_TO_BREAK } from "./mutants.ts";
import { playSeeds } from "./pool.ts";

const SEEDS = Number(process.env["SIMULATION_SEEDS"] ?? 10_000);
const killed: { mutant: string; seeds: number; by: string }[] = [];

it("there are at least 20 broken rules", () => {
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBeGreaterThanOrEqual(20);
});

it.each(MUTANTS)("found out: $name", async ({ name }) => {
  let failure: { seed: number; failure: string | null } | undefined;
  await playSeeds({
    from: 1,
    to: SEEDS,
    threads: 1,
    mutant: name,
    stopAtFailure: true,
    onBatch: (answer) => {
      failure ??= answer.find((result) => result.failure !== null);
      return failure !== undefined;
    },
  });
  expect(failure, `${SEEDS} seeds do not notice it`).toBeDefined();
  killed.push({ mutant: name, seeds: failure!.seed, by: failure!.failure!.split(":")[0]! });
});

for (const [name] of RULES_TO_BREAK) it.todo(`found out: ${name}`);

afterAll(() => console.table(killed));
