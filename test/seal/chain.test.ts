import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ChainOptions, type FoundSeal, judgeSeals } from "../../lambda/seal/chain.ts";
import { printSealFile, readSealFile, sealHash } from "../../lambda/seal/seal-file.ts";
import { parseSealKey } from "../../lambda/seal/seal-key.ts";
import type { Seal } from "../../lambda/seal/text.ts";
import { tries } from "../tries.ts";
import {
  createChain,
  dayOfSegments,
  FIRST_DAY,
  gapOf,
  keyChange,
  keyOfSigner,
  NEW,
  OLD,
  sampleChain,
} from "./sample-chain.ts";
import { testSigner } from "./signers.ts";

const TRUSTED: ChainOptions = { keys: [keyOfSigner(OLD)] };
const good = await sampleChain();
const lost = await sampleChain("loss");

const judge = (found: readonly FoundSeal[], options = TRUSTED, workspace = "1201") =>
  judgeSeals(workspace, found, options);

/** `I9 000003: message`, and `? 000003: message` for what cannot be told. */
function said(found: readonly FoundSeal[], options = TRUSTED, workspace = "1201"): string[] {
  const { violations, untold } = judge(found, options, workspace);
  const short = (key: string) => key.replace(/^seals\/workspace=\d+\//, "").replace(".txt", "");
  return [
    ...violations.map(({ invariant, key, message }) => `${invariant} ${short(key)}: ${message}`),
    ...untold.map(({ key, message }) => `? ${short(key)}: ${message}`),
  ];
}

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const pick = (...wanted: readonly number[]): FoundSeal[] => good.filter(({ number }) => wanted.includes(number));

describe("a whole chain", () => {
  it("with late seals, gaps, quiet days, other looks, a stamp and two keys is good", () => {
    expect(said(good)).toEqual([]);
    const { keys, lastDay, byDay, seals } = judge(good);
    expect(keys.map(({ keyId, from, to, trust }) => [keyId, from, to, trust])).toEqual([
      [keyOfSigner(OLD).keyId, 1, 10, "given"],
      [keyOfSigner(NEW).keyId, 11, 14, "followed"],
    ]);
    expect(lastDay).toBe("2026-11-27");
    expect(byDay.get(FIRST_DAY)?.number).toBe(12);
    expect(seals.length).toBe(14);
  });

  it("of nothing is nothing", () => {
    expect(judge([])).toEqual({ seals: [], byDay: new Map(), lastDay: null, keys: [], violations: [], untold: [] });
  });

  it("is judged by its end alone, where the front is not asked for", () => {
    for (const first of numbers(1, 14))
      expect(said(pick(...numbers(first, 14)), { keys: [OLD, NEW].map(keyOfSigner), first })).toEqual([]);
  });
});

describe("what was done to a chain is named", () => {
  it.each(numbers(1, 13))("seal %i is missing", (number) => {
    const name = String(number).padStart(6, "0");
    expect(said(good.filter((seal) => seal.number !== number))).toContainEqual(`I9 ${name}: is missing`);
  });

  it("several are missing, at the front or further on", () => {
    expect(said(pick(5, 6, 11, 12, 13, 14))).toContainEqual("I9 000001: is missing, as are all up to seal 4");
    expect(said(pick(5, 6, 11, 12, 13, 14))).toContainEqual("I9 000007: is missing, as are all up to seal 10");
  });

  it("the end is missing, for whoever noted the newest seal", () => {
    const expected = [{ number: 14, sha256: sealHash(good[13]!.bytes!) }];
    expect(said(good, { ...TRUSTED, expected })).toEqual([]);
    expect(said(good.slice(0, 12), { ...TRUSTED, expected })).toEqual(["I9 000014: was expected, but is missing"]);
    expect(said(good, { ...TRUSTED, expected: [{ number: 13, sha256: expected[0]!.sha256 }] })).toEqual([
      "I9 000013: is another seal than the one that was expected",
    ]);
  });

  it("two seals were swapped, or one was copied over another", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 13 }), fc.integer({ min: 0, max: 13 }), fc.boolean(), (a, b, isCopy) => {
        if (a === b) return;
        const other = [...good];
        other[a] = { number: a + 1, bytes: good[b]!.bytes };
        if (!isCopy) other[b] = { number: b + 1, bytes: good[a]!.bytes };
        expect(said(other).join("\n")).toMatch(
          new RegExp(`I9 ${String(a + 1).padStart(6, "0")}: is seal ${b + 1}$`, "m"),
        );
      }),
    );
  });

  it("all seals from one on were moved up or down", () => {
    for (const from of numbers(2, 14)) {
      const down = good
        .filter(({ number }) => number !== from - 1)
        .map(({ number, bytes }) => ({ number: number >= from ? number - 1 : number, bytes }));
      expect(said(down).length).toBeGreaterThan(0);
      const up = good.map(({ number, bytes }) => ({ number: number >= from ? number + 1 : number, bytes }));
      expect(said(up)).toContainEqual(`I9 ${String(from).padStart(6, "0")}: is missing`);
    }
  });

  it("any byte of any seal was changed", () => {
    fc.assert(
      fc.property(fc.nat(13), fc.nat(), fc.integer({ min: 1, max: 255 }), (index, where, change) => {
        const bytes = Buffer.from(good[index]!.bytes!);
        bytes[where % bytes.length]! ^= change;
        expect(said(good.with(index, { number: index + 1, bytes }))).not.toEqual([]);
      }),
      tries(200),
    );
  });

  it("a signature was left out, doubled, added or swapped", () => {
    for (const [index, { number, bytes }] of good.entries()) {
      const { text, signatures } = readSealFile(bytes!);
      const others = [
        signatures.slice(1),
        [...signatures, { ...signatures[0]!, keyId: "00000000" }],
        signatures.toReversed(),
      ];
      for (const other of others) {
        if (other.length === 1 && signatures.length === 1) continue;
        const changed = good.with(index, { number, bytes: printSealFile(text, other) });
        expect(said(changed).some((line) => line.includes(String(number).padStart(6, "0")))).toBe(true);
      }
    }
  });

  it("seals of another workspace or archive were put in", async () => {
    expect(said(good, TRUSTED, "1202")[0]).toBe("I9 000001: is a seal of workspace 1201");
    const chain = createChain();
    await chain.add(dayOfSegments("2026-11-20", 1));
    await chain.add({ ...dayOfSegments("2026-11-21", 1), archiveName: "other" });
    expect(said(chain.found)).toEqual(["I9 000002: is a seal of the archive other, not of archive.example.com/asana"]);
  });
});

