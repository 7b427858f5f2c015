import { expect, it } from "vitest";
import type { ArchiveStore, CreateOutcome } from "../../lambda/ports.ts";
import { createProvenArchive, PROBE_KEY } from "../../lambda/stores/proven-archive.ts";
import { keysOf } from "../../package/testing/keys-of.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";

const KEY = "events/workspace=1/dt=2026-05-01/000001.ndjson.gz";
const BYTES = Buffer.from("segment");

/** A store whose creates are written down; the first ones end as scripted, the others as in memory. */
function open(...script: CreateOutcome[]) {
  const memory = createMemoryArchive();
  const creates: string[] = [];
  const store: ArchiveStore = {
    list: memory.list,
    get: memory.get,
    create: async (key, bytes) => {
      creates.push(key);
      return script.shift() ?? (await memory.create(key, bytes));
    },
  };
  return { archive: createProvenArchive(store), store, creates };
}

it("before its first create, a store has to show that it refuses to create one key twice", async () => {
  const { archive, creates } = open();
  expect(await archive.create(KEY, BYTES)).toBe("created");
  expect(creates).toEqual([PROBE_KEY, PROBE_KEY, KEY]);
  expect(await archive.create(KEY, BYTES)).toBe("exists");
  expect(creates.slice(3)).toEqual([KEY]);
});

it("a store that has shown it to an earlier process is asked once", async () => {
  const { archive, store, creates } = open();
  await archive.create(KEY, BYTES);
  creates.length = 0;
  await createProvenArchive(store).create(KEY, BYTES);
  expect(creates).toEqual([PROBE_KEY, KEY]);
});

it("creates that begin together wait for one proof", async () => {
  const { archive, creates } = open();
  await Promise.all(["1", "2", "3"].map((name) => archive.create(`events/${name}`, BYTES)));
  expect(creates.filter((key) => key === PROBE_KEY)).toHaveLength(2);
});

it("a store that creates the key twice is refused, and no segment is created in it", async () => {
  const { archive, creates } = open("created", "created");
  await expect(archive.create(KEY, BYTES)).rejects.toMatchObject({
    kind: "misconfigured",
    message: expect.stringContaining("ignores the condition If-None-Match"),
  });
  expect(creates).not.toContain(KEY);
});

it("a lost answer is asked for again, and is no proof", async () => {
  const { archive, creates } = open("unknown", "created", "unknown", "exists");
  expect(await archive.create(KEY, BYTES)).toBe("created");
  expect(creates).toEqual([PROBE_KEY, PROBE_KEY, PROBE_KEY, PROBE_KEY, KEY]);
  await expect(open("unknown", "created", "unknown", "created").archive.create(KEY, BYTES)).rejects.toThrow("twice");
});

it("a store that never says what it did is unavailable, and is asked again by the next create", async () => {
  const { archive } = open("unknown", "unknown", "unknown", "unknown");
  await expect(archive.create(KEY, BYTES)).rejects.toMatchObject({ kind: "unavailable" });
  expect(await archive.create(KEY, BYTES)).toBe("created");
});

it("whoever only reads asks for no proof, and finds no probe among the events", async () => {
  const { archive, creates } = open();
  expect(await archive.get(KEY)).toBeNull();
  expect(await keysOf(archive, "events/")).toEqual([]);
  expect(creates).toEqual([]);
});
