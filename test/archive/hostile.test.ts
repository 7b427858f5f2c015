/** Somebody else could write to the bucket: whatever is in it, verify and status end, in bounded memory and time. */
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { status } from "../../lambda/archive/status.ts";
import { verify } from "../../lambda/archive/verify.ts";
import { ArchiverError } from "../../lambda/errors.ts";
import type { ArchiveStore, CheckpointStore } from "../../lambda/ports.ts";
import { createStreamingCodec } from "../../lambda/segment/codec.ts";
import { encodeHeader } from "../../lambda/segment/header.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { bomb, rebuild } from "../segment/forge.ts";
import { codec, sampleEvent, sampleLog, sampleSegment, WORKSPACE } from "../segment/sample.ts";
import { tries } from "../tries.ts";
import {
  DAYS,
  hintOf,
  keyOf,
  type Objects,
  objectsOf,
  sampleArchive,
  stateOf,
  verifyObjects,
} from "./sample-archive.ts";

const { objects: good, logs } = await sampleArchive();
const unavailable = () => new ArchiverError("unavailable", "The store did not answer.", { advice: "Try again." });
/** A store that lists any keys, also those that no store of ours would take. */
const listing = (keys: readonly string[], more: Partial<ArchiveStore> = {}): ArchiveStore => ({
  ...createMemoryArchive(),
  async *list(_, startAfter = "") {
    for (const key of keys) if (key > startAfter) yield { key, sizeBytes: 100 };
  },
  get: async () => Buffer.alloc(100),
  ...more,
});

it("any bytes under any segment's name are damage, and no crash", async () => {
  const some = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => encodeHeader(Buffer.from(bytes))), // a true hash over garbage
    fc.json().map((text) => encodeHeader(Buffer.from(text))),
    fc.tuple(fc.nat(600), fc.uint8Array({ minLength: 1, maxLength: 40 })).map(([at, bytes]) => {
      const copy = Buffer.from(good.get(keyOf(2))!);
      copy.set(bytes.subarray(0, Math.max(0, copy.length - at)), Math.min(at, copy.length));
      return copy;
    }),
  );
  await fc.assert(
    fc.asyncProperty(some, async (bytes) => {
      const original = good.get(keyOf(2))!;
      const report = await verifyObjects(new Map([...good, [keyOf(2), Buffer.from(bytes)]]));
      expect(report.outcome).toBe(original.equals(bytes) ? "clean" : "faulty");
    }),
    tries(150),
  );
});

it("any text as a key is told as one, with nothing in it that steers a terminal", async () => {
  const hostile = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("\u001b[2J", "../../etc/passwd", "a\nb", "\u202e"),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(hostile, { minLength: 1, maxLength: 5 }), async (names) => {
      const keys = names.map((name) => `events/workspace=${name}`);
      const report = await verify({ archive: listing(keys), codec }, {});
      expect(report).toMatchObject({ outcome: "faulty", faultCount: keys.length });
      const told = JSON.stringify(report.faults.map(({ key, message }) => key + message));
      expect(told).not.toMatch(/\\u00[01]|[\p{Cc}\p{Cf}]/u);
      const { faults } = await status({ archive: listing(keys), clock: { now: () => 0 } }, {});
      expect(faults).toHaveLength(keys.length);
    }),
    tries(40),
  );
});

it("very many foreign objects are counted, and some of them listed", async () => {
  const keys = Array.from({ length: 5000 }, (_, index) => `events/junk${index}`);
  expect(await verify({ archive: listing(keys), codec }, {})).toMatchObject({
    faultCount: 5000,
    faults: { length: 20 },
  });
});

it("a wholly damaged log is counted, and its first faults are listed", async () => {
  const lines = Buffer.from("junk\n".repeat(2000));
  const { key, manifest } = await sampleSegment();
  const objects: Objects = new Map([[key, rebuild({ ...manifest, count: 2000, logCount: 2000 }, lines)]]);
  const report = await verifyObjects(objects, { maxFaultsPerLog: 3 });
  expect(report.faults.map(({ line }) => line)).toEqual([1, 2, 3]);
  expect(report.faultCount).toBeGreaterThanOrEqual(2000);
  expect(report.workspaces).toMatchObject([{ faultCount: report.faultCount }]);
});

it("an object larger than any segment is not read", async () => {
  const archive: ArchiveStore = {
    ...createMemoryArchive(good),
    async *list(prefix, after) {
      for await (const object of createMemoryArchive(good).list(prefix, after)) {
        yield object.key === keyOf(2) ? { ...object, sizeBytes: 10e9 } : object;
      }
    },
    get: async (key, range) => {
      if (key === keyOf(2)) throw new Error("it would fill the memory");
      return createMemoryArchive(good).get(key, range);
    },
  };
  const { faults } = await verify({ archive, codec }, {});
  expect(faults).toMatchObject([{ invariant: "I5", key: keyOf(2), message: "is larger than a segment can be" }]);
});

it("an object that vanishes after it was listed is a fault", async () => {
  const archive = createMemoryArchive(good);
  const get: ArchiveStore["get"] = async (key, range) => (key === keyOf(2) ? null : archive.get(key, range));
  const { faults } = await verify({ archive: { ...archive, get }, codec }, {});
  expect(faults).toMatchObject([{ invariant: "I5", key: keyOf(2), message: "was listed but is gone" }]);
});

