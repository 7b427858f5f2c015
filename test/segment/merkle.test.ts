import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { createMerkleTree } from "../../lambda/segment/merkle.ts";

/** The example tree of Certificate Transparency's own test data. */
const LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const ROOTS = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

it.each(ROOTS.map((root, size) => [size, root] as const))("the root over %i leaves is RFC 6962's", (size, root) => {
  expect(rootOf(LEAVES.slice(0, size).map((hex) => Buffer.from(hex, "hex"))).toString("hex")).toBe(root);
});

it("the root of any leaves is that of the recursive definition", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }).map(Buffer.from), { maxLength: 70 }), (leaves) => {
      expect(rootOf(leaves).equals(recursiveRoot(leaves))).toBe(true);
    }),
  );
});

it("the root can be asked at any time and goes on growing", () => {
  const tree = createMerkleTree();
  for (const [index, hex] of LEAVES.entries()) {
    expect(tree.root().toString("hex")).toBe(ROOTS[index]);
    tree.add(Buffer.from(hex, "hex"));
  }
});

it.each([0, 1, 16 * 1024 - 1, 16 * 1024, 100_000])("a leaf of %i bytes is hashed with its prefix", (size) => {
  const leaf = Buffer.alloc(size, 7);
  expect(rootOf([leaf]).equals(sha256(Buffer.of(0), leaf))).toBe(true);
});

it("long leaves and short ones make one tree", () => {
  const leaves = [1, 100_000, 16 * 1024, 2].map((size) => Buffer.alloc(size, 7));
  expect(rootOf(leaves).equals(recursiveRoot(leaves))).toBe(true);
});

function rootOf(leaves: readonly Buffer[]): Buffer {
  const tree = createMerkleTree();
  for (const leaf of leaves) tree.add(leaf);
  return tree.root();
}

/** RFC 6962, section 2.1, word by word. */
function recursiveRoot(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return sha256(Buffer.of(0), leaves[0]!);
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha256(Buffer.of(1), recursiveRoot(leaves.slice(0, k)), recursiveRoot(leaves.slice(k)));
}

function sha256(...parts: Buffer[]): Buffer {
  return parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
}
