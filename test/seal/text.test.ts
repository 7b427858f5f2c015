import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Instant } from "../../lambda/event/instant.ts";
import { verifierKey } from "../../lambda/seal/note.ts";
import { readSealFile } from "../../lambda/seal/seal-file.ts";
import {
  EMPTY_ROOT,
  isArchiveName,
  parseSeal,
  printSeal,
  type Seal,
  SealTextError,
  type WholeSecond,
} from "../../lambda/seal/text.ts";
import { sha256 } from "../segment/forge.ts";
import { tries } from "../tries.ts";
import { sampleSeal, signSeal } from "./sample-seal.ts";
import { ARCHIVE_NAME, RFC_8032, testSigner } from "./signers.ts";

const HASH = sha256(Buffer.from("any"));
const at = (time: string): Instant => `2026-11-20T${time}:00.000Z` as Instant;
const quiet = { size: 0, root: EMPTY_ROOT, segments: 0, manifest: null, oldest: null, newest: null };
const unlooked = { state: "incomplete", coverage: null, looked: null, source: null } as const;
const gap = { from: at("01:00"), until: at("02:00"), reason: "scan-incomplete" } as const;
const later = { number: 7, prev: HASH };
const toKey = {
  ...later,
  ...quiet,
  ...unlooked,
  state: "complete",
  day: null,
  kind: "key",
  keyChange: { next: verifierKey(ARCHIVE_NAME, RFC_8032.publicKey), reason: "rotation" },
} as const;

