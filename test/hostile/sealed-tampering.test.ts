/**
 * Sealed archives as the product makes them, tampered with in every way that is listed, singly and in pairs. With the key
 * and the number and hash of the newest seal at hand, none of them is called good; and every good archive is.
 * `test/long/tamper-sealed.ts` does it ten thousand times, to a thousand archives.
 */
import { describe, expect, it } from "vitest";
import { createRandom } from "../../feed/random.ts";
import { tries } from "../tries.ts";
import { makeSealedArchive } from "./sealed-archive.ts";
import { TAMPERINGS } from "./sealed-tamperings.ts";
import { tamper, verdictOf, verifyAll } from "./sealed-verdicts.ts";

const ARCHIVES = 4;
const GOOD = tries(ARCHIVES).numRuns;
const TIMES_EACH = tries(1).numRuns;
const PAIRS = tries(20).numRuns;
const NAMES = Object.keys(TAMPERINGS);

const archives = await Promise.all(Array.from({ length: ARCHIVES }, (_, seed) => makeSealedArchive(seed)));

/** What verify says of an archive that was tampered with; null: it was not. */
async function verdictAfter(names: readonly string[], seed: number) {
  const archive = archives[seed % ARCHIVES]!;
  const objects = await tamper(archive, archives[(seed + 1) % ARCHIVES]!, names, seed);
  return objects && verdictOf(await verifyAll(objects, archive));
}

it("good archives are good: with late events, quiet days, gaps, stamps, and keys that changed", async () => {
  for (let seed = 0; seed < GOOD; seed += 1) {
    const archive = archives[seed] ?? (await makeSealedArchive(seed));
    const reports = await verifyAll(archive.objects, archive);
    const found = reports.map(({ outcome, faults, untold }) => ({ outcome, faults, untold }));
    expect({ seed, found }).toEqual({ seed, found: reports.map(() => ({ outcome: "clean", faults: [], untold: [] })) });
  }
});

it("the archives have what can be tampered with", async () => {
  const reports = await Promise.all(archives.map((archive) => verifyAll(archive.objects, archive)));
  const seals = reports.flat().flatMap((report) => report.seals);
  expect([
    seals.some(({ lateDays }) => lateDays > 0),
    seals.some(({ quietDays }) => quietDays > 0),
    seals.some(({ gaps }) => gaps.length > 0),
    seals.some(({ keys }) => keys.length > 1),
    seals.some(({ stamps }) => stamps.length > 0),
  ]).toEqual([true, true, true, true, true]);
});

describe("not good:", () => {
  it.each(NAMES)("%s", async (name) => {
    let changed = 0;
    for (let seed = 0; changed < TIMES_EACH && seed < 8 * TIMES_EACH; seed += 1) {
      const verdict = await verdictAfter([name], seed);
      if (verdict === null) continue;
      changed += 1;
      expect({ seed, isGood: verdict === "good" }).toEqual({ seed, isGood: false });
    }
    expect(changed).toBeGreaterThan(0);
  });

  it("any two of these, one after the other", async () => {
    for (let seed = 0; seed < PAIRS; seed += 1) {
      const random = createRandom("pair", seed);
      const names = [random.pick(NAMES), random.pick(NAMES)];
      const verdict = await verdictAfter(names, seed);
      expect({ seed, names, isGood: verdict === "good" }).toEqual({ seed, names, isGood: false });
    }
  });
});
