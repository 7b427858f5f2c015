/** Chains of seals for tests: quiet days and busy ones, late seals, gaps, another look, and two keys. */
import { shiftDay, startOfDay } from "../../lambda/event/instant.ts";
import type { FoundSeal } from "../../lambda/seal/chain.ts";
import { type VerifierKey, verifierKey } from "../../lambda/seal/note.ts";
import { sealHash } from "../../lambda/seal/seal-file.ts";
import type { Signer } from "../../lambda/seal/signer.ts";
import { EMPTY_ROOT, endOfDay, type Gap, type Seal } from "../../lambda/seal/text.ts";
import { sha256 } from "../segment/forge.ts";
import { sampleSeal, signSeal } from "./sample-seal.ts";
import { ARCHIVE_NAME, testSigner } from "./signers.ts";

export const keyOfSigner = (signer: Signer): VerifierKey => verifierKey(signer.keyName, signer.publicKey);

const fake = (text: string): string => sha256(Buffer.from(text));
const quiet = { size: 0, root: EMPTY_ROOT, segments: 0, manifest: null, oldest: null, newest: null };
const unlooked = { state: "incomplete", coverage: null, looked: null, source: null } as const;

/** A day of so many segments, ten events each. */
export const dayOfSegments = (day: string, segments: number): Partial<Seal> => ({
  day,
  ...(segments === 0
    ? quiet
    : {
        size: 10 * segments,
        root: fake(`root ${day} ${segments}`),
        segments,
        manifest: fake(`manifest ${day} ${segments}`),
        oldest: startOfDay(day),
        newest: startOfDay(day),
      }),
  coverage: { number: 1, sha256: fake(`look 1 ${day}`) },
});

export const gapOf = (day: string, reason: Gap["reason"] = "scan-incomplete"): Gap => ({
  from: startOfDay(day),
  until: endOfDay(day),
  reason,
});

/** Writes one seal after the other; each names the one before, unless it is told otherwise. */
export function createChain(signers: readonly Signer[] = [testSigner()]) {
  const found: FoundSeal[] = [];
  return {
    found,
    async add(more: Partial<Seal>, by: readonly Signer[] = signers): Promise<void> {
      const last = found.at(-1);
      const place = { number: found.length + 1, prev: last === undefined ? null : sealHash(last.bytes!) };
      const seal = { ...sampleSeal, ...place, ...more };
      found.push({ number: seal.number, bytes: await signSeal(seal, ...by) });
    },
  };
}

export const FIRST_DAY = "2026-11-20";
const day = (index: number): string => shiftDay(FIRST_DAY, index);
export const [OLD, NEW] = [testSigner(0), testSigner(1)];

export const keyChange = (next: Signer, reason: "rotation" | "loss"): Partial<Seal> => ({
  ...quiet,
  ...unlooked,
  state: "complete",
  day: null,
  kind: "key",
  keyChange: { next: keyOfSigner(next), reason },
});

/** Fourteen seals; the tenth hands over from the old key to the new one. */
export async function sampleChain(reason: "rotation" | "loss" = "rotation"): Promise<FoundSeal[]> {
  const chain = createChain([OLD]);
  await chain.add(dayOfSegments(day(0), 2)); // 1
  await chain.add(dayOfSegments(day(1), 0)); // 2
  await chain.add({ ...dayOfSegments(day(2), 3), ...unlooked, gaps: [gapOf(day(2))] }); // 3
  await chain.add({ ...dayOfSegments(day(3), 1) }); // 4
  await chain.add({
    ...dayOfSegments("2026-10-01", 4),
    ...unlooked,
    kind: "late",
    gaps: [gapOf("2026-10-01", "before-first-scan")],
  }); // 5
  await chain.add({ ...dayOfSegments(day(2), 4), kind: "late", before: 3 }); // 6
  await chain.add({
    ...dayOfSegments(day(0), 5),
    kind: "late",
    before: 1,
    coverage: { number: 2, sha256: fake("look 2") },
  }); // 7
  await chain.add({ ...dayOfSegments("2021-10-07", 1), kind: "late", oldest: null, newest: null }); // 8
  await chain.add({ ...dayOfSegments(day(4), 1), again: [{ day: day(1), number: 2, sha256: fake("look 2") }] }); // 9
  await chain.add(keyChange(NEW, reason), reason === "rotation" ? [OLD, NEW] : [NEW]); // 10
  await chain.add({ ...dayOfSegments(day(5), 7), stamps: [{ seal: 9, sha256: fake("stamp") }] }, [NEW]); // 11
  await chain.add(
    { ...dayOfSegments(day(0), 6), kind: "late", before: 7, coverage: { number: 2, sha256: fake("look 2") } },
    [NEW],
  ); // 12
  await chain.add(dayOfSegments(day(6), 0), [NEW]); // 13
  await chain.add(dayOfSegments(day(7), 2), [NEW]); // 14
  return chain.found;
}

export { ARCHIVE_NAME };
