/** How one key takes over from another, where whoever seals was given both: decided by the chain, so that asking again does nothing. */
import { dayOf, msToInstant } from "../event/instant.ts";
import { isSignedBy, type VerifierKey, verifierKey } from "./note.ts";
import { readSealEnd } from "./seal-end.ts";
import { changeSealingKey, type SealDeps, type SealedDay } from "./sealer.ts";
import type { Signer } from "./signer.ts";

/** The key that signed before: it hands over itself, or it is lost, and whoever runs the sealer says so. */
export type FormerKey =
  | { readonly reason: "rotation"; readonly signer: Signer }
  | { readonly reason: "loss"; readonly key: VerifierKey };

/**
 * Where the former key is still in force, writes the seal after which the key of `deps` is. Null: nothing to write, since
 * it is in force already, or there is no seal yet. Throws as `changeSealingKey`, and `misconfigured` where neither key is
 * in force.
 */
export async function takeOver(
  deps: SealDeps,
  workspace: string,
  former: FormerKey,
  signal: AbortSignal,
): Promise<SealedDay | null> {
  const { archive, clock, signer } = deps;
  const own = keyOf(signer);
  const before = former.reason === "loss" ? former.key : keyOf(former.signer);
  const end = await readSealEnd(archive, workspace, [own, before], dayOf(msToInstant(clock.now())));
  if (end === null || isSignedBy(end.report.keys.at(-1)!, own)) return null;
  const from: Signer = former.reason === "loss" ? silent(before) : former.signer;
  return await changeSealingKey({ ...deps, signer: from }, workspace, signer, former.reason, signal);
}

const keyOf = ({ keyName, publicKey }: Signer): VerifierKey => verifierKey(keyName, publicKey);

/** In place of a key that is lost: a seal about a loss is signed by the new key alone. */
const silent = ({ keyName, publicKey }: VerifierKey): Signer => ({
  keyName,
  publicKey,
  sign: () => Promise.reject(new Error("a key that is lost cannot sign")),
});
