/** Public keys as they are given on the command line: as a text, or as the file that holds it. */
import { readFile } from "node:fs/promises";
import { NoteError, parseVerifierKey, type VerifierKey } from "../../lambda/seal/note.ts";
import { misused } from "../exit.ts";

/** A verifier key as `keygen` prints it, or the file that it wrote it to, or one below `keys/`: its first line counts. */
export async function readKey(given: string, option = "--key"): Promise<VerifierKey> {
  const text = looksLikeKey(given) ? given : await readFile(given, "utf8");
  if (text.includes("PRIVATE KEY"))
    throw misused(`${given} is a private key.`, "Give the public one: the file beside it that ends in .pub.");
  try {
    return parseVerifierKey(text.split(/\r?\n/, 1)[0]!.trim());
  } catch (error) {
    if (!(error instanceof NoteError)) throw error;
    throw misused(`${option} cannot be read: ${error.message}.`, "Give the line, or the .pub file, that keygen wrote.");
  }
}

const looksLikeKey = (text: string): boolean => /^[^+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+$/.test(text);
