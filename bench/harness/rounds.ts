import type { Scale } from "./bench.ts";
import type { Measured } from "./processes.ts";

export type Runs<Result = unknown> = readonly Measured<Result>[];

/**
 * Runs every variant once per round, in an order that rotates from round to round, so that other work of the machine
 * affects all of them alike.
 */
export async function rounds<Names extends string, Result>(
  scale: Scale,
  variants: Readonly<Record<Names, () => Promise<Measured<Result>>>>,
): Promise<Record<Names, Runs<Result>>> {
  const names = Object.keys(variants) as Names[];
  const runs = Object.fromEntries(names.map((name) => [name, [] as Measured<Result>[]])) as Record<
    Names,
    Measured<Result>[]
  >;
  for (let round = 0; round < scale.rounds; round += 1) {
    for (let place = 0; place < names.length; place += 1) {
      const name = names[(place + round) % names.length]!;
      scale.note(`round ${round + 1} of ${scale.rounds}: ${name}`);
      runs[name].push(await variants[name]());
    }
  }
  return runs;
}

export const cpuMs = (runs: Runs): number[] => runs.map((run) => run.cpuMs);
export const wallMs = (runs: Runs): number[] => runs.map((run) => run.wallMs);
export const peakBytes = (runs: Runs): number[] => runs.map((run) => run.peakBytes);
