import { describe, expect, it } from "vitest";
import { emptyCheckpoint } from "../../lambda/drain/checkpoint.ts";
import { archiveContract } from "../../package/testing/archive-contract.ts";
import { checkpointContract } from "../../package/testing/checkpoint-contract.ts";
import { createFaults, type Fault, SimulatedCrash, script } from "../fakes/faults.ts";
import { createFaultyArchive } from "../fakes/faulty-archive.ts";
import { createFaultyCheckpoint } from "../fakes/faulty-checkpoint.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { createMemoryCheckpoint } from "../fakes/memory-checkpoint.ts";

archiveContract("memory behind no faults", async () => {
  const store = createFaultyArchive(createMemoryArchive(), createFaults());
  return { store, another: () => store, close: async () => {} };
});

checkpointContract("memory behind no faults", async () => {
  const store = createFaultyCheckpoint(createMemoryCheckpoint(), createFaults());
  return { store, another: () => store, close: async () => {} };
});

describe("a faulty archive", () => {
  const open = (faults: Record<number, Fault>) => {
    const objects = new Map<string, Buffer>();
    const scripted = createFaults(script(faults));
    return { objects, faults: scripted, archive: createFaultyArchive(createMemoryArchive(objects), scripted) };
  };

  it.each<[string, Fault, string, boolean]>([
    ["unknown and did not act", { kind: "answer", outcome: "unknown", took: false }, "unknown", false],
    ["unknown and acted", { kind: "answer", outcome: "unknown", took: true }, "unknown", true],
    ["exists about its own write", { kind: "answer", outcome: "exists", took: true }, "exists", true],
    ["exists of nothing", { kind: "answer", outcome: "exists", took: false }, "exists", false],
  ])("answers %s", async (_, fault, outcome, took) => {
    const { archive, objects } = open({ 1: fault });
    expect(await archive.create("events/1", Buffer.from("x"))).toBe(outcome);
    expect(objects.has("events/1")).toBe(took);
  });

  it.each([true, false])("fails or crashes in a create, after it acted: %s", async (took) => {
    const { archive, objects } = open({ 1: { kind: "fail", took }, 2: { kind: "crash", took } });
    await expect(archive.create("events/1", Buffer.from("x"))).rejects.toMatchObject({ kind: "unavailable" });
    await expect(archive.create("events/2", Buffer.from("x"))).rejects.toBeInstanceOf(SimulatedCrash);
    expect([...objects.keys()]).toEqual(took ? ["events/1", "events/2"] : []);
  });

  it("lets a put land after as many further effects as the script says", async () => {
    const { archive, objects } = open({ 1: { kind: "late", afterEffects: 2 } });
    expect(await archive.create("events/1", Buffer.from("late"))).toBe("unknown");
    await archive.get("events/1");
    expect(await archive.get("events/1")).toBeNull();
    expect((await archive.get("events/1"))?.toString()).toBe("late");
    expect(objects.size).toBe(1);
  });

  it("lets a put land when the test says so, and never over an object made meanwhile", async () => {
    const { archive, objects, faults } = open({
      1: { kind: "late", afterEffects: 1_000 },
      2: { kind: "late", afterEffects: 1_000 },
    });
    await archive.create("events/1", Buffer.from("late"));
    await archive.create("events/2", Buffer.from("late"));
    await archive.create("events/1", Buffer.from("in time"));
    await faults.landAll();
    expect(objects.get("events/1")?.toString()).toBe("in time");
    expect(objects.get("events/2")?.toString()).toBe("late");
  });

  it("cuts a list after some objects, and fails reads", async () => {
    const { archive } = open({ 3: { kind: "cut", afterObjects: 1 }, 4: { kind: "fail", took: false } });
    await archive.create("events/1", Buffer.from("x"));
    await archive.create("events/2", Buffer.from("x"));
    const seen: string[] = [];
    const listing = async () => {
      for await (const { key } of archive.list("events/")) seen.push(key);
    };
    await expect(listing()).rejects.toMatchObject({ kind: "unavailable" });
    expect(seen).toEqual(["events/1"]);
    await expect(archive.get("events/1")).rejects.toMatchObject({ kind: "unavailable" });
    expect((await archive.get("events/1"))?.toString()).toBe("x");
  });

  it("numbers effects over archive and checkpoint together", async () => {
    const { archive, faults } = open({});
    const checkpoints = createFaultyCheckpoint(createMemoryCheckpoint(), faults);
    await checkpoints.read("1");
    await archive.create("events/1", Buffer.from("x"));
    await checkpoints.move("1", emptyCheckpoint, null);
    expect(faults.effects.map(({ number, operation, target }) => `${number} ${operation} ${target}`)).toEqual([
      "1 read 1",
      "2 create events/1",
      "3 move 1",
    ]);
  });
});

describe("a faulty checkpoint", () => {
  const open = (faults: Record<number, Fault>) => {
    const scripted = createFaults(script(faults));
    return { faults: scripted, checkpoints: createFaultyCheckpoint(createMemoryCheckpoint(), scripted) };
  };

  it.each([true, false])("throws unavailable on a move, after it acted: %s", async (took) => {
    const { checkpoints } = open({ 1: { kind: "fail", took } });
    await expect(checkpoints.move("1", emptyCheckpoint, null)).rejects.toMatchObject({ kind: "unavailable" });
    expect((await checkpoints.read("1")) !== null).toBe(took);
  });

  it("says conflict about its own move", async () => {
    const { checkpoints } = open({ 1: { kind: "answer", outcome: "exists", took: true } });
    expect(await checkpoints.move("1", emptyCheckpoint, null)).toMatchObject({
      kind: "conflict",
      current: { state: emptyCheckpoint },
    });
  });

  it("lets a late move take effect only if its version is still there", async () => {
    const { checkpoints, faults } = open({ 1: { kind: "late", afterEffects: 1_000 } });
    await expect(checkpoints.move("1", emptyCheckpoint, null)).rejects.toMatchObject({ kind: "unavailable" });
    await checkpoints.move("1", { ...emptyCheckpoint, blankRuns: 1 }, null);
    await faults.landAll();
    expect((await checkpoints.read("1"))?.state.blankRuns).toBe(1);
  });
});
