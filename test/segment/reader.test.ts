import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { MAX_CONTENT_BYTES, MAX_LINE_BYTES } from "../../lambda/segment/bounds.ts";
import { type Codec, createStreamingCodec } from "../../lambda/segment/codec.ts";
import { encodeHeader } from "../../lambda/segment/header.ts";
import { encodeManifest, MAX_MANIFEST_BYTES, type Manifest } from "../../lambda/segment/manifest.ts";
import { MANIFEST_RANGE, readHeader, segmentLines } from "../../lambda/segment/reader.ts";
import { bomb, deflateRepeated, rebuild, rootOf, sha256, wrap } from "./forge.ts";
import { codec, readLines, sampleEvents, sampleSegment } from "./sample.ts";

const segment = await sampleSegment(sampleEvents(4));
const { bytes, manifest } = segment;
const { headerBytes } = readHeader(bytes);
const TRAILER_BYTES = 8;

it("the manifest range holds the whole header and is enough to read it", () => {
  const head = bytes.subarray(MANIFEST_RANGE.start, MANIFEST_RANGE.end + 1);
  expect(readHeader(head)).toEqual({ manifest, manifestHash: segment.manifestHash, headerBytes });
  expect(readHeader(bytes.subarray(0, headerBytes))).toEqual(readHeader(head));
});

it("the manifest range is as long as the longest header, and no longer", () => {
  expect(MANIFEST_RANGE).toEqual({ start: 0, end: encodeHeader(Buffer.alloc(MAX_MANIFEST_BYTES)).length - 1 });
});

it("a segment as it was written is read to its end, each line as it was", async () => {
  expect(await readLines(bytes)).toEqual(sampleEvents(4).map(({ line }) => String(line)));
});

it("a flip of any bit of a segment is noticed", async () => {
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    expect(await faultOf(flipped), `bit ${bit}`).toMatch(/^damaged/);
  }
});

it("a segment cut short is noticed, wherever it is cut", async () => {
  for (let length = 0; length < bytes.length; length += 1) {
    expect(await faultOf(bytes.subarray(0, length)), `${length} bytes`).toMatch(/^damaged/);
  }
});

it("a byte removed or added anywhere is noticed", async () => {
  for (let at = 0; at <= bytes.length; at += 1) {
    const added = Buffer.concat([bytes.subarray(0, at), Buffer.of(0), bytes.subarray(at)]);
    expect(await faultOf(added), `added at ${at}`).toMatch(/^damaged/);
    if (at === bytes.length) continue;
    const removed = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
    expect(await faultOf(removed), `removed at ${at}`).toMatch(/^damaged/);
  }
});

it.each([
  ["a second member", Buffer.concat([bytes, gzipSync("{}\n")])],
  ["itself again", Buffer.concat([bytes, bytes])],
  ["an empty member", Buffer.concat([bytes, gzipSync("")])],
  ["zeros, which gzip readers skip", Buffer.concat([bytes, Buffer.alloc(512)])],
  ["a member in front", Buffer.concat([gzipSync("{}\n"), bytes])],
])("a segment with %s is no segment", async (_, altered) => {
  expect(await faultOf(altered)).toMatch(/^damaged/);
});

it.each([0, 8])("a segment that ends %i bytes after its header has no content", async (more) => {
  expect(await faultOf(bytes.subarray(0, headerBytes + more))).toBe("damaged: it ends before its content");
});

it.each([
  ["an ordinary gzip file", gzipSync("{}\n")],
  ["an empty file", Buffer.alloc(0)],
  ["plain NDJSON", Buffer.from("{}\n".repeat(100))],
  ["zeros", Buffer.alloc(5000)],
  ["nothing but a header", bytes.subarray(0, headerBytes)],
])("%s is no segment", async (_, altered) => {
  expect(await faultOf(altered)).toMatch(/^damaged/);
});