describe("the text of a seal", () => {
  it("is the example of the format, to the last byte", async () => {
    const file = await signSeal(sampleSeal, testSigner());
    expect(file.toString()).toBe(EXAMPLE);
    expect(file.length).toBe(609);
    expect(sha256(file)).toBe("08f90483f59ee32124eeed6d46d52a6beb899068438cc9b3091e84cbcf1c7e55");
  });

  it.each<[string, Partial<Seal>]>([
    ["of a quiet day", quiet],
    ["of a day that nobody looked at", { ...unlooked, gaps: [gap] }],
    [
      "of a day that was not looked at to the end",
      {
        ...unlooked,
        coverage: sampleSeal.coverage,
        gaps: [gap, { ...gap, from: gap.until, until: "2026-11-21T00:00:00.000Z" as Instant }],
      },
    ],
    ["of a day that has more by now", { ...later, kind: "late", before: 4 }],
    ["of the odd day", { ...later, kind: "late", day: "2021-10-07", oldest: null, newest: null }],
    [
      "of another look",
      {
        ...later,
        again: Array.from({ length: 8 }, (_, index) => ({ day: `2026-09-0${index + 1}`, number: 2, sha256: HASH })),
      },
    ],
    ["of a stamp", { ...later, stamps: [{ seal: 6, sha256: HASH }] }],
    ["of a key that follows", toKey],
    ["of a key that is lost", { ...toKey, keyChange: { ...toKey.keyChange, reason: "loss" } }],
  ])("is read as it was printed: %s", (_, more) => {
    const seal = { ...sampleSeal, ...more };
    expect(parseSeal(printSeal(seal))).toEqual(seal);
  });

  it("is short enough to be signed as it is, whatever it says", () => {
    const time = (hour: number) => `2026-11-20T${String(hour).padStart(2, "0")}:00:00.000Z` as Instant;
    const most: Seal = {
      ...sampleSeal,
      ...unlooked,
      archiveName: "n".repeat(128),
      workspace: "9".repeat(20),
      number: 999_999,
      prev: HASH,
      size: Number.MAX_SAFE_INTEGER - 1,
      coverage: sampleSeal.coverage,
      gaps: Array.from({ length: 20 }, (_, i) => ({ from: time(i), until: time(i + 1), reason: "before-first-scan" })),
      again: Array.from({ length: 8 }, () => ({ day: "2026-09-01", number: 999_999, sha256: HASH })),
      stamps: Array.from({ length: 4 }, () => ({ seal: 999_998, sha256: HASH })),
      writer: "w".repeat(128),
    };
    expect(() => printSeal({ ...most, size: 999_999_999_999_999 })).not.toThrow();
  });

  it.each<[string, Partial<Seal>]>([
    ["its first line names no archive", { archiveName: "a b" }],
    ["its first line names no archive", { archiveName: "a+b" }],
    ["its first line names no archive", { archiveName: "a//b" }],
    ["its first line names no workspace", { workspace: "0" }],
    ["its first line names no day", { day: "2026-02-30" }],
    ["its first line names no day", { day: null }],
    ["its first line names no day", { ...toKey, day: "2026-11-20" }],
    ["its size is no count", { size: -1 }],
    ["its root is no hash", { root: "" }],
    ["its number is none", { number: 0 }],
    ["its number is none", { number: 1_000_000 }],
    ["`prev` is none exactly in seal 1", { prev: HASH }],
    ["`prev` is none exactly in seal 1", { number: 2 }],
    ["`before` is not the number of an earlier seal", { before: 1 }],
    ["`before` is not the number of an earlier seal", { ...later, kind: "late", before: 7 }],
    ["the odd day is sealed late only", { day: "2021-10-07" }],
    ["do not go together", { segments: 0 }],
    ["do not go together", { size: 1 }],
    ["do not go together", { size: 0 }],
    ["do not go together", { manifest: null }],
    ["do not go together", { oldest: null }],
    ["do not go together", { oldest: "2026-11-19T01:00:00.000Z" as Instant }],
    ["do not go together", { newest: at("00:30") }],
    ["do not go together", { ...quiet, root: HASH }],
    ["`coverage` is no number and hash", { coverage: { number: 0, sha256: HASH } }],
    [
      "`looked` is not from one time to a later one",
      { looked: { began: sampleSeal.looked!.ended, ended: sampleSeal.looked!.began } },
    ],
    ["`source` does not add up", { source: { seen: 4, had: 3, added: 0, gone: 0 } }],
    ["its state, coverage, look and gaps do not go together", { coverage: null }],
    ["its state, coverage, look and gaps do not go together", { gaps: [gap] }],
    ["its state, coverage, look and gaps do not go together", { ...unlooked }],
    ["its state, coverage, look and gaps do not go together", { ...unlooked, looked: sampleSeal.looked, gaps: [gap] }],
    ["its state, coverage, look and gaps do not go together", { keyChange: toKey.keyChange }],
    ["its state, coverage, look and gaps do not go together", { ...toKey, keyChange: null }],
    ["its state, coverage, look and gaps do not go together", { ...toKey, number: 1, prev: null }],
    [
      "its state, coverage, look and gaps do not go together",
      { ...toKey, keyChange: { next: verifierKey("other", RFC_8032.publicKey), reason: "loss" } },
    ],
    ["its gaps are not parts of its day", { ...unlooked, gaps: [{ ...gap, until: gap.from }] }],
    ["its gaps are not parts of its day", { ...unlooked, gaps: [gap, gap] }],
    [
      "its gaps are not parts of its day",
      { ...unlooked, gaps: [{ ...gap, until: "2026-11-21T00:00:00.001Z" as Instant }] },
    ],
    [
      "its gaps are not parts of its day",
      { ...unlooked, gaps: [{ ...gap, from: "2026-11-19T23:59:59.999Z" as Instant }] },
    ],
    ["it has a line `stamp`", { ...later, stamps: [{ seal: 7, sha256: HASH }] }],
    ["it has a line `again`", { again: Array(9).fill({ day: "2026-11-19", number: 1, sha256: HASH }) }],
    ["`sealed` is no time", { sealed: "2026-11-21T06:10:04.000Z" as WholeSecond }],
    ["`writer` is none", { writer: "1.4.0 beta" }],
  ])("cannot be: %s", (why, more) => {
    expect(() => printSeal({ ...sampleSeal, ...more })).toThrow(why);
  });

  it("has one spelling: what can be read with any character changed, left out or added prints as that", () => {
    const text = printSeal({
      ...sampleSeal,
      ...unlooked,
      ...later,
      gaps: [gap],
      again: [{ day: "2026-09-01", number: 2, sha256: HASH }],
    });
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(2), fc.constantFrom(..." 0129\nabz+-:/T.\r\t"), (where, cut, put) => {
        const other = text.slice(0, where) + put + text.slice(where + cut);
        expect([null, other]).toContain(printedAgain(other));
      }),
      tries(1000),
    );
  });

  it.each([
    ["00007", "7", "spelled"],
    ["seal/1 7", "seal/1 07", "spelled"],
    ["prev ", "prev  ", "`prev`"],
    ["\nkind", "\n\nkind", "line 6"],
    ["kind day\nbefore none", "before none\nkind day", "line 6"],
    ["writer 1.4.0\n", "writer 1.4.0", "spelled"],
    ["writer 1.4.0\n", "writer 1.4.0\nmore\n", "spelled"],
    ["7680=", "7681=", "its root is no hash"],
    ["source seen", "source  seen", "`source`"],
    ["source seen", "source saw", "spelled"],
  ])("is not read with %j as %j", (from, to, why) => {
    const text = printSeal({ ...sampleSeal, ...later });
    expect(() => parseSeal(text.includes(from) ? text.replace(from, to) : text.replace("\n3\n", "\n003\n"))).toThrow(
      why,
    );
  });

  it("of a later version says so: it is neither good nor bad", () => {
    const text = printSeal(sampleSeal).replace("seal/1 ", "seal/2 ").replace("kind day", "kind more");
    expect(() => parseSeal(text)).toThrow("it is a seal of version 2; this program knows version 1");
    expect(kindOf(text)).toBe("newer");
    expect(kindOf(text.replace("seal/2 ", "seal/x "))).toBe("damaged");
  });

  it("is refused beyond what can be signed, and its file beyond what is read", async () => {
    expect(() => parseSeal("x".repeat(4097))).toThrow("it is too long");
    expect(() => readSealFile(Buffer.alloc(16 * 1024 + 1))).toThrow("it is too long");
    const crlf = (await signSeal(sampleSeal, testSigner())).toString().replaceAll("\n", "\r\n");
    expect(() => readSealFile(Buffer.from(crlf))).toThrow("its line endings were changed");
  });

  function printedAgain(text: string): string | null {
    try {
      return printSeal(parseSeal(text));
    } catch (error) {
      expect(error).toBeInstanceOf(SealTextError);
      return null;
    }
  }

  function kindOf(text: string): string | null {
    try {
      parseSeal(text);
      return null;
    } catch (error) {
      return (error as SealTextError).kind;
    }
  }
});

