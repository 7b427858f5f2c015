/** The time stamp that goes with the proof of an event: of the proof's seal, or of a later one to which seals lead. */
import { readFile } from "node:fs/promises";
import { findAnachronism, type StampVerdict } from "../../lambda/seal/judge-stamps.ts";
import { readSealFile, sealHash } from "../../lambda/seal/seal-file.ts";
import { SealTextError } from "../../lambda/seal/text.ts";
import { misused } from "../exit.ts";
import { stampChecker } from "../verify/seal-trust.ts";

/** Paths, as they were given. */
export interface ProofStamp {
  readonly stamp: string;
  /** The seals after the proof's, in their order, up to the one that was stamped. */
  readonly chain: readonly string[];
  readonly tsaCa?: string;
}

/** Each seal names the hash of the one before, so what is shown of the last one's age holds for the first one too. */
export async function checkProofStamp({ stamp, chain, tsaCa }: ProofStamp, seal: Buffer): Promise<StampVerdict> {
  const check = await stampChecker(tsaCa);
  let stamped = seal;
  for (const path of chain) {
    const next = await readFile(path);
    if (prevOf(path, next) !== sealHash(stamped))
      return { kind: "bad", reason: `${path} is not the seal after the one before it` };
    stamped = next;
  }
  const verdict = await check(await readFile(stamp), stamped);
  const anachronism = verdict.kind === "bad" ? null : findAnachronism(verdict.genTime, stamped);
  return anachronism === null ? verdict : { kind: "bad", reason: anachronism };
}

function prevOf(path: string, bytes: Buffer): string | null {
  try {
    return readSealFile(bytes).seal.prev;
  } catch (error) {
    if (!(error instanceof SealTextError)) throw error;
    throw misused(`${path} cannot be read as a seal: ${error.message}.`, "Give the files below seals/, unchanged.");
  }
}
