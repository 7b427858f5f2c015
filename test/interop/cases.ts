/** What all verifiers are asked alike, and what this program answers. */
import { NoteError, parseVerifierKey, signersAmong } from "../../lambda/seal/note.ts";
import { checkProof, ProofFileError, parseProof, printProof } from "../../lambda/seal/proof-file.ts";
import { readSealFile } from "../../lambda/seal/seal-file.ts";
import { SealTextError } from "../../lambda/seal/text.ts";
import { createMerkleTree } from "../../lambda/segment/merkle.ts";
import { rootOfLines } from "../seal/sample-seal.ts";
import type { InteropCase, Verifier } from "./programs.ts";

export function prove(lines: readonly Buffer[], index: number, seal: Buffer): Buffer {
  const tree = createMerkleTree(index);
  for (const line of lines) tree.add(line);
  return printProof({ line: lines[index]!, index, path: tree.path(), seal });
}

/** Not the digit before the end of base64, whose last bits Go does not look at. */
export function flip(bytes: Buffer, { where, bit }: { readonly where: number; readonly bit: number }): Buffer {
  const changed = Buffer.from(bytes);
  const at = where % bytes.length;
  const inDigit = changed[at + 1] === "=".charCodeAt(0);
  changed[inDigit ? at - 1 : at]! ^= 1 << bit;
  return changed;
}

export const ours: Verifier = async (cases) => new Map(cases.map((one) => [one.name, judge(one)]));

function judge({ key, note = "", lines = [], proof }: InteropCase): string {
  const keys = [parseVerifierKey(key)];
  try {
    if (proof !== undefined) {
      const finding = checkProof(parseProof(Buffer.from(proof, "base64")), keys);
      return finding.kind === "holds" ? "ok" : `fail: ${finding.why}`;
    }
    const file = readSealFile(Buffer.from(note, "base64"));
    const root = rootOfLines(lines.map((line) => Buffer.from(line, "base64"))).toString("hex");
    if (signersAmong(keys, file).length === 0) return "fail: not signed by this key";
    return file.seal.root === root && file.seal.size === lines.length ? "ok" : "fail: other lines";
  } catch (error) {
    if (error instanceof ProofFileError || error instanceof SealTextError || error instanceof NoteError)
      return `fail: ${error.message}`;
    throw error;
  }
}