it.each(["a", "archive.example.com/asana", "asana-archive.123456789012.eu-central-1", "A_b:c@d/e"])(
  "%j can be an archive's name",
  (name) => {
    expect(isArchiveName(name)).toBe(true);
  },
);

it.each(["", " ", "/a", "a/", "a b", "a+b", "a\n", "-a", "ä", "x".repeat(129)])(
  "%j cannot be an archive's name",
  (name) => {
    expect(isArchiveName(name)).toBe(false);
  },
);

const EXAMPLE = `archive.example.com/asana/1201/2026-11-20
3
LpsiNS2RbiYtjBQOadvgDrk2ViVQkDbWveInT++7680=
seal/1 1
prev none
kind day
before none
state complete
segments 2 bedbe217a47cf0b6f225dd3e539a0a1115cff37fd2a84355b41d4db8f0962fdb
oldest 2026-11-20T01:00:00.000Z
newest 2026-11-20T03:00:00.000Z
coverage 1 b2014d6fc1c9d2400543631f700684e9e23a781822ec8acb85a5cdb2d53b517d
looked 2026-11-21T06:00:11Z 2026-11-21T06:00:14Z
source seen 3 had 3 added 0 gone 0
sealed 2026-11-21T06:10:04Z
writer 1.4.0

— archive.example.com/asana pfsBD0lev1LrtP9z7y6csEr7vwwdowNuSUMhBGUAnq3y4IikFDXCT7GiP6wHCu08I42YObpBMNk21mYCPlOzXfvHywY=
`;
