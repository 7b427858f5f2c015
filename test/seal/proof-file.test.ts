import fc from "fast-check";
import { expect, it } from "vitest";
import { checkProof, ProofFileError, parseProof, printProof } from "../../lambda/seal/proof-file.ts";
import { createMerkleTree } from "../../lambda/segment/merkle.ts";
import { tries } from "../tries.ts";
import { keyOfSigner } from "./sample-chain.ts";
import { SAMPLE_LINES, sampleSeal, signSeal } from "./sample-seal.ts";
import { testSigner } from "./signers.ts";

const EXAMPLE = `c2sp.org/tlog-proof@v1
extra eyJnaWQiOiIyIiwiY3JlYXRlZF9hdCI6IjIwMjYtMTEtMjBUMDI6MDA6MDAuMDAwWiJ9
index 1
cSvI97aB4XSNDYUvi3n7DGXqjN9LjTycn3w1Er5cORs=
dVuBaOVrcttCKcYuQLPNi17pAOed0HS6oOdCaQrZ/oQ=

`;
const seal = await signSeal(sampleSeal, testSigner());
const keys = [keyOfSigner(testSigner())];

function prove(index: number) {
  const tree = createMerkleTree(index);
  for (const line of SAMPLE_LINES) tree.add(line);
  return { line: SAMPLE_LINES[index]!, index, path: tree.path(), seal };
}
const example = printProof(prove(1));
const kindOf = (bytes: Buffer): string => {
  try {
    return checkProof(parseProof(bytes), keys).kind;
  } catch (error) {
    expect(error).toBeInstanceOf(ProofFileError);
    return "no proof";
  }
};

it("the proof of an event is the example of the format, to the last byte", () => {
  expect(example.toString()).toBe(EXAMPLE + seal.toString());
  expect(parseProof(example)).toEqual(prove(1));
});

it.each([0, 1, 2])("the proof of event %i holds for whoever has the key", (index) => {
  expect(checkProof(prove(index), keys)).toMatchObject({ kind: "holds", key: keys[0] });
});

it("the root over four events is that of the format", () => {
  const tree = createMerkleTree();
  for (const line of [...SAMPLE_LINES, Buffer.from('{"gid":"4","created_at":"2026-11-20T04:00:00.000Z"}')])
    tree.add(line);
  expect(tree.root().toString("base64")).toBe("39/Eyeoun31knqs9MMgT15dKWybG4Dpgq0aF2v4UBsg=");
});

it("without the key that signed, nobody can tell", () => {
  expect(checkProof(prove(1), [])).toEqual({
    kind: "cannot-tell",
    why: "the seal is signed by a key that was not given",
  });
  expect(checkProof(prove(1), [keyOfSigner(testSigner(1))]).kind).toBe("cannot-tell");
});

it("a proof with any byte changed does not hold", () => {
  fc.assert(
    fc.property(fc.nat(example.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const other = Buffer.from(example);
      other[at]! ^= change;
      expect(kindOf(other)).not.toBe("holds");
    }),
    tries(1000),
  );
});

it("nor does one that was cut anywhere, or that has more behind it", () => {
  for (let end = 0; end < example.length; end += 1) expect(kindOf(example.subarray(0, end))).not.toBe("holds");
  for (const more of ["\n", " ", "— x AA==\n"])
    expect(kindOf(Buffer.concat([example, Buffer.from(more)]))).not.toBe("holds");
});

it("nor does a proof by the seal of another day, or of an event of another day", async () => {
  const other = await signSeal(
    {
      ...sampleSeal,
      day: "2026-11-19",
      oldest: null,
      newest: null,
      size: 0,
      segments: 0,
      manifest: null,
      root: createMerkleTree().root().toString("hex"),
    },
    testSigner(),
  );
  expect(checkProof({ ...prove(1), seal: other }, keys)).toEqual({
    kind: "false",
    why: "the event is not among those that the seal counts",
  });
  const [line] = [Buffer.from('{"gid":"2","created_at":"2026-11-19T02:00:00.000Z"}')];
  const tree = createMerkleTree(0);
  tree.add(line!);
  const sealed = await signSeal({ ...sampleSeal, size: 2, root: tree.root().toString("hex") }, testSigner());
  expect(checkProof({ line: line!, index: 0, path: [], seal: sealed }, keys).kind).toBe("false");
  const one = await signSeal({ ...sampleSeal, segments: 1, size: 1, root: tree.root().toString("hex") }, testSigner());
  expect(checkProof({ line: line!, index: 0, path: [], seal: one }, keys)).toEqual({
    kind: "false",
    why: "the event is not of the day that is sealed",
  });
});

it("what is no event is not proven to be one", async () => {
  const tree = createMerkleTree(0);
  tree.add(Buffer.from("no event"));
  const one = await signSeal({ ...sampleSeal, segments: 1, size: 1, root: tree.root().toString("hex") }, testSigner());
  expect(checkProof({ line: Buffer.from("no event"), index: 0, path: [], seal: one }, keys)).toEqual({
    kind: "false",
    why: "what it holds is not exactly one event",
  });
});

it.each([
  ["c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v2", "its first line is not"],
  ["extra ", "more ", "it holds no event"],
  ["extra ", "extra  ", "it holds no event"],
  ["index 1", "index 01", "not spelled"],
  ["index 1", "index -1", "its third line"],
  ["cSvI", "cSv", "one of its hashes is none"],
  ["cSvI97aB4XSNDYUvi3n7DGXqjN9LjTycn3w1Er5cORs=\n", "AAAA\n", "one of its hashes is none"],
  ["index 1\n", `index 1\n${"cSvI97aB4XSNDYUvi3n7DGXqjN9LjTycn3w1Er5cORs=\n".repeat(64)}`, "more than 63 hashes"],
  ["\n", "\r\n", "its line endings were changed"],
])("with %j instead of %j it is no proof", (from, to, why) => {
  const text = from === "\n" ? example.toString().replaceAll(from, to) : example.toString().replace(from, to);
  expect(() => parseProof(Buffer.from(text))).toThrow(why);
});

it("a seal of a later version cannot be told", () => {
  const later = Buffer.from(seal.toString().replace("seal/1 ", "seal/2 "));
  expect(checkProof({ ...prove(1), seal: later }, keys).kind).toBe("cannot-tell");
});
