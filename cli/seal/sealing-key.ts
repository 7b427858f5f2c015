/** A sealing key as `keygen` made it: the private key, and beside it the public one with the archive's name. */
import type { Signer } from "../../lambda/seal/signer.ts";
import { openLocalKey, publicFileOf } from "../../lambda/signers/local-key.ts";
import { isMissing } from "../../lambda/stores/file-errors.ts";
import { misused } from "../exit.ts";
import { readKey } from "./public-key.ts";

/** Throws ArchiverError `misconfigured` where the two are not there, or do not belong together. */
export async function openSealingKey(path: string): Promise<Signer> {
  const publicFile = publicFileOf(path);
  // First the private one, so that a mistyped name is said to be none.
  const { publicKey } = await openLocalKey(path, "unknown");
  const key = await readKey(publicFile, publicFile).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
    throw misused(
      `${publicFile} does not exist, and it says which archive the key seals.`,
      "Put it back beside the key; the archive has its line too, in the file below keys/.",
    );
  });
  if (!key.publicKey.equals(publicKey))
    throw misused(
      `${publicFile} is not the public key of ${path}.`,
      "Put the file back that keygen wrote with the key.",
    );
  return await openLocalKey(path, key.keyName);
}