describe("a header spelled in another way, though gzip readers would take it", () => {
  const extra = bytes.subarray(12, headerBytes);
  const rest = bytes.subarray(headerBytes);
  const withExtra = (...parts: Buffer[]) => {
    const joined = Buffer.concat(parts);
    const length = Buffer.alloc(2);
    length.writeUInt16LE(joined.length);
    return Buffer.concat([bytes.subarray(0, 10), length, joined, rest]);
  };
  const change = (at: number, value: number) =>
    Buffer.concat([bytes.subarray(0, at), Buffer.of(value), bytes.subarray(at + 1)]);
  const hashField = extra.subarray(-36);
  const manifestField = extra.subarray(0, -36);

  it.each([
    ["the text flag", change(3, 0x05)],
    ["a time", change(4, 1)],
    ["an XFL", change(8, 2)],
    ["another operating system", change(9, 3)],
    ["another subfield behind", withExtra(extra, Buffer.from("ZZ\u0000\u0000"))],
    ["another subfield in front", withExtra(Buffer.from("ZZ\u0000\u0000"), extra)],
    ["its subfields swapped", withExtra(hashField, manifestField)],
    ["no hash", withExtra(manifestField)],
    ["no manifest", withExtra(hashField)],
    ["no subfield", withExtra()],
    ["no subfield, in a large file", Buffer.concat([withExtra(), Buffer.alloc(100_000)])],
    ["a manifest of 60 KB", withExtra(Buffer.alloc(60_000))],
    ["a manifest of 60 KB, with its hash", encodeHeader(Buffer.alloc(60_000))],
  ])("is damage: %s", async (_, altered) => {
    expect(await faultOf(altered)).toMatch(/^damaged/);
  });
});

describe("a manifest made anew, with its hash, around content that it does not fit", () => {
  it.each<[string, Partial<Manifest>, string]>([
    ["another content hash", { sha256: "0".repeat(64) }, "content hash"],
    ["another hash of the compressed bytes", { deflated: "0".repeat(64) }, "compressed bytes"],
    ["another Merkle root", { root: "0".repeat(64) }, "Merkle root"],
    ["more events", { count: 5, logCount: 5 }, "count"],
    ["fewer events", { count: 3 }, "more lines"],
  ])("is damage: %s", async (_, change, message) => {
    const altered = Buffer.concat([
      encodeHeader(encodeManifest({ ...manifest, ...change })),
      bytes.subarray(headerBytes),
    ]);
    expect(await faultOf(altered)).toMatch(/^damaged: /);
    expect(await faultOf(altered)).toContain(message);
  });

  it("names all that differs", async () => {
    const content = Buffer.from("{}\n".repeat(3));
    const altered = rebuild({ ...manifest, count: 4 }, content, { crc32: 1, sizeBytes: 10 });
    expect(await faultOf(altered)).toContain("its length, its checksum, its content hash, its Merkle root, its count");
  });
});

it.each([
  ["a last line without an end", "{}\n{}"],
  ["an empty line", "{}\n\n{}\n"],
  ["no line at all", ""],
])("content with %s is damage, even if all hashes fit", async (_, text) => {
  expect(await faultOf(rebuild(manifest, Buffer.from(text)))).toMatch(/^damaged/);
});

it("a line may have 64 MB and no byte more", async () => {
  const short = Buffer.from("{}\n{}\n{}\n");
  const deflated = Buffer.from("not inflated, which would take longer than to read it");
  const faultOfContent = (content: Buffer) => {
    const fitting = { sha256: sha256(content), root: rootOf(content), deflated: sha256(deflated) };
    const inflate = async function* () {
      yield content;
    };
    return faultOf(wrap({ ...manifest, ...fitting }, deflated, content), { ...codec, inflate });
  };
  const longer = Buffer.concat([short, Buffer.alloc(MAX_LINE_BYTES + 1, "x"), Buffer.from("\n")]);
  const longest = Buffer.concat([longer.subarray(0, -2), Buffer.from("\n")]);
  expect(await faultOfContent(longest)).toBe("none");
  expect(await faultOfContent(longer)).toBe("damaged: it holds a line that cannot be an event");
});

