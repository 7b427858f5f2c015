/** What verify makes of a store that gives other than it listed, or does not give. */
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { status } from "../../lambda/archive/status.ts";
import { verify } from "../../lambda/archive/verify.ts";
import { ArchiverError } from "../../lambda/errors.ts";
import type { ArchiveStore } from "../../lambda/ports.ts";
import { MAX_SEGMENT_BYTES } from "../../lambda/segment/bounds.ts";
import type { Codec } from "../../lambda/segment/codec.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { codec, sampleEvents, sampleLog, WORKSPACE } from "../segment/sample.ts";
import { DAYS, keyOf, objectsOf, sampleArchive } from "./sample-archive.ts";

const busy = () => Promise.reject(new ArchiverError("unavailable", "The store is busy.", { advice: "" }));

/** The sample archive, with its second segment given by `get`. */
async function verifying(get: ArchiveStore["get"], using: Codec = codec) {
  const archive = createMemoryArchive((await sampleArchive()).objects);
  const failing: ArchiveStore = {
    ...archive,
    get: (key, range) => (key === keyOf(2) ? get(key, range) : archive.get(key, range)),
  };
  return await verify({ archive: failing, codec: using }, {});
}

describe("a segment", () => {
  it("that was listed but is gone is a fault", async () => {
    expect(await verifying(async () => null)).toMatchObject({
      outcome: "faulty",
      faults: [{ invariant: "I5", key: keyOf(2), message: "was listed but is gone" }],
      faultCount: 1,
      unread: [],
    });
  });

  it("that the store does not give is neither good nor bad, but all is not clean", async () => {
    expect(await verifying(busy)).toMatchObject({
      outcome: "unread",
      faults: [],
      unread: [{ key: keyOf(2), message: "The store is busy." }],
      workspaces: [{ segments: 8, events: 22 }],
    });
  });

  it.each([
    ["the store refuses", new ArchiverError("misconfigured", "Access denied.", { advice: "" })],
    ["nobody has thought of", new Error("bug")],
  ])("that fails for a reason that %s ends it", async (_, error) => {
    await expect(verifying(() => Promise.reject(error))).rejects.toBe(error);
  });

  it("whose decompression breaks for another reason than its bytes ends it", async () => {
    const error = new Error("out of memory");
    const breaking: Codec = {
      ...codec,
      inflate: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }) }),
    };
    const { objects } = await sampleArchive();
    await expect(verify({ archive: createMemoryArchive(objects), codec: breaking }, {})).rejects.toBe(error);
  });

  it.each([
    [MAX_SEGMENT_BYTES + 1, "is larger than a segment can be", 0],
    [MAX_SEGMENT_BYTES, "it ends inside the gzip header", 1],
  ])("of %i bytes by its listing %s", async (sizeBytes, message, reads) => {
    let read = 0;
    const archive: ArchiveStore = {
      ...createMemoryArchive(),
      list: async function* (prefix, startAfter = "") {
        if (keyOf(1).startsWith(prefix) && keyOf(1) > startAfter) yield { key: keyOf(1), sizeBytes };
      },
      get: async () => {
        read += 1;
        return Buffer.alloc(1);
      },
    };
    const { faults } = await verify({ archive, codec }, {});
    expect(faults).toEqual([{ invariant: "I5", key: keyOf(1), message }]);
    expect(read).toBe(reads);
  });
});

describe("a store that gives nothing", () => {
  const verifyingDays = async (count: number) => {
    const events = Array.from({ length: count }, (_, index) => sampleEvents(1, index));
    const archive = { ...createMemoryArchive(objectsOf(await sampleLog(events))), get: busy };
    return await verify({ archive, codec }, {});
  };

  it("is borne for twenty segments of a workspace", async () => {
    const report = await verifyingDays(20);
    expect(report).toMatchObject({ outcome: "unread", workspaces: [{ segments: 20, events: 0, newest: null }] });
    expect(report.unread.length).toBe(20);
  });

  it("is down when there is one more", async () => {
    await expect(verifyingDays(21)).rejects.toMatchObject({
      kind: "unavailable",
      message: `More than 20 segments could not be read, the last one ${keyOf(21)}: The store is busy.`,
      advice: "Verify again once the store answers.",
    });
  });
});

