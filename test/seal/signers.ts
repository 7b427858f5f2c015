/** Keys for tests: that of RFC 8032, and as many others as are asked for. */
import { createPrivateKey, type KeyObject, sign } from "node:crypto";
import type { Signer } from "../../lambda/seal/signer.ts";

/** The DER of a private key of 32 bytes before those bytes. */
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");

const fromSeed = (seed: Buffer): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: "der", type: "pkcs8" });

/** Section 7.1, test 1. */
export const RFC_8032 = {
  privateKey: fromSeed(Buffer.from("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "hex")),
  publicKey: Buffer.from("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "hex"),
  signatureOfNothing: Buffer.from(
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    "hex",
  ),
};

export const ARCHIVE_NAME = "archive.example.com/asana";

export const memorySigner = (privateKey: KeyObject, publicKey: Buffer, keyName = ARCHIVE_NAME): Signer => ({
  keyName,
  publicKey,
  sign: async (text) => sign(null, text, privateKey),
});

/** The same `which` is the same key; 0 is that of RFC 8032. */
export function testSigner(which = 0, keyName = ARCHIVE_NAME): Signer {
  if (which === 0) return memorySigner(RFC_8032.privateKey, RFC_8032.publicKey, keyName);
  const privateKey = fromSeed(Buffer.alloc(32, which));
  const publicKey = Buffer.from(privateKey.export({ format: "jwk" }).x!, "base64url");
  return memorySigner(privateKey, publicKey, keyName);
}
