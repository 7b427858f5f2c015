import { describe, expect, it } from "vitest";
import { coverageKey } from "../../lambda/coverage/coverage-key.ts";
import { appendEntry, type EntryDraft, readEntry, readLastEntry } from "../../lambda/coverage/coverage-log.ts";
import { type CoverageEntry, encodeEntry, entryHash, parseEntry } from "../../lambda/coverage/entry.ts";
import type { Instant } from "../../lambda/event/instant.ts";
import type { ArchiveStore, CreateOutcome } from "../../lambda/ports.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";

const WORKSPACE = "1201";
const DAY = "2026-04-29";
const DRAFT: EntryDraft = {
  ...{ workspace: WORKSPACE, day: DAY, purpose: "settled", run: "run-1", writer: "1.4.0" },
  began: "2026-04-30T06:00:11.000Z" as Instant,
  ended: "2026-04-30T07:00:14.000Z" as Instant,
  ...{ requests: 2, complete: true, reason: null, unread: [], seen: 3, had: 2, added: 1, gone: 0, goneIds: [] },
  ...{ conflicts: 0, odd: 0, segments: 2, manifest: "b".repeat(64) },
};
const keyOf = (number: number) => coverageKey({ workspace: WORKSPACE, day: DAY, number });
const never = (): boolean => false;

/** Creates are answered as told, and then as they are; what it was told to say nothing of may have been created. */
function createStore(answers: (CreateOutcome | "created, unsaid")[] = []) {
  const objects = new Map<string, Buffer>();
  const slept: number[] = [];
  const store = createMemoryArchive(objects);
  const archive: ArchiveStore = {
    ...store,
    create: async (key, bytes) => {
      const answer = answers.shift();
      if (answer === undefined || answer === "created, unsaid") {
        const outcome = await store.create(key, bytes);
        return answer === undefined ? outcome : "unknown";
      }
      return answer;
    },
  };
  const clock = { now: () => 0, sleep: async (ms: number) => void slept.push(ms) };
  return { objects, archive, clock, slept };
}

const entriesOf = (objects: ReadonlyMap<string, Buffer>): CoverageEntry[] => [...objects.values()].map(parseEntry);

describe("an entry is appended", () => {
  it("as number 1, which names none before it, and then as the next number, which names the hash of the one before", async () => {
    const { objects, archive, clock } = createStore();
    expect(await appendEntry({ archive, clock }, DRAFT, never)).toBe(true);
    expect(await appendEntry({ archive, clock }, { ...DRAFT, purpose: "aged" }, never)).toBe(true);
    expect([...objects.keys()]).toEqual([keyOf(1), keyOf(2)]);
    expect(entriesOf(objects)).toEqual([
      { ...DRAFT, format: 1, number: 1, prev: null },
      { ...DRAFT, format: 1, number: 2, prev: entryHash(objects.get(keyOf(1))!), purpose: "aged" },
    ]);
  });

  it("not where the last one says the same", async () => {
    const { objects, archive, clock } = createStore();
    await appendEntry({ archive, clock }, DRAFT, never);
    expect(await appendEntry({ archive, clock }, DRAFT, ({ began }) => began === DRAFT.began)).toBe(false);
    expect(objects.size).toBe(1);
  });

  it("behind the entry of another writer that took its number", async () => {
    const other = encodeEntry({ ...DRAFT, format: 1, number: 1, prev: null, run: "run-2" });
    const { objects, archive, clock } = createStore();
    let isTaken = false;
    const racing: ArchiveStore = {
      ...archive,
      create: async (key, bytes) => {
        if (!isTaken) objects.set(keyOf(1), other);
        isTaken = true;
        return await archive.create(key, bytes);
      },
    };
    expect(await appendEntry({ archive: racing, clock }, DRAFT, never)).toBe(true);
    expect(entriesOf(objects).map(({ run, number }) => [run, number])).toEqual([
      ["run-2", 1],
      ["run-1", 2],
    ]);
  });

  it("once, where the store created it and did not say so", async () => {
    const { objects, archive, clock, slept } = createStore(["created, unsaid"]);
    expect(await appendEntry({ archive, clock }, DRAFT, ({ run }) => run === "run-1")).toBe(false);
    expect(objects.size).toBe(1);
    expect(slept).toEqual([200]);
  });

  it("after longer and longer waits, until it is given up as unavailable", async () => {
    const { archive, clock, slept } = createStore(Array<CreateOutcome>(9).fill("unknown"));
    await expect(appendEntry({ archive, clock }, DRAFT, never)).rejects.toMatchObject({
      kind: "unavailable",
      advice: expect.stringMatching(/next rescan/),
    });
    expect(slept).toEqual([200, 400, 800, 1600, 3200, 6400]);
  });

  it("not for ever against writers that are always first", async () => {
    const { archive, clock } = createStore(Array<CreateOutcome>(30).fill("exists"));
    await expect(appendEntry({ archive, clock }, DRAFT, never)).rejects.toMatchObject({ kind: "unavailable" });
  });
});

describe("the last entry of a day", () => {
  it("is none where there is none, whatever else lies in its folder", async () => {
    const { objects, archive } = createStore();
    objects.set(`coverage/workspace=${WORKSPACE}/dt=${DAY}/notes.txt`, Buffer.from("x"));
    expect(await readLastEntry(archive, WORKSPACE, DAY)).toBeNull();
  });

  it.each<[what: string, change: (objects: Map<string, Buffer>) => void, message: RegExp]>([
    ["a number is missing", (objects) => void objects.delete(keyOf(1)), /follows number 0/],
    ["it is damaged", (objects) => void objects.set(keyOf(2), Buffer.from("{}")), /cannot be read/],
    ["it belongs elsewhere", (objects) => void objects.set(keyOf(2), objects.get(keyOf(1))!), /belongs elsewhere/],
    ["a newer version wrote it", (objects) => void objects.set(keyOf(2), Buffer.from('{"format":2}')), /format 2/],
  ])("halts where %s: nothing is written behind it", async (_, change, message) => {
    const { objects, archive, clock } = createStore();
    await appendEntry({ archive, clock }, DRAFT, never);
    await appendEntry({ archive, clock }, DRAFT, never);
    change(objects);
    const { size } = objects;
    await expect(appendEntry({ archive, clock }, DRAFT, never)).rejects.toMatchObject({
      kind: "halted",
      message: expect.stringMatching(message),
    });
    expect(objects.size).toBe(size);
  });

  it("halts where it was listed and is gone", async () => {
    await expect(readEntry(createStore().archive, keyOf(1))).rejects.toMatchObject({ kind: "halted" });
  });
});
