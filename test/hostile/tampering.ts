/** One damage done to a copy of an archive, and whether verify finds it where it is and blames nothing else. */

import { createRandom } from "../../feed/random.ts";
import { type VerifyReport, verify } from "../../lambda/archive/verify.ts";
import type { CheckpointStore } from "../../lambda/ports.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import type { Damage, Done } from "./damages/scene.ts";
import { codec, type Objects, type RealArchive } from "./real-archive.ts";
import { type HeldSegment, readArchive } from "./segments.ts";

export interface Target {
  readonly archive: RealArchive;
  readonly segments: readonly HeldSegment[];
}

export const targetOf = (archive: RealArchive): Target => ({ archive, segments: readArchive(archive.objects) });

/** `null`: this archive offered nothing to do it to. An empty text: found. Else what was wrong. */
export async function tamper({ archive, segments }: Target, damage: Damage, seed: string): Promise<string | null> {
  const objects: Objects = new Map(archive.objects);
  const done = damage.apply({ objects, segments, random: createRandom(damage.name, seed) });
  if (done === null) return null;
  return judge(await verifyObjects(objects), damage, done);
}

export const verifyObjects = (
  objects: ReadonlyMap<string, Buffer>,
  checkpoints?: CheckpointStore,
): Promise<VerifyReport> =>
  verify({ archive: createMemoryArchive(new Map(objects)), codec, ...(checkpoints && { checkpoints }) }, {});

function judge({ outcome, faults }: VerifyReport, { invariant }: Damage, { at, touched }: Done): string {
  if (outcome !== "faulty") return `the outcome is ${outcome}`;
  const said = faults.map((fault) => `${fault.invariant} ${fault.key} ${fault.message}`).join("; ");
  // Of two lines with one event, the later is named, and the earlier in its message.
  const named = faults.some(
    ({ invariant: broken, key, message }) => broken === invariant && (at.startsWith(key) || message.includes(at)),
  );
  if (!named) return `${invariant} at ${at} is not named: ${said}`;
  const stray = faults.find((fault) => !touched.some((beginning) => fault.key.startsWith(beginning)));
  return stray === undefined ? "" : `${stray.key} is blamed without a reason: ${said}`;
}
