/** One key takes over from another where the sealer was given both: the chain says whether it still has to. */
import { beforeEach, describe, expect, it } from "vitest";
import { shiftDay } from "../../lambda/event/instant.ts";
import { publicKeyKey, sealKey } from "../../lambda/seal/seal-key.ts";
import { changeSealingKey } from "../../lambda/seal/sealer.ts";
import { type FormerKey, takeOver } from "../../lambda/seal/take-over.ts";
import { WORKSPACE } from "../segment/sample.ts";
import { keyOfSigner } from "./sample-chain.ts";
import {
  chainOf,
  countRequests,
  depsAt,
  describeSeals,
  type Objects,
  putLog,
  putLook,
  sealAt,
} from "./sealed-archive.ts";
import { testSigner } from "./signers.ts";

const FIRST = "2026-05-01";
const day = (index: number): string => shiftDay(FIRST, index);
const never = new AbortController().signal;
const [old, next, third] = [testSigner(0), testSigner(1), testSigner(2)];

const rotation: FormerKey = { reason: "rotation", signer: old };
const loss: FormerKey = { reason: "loss", key: keyOfSigner(old) };

let objects: Objects;

beforeEach(async () => {
  objects = new Map();
  await putLog(objects, day(0), 5);
  for (const index of [0, 1, 2]) putLook(objects, day(index));
  await sealAt(objects, `${day(1)}T07:00:00Z`);
});

const takeOverAt = (signer: typeof old, former: FormerKey, at = `${day(2)}T07:00:00Z`) =>
  takeOver(depsAt(objects, at, { signer }), WORKSPACE, former, never);

describe("a key that takes over", () => {
  it.each([
    ["rotation", rotation, 2],
    ["loss", loss, 1],
  ] as const)("by %s is in force after one seal about it, and seals on", async (_reason, former, signatures) => {
    expect(await takeOverAt(next, former)).toMatchObject({ number: 2, day: day(0) });
    await sealAt(objects, `${day(2)}T07:00:00Z`, { signer: next });
    const chain = chainOf(objects, [old, next].map(keyOfSigner));
    expect([chain.violations, chain.untold]).toEqual([[], []]);
    expect(chain.seals[1]!.file.signatures).toHaveLength(signatures);
    expect(describeSeals(objects)).toEqual([
      `1 day ${day(0)} 5 in 1 complete`,
      "2 key null 0 in 0 complete",
      `3 day ${day(1)} 0 in 0 complete`,
    ]);
    expect(objects.has(publicKeyKey(keyOfSigner(next).keyId))).toBe(true);
  });

  it("does so once: as long as both are given, the next runs write nothing, in three requests", async () => {
    await takeOverAt(next, rotation);
    const { archive, ...deps } = depsAt(objects, day(3), { signer: next });
    const { counted, keys } = countRequests(archive);
    expect(await takeOver({ ...deps, archive: counted }, WORKSPACE, rotation, never)).toBe(null);
    expect(keys.length).toBeLessThanOrEqual(4);
    expect(keys.filter((key) => key.startsWith("create"))).toEqual([]);
    expect(await takeOverAt(next, loss)).toBe(null);
  });

  it("has nothing to take over where there is no seal yet", async () => {
    objects.delete(sealKey(WORKSPACE, 1));
    expect(await takeOverAt(next, rotation)).toBe(null);
    expect(objects.has(sealKey(WORKSPACE, 1))).toBe(false);
  });

  it("takes over from no other key than the one that was named", async () => {
    await expect(takeOverAt(next, { reason: "rotation", signer: third })).rejects.toMatchObject({
      kind: "misconfigured",
      message: expect.stringContaining(keyOfSigner(old).keyId),
    });
    await expect(takeOverAt(next, { reason: "loss", key: keyOfSigner(third) })).rejects.toMatchObject({
      kind: "misconfigured",
    });
    expect(objects.has(sealKey(WORKSPACE, 2))).toBe(false);
  });

  it("does not come back once it has handed over: a chain that does is no good", async () => {
    await changeSealingKey(depsAt(objects, day(2)), WORKSPACE, next, "rotation", never);
    const before = objects.size;
    for (const former of [
      { reason: "rotation", signer: next },
      { reason: "loss", key: keyOfSigner(next) },
    ] as const) {
      await expect(takeOverAt(old, former)).rejects.toMatchObject({
        kind: "misconfigured",
        message: expect.stringContaining("before"),
      });
    }
    expect(objects.size).toBe(before);
  });

  it("signs nothing over a chain that does not hold", async () => {
    const bytes = Buffer.from(objects.get(sealKey(WORKSPACE, 1))!);
    bytes[bytes.length - 10]! ^= 1;
    objects.set(sealKey(WORKSPACE, 1), bytes);
    for (const former of [rotation, loss])
      await expect(takeOverAt(next, former)).rejects.toMatchObject({ kind: "halted" });
    expect(objects.has(sealKey(WORKSPACE, 2))).toBe(false);
  });
});
