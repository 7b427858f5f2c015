/**
 * Whoever changes an archive is found by verify, at the place and by the name of the promise that is broken; and
 * nothing else is blamed. A longer run of the same: `node test/long/tamper.ts`; its results are in docs/tampering.md.
 */
import { describe, expect, it } from "vitest";
import { createRandom } from "../../feed/random.ts";
import { DAMAGES } from "./damages/seen.ts";
import { UNSEEN } from "./damages/unseen.ts";
import { makeRealArchive } from "./real-archive.ts";
import { tamper, targetOf, verifyObjects } from "./tampering.ts";

const TIMES_EACH = 4;
const archives = await Promise.all([1, 3, 4, 5].map((seed) => makeRealArchive(seed)));
const targets = archives.map(targetOf);

describe("a good archive", () => {
  it("is found clean, with its checkpoints and without", async () => {
    for (const { objects, checkpoints } of archives) {
      expect(await verifyObjects(objects)).toMatchObject({ outcome: "clean", faults: [] });
      expect(await verifyObjects(objects, checkpoints)).toMatchObject({ outcome: "clean", faults: [] });
    }
  });
});

describe("verify finds", () => {
  it.each(DAMAGES.map((damage) => [damage.name, damage] as const))("%s", async (_, damage) => {
    let found = 0;
    for (let seed = 0; found < TIMES_EACH && seed < 10 * TIMES_EACH; seed++) {
      const missed = await tamper(targets[seed % targets.length]!, damage, String(seed));
      if (missed === null) continue;
      expect(missed, `seed ${seed}`).toBe("");
      found += 1;
    }
    expect(found).toBe(TIMES_EACH);
  });
});

describe("verify cannot find, in an archive alone", () => {
  it.each(UNSEEN.map((damage) => [damage.name, damage] as const))("%s", async (_, { name, byCheckpoint, apply }) => {
    let done = 0;
    for (const [index, { archive, segments }] of targets.entries()) {
      for (let seed = 0; seed < TIMES_EACH / targets.length; seed++) {
        const objects = new Map(archive.objects);
        if (!apply({ objects, segments, random: createRandom(name, index, seed) })) continue;
        done += 1;
        expect(await verifyObjects(objects)).toMatchObject({ outcome: "clean" });
        const { faults } = await verifyObjects(objects, archive.checkpoints);
        expect(new Set(faults.map(({ invariant }) => invariant))).toEqual(new Set(byCheckpoint ? [byCheckpoint] : []));
      }
    }
    expect(done).toBeGreaterThan(0);
  });
});