it("content may have 256 MB and no byte more, whatever length is declared", async () => {
  const line = Buffer.alloc(32 * 1024 * 1024, "x");
  line.write("\n", line.length - 1);
  const inflated: Buffer[] = [...Array.from({ length: 8 }, () => line), Buffer.from("x")];
  let givenBytes = 0;
  const inflating: Codec = {
    ...codec,
    async *inflate() {
      for (const chunk of inflated) {
        givenBytes += chunk.length;
        yield chunk;
      }
    },
  };
  const altered = rebuild({ ...manifest, count: 10, logCount: 10 }, Buffer.from("x"), { sizeBytes: 2 ** 32 - 1 });
  expect(await faultOf(altered, inflating)).toBe("damaged: its content is longer than its trailer says");
  expect(givenBytes).toBe(MAX_CONTENT_BYTES + 1);
});

it("a later format is told apart from damage", async () => {
  const later = Buffer.concat([encodeHeader(Buffer.from('{"format":2}')), bytes.subarray(headerBytes)]);
  expect(await faultOf(later)).toMatch(/^unknown-format/);
});

describe("a decompression bomb costs no more than it says", () => {
  const inflatedBytes = async (altered: Buffer) => {
    let count = 0;
    const counting: Codec = {
      ...createStreamingCodec(),
      async *inflate(deflated) {
        for await (const chunk of createStreamingCodec().inflate(deflated)) {
          count += chunk.length;
          yield chunk;
        }
      },
    };
    const fault = await faultOf(altered, counting);
    return { count, fault };
  };
  const megabytesOf = (unit: string) => bomb(manifest, Buffer.alloc(1_000_000, unit), 100);

  it("when its length is a lie", async () => {
    const { count, fault } = await inflatedBytes(rebuild(manifest, Buffer.alloc(1_000_000), { sizeBytes: 100 }));
    expect(fault).toContain("longer than its trailer says");
    expect(count).toBeLessThan(200_000);
  });

  it("when it is one endless line", async () => {
    const { count, fault } = await inflatedBytes(megabytesOf("\0"));
    expect(fault).toContain("a line is longer than any event");
    expect(count).toBeLessThan(68_000_000);
  });

  it("when it is nothing but line feeds", async () => {
    const { count, fault } = await inflatedBytes(megabytesOf("\n"));
    expect(fault).toContain("cannot be an event");
    expect(count).toBeLessThan(200_000);
  });

  it("when it holds more lines than its manifest counts", async () => {
    const { count, fault } = await inflatedBytes(megabytesOf("x\n"));
    expect(fault).toContain("more lines");
    expect(count).toBeLessThan(200_000);
  });

  it("when its compressed bytes are not those of its manifest, it is not inflated at all", async () => {
    const deflated = deflateRepeated(Buffer.alloc(1_000_000), 100);
    const altered = Buffer.concat([bytes.subarray(0, headerBytes), deflated, bytes.subarray(-TRAILER_BYTES)]);
    const { count, fault } = await inflatedBytes(altered);
    expect(sha256(deflated)).not.toBe(manifest.deflated);
    expect(fault).toContain("compressed bytes");
    expect(count).toBe(0);
  });
});

it("a reader that stops early is not told of damage further on, and leaves nothing behind", async () => {
  const altered = rebuild({ ...manifest, root: "0".repeat(64) }, Buffer.from("{}\n".repeat(4)), {});
  for await (const lines of segmentLines(altered, createStreamingCodec())) {
    expect(lines.length).toBeGreaterThan(0);
    break;
  }
});

async function faultOf(altered: Buffer, using = codec): Promise<string> {
  try {
    await readLines(altered, using);
    return "none";
  } catch (error) {
    const { kind, message } = error as { kind?: string; message: string };
    return `${kind}: ${message}`;
  }
}
