import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type InclusionProof, isIncluded } from "../../lambda/seal/proof.ts";
import { createMerkleTree, type Digest, hashLeaf } from "../../lambda/segment/merkle.ts";

/** Those of transparency-dev/merkle, testonly/constants.go. */
const LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"].map(
  (hex) => Buffer.from(hex, "hex"),
);
/** Single bytes, up to 130 of them, as in draft-ietf-plants-merkle-tree-certs. */
const BYTES = Array.from({ length: 130 }, (_, byte) => Buffer.of(byte));

/** `[start, end)`, where start is a multiple of the power of two that its length is rounded up to. */
const SUBTREES = BYTES.concat(Buffer.of(0)).flatMap((_, end) =>
  Array.from({ length: end + 1 }, (_, start) => [start, end] as const).filter(([start]) => {
    let rounded = 1;
    while (rounded < end - start) rounded *= 2;
    return start % rounded === 0;
  }),
);

/** Each hashed once, however many trees it is in. */
const HASHES = new Map<Buffer, Digest>(BYTES.map((byte) => [byte, hashLeaf(byte)]));

const treeOf = (leaves: readonly Buffer[], wanted?: number) => {
  const tree = createMerkleTree(wanted);
  for (const leaf of leaves) tree.addHash(HASHES.get(leaf) ?? hashLeaf(leaf));
  return tree;
};
const rootOf = (leaves: readonly Buffer[]): Buffer => treeOf(leaves).root();
const prove = (leaves: readonly Buffer[], index: number): InclusionProof => ({
  index,
  path: treeOf(leaves, index).path(),
});
const hex = (hashes: readonly Buffer[]): string[] => hashes.map((hash) => hash.toString("hex"));
const short = (hashes: readonly Buffer[]): string[] => hex(hashes).map((text) => text.slice(0, 8));

/** RFC 9162, section 2.1.4.1, word by word; of equal sizes the proof is empty, and so is that of nothing. */
function consistency(leaves: readonly Buffer[], old: number, roots = rootsOf(leaves)): Buffer[] {
  const between = (start: number, end: number, old: number, isWhole: boolean): Buffer[] => {
    if (old === 0) return [];
    if (old === end - start) return isWhole ? [] : [roots(start, end)];
    let half = 1;
    while (half * 2 < end - start) half *= 2;
    const middle = start + half;
    return old <= half
      ? [...between(start, middle, old, isWhole), roots(middle, end)]
      : [...between(middle, end, old - half, false), roots(start, middle)];
  };
  return between(0, leaves.length, old, true);
}

/** The roots over `[start, end)` of some leaves, each computed once: all proofs are made of the same few thousand. */
function rootsOf(leaves: readonly Buffer[]) {
  const known = new Map<string, Buffer>();
  return (start: number, end: number): Buffer => {
    const name = `${start} ${end}`;
    const root = known.get(name) ?? rootOf(leaves.slice(start, end));
    known.set(name, root);
    return root;
  };
}

function hashOfLines(lines: Iterable<string>): string {
  const hash = createHash("sha256");
  for (const line of lines) hash.update(`${line}\n`);
  return hash.digest("hex");
}

