/**
 * Signed notes of C2SP (signed-note.md), with Ed25519 keys: a text, an empty line, and a line for each signature, which
 * is over the text as it stands. And verifier keys, which are how a public key is written beside a name.
 */

import { isUtf8 } from "node:buffer";
import { createPublicKey, hash, verify } from "node:crypto";

/** Says what is wrong with a note or a key, as the end of a sentence. */
export class NoteError extends Error {
  override readonly name = "NoteError";
}

/** A public key and whose it is. `keyId`: 8 hex digits, a function of both. */
export interface VerifierKey {
  readonly keyName: string;
  readonly keyId: string;
  /** 32 bytes. */
  readonly publicKey: Buffer;
}

export interface NoteSignature {
  readonly keyName: string;
  readonly keyId: string;
  /** 64 bytes of an Ed25519 key; a key that is not known may have another length. */
  readonly signature: Buffer;
}

export interface SignedNote {
  /** With its last line feed; what is signed. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

const ED25519 = 1;
const PUBLIC_KEY_BYTES = 32;
const KEY_ID_BYTES = 4;
/** As many as the specification says a reader must take. */
const MAX_SIGNATURES = 16;

const KEY_NAME = /^[^\s+\p{Cc}]+$/u;
const KEY_ID = /^[0-9a-f]{8}$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/;
const SIGNATURE_MARK = "— ";

export const isKeyName = (text: string): boolean => KEY_NAME.test(text);

/** Throws NoteError for a name or a key that cannot be. */
export function verifierKey(keyName: string, publicKey: Buffer): VerifierKey {
  if (!isKeyName(keyName)) throw new NoteError("a key's name has no white space and no plus sign");
  if (publicKey.length !== PUBLIC_KEY_BYTES) throw new NoteError(`a public key has ${PUBLIC_KEY_BYTES} bytes`);
  const named = Buffer.concat([Buffer.from(`${keyName}\n`), Buffer.of(ED25519), publicKey]);
  const keyId = hash("sha256", named, "buffer").subarray(0, KEY_ID_BYTES).toString("hex");
  return { keyName, keyId, publicKey };
}

/** `<name>+<key id>+<base64>`, with the only algorithm that is known here. Throws NoteError. */
export function parseVerifierKey(text: string): VerifierKey {
  const [keyName = "", keyId = "", encoded = "", ...rest] = splitKey(text);
  const typed = fromBase64(encoded);
  if (rest.length > 0 || !KEY_ID.test(keyId) || typed === null || typed.length === 0)
    throw new NoteError("it is not a verifier key: <name>+<key id>+<base64>");
  if (typed[0] !== ED25519) throw new NoteError("it is a key of another kind than Ed25519");
  const key = verifierKey(keyName, typed.subarray(1));
  if (key.keyId !== keyId) throw new NoteError(`its key id is ${keyId}, but that of this name and key is ${key.keyId}`);
  return key;
}

/** At the first two plus signs: base64 may have more of them. */
function splitKey(text: string): string[] {
  const first = text.indexOf("+");
  const second = text.indexOf("+", first + 1);
  return first === -1 || second === -1
    ? []
    : [text.slice(0, first), text.slice(first + 1, second), text.slice(second + 1)];
}

export const printVerifierKey = ({ keyName, keyId, publicKey }: VerifierKey): string =>
  `${keyName}+${keyId}+${Buffer.concat([Buffer.of(ED25519), publicKey]).toString("base64")}`;

/** Takes a note apart; nothing is verified. Throws NoteError for all that `printNote` cannot give, and for two signatures by one key. */
export function parseNote(bytes: Buffer): SignedNote {
  if (!isUtf8(bytes)) throw new NoteError("it is not UTF-8");
  const all = bytes.toString("utf8");
  if (all.includes("\r")) throw new NoteError("its line endings were changed: it must have line feeds only");
  if (CONTROL.test(all)) throw new NoteError("it holds a control character");
  const end = all.lastIndexOf("\n\n");
  if (end === -1 || !all.endsWith("\n")) throw new NoteError("it is no signed note: a text, an empty line, signatures");
  const lines = all.slice(end + 2, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) throw new NoteError(`it has more than ${MAX_SIGNATURES} signatures`);
  const signatures = lines.map(parseSignature);
  const signers = new Set(signatures.map(signerOf));
  if (signers.size < signatures.length) throw new NoteError("it is signed by one key twice");
  const note = { text: all.slice(0, end + 1), signatures };
  if (!printNote(note).equals(bytes)) throw new NoteError("it is not spelled the way notes are spelled");
  return note;
}

function parseSignature(line: string): NoteSignature {
  const [keyName = "", encoded = "", ...rest] = line.startsWith(SIGNATURE_MARK)
    ? line.slice(SIGNATURE_MARK.length).split(" ")
    : [];
  const typed = fromBase64(encoded);
  if (!isKeyName(keyName) || rest.length > 0 || typed === null)
    throw new NoteError("it has a line that is no signature");
  if (typed.length <= KEY_ID_BYTES) throw new NoteError("it has an empty signature");
  const keyId = typed.toString("hex", 0, KEY_ID_BYTES);
  return { keyName, keyId, signature: typed.subarray(KEY_ID_BYTES) };
}

export function printNote({ text, signatures }: SignedNote): Buffer {
  const lines = signatures.map(({ keyName, keyId, signature }) => {
    const encoded = Buffer.concat([Buffer.from(keyId, "hex"), signature]).toString("base64");
    return `${SIGNATURE_MARK}${keyName} ${encoded}\n`;
  });
  return Buffer.from(`${text}\n${lines.join("")}`);
}

export const isSignedBy = (key: Pick<VerifierKey, "keyName" | "keyId">, by: Pick<NoteSignature, "keyName" | "keyId">) =>
  key.keyName === by.keyName && key.keyId === by.keyId;

const signerOf = ({ keyName, keyId }: NoteSignature): string => `${keyName} ${keyId}`;

/**
 * Those of the keys that signed the note. Signatures by other keys are passed over. Throws NoteError where one of the
 * keys is said to have signed, but did not.
 */
export function signersAmong(keys: readonly VerifierKey[], { text, signatures }: SignedNote): VerifierKey[] {
  return keys.filter((key) => {
    const own = signatures.find((signature) => isSignedBy(key, signature));
    if (own !== undefined && !isSignature(key, text, own.signature))
      throw new NoteError(`the signature by ${key.keyName} (${key.keyId}) is not by that key, or is of another text`);
    return own !== undefined;
  });
}

/** Whether these bytes are the key's signature of the text. */
export const isSignature = (key: VerifierKey, text: string, signature: Buffer): boolean =>
  verify(null, Buffer.from(text), publicKeyOf(key.publicKey), signature);

function publicKeyOf(publicKey: Buffer) {
  const x = publicKey.toString("base64url");
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
}

/** What is kept beside an archive about a key: the verifier key, and the public key as other software takes it. */
export const printPublicKeyFile = (key: VerifierKey): Buffer =>
  Buffer.from(`${printVerifierKey(key)}\n${publicKeyOf(key.publicKey).export({ format: "pem", type: "spki" })}`);

/** Null for all that is not spelled as base64 is printed, which Buffer would read all the same. */
export function fromBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : null;
}
