/** The gzip header that carries the manifest: one spelling, every byte of it checked. */
import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { decodeHeader, encodeHeader, MAX_HEADER_BYTES } from "../../lambda/segment/header.ts";
import { manifestHash } from "../../lambda/segment/manifest.ts";

const MANIFEST = Buffer.from('{"format":1}');
const HEADER = encodeHeader(MANIFEST);
const damaged = (message: string) =>
  expect.objectContaining({ kind: "damaged", message: expect.stringContaining(message) });

it("is the fixed ten bytes, then AM with the manifest and AH with its SHA-256", () => {
  const sha256 = createHash("sha256").update(MANIFEST).digest();
  const extra = Buffer.concat([Buffer.from("AM\x0c\0"), MANIFEST, Buffer.from("AH\x20\0"), sha256]);
  const fixed = Buffer.from("1f8b08040000000000ff", "hex");
  expect(HEADER).toEqual(Buffer.concat([fixed, Buffer.from([extra.length, 0]), extra]));
});

it("lengths above 255 take their second byte", () => {
  const manifest = Buffer.alloc(1000, "x");
  const header = encodeHeader(manifest);
  expect(header.readUInt16LE(10)).toBe(1040);
  expect(decodeHeader(header).manifestBytes).toEqual(manifest);
});

it("any reader of gzip takes it", () => {
  const plain = gzipSync("line\n");
  expect(gunzipSync(Buffer.concat([HEADER, plain.subarray(10)])).toString()).toBe("line\n");
});

it("the longest is told", () => {
  expect(encodeHeader(Buffer.alloc(2048)).length).toBe(MAX_HEADER_BYTES);
});

it("is read back, whatever follows it", () => {
  for (const head of [HEADER, Buffer.concat([HEADER, Buffer.from("data")])]) {
    expect(decodeHeader(head)).toEqual({
      manifestBytes: MANIFEST,
      manifestHash: manifestHash(MANIFEST),
      headerBytes: HEADER.length,
    });
  }
});

it("of an empty manifest is a header too", () => {
  expect(decodeHeader(encodeHeader(Buffer.alloc(0))).manifestBytes).toHaveLength(0);
});

describe("is damaged", () => {
  it("in every byte that differs", () => {
    for (let at = 0; at < HEADER.length; at += 1) {
      const bytes = Buffer.from(HEADER);
      bytes[at]! ^= 1;
      expect(() => decodeHeader(bytes)).toThrow(expect.objectContaining({ kind: "damaged" }));
    }
  });

  it.each([
    [0, "it ends inside the gzip header"],
    [11, "it ends inside the gzip header"],
    [12, "it ends inside the manifest"],
    [HEADER.length - 1, "it ends inside the manifest"],
  ])("when it ends after %i bytes", (size, message) => {
    expect(() => decodeHeader(HEADER.subarray(0, size))).toThrow(damaged(message));
  });

  it("when it is another gzip header", () => {
    expect(() => decodeHeader(gzipSync("line\n"))).toThrow(damaged("its gzip header is not that of a segment"));
  });

  it("when its extra field is too short for a manifest", () => {
    const bytes = Buffer.from(HEADER);
    bytes.writeUInt16LE(39, 10);
    expect(() => decodeHeader(bytes)).toThrow(damaged("its header has no manifest"));
  });

  it("when the hash is another one's", () => {
    const bytes = Buffer.from(HEADER);
    bytes[bytes.length - 1]! ^= 1;
    expect(() => decodeHeader(bytes)).toThrow(
      damaged("the manifest is not the one that was written: its hash differs"),
    );
  });
});
