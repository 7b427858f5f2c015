import { createHash } from "node:crypto";
import { crc32, gunzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { SourceEvent } from "../../lambda/event/event.ts";
import type { Instant } from "../../lambda/event/instant.ts";
import { bodyLines, createBodyWriter, placeSegment } from "../../lambda/segment/body.ts";
import { type Codec, createStreamingCodec } from "../../lambda/segment/codec.ts";
import { createMerkleTree } from "../../lambda/segment/merkle.ts";
import { createPageSpace } from "../../lambda/segment/page-space.ts";
import { createSyncCodec } from "../fakes/sync-codec.ts";
import { tries } from "../tries.ts";
import { codec, DAY, fillBody, readLines, sampleEvent, sampleEvents, sampleLog, WORKSPACE } from "./sample.ts";

const FIRST = { workspace: WORKSPACE, day: DAY, number: 1, previous: null, writer: "0.1.0", run: "test" };

/** Any bytes but those that would cut a line. */
const lines = fc
  .uint8Array({ minLength: 1, maxLength: 60 })
  .map((bytes) => Buffer.from(bytes.map((byte) => (byte === 10 || byte === 13 || byte === 1 ? 32 : byte))));
const events = fc.array(
  lines.map((line): SourceEvent => ({ id: "1", day: DAY, at: `${DAY}T00:00:00.000Z` as Instant, line })),
  { minLength: 1, maxLength: 30 },
);

it.each([
  ["streaming", createStreamingCodec()],
  ["synchronous", createSyncCodec()],
])("what is written is read back line for line, byte for byte, in order (%s)", async (_, using) => {
  await fc.assert(
    fc.asyncProperty(events, fc.integer({ min: 1, max: 31 }), async (given, pageSize) => {
      const body = await fillBody(createBodyWriter(using), given, pageSize);
      const { bytes, manifest } = placeSegment(body, FIRST);
      const content = Buffer.concat(given.flatMap(({ line }) => [line, Buffer.from("\n")]));
      expect(gunzipSync(bytes).equals(content)).toBe(true);
      expect(await readLines(bytes, using)).toEqual(given.map(({ line }) => String(line)));
      expect(manifest).toMatchObject({
        count: given.length,
        sha256: createHash("sha256").update(content).digest("hex"),
      });
      expect(body).toMatchObject({ sizeBytes: content.length, crc32: crc32(content) });
    }),
    tries(60),
  );
});

it("where pages end does not show in the segment", async () => {
  const given = sampleEvents(50);
  const bodies = await Promise.all([1, 7, 50].map((pageSize) => fillBody(createBodyWriter(codec), given, pageSize)));
  const [a, b, c] = bodies.map((body) => placeSegment(body, FIRST).bytes);
  expect(a!.equals(b!) && b!.equals(c!)).toBe(true);
});

it("the page buffer is reused for larger and smaller pages", async () => {
  const writer = createBodyWriter(createStreamingCodec());
  const given = [3, 400, 1, 90].flatMap((size, page) =>
    Array.from({ length: size }, (_, index) => sampleEvent(`${page}${index}`, `${DAY}T00:00:00.000Z`)),
  );
  let from = 0;
  for (const size of [3, 400, 1, 90]) {
    for (const event of given.slice(from, from + size)) writer.add(event);
    await writer.flush();
    from += size;
  }
  expect(await readLines(placeSegment(await writer.finish(), FIRST).bytes)).toEqual(given.map(({ line }) => `${line}`));
});

it("a page takes room for its own lines, whatever was written before it", async () => {
  const space = createPageSpace();
  const taken: number[] = [];
  const take = (sizeBytes: number) => {
    taken.push(sizeBytes);
    return space.take(sizeBytes);
  };
  const given = sampleEvents(5);
  await fillBody(createBodyWriter(codec, { ...space, take }), given, 2);
  const sizes = given.map(({ line }) => line.length + 1);
  expect(taken).toEqual([sizes[0]! + sizes[1]!, sizes[2]! + sizes[3]!, sizes[4]]);
});

it("oldest, newest and the Merkle root are over the events, whatever their order", async () => {
  const [a, b, c] = ["09:00:00.5Z", "08:59:59.123456Z", "09:00:00.4999Z"].map((time, index) =>
    sampleEvent(String(index), `${DAY}T${time}`),
  ) as [SourceEvent, SourceEvent, SourceEvent];
  const body = await fillBody(createBodyWriter(codec), [a, b, c]);
  expect(body.oldest).toBe(`${DAY}T08:59:59.123456Z`);
  expect(body.newest).toBe(`${DAY}T09:00:00.500Z`);
  const tree = createMerkleTree();
  for (const { line } of [a, b, c]) tree.add(line);
  expect(body.root).toBe(tree.root().toString("hex"));
});

it("events of the odd day have no instants, and neither has the log", async () => {
  const odd = [sampleEvent("1", "yesterday"), sampleEvent("2", "2019-01-01T00:00:00Z")];
  const [first, second] = await sampleLog([odd, [sampleEvent("3", "")]]);
  for (const { manifest } of [first!, second!]) {
    expect(manifest).toMatchObject({ day: "2021-10-07", oldest: null, newest: null, logNewest: null });
  }
  expect(second!.manifest.logCount).toBe(3);
});

it("each segment names the manifest before it and carries the running figures on", async () => {
  const [first, second, third] = await sampleLog([sampleEvents(3, 100), sampleEvents(2, 10), sampleEvents(1, 200)]);
  expect(first!.manifest).toMatchObject({ number: 1, previous: null, logCount: 3, logNewest: `${DAY}T00:01:42.000Z` });
  expect(second!.manifest).toMatchObject({ number: 2, previous: first!.manifestHash, logCount: 5 });
  expect(second!.manifest.newest).toBe(`${DAY}T00:00:11.000Z`);
  expect(second!.manifest.logNewest).toBe(`${DAY}T00:01:42.000Z`); // a late segment does not take it back
  expect(third!.manifest).toMatchObject({
    previous: second!.manifestHash,
    logCount: 6,
    logNewest: `${DAY}T00:03:20.000Z`,
  });
});

it("a body that lost its race goes to another place without being compressed again", async () => {
  const body = await fillBody(createBodyWriter(codec), sampleEvents(5));
  const first = placeSegment(body, FIRST);
  const previous = { manifestHash: first.manifestHash, logCount: 5, logNewest: first.manifest.logNewest };
  const second = placeSegment(body, { ...FIRST, number: 2, previous });
  expect(second.key).toBe(`events/workspace=${WORKSPACE}/dt=${DAY}/000002.ndjson.gz`);
  expect(await readLines(second.bytes)).toEqual(await readLines(first.bytes));
  const found: string[] = [];
  for await (const some of bodyLines(body, codec)) found.push(...some.map(String));
  expect(found).toEqual(await readLines(first.bytes));
});

it.each([
  ["a line feed", "{}\n", "a raw LF, CR or 0x01"],
  ["a carriage return", '{"a":\r1}', "a raw LF, CR or 0x01"],
  ["the byte 0x01, at which query engines cut fields", '{"a":\u00011}', "a raw LF, CR or 0x01"],
  ["nothing", "", "an event cannot have 0 bytes"],
])("an event whose line holds %s is never written", (_, line, message) => {
  const event = { ...sampleEvent("1", `${DAY}T00:00:00Z`), line: Buffer.from(line) };
  expect(() => createBodyWriter(codec).add(event)).toThrow(message);
});

it("an event may have 64 MB; a longer one is never written", () => {
  const line = Buffer.alloc(64 * 1024 * 1024 + 1, "x");
  const event = { ...sampleEvent("1", `${DAY}T00:00:00Z`), line };
  expect(() => createBodyWriter(codec).add(event)).toThrow("67108865 bytes");
  expect(() => createBodyWriter(codec).add({ ...event, line: line.subarray(1) })).not.toThrow();
});

it("more than 256 MB are no segment", async () => {
  const forgetful: Codec = { ...codec, deflate: () => ({ write: async () => undefined, finish: async () => [] }) };
  const line = Buffer.alloc(32 * 1024 * 1024, "x");
  const event = { ...sampleEvent("1", `${DAY}T00:00:00Z`), line };
  const writer = createBodyWriter(forgetful);
  for (let count = 0; count < 8; count += 1) {
    writer.add(event);
    await writer.flush();
  }
  await expect(writer.finish()).rejects.toThrow("a segment cannot hold 8 events of 268435464 bytes");
});

it("a segment holds events of one day only, and goes to that day only", async () => {
  const writer = createBodyWriter(codec);
  writer.add(sampleEvent("1", `${DAY}T00:00:00Z`));
  expect(() => writer.add(sampleEvent("2", "2026-05-02T00:00:00Z"))).toThrow("2026-05-02");
  const body = await writer.finish();
  expect(() => placeSegment(body, { ...FIRST, day: "2026-05-02" })).toThrow("2026-05-02");
});

it("there is no empty segment", async () => {
  await expect(createBodyWriter(codec).finish()).rejects.toThrow("0 events");
});

it("number 1 follows nothing, every other number follows a segment", async () => {
  const body = await fillBody(createBodyWriter(codec), sampleEvents(1));
  const previous = { manifestHash: "a".repeat(64), logCount: 1, logNewest: body.newest };
  expect(() => placeSegment(body, { ...FIRST, previous })).toThrow("segment 1 must not name a previous segment");
  expect(() => placeSegment(body, { ...FIRST, number: 2 })).toThrow("segment 2 must name a previous segment");
});

it("count and size tell what was added, flushed or not", async () => {
  const writer = createBodyWriter(codec);
  const [first, second] = sampleEvents(2);
  writer.add(first!);
  expect([writer.count, writer.sizeBytes]).toEqual([1, first!.line.length + 1]);
  await writer.flush();
  writer.add(second!);
  expect([writer.count, writer.sizeBytes]).toEqual([2, first!.line.length + second!.line.length + 2]);
  expect(await writer.finish()).toMatchObject({ count: 2, sizeBytes: writer.sizeBytes });
});
