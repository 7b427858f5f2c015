/** Small sealed archives, made by the product's own writers from a seed: busy days and quiet ones, late events, gaps, two keys. */
import { createRandom } from "../../feed/random.ts";
import { ArchiverError } from "../../lambda/errors.ts";
import { shiftDay } from "../../lambda/event/instant.ts";
import type { VerifierKey } from "../../lambda/seal/note.ts";
import { changeSealingKey, type SealDeps, sealWorkspace } from "../../lambda/seal/sealer.ts";
import type { Signer } from "../../lambda/seal/signer.ts";
import { createBodyWriter, placeSegment } from "../../lambda/segment/body.ts";
import { readHeader } from "../../lambda/segment/reader.ts";
import type { Objects } from "../archive/sample-archive.ts";
import { codec, fillBody, sampleEvents, WORKSPACE } from "../segment/sample.ts";
import { keyOfSigner } from "./sample-chain.ts";
import { depsAt, putLook, segmentsOf, unreadAll } from "./sealed-archive.ts";
import { testSigner } from "./signers.ts";

export const FIRST_DAY = "2026-05-01";
/** A day that was not looked at is sealed a week after it had settled: the second day may be one. */
const DAY_COUNT = 10;

/** The archive of this seed has seals of all kinds, and gaps; the next one has no gaps. Few tries begin here. */
export const FIRST_SEED = 8;

export interface RandomArchive {
  readonly objects: Objects;
  /** The key of the first seal. */
  readonly key: VerifierKey;
  /** Of the newest seal, as somebody would have written it down. */
  readonly pin: { readonly number: number; readonly sha256: string };
  readonly days: readonly string[];
  readonly hasGaps: boolean;
}

/** The same seed is the same archive. */
export async function randomArchive(seed: number): Promise<RandomArchive> {
  const random = createRandom(seed);
  const { chance, int: below } = random;
  const objects: Objects = new Map();
  const days = Array.from({ length: DAY_COUNT }, (_, index) => shiftDay(FIRST_DAY, index));
  let signer = testSigner();
  let hasGaps = false;
  let pin: RandomArchive["pin"] | null = null;

  for (const [index, day] of days.entries()) {
    for (let batch = below(3); batch > 0; batch -= 1) await addSegment(objects, day, 1 + below(3));
    const isLooked = index !== 1 || !chance(0.3);
    hasGaps ||= !isLooked;
    putLook(objects, day, isLooked ? {} : { ...unreadAll(day), seen: 0, had: 0 });
    if (index > 0 && chance(0.3)) {
      const before = days[below(index)]!;
      await addSegment(objects, before, 1 + below(2), 5000 + index * 100);
      putLook(objects, before, { purpose: "aged" });
      if (before === days[1]) hasGaps = false;
    }
    if (!chance(0.4) && index < days.length - 1) continue;
    await seal(day, signer);
    if (pin !== null && chance(0.15)) {
      const next = testSigner(1 + index);
      pin = await changeSealingKey(noonAfter(day, signer), WORKSPACE, next, "rotation", never);
      signer = next;
    }
  }
  return { objects, key: keyOfSigner(testSigner()), pin: pin!, days, hasGaps };

  /** The sealer at noon of the day after, when the day's look is over. */
  function noonAfter(day: string, by: Signer): SealDeps {
    return depsAt(objects, shiftDay(day, 1), { signer: by, alwaysLooksBack: true });
  }

  async function seal(day: string, by: Signer): Promise<void> {
    const report = await sealWorkspace(noonAfter(day, by), WORKSPACE, never);
    if (report.halted !== null) throw new ArchiverError("halted", report.halted.reason, report.halted);
    pin = report.newest ?? pin;
  }
}

const never = new AbortController().signal;

/** One segment more in the log of a day. */
export async function addSegment(objects: Objects, day: string, count: number, fromSecond?: number): Promise<void> {
  const keys = segmentsOf(objects, day);
  const last = keys.length === 0 ? null : readHeader(objects.get(keys.at(-1)!)!);
  const events = sampleEvents(count, fromSecond ?? keys.length * 50, day);
  const placed = placeSegment(await fillBody(createBodyWriter(codec), events), {
    workspace: WORKSPACE,
    day,
    number: keys.length + 1,
    previous: last && { manifestHash: last.manifestHash, ...last.manifest },
    writer: "0.1.0",
    run: "test",
  });
  objects.set(placed.key, placed.bytes);
}
