/** The proof of one event as a file that software of others reads: a `tlog-proof` of C2SP. It discloses no other event. */
import { scanEvent } from "../event/event-scanner.ts";
import { MalformedError } from "../event/json-scanner.ts";
import { parseCount } from "../event/parse.ts";
import { MAX_LINE_BYTES } from "../segment/bounds.ts";
import { fromBase64, NoteError, signersAmong, type VerifierKey } from "./note.ts";
import { type InclusionProof, isIncluded } from "./proof.ts";
import { MAX_SEAL_FILE_BYTES, readSealFile, type SealFile } from "./seal-file.ts";
import { SealTextError } from "./text.ts";

export interface EventProof extends InclusionProof {
  /** The archived line, without its line feed. */
  readonly line: Buffer;
  /** The seal's file, as it is stored. */
  readonly seal: Buffer;
}

/** What a proof shows. `why` is the end of a sentence. */
export type ProofFinding =
  | { readonly kind: "holds"; readonly seal: SealFile; readonly key: VerifierKey }
  | { readonly kind: "false"; readonly why: string }
  | { readonly kind: "cannot-tell"; readonly why: string };

/**
 * The file is not a proof of an event: `message` is the end of a sentence. `damaged`: it begins as one. `foreign`: it is
 * something else, or its line endings were changed.
 */
export class ProofFileError extends Error {
  override readonly name = "ProofFileError";
  readonly kind: "damaged" | "foreign";

  constructor(kind: "damaged" | "foreign", message: string) {
    super(message);
    this.kind = kind;
  }
}

const FIRST_LINE = "c2sp.org/tlog-proof@v1";
const HASH_BYTES = 32;
/** A tree of 2^63 leaves is no higher. */
const MAX_PATH = 63;
/** The longest line in base64, and all the rest. */
export const MAX_PROOF_BYTES = Math.ceil(MAX_LINE_BYTES / 3) * 4 + 8 * 1024 + MAX_SEAL_FILE_BYTES;

export function printProof({ line, index, path, seal }: EventProof): Buffer {
  const head = [FIRST_LINE, `extra ${line.toString("base64")}`, `index ${index}`];
  return Buffer.concat([
    Buffer.from(`${[...head, ...path.map((hash) => hash.toString("base64"))].join("\n")}\n\n`),
    seal,
  ]);
}

/** The exact inverse of `printProof`; nothing is checked. Throws ProofFileError. */
export function parseProof(bytes: Buffer): EventProof {
  const fail = (message: string) => new ProofFileError("damaged", message);
  if (!bytes.subarray(0, FIRST_LINE.length + 1).equals(Buffer.from(`${FIRST_LINE}\n`))) throw notOne(bytes);
  if (bytes.length > MAX_PROOF_BYTES) throw fail("it is too long");
  const end = bytes.indexOf("\n\n");
  if (end === -1) throw fail("it is cut off: it has no empty line before its seal");
  const [, extra = "", place = "", ...hashes] = bytes.toString("latin1", 0, end).split("\n");
  const line = extra.startsWith("extra ") ? fromBase64(extra.slice("extra ".length)) : null;
  if (line === null) throw fail("it holds no event: its second line is not `extra` and base64");
  const index = place.startsWith("index ") ? parseCount(place.slice("index ".length)) : null;
  if (index === null) throw fail("its third line is not `index` and a number");
  if (hashes.length > MAX_PATH) throw fail(`it has more than ${MAX_PATH} hashes`);
  const path = hashes.map((text) => fromBase64(text));
  if (!path.every((hash) => hash?.length === HASH_BYTES)) throw fail("one of its hashes is none");
  const proof = { line, index, path: path as Buffer[], seal: bytes.subarray(end + 2) };
  if (!printProof(proof).equals(bytes)) throw fail("it is not spelled the way proofs are spelled");
  return proof;
}

const notOne = (bytes: Buffer): ProofFileError =>
  new ProofFileError(
    "foreign",
    bytes.toString("latin1", 0, FIRST_LINE.length + 1) === `${FIRST_LINE}\r`
      ? "its line endings were changed: it must have line feeds only"
      : `its first line is not ${FIRST_LINE}`,
  );

/** Whether the event is one of those that the seal counts, and whether one of the keys signed the seal. */
export function checkProof({ line, index, path, seal }: EventProof, keys: readonly VerifierKey[]): ProofFinding {
  try {
    const file = readSealFile(seal);
    const { day, size, root } = file.seal;
    const [key] = signersAmong(keys, file);
    if (!isIncluded(line, { index, path }, size, Buffer.from(root, "hex")))
      return { kind: "false", why: "the event is not among those that the seal counts" };
    if (scanEvent(line).day !== day) return { kind: "false", why: "the event is not of the day that is sealed" };
    return key === undefined
      ? { kind: "cannot-tell", why: "the seal is signed by a key that was not given" }
      : { kind: "holds", seal: file, key };
  } catch (error) {
    if (error instanceof SealTextError)
      return {
        kind: error.kind === "newer" ? "cannot-tell" : "false",
        why: `its seal cannot be read: ${error.message}`,
      };
    if (error instanceof NoteError) return { kind: "false", why: error.message };
    if (error instanceof MalformedError) return { kind: "false", why: "what it holds is not exactly one event" };
    throw error;
  }
}
