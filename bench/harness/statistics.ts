import type { Spread } from "./bench.ts";

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)! };
}

/** Divides the two values of each round, so that whatever slowed both down does not count. */
export function spreadOfRatios(above: readonly number[], below: readonly number[]): Spread {
  return spread(above.map((value, round) => value / below[round]!));
}

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export const exactly = (value: number): Spread => ({ median: value, min: value, max: value });
