/** A verification in steps says of an archive what `verify` says of it, whatever somebody has done to it. */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createRandom } from "../../feed/random.ts";
import { verify } from "../../lambda/archive/verify.ts";
import { ArchiverError } from "../../lambda/errors.ts";
import type { CheckpointStore } from "../../lambda/ports.ts";
import { NO_TRUST } from "../../lambda/seal/verify-seals.ts";
import { createDirectoryArchive } from "../../lambda/stores/directory-archive.ts";
import { putObject } from "../archive/put-object.ts";
import { DAYS, hintOf, keyOf, type Objects, objectsOf, sampleArchive, stateOf } from "../archive/sample-archive.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { createMemoryCheckpoint } from "../fakes/memory-checkpoint.ts";
import { DAMAGES } from "../hostile/damages/seen.ts";
import { readArchive } from "../hostile/segments.ts";
import { addSegment, randomArchive } from "../seal/random-archive.ts";
import { keyOfSigner } from "../seal/sample-chain.ts";
import { putLog, putLook, sealAt } from "../seal/sealed-archive.ts";
import { testSigner } from "../seal/signers.ts";
import { codec, sampleEvent, sampleLog, WORKSPACE } from "../segment/sample.ts";
import { tries } from "../tries.ts";
import { RUN, stepsOf, verifyInSteps } from "./steps.ts";

const { objects: good, logs } = await sampleArchive();
const state = stateOf({ [DAYS[0]]: hintOf(logs[0]![3]!, ["20260501000022"]) }, `${DAYS[2]}T00:16:41.000Z`);

async function bothReports(objects: Objects, checkpoints: CheckpointStore, trust = NO_TRUST) {
  const archive = createMemoryArchive(objects);
  return {
    inSteps: await verifyInSteps({ archive, checkpoints, trust }),
    atTheDesk: await verify({ archive, codec, checkpoints }, { trust }),
  };
}

async function checkpointsWith(claim: typeof state): Promise<CheckpointStore> {
  const checkpoints = createMemoryCheckpoint();
  await checkpoints.move(WORKSPACE, claim, null);
  return checkpoints;
}

describe("the report of a verification in steps is that of verify", () => {
  it("of a good archive: no fault", async () => {
    const { inSteps, atTheDesk } = await bothReports(good, await checkpointsWith(state));
    expect(inSteps).toEqual(atTheDesk);
    expect(inSteps).toMatchObject({ outcome: "clean", workspaces: [{ segments: 8, events: 26 }] });
  });

  it.each(DAMAGES.map((damage) => [damage.name, damage] as const))("of a damage: %s", async (name, { apply }) => {
    const objects = new Map(good);
    apply({ objects, segments: readArchive(good), random: createRandom(name, 3) });
    const { inSteps, atTheDesk } = await bothReports(objects, await checkpointsWith(state));
    expect(inSteps).toEqual(atTheDesk);
    expect(inSteps.outcome).toBe("faulty");
  });

  it("of a checkpoint that claims more than is there, or that cannot be read", async () => {
    const gone = new Map(good);
    gone.delete(keyOf(4));
    const claimed = await bothReports(gone, await checkpointsWith(state));
    expect(claimed.inSteps).toEqual(claimed.atTheDesk);
    expect(claimed.inSteps.faults.map(({ invariant }) => invariant)).toContain("I4");
    const unreadable: CheckpointStore = {
      ...createMemoryCheckpoint(),
      read: async () => {
        throw new ArchiverError("halted", "The checkpoint is damaged.", { advice: "Mend it." });
      },
    };
    const unread = await bothReports(good, unreadable);
    expect(unread.inSteps).toEqual(unread.atTheDesk);
    expect(unread.inSteps.unread).toMatchObject([{ advice: "Mend it." }]);
  });

  it("of an event in two days, which no portion sees by itself", async () => {
    const [first] = await sampleLog([[sampleEvent("same", `${DAYS[0]}T00:00:00Z`)]]);
    const [second] = await sampleLog([[sampleEvent("same", `${DAYS[1]}T00:00:00Z`)]]);
    const { inSteps, atTheDesk } = await bothReports(objectsOf([first!, second!]), createMemoryCheckpoint());
    expect(inSteps).toEqual(atTheDesk);
    expect(inSteps.faults).toMatchObject([{ invariant: "I2", key: second!.key }]);
  });

  it("of sealed archives: good ones, and ones of which an object was taken away or changed", async () => {
    const outcomes = new Set<string>();
    for (let seed = 1; seed <= tries(12).numRuns; seed += 1) {
      const { objects, key } = await randomArchive(seed);
      const random = createRandom("steps", seed);
      const trust = { ...NO_TRUST, keys: [key] };
      const whole = await bothReports(objects, createMemoryCheckpoint(), trust);
      expect(whole.inSteps).toEqual(whole.atTheDesk);
      expect(whole.inSteps.outcome).toBe("clean");
      const changed = random.pick([...objects.keys()]);
      if (random.chance(0.5)) objects.delete(changed);
      else objects.set(changed, Buffer.from(objects.get(changed)!).fill(0, 20, 21));
      const { inSteps, atTheDesk } = await bothReports(objects, createMemoryCheckpoint(), trust);
      expect(inSteps).toEqual(atTheDesk);
      outcomes.add(inSteps.outcome);
    }
    expect(outcomes).toContain("faulty");
  });

  it("of an archive in a folder, with its reports in another", async () => {
    const [folder, reports] = await Promise.all(["archive-", "reports-"].map((name) => mkdtemp(join(tmpdir(), name))));
    for (const [key, bytes] of good) await putObject(folder!, key, bytes);
    // A folder of reports is no archive, which the store would refuse.
    await putObject(reports!, "events/README", Buffer.from("reports"));
    const archive = createDirectoryArchive(folder!);
    const inSteps = await verifyInSteps({ archive, work: createDirectoryArchive(reports!) });
    expect(inSteps).toEqual(await verify({ archive, codec }, {}));
  });

  it("of an archive without anything in it: there is nothing to verify", async () => {
    expect(await verifyInSteps({ archive: createMemoryArchive() })).toMatchObject({ outcome: "nothing" });
  });
});