describe("the known trees", () => {
  it.each([
    [0, 8, ["96a296d2", "5f083f0a", "6b47aaf2"]],
    [5, 8, ["bc1a0643", "ca854ea1", "d37ee418"]],
    [2, 3, ["fac54203"]],
    [1, 5, ["6e340b9c", "5f083f0a", "bc1a0643"]],
  ] as const)("leaf %i of %i has the published path", (index, size, path) => {
    expect(short(prove(LEAVES.slice(0, size), index).path)).toEqual(path);
  });

  it.each([
    [1, 8, ["96a296d2", "5f083f0a", "6b47aaf2"]],
    [6, 8, ["0ebc5d34", "ca854ea1", "d37ee418"]],
    [2, 5, ["5f083f0a", "bc1a0643"]],
    [6, 7, ["0ebc5d34", "b08693ec", "d37ee418"]],
  ] as const)("the tree of %i leaves goes on to %i as published", (old, size, path) => {
    expect(short(consistency(LEAVES.slice(0, size), old))).toEqual(path);
  });

  it("every subtree up to 130 leaves has the published hash", () => {
    const lines = SUBTREES.map(
      ([start, end]) => `[${start}, ${end}) ${rootOf(BYTES.slice(start, end)).toString("hex")}`,
    );
    expect(hashOfLines(lines)).toBe("b82806ad4265bb151c1119c0f4db437bb4d1a1f887b3a7fba1cd4ebf552e3e81");
  });

  it("every inclusion path up to 130 leaves is the published one, and holds", () => {
    const lines: string[] = [];
    for (const [start, end] of SUBTREES) {
      const leaves = BYTES.slice(start, end);
      const root = rootOf(leaves);
      for (const [index, leaf] of leaves.entries()) {
        const proof = prove(leaves, index);
        if (!isIncluded(leaf, proof, leaves.length, root)) lines.push("does not hold:");
        lines.push([`${start + index} [${start}, ${end})`, ...hex(proof.path)].join(" "));
      }
    }
    expect(hashOfLines(lines)).toBe("ac2a8f989e44d99e399db448050ff5f19757df53cfb716aa81015d3955d8163f");
  });

  it("every tree up to 130 leaves goes on to each larger one", () => {
    const roots = rootsOf(BYTES);
    const lines: string[] = [];
    for (let size = 0; size <= BYTES.length; size += 1)
      for (let old = 0; old <= size; old += 1) lines.push(`${old} ${size}`);
    const proofs = lines.map((line) => {
      const [old, size] = line.split(" ").map(Number);
      return [line, ...hex(consistency(BYTES.slice(0, size), old!, roots))].join(" ");
    });
    expect(hashOfLines(proofs)).toBe("ab73a7715fa529728307753a8e31acba5ebca4226b2496e6327b502533a59c7c");
  });
});

describe("a proof of anything else is refused", () => {
  const cases = fc
    .integer({ min: 1, max: 70 })
    .chain((size) => fc.record({ size: fc.constant(size), index: fc.integer({ min: 0, max: size - 1 }) }));

  it("with another index or size, or one that is no count", () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: -2, max: 80 }), ({ size, index }, other) => {
        const leaves = BYTES.slice(0, size);
        const { path } = prove(leaves, index);
        const root = rootOf(leaves);
        const holds = (at: number, of: number) => isIncluded(leaves[index]!, { index: at, path }, of, root);
        if (other !== index) expect(holds(other, size)).toBe(false);
        expect([holds(index, index), holds(index, 0), holds(index, -size), holds(index, size + 0.5)]).toEqual(
          Array(4).fill(false),
        );
        expect([holds(index + 0.5, size), holds(Number.NaN, size), holds(-1, size)]).toEqual(Array(3).fill(false));
      }),
    );
  });

  it("with one bit flipped, a hash left out, doubled, added, cut or swapped, another line or root", () => {
    fc.assert(
      fc.property(cases, fc.nat(), fc.nat(255), ({ size, index }, where, bit) => {
        const leaves = BYTES.slice(0, size);
        const { path } = prove(leaves, index);
        const root = rootOf(leaves);
        const flip = (hash: Buffer) => {
          const other = Buffer.from(hash);
          other[bit >> 3]! ^= 1 << (bit & 7);
          return other;
        };
        const holds = (other: readonly Buffer[]) => isIncluded(leaves[index]!, { index, path: other }, size, root);
        expect(holds(path)).toBe(true);
        expect(holds([...path, root])).toBe(false);
        expect(isIncluded(Buffer.of(200), { index, path }, size, root)).toBe(false);
        expect(isIncluded(leaves[index]!, { index, path }, size, flip(root))).toBe(false);
        expect(isIncluded(leaves[index]!, { index, path }, size, root.subarray(1))).toBe(false);
        if (path.length === 0) return;
        const at = where % path.length;
        expect(holds(path.with(at, flip(path[at]!)))).toBe(false);
        expect(holds(path.with(at, path[at]!.subarray(1)))).toBe(false);
        expect(holds(path.toSpliced(at, 1))).toBe(false);
        expect(holds(path.toSpliced(at, 0, path[at]!))).toBe(false);
        if (at > 0) expect(holds(path.with(at, path[0]!).with(0, path[at]!))).toBe(false);
      }),
    );
  });

  it("nothing is made for a line that is not there", () => {
    expect(() => prove(BYTES.slice(0, 3), 3)).toThrow("the tree has 3 leaves, and leaf 3 is not among them");
    expect(() => treeOf([]).path()).toThrow("is not among them");
  });
});