describe("a seal that is signed well may still be wrong", () => {
  const days = (from: number, to: number) => numbers(from, to).map((number) => dayOfSegments(`2026-11-${number}`, 2));
  const late = { kind: "late", before: 1 } as const;
  const unlooked = { state: "incomplete", coverage: null, looked: null, source: null } as const;

  it.each<[string, readonly Partial<Seal>[]]>([
    [
      "I9 000002: continues a different seal than the one before it",
      [...days(20, 20), { ...days(21, 21)[0], prev: "0".repeat(64) }],
    ],
    [
      "I10 000002: seals 2026-11-22, but the day before it has no seal: the last one is 2026-11-20",
      [...days(20, 20), ...days(22, 22)],
    ],
    ["I10 000002: seals 2026-11-20 as if for the first time, after 2026-11-20", [...days(20, 20), ...days(20, 20)]],
    ["I10 000003: seals 2026-11-20 as if for the first time, after 2026-11-21", [...days(20, 21), ...days(20, 20)]],
    [
      "I10 000001: is the first seal, but not of a day that has none before it",
      [{ ...dayOfSegments("2026-11-20", 2), kind: "late" }],
    ],
    [
      "I10 000002: is a late seal of 2026-11-21, which was not sealed before",
      [...days(20, 20), { ...days(21, 21)[0], kind: "late" }],
    ],
    ["I10 000002: names seal 1, which is no seal of 2026-11-19", [...days(20, 20), { ...days(19, 19)[0], ...late }]],
    [
      "I10 000003: names seal 2 as the one of 2026-11-20 before it, which is seal 1",
      [...days(20, 21), { ...dayOfSegments("2026-11-20", 3), kind: "late", before: 2 }],
    ],
    [
      "I10 000002: counts 10 events of 2026-11-20, but seal 1 counts 20",
      [...days(20, 20), { ...dayOfSegments("2026-11-20", 1), ...late }],
    ],
    [
      "I10 000002: counts 1 segments of 2026-11-20, but seal 1 counts 2",
      [...days(20, 20), { ...dayOfSegments("2026-11-20", 2), ...late, segments: 1 }],
    ],
    [
      "I10 000002: its size and its segments do not go together with those before",
      [...days(20, 20), { ...dayOfSegments("2026-11-20", 2), ...late, segments: 3 }],
    ],
    [
      "I10 000002: has as many events of 2026-11-20 as seal 1, but others",
      [...days(20, 20), { ...dayOfSegments("2026-11-20", 2), ...late, root: "0".repeat(64) }],
    ],
    [
      "I10 000002: its newest event is earlier than that before",
      [
        { ...dayOfSegments("2026-11-20", 2), newest: "2026-11-20T05:00:00.000Z" as Seal["newest"] },
        { ...dayOfSegments("2026-11-20", 3), ...late },
      ],
    ],
    [
      "I10 000002: its oldest event is later than that before",
      [
        ...days(20, 20),
        {
          ...dayOfSegments("2026-11-20", 3),
          ...late,
          oldest: "2026-11-20T05:00:00.000Z" as Seal["newest"],
          newest: "2026-11-20T05:00:00.000Z" as Seal["newest"],
        },
      ],
    ],
    [
      "I11 000002: has a gap that seal 1 did not have",
      [...days(20, 20), { ...dayOfSegments("2026-11-20", 3), ...late, ...unlooked, gaps: [gapOf("2026-11-20")] }],
    ],
    [
      "I11 000002: names an earlier look than before",
      [
        { ...days(20, 20)[0], coverage: { number: 2, sha256: "0".repeat(64) } },
        { ...dayOfSegments("2026-11-20", 3), ...late },
      ],
    ],
    [
      "I11 000002: names another look 1 than before",
      [
        ...days(20, 20),
        { ...dayOfSegments("2026-11-20", 3), ...late, coverage: { number: 1, sha256: "0".repeat(64) } },
      ],
    ],
    [
      "I11 000002: names look 1 at 2026-11-20, which is no later one than was sealed before",
      [...days(20, 20), { ...days(21, 21)[0], again: [{ day: "2026-11-20", number: 1, sha256: "0".repeat(64) }] }],
    ],
    [
      "I11 000002: names look 1 at 2026-11-19, which is no later one than was sealed before",
      [...days(20, 20), { ...days(21, 21)[0], again: [{ day: "2026-11-19", number: 1, sha256: "0".repeat(64) }] }],
    ],
  ])("%s", async (message, seals) => {
    const chain = createChain();
    for (const seal of seals) await chain.add(seal);
    expect(said(chain.found)).toContainEqual(message);
  });

  it("a gap may shrink, be cut in two and go, and never come back", async () => {
    const part = (from: string, until: string) => ({ ...gapOf("2026-11-20"), from, until }) as ReturnType<typeof gapOf>;
    const [one, two] = [
      part("2026-11-20T01:00:00.000Z", "2026-11-20T02:00:00.000Z"),
      part("2026-11-20T02:00:00.000Z", "2026-11-20T04:00:00.000Z"),
    ];
    const both = part("2026-11-20T01:30:00.000Z", "2026-11-20T03:00:00.000Z");
    const chain = createChain();
    await chain.add({ ...dayOfSegments("2026-11-20", 1), ...unlooked, gaps: [gapOf("2026-11-20")] });
    await chain.add({ ...dayOfSegments("2026-11-20", 2), kind: "late", before: 1, ...unlooked, gaps: [one, two] });
    await chain.add({ ...dayOfSegments("2026-11-20", 3), kind: "late", before: 2, ...unlooked, gaps: [both] });
    await chain.add({ ...dayOfSegments("2026-11-20", 3), kind: "late", before: 3 });
    expect(said(chain.found)).toEqual([]);
    await chain.add({ ...dayOfSegments("2026-11-20", 4), kind: "late", before: 4, ...unlooked, gaps: [both] });
    expect(said(chain.found)).toContainEqual("I11 000005: has a gap that seal 4 did not have");
  });
});

