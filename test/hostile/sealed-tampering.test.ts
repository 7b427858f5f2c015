/**
 * Sealed archives as the product makes them, tampered with in every way that is listed, singly and in pairs. With the key
 * and the number and hash of the newest seal at hand, none of them is called good; and every good archive is.
 * `TRIES=60 npx vitest run --project unit test/hostile/sealed-tampering.test.ts` does ten thousand.
 */
import { describe, expect, it } from "vitest";
import { createRandom } from "../../feed/random.ts";
import { type VerifyReport, verify } from "../../lambda/archive/verify.ts";
import { NO_TRUST } from "../../lambda/seal/verify-seals.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { tries } from "../tries.ts";
import { codec, type Objects, WORKSPACES } from "./real-archive.ts";
import { makeSealedArchive, type SealedArchive } from "./sealed-archive.ts";
import { digestOf, TAMPERINGS } from "./sealed-tamperings.ts";

const ARCHIVES = 4;
const GOOD = tries(ARCHIVES).numRuns;
const TIMES_EACH = tries(ARCHIVES).numRuns;
const PAIRS = tries(80).numRuns;
const NAMES = Object.keys(TAMPERINGS);

const archives = await Promise.all(Array.from({ length: ARCHIVES }, (_, seed) => makeSealedArchive(seed)));

/** The archive as a whole, and each workspace with what was noted of its newest seal. */
async function verifyAll(objects: ReadonlyMap<string, Buffer>, { key, pins }: SealedArchive): Promise<VerifyReport[]> {
  const deps = { archive: createMemoryArchive(new Map(objects)), codec };
  const each = WORKSPACES.map((workspace) => {
    const pin = pins.get(workspace)!;
    return verify(deps, { workspace, trust: { ...NO_TRUST, keys: [key], expected: [pin] } });
  });
  const whole = verify(deps, { trust: { ...NO_TRUST, keys: [key] } });
  return await Promise.all([whole, ...each]);
}

/** A fault found in any of them is one, and what cannot be told of any is not good. */
const isGood = (reports: readonly VerifyReport[]): boolean => reports.every(({ outcome }) => outcome === "clean");

async function tamper(names: readonly string[], seed: number): Promise<{ objects: Objects; isChanged: boolean }> {
  const archive = archives[seed % ARCHIVES]!;
  const other = archives[(seed + 1) % ARCHIVES]!;
  const objects: Objects = new Map(archive.objects);
  const random = createRandom(seed, ...names);
  for (const name of names) {
    try {
      await TAMPERINGS[name]!({ objects, random, archive, other });
    } catch {
      // The first one left nothing for the second to do.
    }
  }
  return { objects, isChanged: digestOf(objects) !== digestOf(archive.objects) };
}

it("good archives are good: with late events, quiet days, gaps, stamps, and keys that changed", async () => {
  for (let seed = 0; seed < GOOD; seed += 1) {
    const archive = archives[seed] ?? (await makeSealedArchive(seed));
    const reports = await verifyAll(archive.objects, archive);
    const found = reports.map(({ outcome, faults, untold }) => ({ outcome, faults, untold }));
    expect({ seed, found }).toEqual({ seed, found: reports.map(() => ({ outcome: "clean", faults: [], untold: [] })) });
  }
});

it("the archives have what can be tampered with", () => {
  const has = (wanted: (report: VerifyReport["seals"][number]) => boolean) => async (archive: SealedArchive) =>
    (await verifyAll(archive.objects, archive)).some(({ seals }) => seals.some(wanted));
  const some = async (wanted: ReturnType<typeof has>) => (await Promise.all(archives.map(wanted))).some(Boolean);
  return expect(
    Promise.all([
      some(has(({ lateDays }) => lateDays > 0)),
      some(has(({ quietDays }) => quietDays > 0)),
      some(has(({ keys }) => keys.length > 1)),
      some(has(({ stamps }) => stamps.length > 0)),
    ]),
  ).resolves.toEqual([true, true, true, true]);
});

describe("not good:", () => {
  it.each(NAMES)("%s", async (name) => {
    let changed = 0;
    for (let seed = 0; seed < TIMES_EACH; seed += 1) {
      const { objects, isChanged } = await tamper([name], seed);
      if (!isChanged) continue;
      changed += 1;
      expect({ seed, isGood: isGood(await verifyAll(objects, archives[seed % ARCHIVES]!)) }).toEqual({
        seed,
        isGood: false,
      });
    }
    expect(changed).toBeGreaterThan(0);
  });

  it("any two of these, one after the other", async () => {
    for (let seed = 0; seed < PAIRS; seed += 1) {
      const random = createRandom("pair", seed);
      const names = [random.pick(NAMES), random.pick(NAMES)];
      const { objects, isChanged } = await tamper(names, seed);
      if (!isChanged) continue;
      const reports = await verifyAll(objects, archives[seed % ARCHIVES]!);
      expect({ seed, names, isGood: isGood(reports) }).toEqual({ seed, names, isGood: false });
    }
  });
});
