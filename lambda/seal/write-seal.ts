/** Signs a seal and creates it. A seal is there as a whole or not at all. */
import { halt } from "../archive/halts.ts";
import { violation } from "../archive/violation.ts";
import { ArchiverError } from "../errors.ts";
import type { ArchiveStore } from "../ports.ts";
import { isSignature, type NoteSignature, printPublicKeyFile, verifierKey } from "./note.ts";
import { printSealFile, sealHash } from "./seal-file.ts";
import { publicKeyKey, sealKey } from "./seal-key.ts";
import type { Signer } from "./signer.ts";
import { printSeal, type Seal } from "./text.ts";

/** `sha256`: of the seal's file. Null: another sealer made a seal of that number. */
export type SealOutcome = { readonly sha256: string } | null;

/**
 * Signs and creates; signed by several, in their order. The answer of a signer is verified before it is stored. Throws
 * what the signer throws, `halted` for a signature that is none, and `unavailable` where the store does not say what it did.
 */
export async function writeSeal(archive: ArchiveStore, seal: Seal, signers: readonly Signer[]): Promise<SealOutcome> {
  const text = printSeal(seal);
  const key = sealKey(seal.workspace, seal.number);
  const signatures: NoteSignature[] = [];
  for (const signer of signers) signatures.push(await sign(key, text, signer));
  const bytes = printSealFile(text, signatures);
  if ((await archive.create(key, bytes)) !== "created") {
    const found = await archive.get(key);
    if (found === null) throw unsaid(key);
    if (!found.equals(bytes)) return null;
  }
  return { sha256: sealHash(bytes) };
}

async function sign(key: string, text: string, signer: Signer): Promise<NoteSignature> {
  const own = verifierKey(signer.keyName, signer.publicKey);
  const signature = await signer.sign(Buffer.from(text));
  if (!isSignature(own, text, signature))
    throw new ArchiverError(
      "halted",
      `${key} was not stored: what the signer gave is no signature by the key ${own.keyId}.`,
      {
        advice: "Check that the key that signs is the one whose public key the sealer knows; nothing was written.",
      },
    );
  return { keyName: own.keyName, keyId: own.keyId, signature };
}

/** Puts the public key beside the archive, for whoever has no other copy of it. Before the first seal that it signs. */
export async function writePublicKey(archive: ArchiveStore, signer: Signer): Promise<void> {
  const key = verifierKey(signer.keyName, signer.publicKey);
  const place = publicKeyKey(key.keyId);
  const bytes = printPublicKeyFile(key);
  if ((await archive.create(place, bytes)) === "created") return;
  const found = await archive.get(place);
  if (found === null) throw unsaid(place);
  if (!found.equals(bytes)) throw halt(violation("I9", place, "is not the public key of the key that signs"));
}

const unsaid = (key: string): ArchiverError =>
  new ArchiverError("unavailable", `The store did not say whether it created ${key}.`, {
    advice: "Seal again: what is missing is then made up for.",
  });
