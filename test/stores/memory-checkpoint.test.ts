import { expect, it } from "vitest";
import { emptyCheckpoint } from "../../lambda/drain/checkpoint.ts";
import type { Checkpoint } from "../../lambda/ports.ts";
import { checkpointContract } from "../../package/testing/checkpoint-contract.ts";
import { createMemoryCheckpoint } from "../fakes/memory-checkpoint.ts";

checkpointContract("memory", async () => {
  const store = createMemoryCheckpoint();
  return { store, another: () => store, close: async () => {} };
});

it("a test may put back an old checkpoint, and versions still do not come back", async () => {
  const checkpoints = new Map<string, Checkpoint>();
  const store = createMemoryCheckpoint(checkpoints);
  await store.move("1", emptyCheckpoint, null);
  const old = checkpoints.get("1")!;
  const second = await store.move("1", emptyCheckpoint, old.version);
  checkpoints.set("1", old);
  const third = await store.move("1", emptyCheckpoint, old.version);
  expect(second).toMatchObject({ kind: "moved" });
  expect(third).toMatchObject({ kind: "moved" });
  expect(third).not.toEqual(second);
});
