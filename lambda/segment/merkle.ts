import { createHash, hash } from "node:crypto";

/** A Merkle tree hash of RFC 6962, section 2.1, over leaves given one after the other. Memory: O(log n). */
export interface MerkleTree {
  add(leaf: Buffer): void;
  /** A leaf by its hash, so that a leaf of two trees is hashed once. */
  addHash(leafHash: Digest): void;
  /** 32 bytes; of no leaves, the hash of nothing. */
  root(): Buffer;
  /** The inclusion path of the wanted leaf in the tree as it is now, from the leaf to the root. Throws if it is not there. */
  path(): Buffer[];
}

/**
 * Digests are kept as 32-character binary strings and the input is put together in scratch buffers: a digest as a
 * Buffer costs more than the hashing of most events.
 */
export type Digest = string & { readonly __digest: true };

const LEAF_PREFIX = Buffer.of(0);
const leafScratch = Buffer.alloc(16 * 1024);
const nodeScratch = Buffer.alloc(65);
nodeScratch[0] = 1;

/** `wanted`: index of the leaf whose path is asked for in the end. */
export function createMerkleTree(wanted?: number): MerkleTree {
  /** Roots of the full subtrees, largest first: one for each 1 in the binary form of `count`. */
  const roots: Digest[] = [];
  let count = 0;
  /** Where in `roots` the subtree is that holds the wanted leaf, and the path from the leaf up to its root. */
  let holder = -1;
  const path: Digest[] = [];
  const addHash = (leafHash: Digest): void => {
    let digest = leafHash;
    let isHolder = count === wanted;
    for (let rest = count; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      const left = roots.pop()!;
      if (isHolder) path.push(left);
      else if (holder === roots.length) {
        path.push(digest);
        isHolder = true;
      }
      digest = hashNode(left, digest);
    }
    if (isHolder) holder = roots.length;
    roots.push(digest);
    count += 1;
  };
  return {
    add: (leaf) => addHash(hashLeaf(leaf)),
    addHash,
    root: () => toBytes(roots.length === 0 ? binaryHash(Buffer.alloc(0)) : joinRoots(roots)),
    path() {
      if (holder === -1) throw new Error(`the tree has ${count} leaves, and leaf ${wanted} is not among them`);
      const after = roots.slice(holder + 1);
      const right = after.length === 0 ? [] : [joinRoots(after)];
      return [...path, ...right, ...roots.slice(0, holder).reverse()].map(toBytes);
    },
  };
}

export function hashLeaf(leaf: Buffer): Digest {
  if (leaf.length >= leafScratch.length)
    return createHash("sha256").update(LEAF_PREFIX).update(leaf).digest("binary") as Digest;
  leaf.copy(leafScratch, 1);
  return binaryHash(leafScratch.subarray(0, leaf.length + 1));
}

export function hashNode(left: Digest, right: Digest): Digest {
  nodeScratch.write(left, 1, 32, "latin1");
  nodeScratch.write(right, 33, 32, "latin1");
  return binaryHash(nodeScratch);
}

/** 32 bytes as a digest. */
export const toDigest = (bytes: Buffer): Digest => bytes.toString("latin1") as Digest;

const toBytes = (digest: Digest): Buffer => Buffer.from(digest, "latin1");
const binaryHash = (bytes: Buffer): Digest => hash("sha256", bytes, "binary") as Digest;
const joinRoots = (roots: readonly Digest[]): Digest => roots.reduceRight((right, left) => hashNode(left, right));
