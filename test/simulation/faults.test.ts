/** Every effect of short runs fails in every way it can: alone, and together with every other. */
import { expect, it } from "vitest";
import type { Fault } from "../fakes/faults.ts";
import { PAIRS_APART } from "./counts.ts";
import { playScript, REFERENCE_NAMES, type ReferenceName, referenceCalls } from "./reference.ts";

const CRASHES: readonly Fault[] = [
  { kind: "crash", took: false },
  { kind: "crash", took: true },
];
/** Between two runs, after the run that repairs, and long after all. */
const LATE: readonly Fault[] = [20_000, 600_000, 86_400_000].map((afterEffects) => ({ kind: "late", afterEffects }));
const FAILS: readonly Fault[] = [
  { kind: "fail", took: false },
  { kind: "fail", took: true },
];

/** All that can go wrong with a call. */
const WAYS: Readonly<Record<string, readonly Fault[]>> = {
  "archive.list": [{ kind: "cut", afterObjects: 0 }, { kind: "cut", afterObjects: 1 }, CRASHES[0]!],
  "archive.get": [FAILS[0]!, CRASHES[0]!],
  "archive.create": [
    ...[true, false].flatMap((took): Fault[] => [
      { kind: "answer", outcome: "unknown", took },
      { kind: "answer", outcome: "exists", took },
    ]),
    FAILS[0]!,
    ...LATE,
    ...CRASHES,
  ],
  "checkpoint.read": [FAILS[0]!, CRASHES[0]!],
  "checkpoint.move": [...FAILS, { kind: "answer", outcome: "exists", took: false }, ...LATE, ...CRASHES],
  "source.page": [FAILS[0]!, { kind: "late", afterEffects: 0 }, CRASHES[0]!],
  "clock.sleep": [CRASHES[0]!],
};

/** What can go wrong with a call of a later run, whatever it is: after a first fault the calls are others. */
const GENERIC: readonly Fault[] = [FAILS[0]!, { kind: "answer", outcome: "unknown", took: true }, LATE[1]!, ...CRASHES];

async function played(name: ReferenceName, faults: readonly (readonly [number, Fault])[]): Promise<string | null> {
  try {
    await playScript(name, new Map(faults));
    return null;
  } catch (error) {
    return `${name} with ${JSON.stringify(faults)}: ${(error as Error).message}`;
  }
}

for (const name of REFERENCE_NAMES) {
  it(`${name}: any single fault is made good`, async () => {
    const calls = await referenceCalls(name);
    const failures: string[] = [];
    let scripts = 0;
    for (const [index, call] of calls.entries()) {
      for (const fault of WAYS[call] ?? []) {
        scripts += 1;
        const failure = await played(name, [[index + 1, fault]]);
        if (failure !== null) failures.push(failure);
      }
    }
    console.log(`${name}: ${calls.length} effects, ${scripts} single faults`);
    expect(failures).toEqual([]);
  });

  it(`${name}: two faults are made good (${PAIRS_APART === 1 ? "all pairs" : `one pair in ${PAIRS_APART}`}), the second in the same run or in the one that repairs`, async () => {
    const calls = await referenceCalls(name);
    expect(calls.length).toBeLessThanOrEqual(40);
    const failures: string[] = [];
    let pairs = 0;
    let scripts = 0;
    for (const [index, call] of calls.entries()) {
      for (const first of WAYS[call] ?? []) {
        for (let second = index + 1; second < calls.length * 2; second += 1) {
          for (const fault of WAYS[calls[second] ?? ""] ?? GENERIC) {
            pairs += 1;
            if (pairs % PAIRS_APART !== 0) continue;
            scripts += 1;
            const failure = await played(name, [
              [index + 1, first],
              [second + 1, fault],
            ]);
            if (failure !== null) failures.push(failure);
          }
        }
      }
    }
    console.log(`${name}: ${scripts} of ${pairs} pairs of faults`);
    expect(failures.slice(0, 5)).toEqual([]);
  });
}
