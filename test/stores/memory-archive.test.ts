import { expect, it } from "vitest";
import { archiveContract } from "../../package/testing/archive-contract.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";

archiveContract("memory", async () => {
  const objects = new Map<string, Buffer>();
  return { store: createMemoryArchive(objects), another: () => createMemoryArchive(objects), close: async () => {} };
});

it("a test may look at the objects and damage them", async () => {
  const objects = new Map<string, Buffer>();
  const archive = createMemoryArchive(objects);
  await archive.create("events/1", Buffer.from("whole"));
  objects.set("events/1", Buffer.from("broken"));
  expect((await archive.get("events/1"))?.toString()).toBe("broken");
});
