/** Whether each time stamp is about the seal that it is stored for, and whether those are here that seals name. */
import { hash } from "node:crypto";
import { type Violation, violation } from "../archive/violation.ts";
import type { Instant } from "../event/instant.ts";
import type { ChainedSeal, Untold } from "./chain.ts";
import type { FoundSeals } from "./read-seals.ts";
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
  readonly untold: readonly Untold[];
}

/** Without `checkStamp` only what a stamp says of itself is compared. */
export async function judgeStamps(
  { seals, stamps }: Pick<FoundSeals, "seals" | "stamps">,
  chained: readonly ChainedSeal[],
  checkStamp?: CheckStamp,
): Promise<StampFindings> {
  const judged: JudgedStamp[] = [];
  const faults: Violation[] = [];
  const untold: Untold[] = [];
  const hashes = new Map<string, number>();
  for (const { key, seal, bytes } of stamps) {
    const stamped = seals.find(({ number }) => number === seal);
    if (bytes === null || stamped?.bytes === null) continue;
    hashes.set(hash("sha256", bytes, "hex"), seal);
    if (stamped === undefined) {
      faults.push(violation("I9", key, `stamps seal ${seal}, which is not here`));
      continue;
    }
    const verdict = (await checkStamp?.(bytes, stamped.bytes)) ?? judgeImprint(bytes, stamped.bytes);
    if (verdict.kind === "bad")
      faults.push(violation("I9", key, `is no time stamp of seal ${seal}: ${verdict.reason}`));
    else judged.push({ ...verdict, seal, key });
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
  return { judged, faults, untold };
}

/** What a stamp says of itself. */
function judgeImprint(response: Buffer, stamped: Buffer): StampVerdict {
  const claim = readTimestampAnswer(response)?.token ?? null;
  if (claim === null) return { kind: "bad", reason: "it cannot be read" };
  if (claim.sha256?.equals(hash("sha256", stamped, "buffer")) !== true)
    return { kind: "bad", reason: "it is about something else" };
  return { kind: "unchecked", genTime: claim.genTime, authority: "unknown", reason: "its signature was not checked" };
}