it("decompression bombs end: a line longer than any event, and more lines than are counted", async () => {
  const { manifest } = await sampleSegment();
  for (const [unit, message] of [
    ["x", "a line is longer than any event"],
    ["{}\n", "it holds more lines than its manifest counts"],
  ] as const) {
    const bytes = bomb(manifest, Buffer.alloc(999_999, unit), 99);
    expect(bytes.length).toBeLessThan(300_000);
    const archive = createMemoryArchive(new Map([[keyOf(1), bytes]]));
    const { faults } = await verify({ archive, codec: createStreamingCodec() }, {});
    expect(faults.at(-1)).toMatchObject({ invariant: "I5", message });
  }
});

it("gids of any length and content are told short and harmless", async () => {
  const gid = `\u001b]0;owned\u0007${"x".repeat(1_000_000)}`;
  const event = sampleEvent(gid, `${DAYS[0]}T00:00:00Z`);
  const segments = await sampleLog([[event], [event]]);
  const { faults } = await verifyObjects(
    objectsOf(segments),
    {},
    stateOf({ [DAYS[0]]: hintOf(segments[1]!, ["\u001b"]) }),
  );
  expect(faults[0]).toMatchObject({ invariant: "I2" });
  for (const { message } of faults) {
    expect(message.length).toBeLessThan(400);
    expect(message).not.toMatch(/\p{Cc}/u);
  }
});

describe("a store that does not answer", () => {
  const failing = (isDown: (key: string) => boolean, error = unavailable): ArchiveStore => {
    const archive = createMemoryArchive(good);
    return {
      ...archive,
      get: async (key, range) => {
        if (isDown(key)) throw error();
        return archive.get(key, range);
      },
    };
  };

  it("for some objects: the rest is judged, and the outcome is neither clean nor faulty", async () => {
    const report = await verify({ archive: failing((key) => key === keyOf(2)), codec }, {});
    expect(report).toMatchObject({ outcome: "unread", faults: [], unread: [{ key: keyOf(2) }] });
    expect(report.workspaces).toMatchObject([{ segments: 8, events: 22 }]);
  });

  it("for the segment that a checkpoint knows: its claim is not judged", async () => {
    const checkpoints: CheckpointStore = {
      read: async () => ({
        version: "1",
        state: stateOf({ [DAYS[0]]: hintOf(logs[0]![3]!) }, `${DAYS[0]}T00:00:22.000Z`),
      }),
      move: async () => ({ kind: "conflict", current: null }),
    };
    const report = await verify({ archive: failing((key) => key === keyOf(4)), codec, checkpoints }, {});
    expect(report).toMatchObject({ outcome: "unread", faults: [] });
  });

  it("for a checkpoint: that is told, and the archive is judged", async () => {
    const checkpoints: CheckpointStore = {
      read: async () => {
        throw unavailable();
      },
      move: async () => ({ kind: "conflict", current: null }),
    };
    const report = await verify({ archive: createMemoryArchive(good), codec, checkpoints }, {});
    expect(report).toMatchObject({ outcome: "unread", unread: [{ key: `checkpoint of workspace ${WORKSPACE}` }] });
  });

  it("for very many objects, or for the listing: the error itself, for another try", async () => {
    const keys = Array.from({ length: 30 }, (_, index) => keyOf(index + 1));
    const down = listing(keys, {
      get: async () => {
        throw unavailable();
      },
    });
    await expect(verify({ archive: down, codec }, {})).rejects.toMatchObject({ kind: "unavailable" });
    const unlisted: ArchiveStore = {
      ...down,
      // biome-ignore lint/correctness/useYield: it fails before there is anything to yield.
      async *list() {
        throw unavailable();
      },
    };
    await expect(verify({ archive: unlisted, codec }, {})).rejects.toMatchObject({ kind: "unavailable" });
    await expect(status({ archive: unlisted, clock: { now: () => 0 } }, {})).rejects.toMatchObject({
      kind: "unavailable",
    });
  });

  it("because it is wrongly set up: the error itself, at once", async () => {
    const wrong = failing(
      () => true,
      () => new ArchiverError("misconfigured", "Another bucket's owner.", { advice: "Fix it." }),
    );
    await expect(verify({ archive: wrong, codec }, {})).rejects.toMatchObject({ kind: "misconfigured" });
  });

  it("status tells what it could not read", async () => {
    const report = await status({ archive: failing((key) => key === keyOf(4)), clock: { now: () => 0 } }, {});
    expect(report).toMatchObject({ unread: [{ key: keyOf(4) }], faults: [] });
    expect(report.workspaces[0]!.logs[0]).toMatchObject({ day: DAYS[0], events: null, segments: 4 });
  });
});

it("random bytes of any size are read to their end without a crash", async () => {
  for (const size of [0, 1, 9, 10, 11, 12, 47, 48, 49, 2095, 2096, 100_000]) {
    const report = await verifyObjects(new Map([[keyOf(1), randomBytes(size)]]));
    expect(report.faults).toMatchObject([{ invariant: "I5" }]);
  }
});
