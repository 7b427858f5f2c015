import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Codec, createStreamingCodec } from "../../lambda/segment/codec.ts";
import { createSyncCodec } from "../fakes/sync-codec.ts";
import { tries } from "../tries.ts";
import { deflateRepeated } from "./forge.ts";

const chunkings = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.nat(100_000).map((size) => new Uint8Array(size).fill(size)),
  ),
  { maxLength: 8 },
);

describe.each<[string, Codec]>([
  ["streaming", createStreamingCodec()],
  [
    "streaming, small",
    { ...createStreamingCodec(), inflate: (bytes) => createStreamingCodec().inflate(bytes, 10_000) },
  ],
  ["synchronous", createSyncCodec()],
])("the %s codec", (_, codec) => {
  it("gives back what it was given, however it was cut", async () => {
    await fc.assert(
      fc.asyncProperty(chunkings, async (chunks) => {
        const deflated = await deflate(codec, chunks);
        expect((await inflate(codec, deflated)).equals(Buffer.concat(chunks))).toBe(true);
      }),
      tries(50),
    );
  });

  it("lets the caller reuse a buffer once its write has resolved", async () => {
    const deflater = codec.deflate();
    const page = Buffer.alloc(50_000);
    for (const letter of "abc") await deflater.write(page.fill(letter));
    const content = await inflate(codec, Buffer.concat(await deflater.finish()));
    expect(content.toString()).toBe("a".repeat(50_000) + "b".repeat(50_000) + "c".repeat(50_000));
  });

  const deflated = deflateRawSync(Buffer.from("some bytes, some bytes, and other bytes".repeat(40)));
  it.each(Array.from({ length: deflated.length }, (_, length) => length))(
    "refuses a stream cut at byte %i",
    async (length) => {
      await expect(inflate(codec, deflated.subarray(0, length))).rejects.toMatchObject({
        kind: "damaged",
        message: "its content cannot be decompressed",
      });
    },
  );

  it.each([
    ["one byte", Buffer.of(0)],
    ["another stream", deflated],
    ["a long tail", Buffer.alloc(200_000)],
  ])("refuses %s after the end of the stream", async (_, tail) => {
    await expect(inflate(codec, Buffer.concat([deflated, tail]))).rejects.toMatchObject({
      kind: "damaged",
      message: "there are bytes after the end of its content",
    });
  });

  it("refuses bytes that are no stream", async () => {
    await expect(inflate(codec, Buffer.alloc(100, 0xff))).rejects.toMatchObject({ kind: "damaged" });
  });

  it("inflates nothing to no chunk at all", async () => {
    expect(await Array.fromAsync(codec.inflate(deflateRawSync("")))).toEqual([]);
  });
});

it("the size that the content is said to have changes nothing, whether it is true or not", async () => {
  const codec = createStreamingCodec();
  await fc.assert(
    fc.asyncProperty(chunkings, fc.integer({ min: -100, max: 100 }), async (chunks, wrong) => {
      const content = Buffer.concat(chunks);
      const deflated = await deflate(codec, chunks);
      for (const said of [content.length, Math.max(0, content.length + wrong), 0, 1_000_000, 4_294_967_295])
        expect(Buffer.concat(await Array.fromAsync(codec.inflate(deflated, said))).equals(content)).toBe(true);
    }),
    tries(30),
  );
});

it.each([
  ["streaming", createStreamingCodec],
  ["synchronous", createSyncCodec],
])("a higher level gives fewer bytes (%s)", async (_, create) => {
  const text = Buffer.from(Array.from({ length: 5000 }, (_, index) => `event ${index * index}`).join(" "));
  const sizes = await Promise.all([1, 6, 9].map(async (level) => (await deflate(create(level), [text])).length));
  expect(sizes[1]).toBeLessThan(sizes[0]!);
  expect(sizes[2]).toBeLessThan(sizes[1]!);
  expect((await deflate(create(), [text])).length).toBe(sizes[1]);
});

it("a stream that is written to after its end is refused, and so is what it would have given", async () => {
  const deflater = createStreamingCodec().deflate();
  await deflater.write(Buffer.from("some"));
  const whole = deflater.finish();
  const late = deflater.write(Buffer.from("more"));
  await expect(late).rejects.toThrow("write after end");
  await expect(whole).rejects.toThrow("write after end");
});

it("the streaming codec inflates no more than is read", async () => {
  const bomb = deflateRawSync(Buffer.alloc(50_000_000));
  let readBytes = 0;
  for await (const chunk of createStreamingCodec().inflate(bomb)) {
    readBytes += chunk.length;
    expect(chunk.length).toBe(64 * 1024);
    if (readBytes > 200_000) break;
  }
  expect(readBytes).toBeLessThan(300_000);
});

it("the synchronous codec refuses to inflate more than a segment can hold", async () => {
  const bomb = deflateRepeated(Buffer.alloc(1024 * 1024), 257);
  await expect(inflate(createSyncCodec(), bomb)).rejects.toMatchObject({ kind: "damaged" });
});

it("the synchronous codec gives the same bytes every time", async () => {
  const chunks = [Buffer.from("first"), Buffer.from("second")];
  const [a, b] = [await deflate(createSyncCodec(), chunks), await deflate(createSyncCodec(), [Buffer.concat(chunks)])];
  expect(a.equals(b)).toBe(true);
});

async function deflate(codec: Codec, chunks: readonly Uint8Array[]): Promise<Buffer> {
  const deflater = codec.deflate();
  for (const chunk of chunks) await deflater.write(chunk);
  return Buffer.concat(await deflater.finish());
}

async function inflate(codec: Codec, deflated: Uint8Array): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of codec.inflate(deflated)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
