/** Seeded simulation of the real core. A failure prints its seed and the command that replays it. */
import { afterAll, expect, it } from "vitest";
import { SEEDS } from "./counts.ts";
import { playSeeds } from "./pool.ts";
import regressions from "./regressions.json" with { type: "json" };
import { FAULT_KINDS, SEALER_FAULT_KINDS } from "./swarm.ts";
import type { Answer } from "./worker.ts";

const TWICE = Math.ceil(SEEDS / 20);
const KINDS = [...new Set([...FAULT_KINDS, ...SEALER_FAULT_KINDS])];
const threads = 2;

const results = new Map<number, Answer[number]>();

async function play(from: number, to: number): Promise<Answer> {
  const played: Answer[number][] = [];
  await playSeeds({ from, to, threads, onBatch: (answer) => void played.push(...answer) });
  return played.sort((a, b) => a.seed - b.seed);
}

const failuresOf = (played: Iterable<Answer[number]>): string[] =>
  [...played].flatMap(({ seed, failure, rates }) =>
    failure === null ? [] : [`npm run simulate -- --seed ${seed}  # ${failure} with ${JSON.stringify(rates)}`],
  );

it.each(regressions)("seed $seed, once a failure ($found), stays mended", async ({ seed }) => {
  expect(failuresOf(await play(seed, seed))).toEqual([]);
});

it(`${SEEDS} seeds keep every promise, through faults and into the calm after them`, async () => {
  for (const result of await play(1, SEEDS)) results.set(result.seed, result);
  expect(results.size).toBe(SEEDS);
  expect(failuresOf(results.values())).toEqual([]);
});

it(`each of the ${KINDS.length} kinds of fault is played`, () => {
  const struck = new Set([...results.values()].flatMap((result) => Object.keys(result.struck)));
  expect(KINDS.length).toBeGreaterThanOrEqual(40);
  expect(KINDS.filter((kind) => !struck.has(kind))).toEqual([]);
});

it(`the same seed gives the same trace, over ${TWICE} seeds`, async () => {
  for (const { seed, traceHash } of await play(1, TWICE))
    expect(`${seed} ${traceHash}`).toBe(`${seed} ${results.get(seed)?.traceHash}`);
});

afterAll(() => {
  const sum = (pick: (result: Answer[number]) => number) =>
    [...results.values()].reduce((total, result) => total + pick(result), 0);
  const years = sum(({ virtualMs }) => virtualMs) / (365.25 * 86_400_000);
  const faults = sum(({ struck }) => Object.values(struck).reduce((a, b) => a + b, 0));
  console.log(
    `${results.size} seeds: ${years.toFixed(0)} years, ${sum(({ runs }) => runs)} runs, ${sum(({ events }) => events)} events, ${faults} faults`,
  );
});
