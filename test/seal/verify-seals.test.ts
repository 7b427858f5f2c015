/** What `verify` holds against seals that a key in force signed, by looks, stamps and keys; logs are judged in sealer.test.ts. */
import { expect, it } from "vitest";
import { verify } from "../../lambda/archive/verify.ts";
import { type Instant, shiftDay } from "../../lambda/event/instant.ts";
import { readSealFile, sealHash } from "../../lambda/seal/seal-file.ts";
import { sealKey } from "../../lambda/seal/seal-key.ts";
import { stampKey } from "../../lambda/seal/stamp-key.ts";
import type { Gap, Seal } from "../../lambda/seal/text.ts";
import { NO_TRUST, type SealTrust } from "../../lambda/seal/verify-seals.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { timestampInfo, timestampResponse, unsignedToken } from "../fakes/timestamp-answer.ts";
import { codec, WORKSPACE } from "../segment/sample.ts";
import { keyOfSigner } from "./sample-chain.ts";
import { signSeal } from "./sample-seal.ts";
import { type Objects, putLog, putLook, sealAt } from "./sealed-archive.ts";
import { testSigner } from "./signers.ts";

const FIRST = "2026-05-01";
const day = (index: number): string => shiftDay(FIRST, index);
const KEY = keyOfSigner(testSigner());

const verifying = (objects: Objects, more: Partial<SealTrust> = {}) =>
  verify({ archive: createMemoryArchive(objects), codec }, { trust: { ...NO_TRUST, keys: [KEY], ...more } });

/** What the owner of the key could sign instead, as the newest seal. */
async function resign(objects: Objects, number: number, change: Partial<Seal>): Promise<void> {
  const key = sealKey(WORKSPACE, number);
  objects.set(key, await signSeal({ ...readSealFile(objects.get(key)!).seal, ...change }, testSigner()));
}

const at = (index: number, hour: string): Instant => `${day(index)}T${hour}:00:00.000Z` as Instant;
const gap = (from: string, until: string, reason: Gap["reason"] = "scan-incomplete"): Gap => ({
  from: at(1, from),
  until: at(1, until),
  reason,
});

/** Two days, of which the second was looked at with two parts left out, or not at all. */
async function withGaps(isLooked: boolean): Promise<Objects> {
  const objects: Objects = new Map();
  for (const index of [0, 1]) await putLog(objects, day(index), 2);
  putLook(objects, day(0));
  const unread = [
    [at(1, "02"), at(1, "03")],
    [at(1, "20"), at(1, "21")],
  ] as const;
  if (isLooked) putLook(objects, day(1), { complete: false, reason: "scan-incomplete", unread });
  await sealAt(objects, day(9));
  return objects;
}

it.each<[string, boolean, readonly Gap[]]>([
  ["with a gap less", true, [gap("02", "03")]],
  ["with a smaller gap", true, [gap("02", "03"), { ...gap("20", "21"), until: `${day(1)}T20:30:00.000Z` as Instant }]],
  ["with a larger gap", true, [gap("02", "03"), gap("20", "22")]],
  ["with another reason", true, [gap("02", "03"), gap("20", "21", "source-refused")]],
  ["where nobody looked, with less than the whole day", false, [gap("02", "03")]],
])("a seal that does not tell its gaps as its look left them is a fault: %s", async (_, isLooked, gaps) => {
  const objects = await withGaps(isLooked);
  expect(await verifying(objects)).toMatchObject({ outcome: "clean", faults: [] });
  await resign(objects, 2, { gaps });
  expect((await verifying(objects)).faults).toMatchObject([
    { invariant: "I11", key: sealKey(WORKSPACE, 2), message: expect.stringMatching(/^does not tell the gaps of /) },
  ]);
});

it("a seal that calls a day open although its look came to its end is a fault", async () => {
  const objects: Objects = new Map();
  putLook(objects, day(0));
  putLook(objects, day(1));
  await sealAt(objects, day(3));
  await resign(objects, 2, {
    state: "incomplete",
    looked: null,
    source: null,
    gaps: [{ from: at(1, "00"), until: at(2, "00"), reason: "source-forgot" }],
  });
  expect((await verifying(objects)).faults).toMatchObject([{ invariant: "I11", key: sealKey(WORKSPACE, 2) }]);
});

/** Six days, sealed one by one, each at noon of the day after. */
async function sixSeals(): Promise<Objects> {
  const objects: Objects = new Map();
  for (let index = 0; index < 6; index += 1) {
    putLook(objects, day(index));
    await sealAt(objects, day(index + 1));
  }
  return objects;
}