it("progress counts faults, too, and what cannot be read as no events", async () => {
  const { objects } = await sampleArchive();
  for (const key of [keyOf(2), keyOf(3), keyOf(1, DAYS[1])]) objects.set(key, Buffer.from("garbage"));
  const seen: { faults: number; events: number }[] = [];
  const onProgress = ({ faults, events }: { faults: number; events: number }) => seen.push({ faults, events });
  const report = await verify({ archive: createMemoryArchive(objects), codec }, { logsAtOnce: 1, onProgress });
  expect(seen.map(({ faults }) => faults)).toEqual([0, 0, 1, 2, 2, 3, 3, 3]);
  expect(seen.at(-1)?.events).toBe(14);
  expect(report.workspaces[0]).toMatchObject({ events: 14, faultCount: 3 });
});

describe("a listing of a folder that is being written", () => {
  /** Shows all but `hidden` at first, and everything at the second look. */
  const passingOver = async (hidden: readonly string[]) => {
    const archive = createMemoryArchive((await sampleArchive()).objects);
    const seen = new Set<string>();
    const list: ArchiveStore["list"] = async function* (prefix, startAfter) {
      for await (const object of archive.list(prefix, startAfter)) {
        if (!hidden.includes(object.key) || seen.has(object.key)) yield object;
        seen.add(object.key);
      }
    };
    return { ...archive, list };
  };

  it.each([[[2]], [[1]], [[1, 3]], [[2, 3]]])("that passes over numbers %j shows no gap", async (numbers) => {
    const hidden = numbers.map((number) => keyOf(number));
    expect(await verify({ archive: await passingOver(hidden), codec }, { workspace: WORKSPACE })).toMatchObject({
      outcome: "clean",
      workspaces: [{ segments: 8, events: 26 }],
    });
    const { faults, workspaces } = await status({ archive: await passingOver(hidden), clock: { now: () => 0 } }, {});
    expect(faults).toEqual([]);
    expect(workspaces).toMatchObject([{ missing: [], segments: 8 }]);
  });

  it("is looked at again once, for the part with the gap", async () => {
    const objects = (await sampleArchive()).objects;
    objects.delete(keyOf(2));
    const archive = createMemoryArchive(objects);
    const listed: (string | undefined)[][] = [];
    const list: ArchiveStore["list"] = (prefix, startAfter) => {
      listed.push([prefix, startAfter]);
      return archive.list(prefix, startAfter);
    };
    const report = await verify({ archive: { ...archive, list }, codec }, { workspace: WORKSPACE });
    expect(report.faults).toMatchObject([{ invariant: "I3", key: keyOf(2), message: "is missing" }]);
    expect(listed.filter(([prefix]) => prefix?.startsWith("events/"))).toEqual([
      [`events/workspace=${WORKSPACE}/`, undefined],
      [`events/workspace=${WORKSPACE}/dt=${DAYS[0]}/`, keyOf(1)],
    ]);
  });
});

describe("a damaged segment of an old day is one fault of that day", () => {
  it.each([1, 2, 3, 4])("number %i, and all else is judged", async (number) => {
    const objects = (await sampleArchive()).objects;
    const good = await verify({ archive: createMemoryArchive(objects), codec }, {});
    const lost =
      gunzipSync(objects.get(keyOf(number))!)
        .toString()
        .split("\n").length - 1;
    objects.set(keyOf(number), Buffer.from("garbage"));
    objects.delete(keyOf(1, DAYS[2]));
    const report = await verify({ archive: createMemoryArchive(objects), codec }, {});
    expect(report.faults.map(({ invariant, key }) => [invariant, key])).toEqual([
      ["I5", keyOf(number)],
      ["I3", keyOf(1, DAYS[2])],
    ]);
    expect(report.workspaces[0]!.events).toBe(good.workspaces[0]!.events - lost - 2);
  });
});
