/** Whether each time stamp is about the seal that it is stored for and not older, and whether the stamps that seals name are here. */
import { hash } from "node:crypto";
import { type Violation, violation } from "../archive/violation.ts";
import { compareInstants, DAY_MS, type Instant, instantToMs } from "../event/instant.ts";
import type { ChainedSeal, Untold } from "./chain.ts";
import type { FoundSeals } from "./read-seals.ts";
import { readSealFile } from "./seal-file.ts";
import { SealTextError, type WholeSecond } from "./text.ts";
import { readTimestampAnswer } from "./timestamp-answer.ts";

/**
 * `good`: the seal existed at `genTime`, says an authority with a root that the verifier trusts. `unchecked`: the token is
 * about this seal, but who signed it is not known, for `reason`. `bad`: it shows nothing.
 */
export type StampVerdict =
  | { readonly kind: "good"; readonly genTime: Instant; readonly authority: string }
  | { readonly kind: "unchecked"; readonly genTime: Instant; readonly authority: string; readonly reason: string }
  | { readonly kind: "bad"; readonly reason: string };

/** `key`: of the stamp's file. */
export type JudgedStamp = Exclude<StampVerdict, { kind: "bad" }> & { readonly seal: number; readonly key: string };

/** Checks who signed a time stamp, an answer of an authority over the bytes that it stamped. */
export type CheckStamp = (response: Buffer, stamped: Buffer) => Promise<StampVerdict>;

export interface StampFindings {
  /** Those that are about their seal. */
  readonly judged: readonly JudgedStamp[];
  readonly faults: readonly Violation[];
}

/** Without `checkStamp` only what a stamp says of itself is compared. */
export async function judgeStamps(
  { seals, stamps }: Pick<FoundSeals, "seals" | "stamps">,
  checkStamp?: CheckStamp,
): Promise<StampFindings> {
  const judged: JudgedStamp[] = [];
  const faults: Violation[] = [];
  for (const { key, seal, bytes } of stamps) {
    const stamped = seals.find(({ number }) => number === seal);
    if (bytes === null || stamped?.bytes === null) continue;
    if (stamped === undefined) {
      faults.push(violation("I9", key, `stamps seal ${seal}, which is not here`));
      continue;
    }
    const verdict = (await checkStamp?.(bytes, stamped.bytes)) ?? judgeImprint(bytes, stamped.bytes);
    const reason = verdict.kind === "bad" ? verdict.reason : findAnachronism(verdict.genTime, stamped.bytes);
    if (verdict.kind === "bad" || reason !== null)
      faults.push(violation("I9", key, `is no time stamp of seal ${seal}: ${reason}`));
    else judged.push({ ...verdict, seal, key });
  }
  return { judged, faults };
}

/** Why a seal cannot have existed at that time, as the end of a sentence; null: it can. */
export function findAnachronism(genTime: Instant, sealBytes: Buffer): string | null {
  try {
    const { sealed } = readSealFile(sealBytes).seal;
    return isOlder(genTime, sealed) ? `it is of ${genTime}, and the seal says that it was made at ${sealed}` : null;
  } catch (error) {
    if (error instanceof SealTextError) return null; // a fault of its own
    throw error;
  }
}

export const isOlder = (genTime: Instant, sealed: WholeSecond): boolean =>
  compareInstants(genTime, sealed.replace("Z", ".000Z") as Instant) < 0;

/** The last seal that a stamp of a trusted authority shows to be older than `at`; 0: none. */
export const lastStampedBefore = (stamps: readonly JudgedStamp[], at: Instant): number =>
  Math.max(
    0,
    ...stamps.flatMap(({ kind, genTime, seal }) => (kind === "good" && compareInstants(genTime, at) < 0 ? [seal] : [])),
  );

/** Sealers name each new stamp in the next seal they make; this much later they surely have. */
const NAMED_WITHIN_MS = DAY_MS;

/**
 * Whether the time stamps that seals name are here, and whether seals name each one that nobody else vouches for.
 * `isDemanded`: who verifies wants to know of each stamp who made it.
 */
export function judgeNamedStamps(
  stamps: FoundSeals["stamps"],
  judged: readonly JudgedStamp[],
  chained: readonly ChainedSeal[],
  isDemanded: boolean,
): { readonly faults: readonly Violation[]; readonly untold: readonly Untold[] } {
  const faults: Violation[] = [];
  const untold: Untold[] = [];
  const named = new Set(chained.flatMap(({ file }) => file.seal.stamps.map(({ sha256 }) => sha256)));
  const lastSealedMs = Math.max(0, ...chained.map(({ file }) => Date.parse(file.seal.sealed)));
  const hashes = new Map<string, number>();
  for (const { key, seal, bytes } of stamps) {
    if (bytes === null) continue;
    const sha256 = hash("sha256", bytes, "hex");
    hashes.set(sha256, seal);
    const stamp = judged.find((one) => one.key === key);
    if (stamp?.kind !== "unchecked") continue;
    const { genTime, reason } = stamp;
    if (isDemanded) untold.push({ key, message: `who made it is not known: ${reason}` });
    else if (!named.has(sha256) && lastSealedMs - instantToMs(genTime) > NAMED_WITHIN_MS)
      untold.push({
        key,
        message: "is named by no seal, although later ones were made: who made it is to be checked (--tsa-ca)",
      });
  }
  const isUnread = stamps.some(({ bytes }) => bytes === null);
  for (const { key, file } of chained) {
    for (const { seal, sha256 } of file.seal.stamps) {
      if (hashes.get(sha256) === seal) continue;
      const message = `names a time stamp of seal ${seal}, which is not here`;
      if (isUnread) untold.push({ key, message });
      else faults.push(violation("I9", key, message));
    }
  }
  return { faults, untold };
}

/** What a stamp says of itself. */
function judgeImprint(response: Buffer, stamped: Buffer): StampVerdict {
  const claim = readTimestampAnswer(response)?.token ?? null;
  if (claim === null) return { kind: "bad", reason: "it cannot be read" };
  if (claim.sha256?.equals(hash("sha256", stamped, "buffer")) !== true)
    return { kind: "bad", reason: "it is about something else" };
  return { kind: "unchecked", genTime: claim.genTime, authority: "unknown", reason: "its signature was not checked" };
}