function putStamp(objects: Objects, seal: number, time: Instant): void {
  const digest = Buffer.from(sealHash(objects.get(sealKey(WORKSPACE, seal))!), "hex");
  const info = timestampInfo({ digest, time: `${time.replaceAll(/\D/g, "").slice(0, 14)}Z` });
  objects.set(stampKey({ workspace: WORKSPACE, seal, authority: 1 }), timestampResponse(0, unsignedToken(info)));
}

it("a stamp that is older than the time in the seal that it stamps is a fault; one of the same second is not", async () => {
  const objects = await sixSeals();
  putStamp(objects, 2, `${day(2)}T12:00:00.000Z` as Instant);
  expect(await verifying(objects)).toMatchObject({ faults: [], seals: [{ stamps: { length: 1 } }] });
  putStamp(objects, 3, `${day(3)}T11:59:59.000Z` as Instant);
  const { faults, seals } = await verifying(objects);
  expect(faults).toMatchObject([
    {
      invariant: "I9",
      key: stampKey({ workspace: WORKSPACE, seal: 3, authority: 1 }),
      message: expect.stringContaining(`it is of ${day(3)}T11:59:59.000Z, and the seal says that it was made at`),
    },
  ]);
  expect(seals[0]!.stamps).toMatchObject([{ seal: 2 }]);
});

it("a stamp that nobody vouches for leaves something open where later seals should have named it, or roots were given", async () => {
  const objects = await sixSeals();
  putStamp(objects, 6, `${day(6)}T12:10:00.000Z` as Instant);
  expect(await verifying(objects)).toMatchObject({ outcome: "clean" });
  const key = stampKey({ workspace: WORKSPACE, seal: 6, authority: 1 });
  const demanding = await verifying(objects, { demandsCheckedStamps: true });
  expect(demanding.untold).toMatchObject([{ key, message: expect.stringMatching(/^who made it is not known: /) }]);
  for (const index of [6, 7]) {
    putLook(objects, day(index));
    await sealAt(objects, day(index + 1));
  }
  expect(await verifying(objects)).toMatchObject({ outcome: "clean" });
  putStamp(objects, 5, `${day(6)}T12:10:00.000Z` as Instant);
  const { untold } = await verifying(objects);
  expect(untold).toMatchObject([
    { key: key.replace("000006", "000005"), message: expect.stringMatching(/by no seal/) },
  ]);
});

it("of a key revoked from a time on counts what a stamp of a trusted authority shows to be older, and nothing else", async () => {
  const objects = await sixSeals();
  putStamp(objects, 2, `${day(2)}T13:00:00.000Z` as Instant);
  putStamp(objects, 4, `${day(4)}T13:00:00.000Z` as Instant);
  const genTimes = { 2: day(2), 4: day(4) };
  const checkStamp: SealTrust["checkStamp"] = async (_, stamped) => {
    const number = readSealFile(stamped).seal.number as 2 | 4;
    return { kind: "good", genTime: `${genTimes[number]}T13:00:00.000Z` as Instant, authority: "one" };
  };
  const revokedAt = (time: Instant, more: Partial<SealTrust> = {}) =>
    verifying(objects, { revoked: [{ keyId: KEY.keyId, at: time }], checkStamp, ...more });
  const from = async (time: Instant, more?: Partial<SealTrust>) => {
    const { outcome, untold } = await revokedAt(time, more);
    expect(outcome).toBe("untold");
    return /which signed seals (\d)/.exec(untold[0]!.message)![1];
  };
  expect(await from(`${day(5)}T00:00:00.000Z` as Instant)).toBe("5");
  expect(await from(`${day(4)}T13:00:00.000Z` as Instant)).toBe("3");
  expect(await from(`${day(2)}T00:00:00.000Z` as Instant)).toBe("1");
  // What the seals say of themselves, or a stamp that nobody vouches for, shows nothing.
  expect(await from(`${day(60)}T00:00:00.000Z` as Instant)).toBe("5");
  const unchecked: SealTrust["checkStamp"] = async () => {
    return { kind: "unchecked", genTime: `${day(4)}T13:00:00.000Z` as Instant, authority: "one", reason: "no root" };
  };
  expect(await from(`${day(5)}T00:00:00.000Z` as Instant, { checkStamp: unchecked })).toBe("1");
  const pin = { number: 6, sha256: sealHash(objects.get(sealKey(WORKSPACE, 6))!) };
  expect(await revokedAt(`${day(5)}T00:00:00.000Z` as Instant, { expected: [pin] })).toMatchObject({
    outcome: "clean",
  });
});
