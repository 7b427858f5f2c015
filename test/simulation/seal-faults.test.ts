/** Every effect of short runs of a sealer fails in every way it can: alone, and together with every other. */
import { expect, it } from "vitest";
import { type Fault, script } from "../fakes/faults.ts";
import { SEAL_PAIRS_APART } from "./counts.ts";
import { playSealScript, SEAL_REFERENCE_NAMES, type SealReferenceName, sealCalls } from "./seal-reference.ts";

const CRASHES: readonly Fault[] = [
  { kind: "crash", took: false },
  { kind: "crash", took: true },
];
const FAIL: Fault = { kind: "fail", took: false };
/** In the middle of the same run, of the next one, and after all. */
const LATE: readonly Fault[] = [3, 15, 10_000].map((afterEffects) => ({ kind: "late", afterEffects }));

/** All that can go wrong with a call. */
const WAYS: Readonly<Record<string, readonly Fault[]>> = {
  "archive.list": [{ kind: "cut", afterObjects: 0 }, { kind: "cut", afterObjects: 1 }, CRASHES[0]!],
  "archive.get": [FAIL, CRASHES[0]!],
  "archive.create": [
    ...[true, false].flatMap((took): Fault[] => [
      { kind: "answer", outcome: "unknown", took },
      { kind: "answer", outcome: "exists", took },
    ]),
    { kind: "fail", took: true },
    FAIL,
    ...LATE,
    ...CRASHES,
  ],
  "signer.sign": [FAIL, { kind: "answer", outcome: "unknown", took: false }, CRASHES[0]!],
};
/** What can go wrong with a call of a later run, whatever it is. */
const GENERIC: readonly Fault[] = [FAIL, { kind: "answer", outcome: "unknown", took: true }, LATE[1]!, ...CRASHES];

async function played(name: SealReferenceName, faults: Readonly<Record<number, Fault>>): Promise<string | null> {
  try {
    await playSealScript(name, script(faults), Math.max(...Object.keys(faults).map(Number)));
    return null;
  } catch (error) {
    return `${name} with ${JSON.stringify(faults)}: ${(error as Error).message}`;
  }
}

for (const name of SEAL_REFERENCE_NAMES) {
  it(`${name}: any single fault is made good`, async () => {
    const calls = await sealCalls(name);
    const failures: string[] = [];
    let scripts = 0;
    for (const [index, call] of calls.entries()) {
      for (const fault of WAYS[call]!) {
        scripts += 1;
        const failure = await played(name, { [index + 1]: fault });
        if (failure !== null) failures.push(failure);
      }
    }
    console.log(`${name}: ${calls.length} effects, ${scripts} single faults`);
    expect(failures).toEqual([]);
  });

  it(`${name}: two faults are made good (${SEAL_PAIRS_APART === 1 ? "all pairs" : `one pair in ${SEAL_PAIRS_APART}`}), the second in the same run or in the one that repairs`, async () => {
    const calls = await sealCalls(name);
    const failures: string[] = [];
    let pairs = 0;
    let scripts = 0;
    for (const [index, call] of calls.entries()) {
      for (const first of WAYS[call]!) {
        for (let second = index + 1; second < calls.length * 2; second += 1) {
          for (const fault of WAYS[calls[second] ?? ""] ?? GENERIC) {
            pairs += 1;
            if (pairs % SEAL_PAIRS_APART !== 0) continue;
            scripts += 1;
            const failure = await played(name, { [index + 1]: first, [second + 1]: fault });
            if (failure !== null) failures.push(failure);
          }
        }
      }
    }
    console.log(`${name}: ${scripts} of ${pairs} pairs of faults`);
    expect(failures.slice(0, 5)).toEqual([]);
  });
}