it("what is archived, looked at and sealed while it goes on is not held against what was read before", async () => {
  const objects: Objects = new Map();
  const days = ["2026-05-01", "2026-05-02", "2026-05-03"] as const;
  for (const day of days) await putLog(objects, day, 3);
  putLook(objects, days[0]);
  await sealAt(objects, "2026-05-02T12:00:00Z");
  const trust = { ...NO_TRUST, keys: [keyOfSigner(testSigner())] };
  const archive = createMemoryArchive(objects);
  const before = await verify({ archive, codec }, { trust });
  const after = await verifyInSteps({ archive, trust }, async () => {
    await putLog(objects, days[2], 2);
    await putLog(objects, "2026-05-04", 2);
    putLook(objects, days[1]);
    await sealAt(objects, "2026-05-03T12:00:00Z");
  });
  expect(after).toEqual(before);
  expect(after.faults).toEqual([]);
});

it("a step that is started again makes the same, by what the first attempt found", async () => {
  const objects = new Map(good);
  const steps = stepsOf({ archive: createMemoryArchive(objects) });
  expect(await steps.plan()).toBe(4);
  const inventory = await steps.inventory();
  await addSegment(objects, DAYS[1], 1);
  expect(await steps.plan()).toBe(4);
  expect(await steps.inventory()).toEqual(inventory);
  for (const { portion } of [...inventory, ...inventory]) await steps.portion(portion);
  expect((await steps.gather()).report).toMatchObject({ outcome: "clean", workspaces: [{ segments: 8 }] });
});

it("a portion that was not verified is never taken for a good one", async () => {
  const steps = stepsOf({ archive: createMemoryArchive(new Map(good)) });
  await steps.plan();
  for (const number of [1, 2, 4]) await steps.portion(number);
  await expect(steps.gather()).rejects.toMatchObject({
    kind: "unavailable",
    message: `${DAYS[1]} of workspace ${WORKSPACE} was not verified.`,
  });
});

it("a store that does not say whether it keeps a result fails the step", async () => {
  const work = { ...createMemoryArchive(), create: async () => "unknown" as const };
  await expect(stepsOf({ archive: createMemoryArchive(new Map(good)), work }).plan()).rejects.toMatchObject({
    kind: "unavailable",
  });
});

describe("portions", () => {
  const portionsWith = async (limits: { storedBytes: number; segments: number; days: number }) => {
    const objects = new Map([...good, ...(await sampleArchive("77")).objects]);
    const steps = stepsOf({ archive: createMemoryArchive(objects), limits });
    await steps.plan();
    return (await steps.inventory()).map(({ workspace, days, segments }) => [workspace, days, segments]);
  };
  const much = { storedBytes: 1e9, segments: 1e6, days: 1e6 };

  it("are about one workspace, and hold as many days as may be in one", async () => {
    expect(await portionsWith(much)).toEqual([
      ["1201", 4, 8],
      ["77", 4, 8],
    ]);
    expect((await portionsWith({ ...much, days: 3 })).map(([, days]) => days)).toEqual([3, 1, 3, 1]);
  });

  it("end before they have too many segments or bytes, and never divide a day", async () => {
    expect((await portionsWith({ ...much, segments: 5 })).map(([, , segments]) => segments)).toEqual([5, 3, 5, 3]);
    expect((await portionsWith({ ...much, storedBytes: 1 })).map(([, days]) => days)).toEqual(Array(8).fill(1));
  });

  it("are lines of an inventory that name the run, so that each is all that its invocation needs", async () => {
    const steps = stepsOf({ archive: createMemoryArchive(new Map(good)) });
    await steps.plan();
    expect((await steps.inventory())[1]).toEqual({
      run: RUN,
      portion: 2,
      workspace: WORKSPACE,
      firstDay: DAYS[0],
      lastDay: DAYS[0],
      days: 1,
      segments: 4,
      storedBytes: logs[0]!.reduce((sum, { bytes }) => sum + bytes.length, 0),
    });
  });
});
