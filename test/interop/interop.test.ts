/**
 * Seals and proofs of made-up days, with any text in their lines, as software sees them that nobody here wrote: Go's note
 * and transparency-dev's trees, and the Python file that is given to auditors. What they accept and refuse is what we do.
 */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { type Instant, shiftDay } from "../../lambda/event/instant.ts";
import { printVerifierKey, verifierKey } from "../../lambda/seal/note.ts";
import { EMPTY_ROOT, type Seal } from "../../lambda/seal/text.ts";
import { rootOfLines, SAMPLE_LINES, sampleSeal, signSeal } from "../seal/sample-seal.ts";
import { testSigner } from "../seal/signers.ts";
import { flip, ours, prove } from "./cases.ts";
import { go, hasGo, hasPython, type InteropCase, python, type Verifier } from "./programs.ts";

const COUNT = 300;

/** A day as it may come: quiet or busy, early or late in its archive, with any text in its lines. */
const someDay = fc.record({
  texts: fc.array(fc.string({ unit: "grapheme", maxLength: 40 }), { maxLength: 70, size: "max" }),
  dayNumber: fc.nat(3_000),
  signer: fc.integer({ min: 0, max: 3 }),
  name: fc.stringMatching(/^[A-Za-z0-9][\w.-]{0,20}(\/[\w.-]{1,10})?$/),
  number: fc.integer({ min: 2, max: 999_999 }),
  kind: fc.constantFrom("day", "late"),
  pick: fc.nat(),
  flip: fc.record({ where: fc.nat(), bit: fc.nat(7) }),
});
type Day = typeof someDay extends fc.Arbitrary<infer T> ? T : never;

interface Made {
  readonly good: readonly InteropCase[];
  readonly changed: readonly InteropCase[];
}

async function make(day: Day, index: number): Promise<Made> {
  const date = shiftDay("2021-10-08", day.dayNumber);
  const at = `${date}T01:02:03.456Z` as Instant;
  const lines = day.texts.map((text, gid) => Buffer.from(JSON.stringify({ gid: `${gid + 1}`, created_at: at, text })));
  const isQuiet = lines.length === 0;
  const signer = testSigner(day.signer, day.name);
  const seal: Seal = {
    ...sampleSeal,
    archiveName: day.name,
    day: date,
    size: lines.length,
    root: isQuiet ? EMPTY_ROOT : rootOfLines(lines).toString("hex"),
    number: day.number,
    prev: sampleSeal.manifest,
    kind: day.kind,
    ...(isQuiet ? { segments: 0, manifest: null } : { segments: 1 }),
    oldest: isQuiet ? null : at,
    newest: isQuiet ? null : at,
  };
  const note = await signSeal(seal, signer);
  const key = printVerifierKey(verifierKey(signer.keyName, signer.publicKey));
  const common = { key, origin: `${day.name}/${seal.workspace}/${date}` };
  const sealCase = { ...common, note: note.toString("base64"), lines: lines.map((line) => line.toString("base64")) };
  const flipped = flip(note, day.flip);
  const changedSeal = { ...sealCase, name: `${index}-seal-changed`, note: flipped.toString("base64") };
  if (isQuiet) return { good: [{ ...sealCase, name: `${index}-seal` }], changed: [changedSeal] };
  const proof = prove(lines, day.pick % lines.length, note);
  return {
    good: [
      { ...sealCase, name: `${index}-seal` },
      { ...common, name: `${index}-proof`, proof: proof.toString("base64") },
    ],
    changed: [
      changedSeal,
      { ...sealCase, name: `${index}-line-less`, lines: sealCase.lines.slice(1) },
      { ...common, name: `${index}-proof-changed`, proof: flip(proof, day.flip).toString("base64") },
    ],
  };
}

let good: InteropCase[];
let changed: InteropCase[];
beforeAll(async () => {
  const made = await Promise.all(fc.sample(someDay, { numRuns: COUNT, seed: 17 }).map(make));
  good = made.flatMap((one) => one.good);
  changed = made.flatMap((one) => one.changed);
});

describe.each<[string, Verifier, boolean]>([
  ["Go, with transparency-dev's modules,", go, hasGo()],
  ["Python, with `cryptography`,", python, hasPython()],
  ["this program", ours, true],
])("%s", (_, verifier, isThere) => {
  it.runIf(isThere)(
    `accepts the seals and proofs of ${COUNT} days, and none with a bit or a line changed`,
    async () => {
      const answers = await verifier([...good, ...changed]);
      expect(answers.size).toBe(good.length + changed.length);
      const told = (cases: readonly InteropCase[]) => cases.map(({ name }) => [name, answers.get(name)] as const);
      expect(told(good).filter(([, answer]) => answer !== "ok")).toEqual([]);
      expect(told(changed).filter(([, answer]) => answer?.startsWith("fail: ") !== true)).toEqual([]);
    },
  );
});

it("the example of the format is accepted by all that are here", async () => {
  const signer = testSigner();
  const note = await signSeal(sampleSeal, signer);
  const key = "archive.example.com/asana+a5fb010f+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";
  const common = { key, origin: "archive.example.com/asana/1201/2026-11-20" };
  const lines = SAMPLE_LINES.map((line) => line.toString("base64"));
  const cases = [
    { ...common, name: "seal", note: note.toString("base64"), lines },
    { ...common, name: "proof", proof: prove(SAMPLE_LINES, 1, note).toString("base64") },
  ];
  for (const verifier of [hasGo() ? go : null, hasPython() ? python : null].filter((one) => one !== null))
    expect([...(await verifier(cases)).values()]).toEqual(["ok", "ok"]);
});
