import type { Fault } from "./fault.ts";

/** Keeps the first faults and counts the rest: a wholly damaged day must not fill memory or a screen. */
export interface FaultList {
  add(faults: Iterable<Fault>): void;
  readonly listed: readonly Fault[];
  readonly count: number;
}

export function createFaultList(max: number): FaultList {
  const listed: Fault[] = [];
  let count = 0;
  return {
    listed,
    add(faults) {
      for (const fault of faults) {
        count += 1;
        if (listed.length < max) listed.push(fault);
      }
    },
    get count() {
      return count;
    },
  };
}
