/** That a line is one of a day's: the inclusion proofs of RFC 9162, section 2.1.3, over trees of RFC 6962. */
import { type Digest, hashLeaf, hashNode, toDigest } from "../segment/merkle.ts";

export interface InclusionProof {
  /** Of the line in its log, counted from 0. */
  readonly index: number;
  /** 32 bytes each, from the leaf to the root. */
  readonly path: readonly Buffer[];
}

const HASH_BYTES = 32;

/** Whether `line` is the leaf that the proof names, in the tree of `size` leaves that has this root. */
export function isIncluded(line: Buffer, { index, path }: InclusionProof, size: number, root: Buffer): boolean {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false;
  if (root.length !== HASH_BYTES || path.some(({ length }) => length !== HASH_BYTES)) return false;
  let at = index;
  let last = size - 1;
  let digest: Digest = hashLeaf(line);
  for (const sibling of path.map(toDigest)) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      digest = hashNode(sibling, digest);
      while (!isOdd(at) && at !== 0) [at, last] = [half(at), half(last)];
    } else digest = hashNode(digest, sibling);
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && digest === toDigest(root);
}

/** Not bit by bit: a log may have more lines than 32 bits count. */
const half = (count: number): number => Math.floor(count / 2);
const isOdd = (count: number): boolean => count % 2 === 1;