describe("keys", () => {
  const id = (signer: typeof OLD) => `archive.example.com/asana (${keyOfSigner(signer).keyId})`;

  it("without the verifier's key nobody knows who signed", () => {
    expect(said(good, { keys: [], hints: [keyOfSigner(OLD)] })).toEqual([
      `? 000010: who signed seals 1 to 10 is not known: the key ${id(OLD)} was not given`,
      `? 000014: who signed seals 11 to 14 is not known: the key ${id(NEW)} was not given`,
    ]);
    expect(said(good, { keys: [] }).length).toBe(2);
    expect(said(good, { keys: [keyOfSigner(testSigner(9))] }).length).toBe(2);
  });

  it("a key that was found beside the archive is tried, though not trusted", () => {
    const bytes = Buffer.from(good[13]!.bytes!.toString().replace("writer 1.4.0", "writer 1.4.1"));
    const forged = good.with(13, { number: 14, bytes });
    expect(said(forged, { keys: [], hints: [keyOfSigner(OLD)] })).toContainEqual(
      `I9 000014: its signature is not by the key ${id(NEW)}, or is of another text`,
    );
    const first = Buffer.from(good[0]!.bytes!.toString().replace("writer 1.4.0", "writer 1.4.1"));
    const isTried = (options: ChainOptions) =>
      said([{ number: 1, bytes: first }], options).some((line) => line.startsWith("I9"));
    expect(isTried({ keys: [], hints: [keyOfSigner(OLD)] })).toBe(true);
    expect(isTried({ keys: [] })).toBe(false);
  });

  it("whoever trusts the new key alone has its word for what was before", () => {
    const options = { keys: [keyOfSigner(NEW)] };
    expect(said(good, options)).toEqual([]);
    expect(judge(good, options).keys.map(({ trust }) => trust)).toEqual(["vouched", "given"]);
    expect(said(lost, options)).toEqual([]);
  });

  it("a lost key hands over to nobody: the new one must be given too", () => {
    expect(said(lost)).toEqual([`? 000014: who signed seals 10 to 14 is not known: the key ${id(NEW)} was not given`]);
    expect(said(lost, { keys: [OLD, NEW].map(keyOfSigner) })).toEqual([]);
  });

  it("from the next seal on only the new key counts, and before it only the old one", async () => {
    const chain = createChain([OLD]);
    await chain.add(dayOfSegments("2026-11-20", 1));
    await chain.add(dayOfSegments("2026-11-21", 1), [NEW]);
    await chain.add(keyChange(NEW, "rotation"), [OLD, NEW]);
    await chain.add(dayOfSegments("2026-11-22", 1), [OLD]);
    expect(said(chain.found)).toEqual([
      `I9 000002: is signed by the key ${id(NEW)}, but ${id(OLD)} is in force`,
      `I9 000004: is signed by the key ${id(OLD)}, but ${id(NEW)} is in force`,
    ]);
  });

  it("a change of keys is signed by both, by the new one alone if the old one is lost, and never goes back", async () => {
    const change = async (reason: "rotation" | "loss", next: typeof OLD, ...by: (typeof OLD)[]) => {
      const chain = createChain([OLD]);
      await chain.add(dayOfSegments("2026-11-20", 1));
      await chain.add(keyChange(next, reason), by);
      return said(chain.found, { keys: [OLD, NEW].map(keyOfSigner) });
    };
    const other = testSigner(2);
    expect(await change("rotation", NEW, OLD, NEW)).toEqual([]);
    expect(await change("rotation", NEW, OLD)).toContainEqual("I9 000002: has 1 signatures instead of 2");
    expect(await change("rotation", NEW, NEW)).toContainEqual("I9 000002: has 1 signatures instead of 2");
    expect(await change("rotation", NEW, other, NEW)).toEqual([
      `I9 000002: is signed by the key ${id(other)}, but ${id(OLD)} is in force`,
    ]);
    expect(await change("rotation", NEW, OLD, other)).toEqual([
      `I9 000002: is not signed by the key ${id(NEW)}, which it says is the next`,
    ]);
    expect(await change("loss", NEW, OLD)).toEqual([
      `I9 000002: is not signed by the key ${id(NEW)}, which it says is the next`,
    ]);
    expect(await change("loss", OLD, OLD)).toEqual([`I9 000002: its next key ${id(OLD)} has been in force before`]);
  });

  it("what a revoked key signed counts only as far as something outside of the archive shows it to be older", () => {
    const revoked = [{ keyId: keyOfSigner(OLD).keyId, from: 6 }];
    const message = (from: number) =>
      `? 000010: the key ${keyOfSigner(OLD).keyId}, which signed ${from === 10 ? "seal 10" : `seals ${from} to 10`}, was revoked, and nothing outside of the archive shows that they are older than that`;
    const handed = `? 000014: who signed seals 11 to 14 is not known: the key ${id(NEW)} was not given`;
    expect(said(good, { ...TRUSTED, revoked })).toEqual([handed, message(6)]);
    expect(said(good, { ...TRUSTED, revoked, anchored: 8 })).toEqual([handed, message(9)]);
    expect(said(good, { ...TRUSTED, revoked, anchored: 10 })).toEqual([]);
    expect(said(good, { ...TRUSTED, revoked, expected: [{ number: 11, sha256: sealHash(good[10]!.bytes!) }] })).toEqual(
      [],
    );
    expect(said(good, { keys: [OLD, NEW].map(keyOfSigner), revoked })).toEqual([message(6)]);
    expect(said(good, { ...TRUSTED, revoked: [{ keyId: keyOfSigner(NEW).keyId, from: 15 }] })).toEqual([]);
  });

  it("a key of the same name and id that is not the one given is not trusted", () => {
    const twin = { ...keyOfSigner(NEW), publicKey: Buffer.alloc(32, 1) };
    expect(judge(good, { keys: [twin] }).keys.at(-1)?.trust).toBe("unknown");
  });
});

