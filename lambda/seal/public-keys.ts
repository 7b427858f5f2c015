/** The public keys that are kept beside an archive, and whether they are those that signed its seals. */
import { type Violation, violation } from "../archive/violation.ts";
import type { KeySpan, Untold } from "./chain.ts";
import { NoteError, parseVerifierKey, printPublicKeyFile, type VerifierKey } from "./note.ts";
import type { FoundKey } from "./read-seals.ts";
import { publicKeyKey } from "./seal-key.ts";

/** The verifier key on the first line of a file below `keys/`; none where there is none. */
export function verifierKeysIn({ bytes }: FoundKey): VerifierKey[] {
  try {
    return bytes === null ? [] : [parseVerifierKey(bytes.toString("utf8").split("\n", 1)[0]!)];
  } catch (error) {
    if (error instanceof NoteError) return [];
    throw error;
  }
}

/** `isWhole`: of the whole archive; who only has a part of it need not have its keys. */
export function judgePublicKeys(
  signers: readonly KeySpan[],
  publicKeys: readonly FoundKey[],
  isWhole: boolean,
): Violation[] {
  return signers.flatMap(({ keyId, key }) => {
    const path = publicKeyKey(keyId);
    const kept = publicKeys.find((one) => one.key === path);
    if (kept === undefined)
      return isWhole ? [violation("I9", path, "is missing: the public key that signed seals here")] : [];
    const [own] = verifierKeysIn(kept);
    const isOwn = own !== undefined && own.keyId === keyId && kept.bytes!.equals(printPublicKeyFile(key ?? own));
    return isOwn ? [] : [violation("I9", path, "is not the public key that signed seals here")];
  });
}

/** Public keys that no seal of the archive knows: seals may have been taken away. */
export function judgeUnusedKeys(publicKeys: readonly FoundKey[], signers: Iterable<KeySpan>): Untold[] {
  const used = new Set([...signers].map(({ keyId }) => publicKeyKey(keyId)));
  return publicKeys.flatMap(({ key }) =>
    used.has(key)
      ? []
      : [{ key, message: "is a key that signed no seal here: find out whether seals were removed (--expect)" }],
  );
}
