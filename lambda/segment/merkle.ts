import { createHash, hash } from "node:crypto";

/** A Merkle tree hash of RFC 6962, section 2.1, over leaves given one after the other. Memory: O(log n). */
export interface MerkleTree {
  /** Returns the leaf's hash, so that it can be added to another tree without hashing the leaf again. */
  add(leaf: Buffer): Digest;
  addLeafHash(digest: Digest): void;
  /** 32 bytes; of no leaves, the hash of nothing. */
  root(): Buffer;
}

/**
 * Digests are kept as 32-character binary strings and the input is put together in scratch buffers: a digest as a
 * Buffer costs more than the hashing of most events.
 */
export type Digest = string;

const LEAF_PREFIX = Buffer.of(0);
const leafScratch = Buffer.alloc(16 * 1024);
const nodeScratch = Buffer.alloc(65);
nodeScratch[0] = 1;

export function createMerkleTree(): MerkleTree {
  /** Roots of the full subtrees, largest first: one for each 1 in the binary form of `count`. */
  const roots: Digest[] = [];
  let count = 0;
  const tree: MerkleTree = {
    add(leaf) {
      const digest = leafDigest(leaf);
      tree.addLeafHash(digest);
      return digest;
    },
    addLeafHash(leafHash) {
      let digest = leafHash;
      for (let rest = count; rest % 2 === 1; rest = Math.floor(rest / 2)) digest = nodeDigest(roots.pop()!, digest);
      roots.push(digest);
      count += 1;
    },
    root() {
      const digest = roots.length === 0 ? hash("sha256", "", "binary") : roots.reduceRight((r, l) => nodeDigest(l, r));
      return Buffer.from(digest, "latin1");
    },
  };
  return tree;
}

function leafDigest(leaf: Buffer): Digest {
  if (leaf.length >= leafScratch.length) return createHash("sha256").update(LEAF_PREFIX).update(leaf).digest("binary");
  leaf.copy(leafScratch, 1);
  return hash("sha256", leafScratch.subarray(0, leaf.length + 1), "binary");
}

function nodeDigest(left: Digest, right: Digest): Digest {
  nodeScratch.write(left, 1, 32, "latin1");
  nodeScratch.write(right, 33, 32, "latin1");
  return hash("sha256", nodeScratch, "binary");
}
