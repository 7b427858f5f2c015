/** Tampers with a sealed archive, and asks verify as somebody does who has the key and noted the newest seals. */
import { createRandom } from "../../feed/random.ts";
import { type VerifyReport, verify } from "../../lambda/archive/verify.ts";
import { NO_TRUST } from "../../lambda/seal/verify-seals.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { codec, type Objects, WORKSPACES } from "./real-archive.ts";
import type { SealedArchive } from "./sealed-archive.ts";
import { digestOf, TAMPERINGS } from "./sealed-tamperings.ts";

/** The archive as a whole, and each workspace with what was noted of its newest seal. */
export async function verifyAll(
  objects: ReadonlyMap<string, Buffer>,
  { key, pins }: SealedArchive,
): Promise<VerifyReport[]> {
  const deps = { archive: createMemoryArchive(new Map(objects)), codec };
  const each = WORKSPACES.map((workspace) => {
    const pin = pins.get(workspace)!;
    return verify(deps, { workspace, trust: { ...NO_TRUST, keys: [key], expected: [pin] } });
  });
  const whole = verify(deps, { trust: { ...NO_TRUST, keys: [key] } });
  return await Promise.all([whole, ...each]);
}

/**
 * `good`: nothing is wrong in any of them. `bad`: a fault was found. `cannot tell`: only a key or a note could, and that
 * is said.
 */
export type Verdict = "good" | "bad" | "cannot tell";

export function verdictOf(reports: readonly VerifyReport[]): Verdict {
  if (reports.every(({ outcome }) => outcome === "clean")) return "good";
  return reports.some(({ outcome }) => outcome === "faulty") ? "bad" : "cannot tell";
}

/** Null: there was nothing of that kind to do. */
export async function tamper(
  archive: SealedArchive,
  other: SealedArchive,
  names: readonly string[],
  seed: number,
): Promise<Objects | null> {
  const objects: Objects = new Map(archive.objects);
  const random = createRandom(seed, ...names);
  for (const name of names) {
    try {
      await TAMPERINGS[name]!({ objects, random, archive, other });
    } catch {
      // Nothing of it is there, or the first one left nothing for the second to do.
    }
  }
  return digestOf(objects) === digestOf(archive.objects) ? null : objects;
}