describe("what cannot be told", () => {
  it("a seal that the store did not give, and what follows from it, is neither good nor bad", () => {
    for (const number of numbers(1, 14)) {
      const other = good.with(number - 1, { number, bytes: null });
      expect(said(other, { keys: [OLD, NEW].map(keyOfSigner) })).toEqual([
        `? ${String(number).padStart(6, "0")}: could not be read`,
      ]);
    }
  });

  it("a seal of a later version is passed over, and the next one must still name it", () => {
    const { text, signatures } = readSealFile(good[12]!.bytes!);
    const bytes = printSealFile(text.replace("seal/1 ", "seal/2 "), signatures);
    expect(said([...good.slice(0, 12), { number: 13, bytes }])).toEqual([
      "? 000013: it is a seal of version 2; this program knows version 1",
    ]);
    expect(said(good.with(12, { number: 13, bytes }))).toContainEqual(
      "I9 000014: continues a different seal than the one before it",
    );
  });
});

it("what is no seal does not belong among them", () => {
  expect(parseSealKey("seals/workspace=1201/000001.txt")).toEqual({ workspace: "1201", number: 1 });
  for (const key of [
    "seals/workspace=1201/1.txt",
    "seals/workspace=1201/000000.txt",
    "seals/workspace=0/000001.txt",
    "seals/workspace=1201/000001.txt~",
  ])
    expect(parseSealKey(key)).toBeNull();
});
