/**
 * All seals of whole archives, and proofs of their events, as the product makes them over days: quiet and busy days, late
 * events, gaps, keys that hand over. What Go, Python, openssl and this program accept and refuse is the same.
 * `TRIES=167 npx vitest run --project breadth test/interop/archives.test.ts` asks about a thousand archives.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { createRandom } from "../../feed/random.ts";
import { printVerifierKey } from "../../lambda/seal/note.ts";
import { verifierKeysIn } from "../../lambda/seal/public-keys.ts";
import { KEYS_PREFIX, sealKey } from "../../lambda/seal/seal-key.ts";
import { FIRST_SEED, randomArchive } from "../seal/random-archive.ts";
import { chainOf, type Objects, segmentsOf } from "../seal/sealed-archive.ts";
import { readLines, WORKSPACE } from "../segment/sample.ts";
import { tries } from "../tries.ts";
import { flip, ours, prove } from "./cases.ts";
import { go, hasGo, hasOpenssl, hasPython, type InteropCase, openssl, python, type Verifier } from "./programs.ts";

const ARCHIVES = tries(6).numRuns;

const good: InteropCase[] = [];
/** Whose text or signature is another one. */
const changed: InteropCase[] = [];
/** Whose signatures hold, but not for these lines, or this event. */
const mistaken: InteropCase[] = [];

/** Each seal of an archive with the key in force and all lines that it counts, and the proof of one of them. */
async function addArchive(seed: number): Promise<void> {
  const { objects } = await randomArchive(seed);
  const { seals, keys } = chainOf(objects, keysIn(objects));
  const random = createRandom("interop", seed);
  const someFlip = () => ({ where: random.int(1_000_000), bit: random.int(8) });
  for (const { number, file } of seals) {
    const { day, segments, workspace, archiveName, keyChange } = file.seal;
    const note = objects.get(sealKey(WORKSPACE, number))!;
    const inForce = keys.find((span) => number >= span.from && number <= span.to)!;
    const common = { key: printVerifierKey(inForce.key!), origin: `${archiveName}/${workspace}/${day ?? "key"}` };
    const ofDay = day === null ? [] : segmentsOf(objects, day).slice(0, segments);
    const lines = (await Promise.all(ofDay.map((key) => readLines(objects.get(key)!))))
      .flat()
      .map((one) => Buffer.from(one));
    const name = `${seed}-${number}`;
    const seal = { ...common, note: note.toString("base64"), lines: lines.map((line) => line.toString("base64")) };
    good.push({ ...seal, name: `${name}-seal` });
    // Of a seal that two keys sign, one of them may still hold.
    if (keyChange === null)
      changed.push({ ...seal, name: `${name}-seal-changed`, note: flip(note, someFlip()).toString("base64") });
    if (lines.length === 0) continue;
    const at = random.int(lines.length);
    const proof = prove(lines, at, note);
    good.push({ ...common, name: `${name}-proof`, proof: proof.toString("base64") });
    mistaken.push({ ...seal, name: `${name}-line-less`, lines: seal.lines.toSpliced(at, 1) });
    if (lines.length === 1) continue;
    mistaken.push({ ...seal, name: `${name}-order`, lines: seal.lines.toReversed() });
    const moved = proof.toString("latin1").replace(/\nindex \d+\n/, `\nindex ${(at + 1) % lines.length}\n`);
    mistaken.push({ ...common, name: `${name}-proof-moved`, proof: Buffer.from(moved, "latin1").toString("base64") });
  }
}

const keysIn = (objects: Objects) =>
  [...objects].flatMap(([key, bytes]) => (key.startsWith(KEYS_PREFIX) ? verifierKeysIn({ key, bytes }) : []));

beforeAll(async () => {
  for (let at = 0; at < ARCHIVES; at += 1) await addArchive(FIRST_SEED + at);
}, 600_000);

it("the archives have seals of all kinds, and keys that hand over", () => {
  const texts = good.flatMap(({ note = "" }) => Buffer.from(note, "base64").toString());
  for (const part of ["\nkind day\n", "\nkind late\n", "\nkind key\n", "\nstate incomplete\n", "\nsegments 0 none\n"])
    expect(texts.filter((text) => text.includes(part)).length).toBeGreaterThan(0);
});

describe.each<[string, Verifier, boolean, boolean]>([
  ["Go, with transparency-dev's modules,", go, hasGo(), true],
  ["Python, with `cryptography`,", python, hasPython(), true],
  ["openssl, which looks at signatures only,", openssl, hasOpenssl(), false],
  ["this program", ours, true, true],
])("%s", (_, verifier, isThere, looksAtLines) => {
  it.runIf(isThere)(
    `accepts every seal of ${ARCHIVES} archives and a proof for each, and none with a bit, a line or a place changed`,
    async () => {
      const refused = [...changed, ...(looksAtLines ? mistaken : [])];
      const answers = await verifier([...good, ...refused]);
      expect(answers.size).toBe(good.length + refused.length);
      const told = (cases: readonly InteropCase[]) => cases.map(({ name }) => [name, answers.get(name)] as const);
      expect(told(good).filter(([, answer]) => answer !== "ok")).toEqual([]);
      expect(told(refused).filter(([, answer]) => answer?.startsWith("fail: ") !== true)).toEqual([]);
    },
    Math.max(600_000, ARCHIVES * 3000), // openssl is started for each case
  );
});
