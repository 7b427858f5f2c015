/** A seal as it is stored: its text and the signatures, a signed note whose first lines are a C2SP checkpoint. */
import { hash } from "node:crypto";
import { NoteError, type NoteSignature, parseNote, printNote } from "./note.ts";
import { parseSeal, type Seal, SealTextError } from "./text.ts";

/** Far more than any seal has, and little enough to be read as a whole. */
export const MAX_SEAL_FILE_BYTES = 16 * 1024;

export interface SealFile {
  readonly seal: Seal;
  /** What is signed. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
  /** Of the whole file; what the next seal and a pin name. */
  readonly sha256: string;
}

export const sealHash = (bytes: Buffer): string => hash("sha256", bytes, "hex");

/** Takes a seal apart; no signature is verified. Throws SealTextError. */
export function readSealFile(bytes: Buffer): SealFile {
  if (bytes.length > MAX_SEAL_FILE_BYTES) throw new SealTextError("damaged", "it is too long");
  const { text, signatures } = readNote(bytes);
  return { seal: parseSeal(text), text, signatures, sha256: sealHash(bytes) };
}

function readNote(bytes: Buffer) {
  try {
    return parseNote(bytes);
  } catch (error) {
    if (error instanceof NoteError) throw new SealTextError("damaged", error.message);
    throw error;
  }
}

export const printSealFile = (text: string, signatures: readonly NoteSignature[]): Buffer =>
  printNote({ text, signatures });
