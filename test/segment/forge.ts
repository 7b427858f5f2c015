/** What someone who knows the format could write in place of a segment. */
import { hash } from "node:crypto";
import { constants, crc32, deflateRawSync } from "node:zlib";
import { encodeHeader } from "../../lambda/segment/header.ts";
import { encodeManifest, type Manifest } from "../../lambda/segment/manifest.ts";
import { createMerkleTree } from "../../lambda/segment/merkle.ts";
import { readHeader } from "../../lambda/segment/reader.ts";

export const sha256 = (bytes: Uint8Array): string => hash("sha256", bytes, "hex");

interface Trailer {
  readonly crc32?: number;
  readonly sizeBytes?: number;
}

/**
 * A segment around `content` with the rest of `manifest` as it is: with content hash and Merkle root computed to fit;
 * or, when `trailer` is given, left as they are, and the trailer's fields replaced by those given.
 */
export function rebuild(manifest: Manifest, content: Buffer, trailer?: Trailer): Buffer {
  const deflated = deflateRawSync(content);
  const own = trailer === undefined ? { sha256: sha256(content), root: rootOf(content) } : {};
  return wrap({ ...manifest, ...own, deflated: sha256(deflated) }, deflated, content, trailer);
}

/** The compressed bytes behind any manifest, with a header that fits it and a trailer that fits `content`. */
export function wrap(manifest: Manifest, deflated: Buffer, content: Buffer, trailer: Trailer = {}): Buffer {
  const end = Buffer.alloc(8);
  end.writeUInt32LE(trailer.crc32 ?? crc32(content), 0);
  end.writeUInt32LE(trailer.sizeBytes ?? content.length, 4);
  return Buffer.concat([encodeHeader(encodeManifest(manifest)), deflated, end]);
}

/** A segment whose content is `unit` so many times over, which nobody inflates to its end: neither checksum nor hashes fit. */
export function bomb(manifest: Manifest, unit: Buffer, times: number): Buffer {
  const deflated = deflateRepeated(unit, times);
  const sizeBytes = unit.length * times;
  return wrap({ ...manifest, deflated: sha256(deflated) }, deflated, Buffer.alloc(0), { sizeBytes });
}

/** `unit` so many times over, compressed once: what all of it would take to compress is most of such a test's time. */
export function deflateRepeated(unit: Buffer, times: number): Buffer {
  const block = deflateRawSync(unit, { finishFlush: constants.Z_FULL_FLUSH });
  return Buffer.concat([...Array.from({ length: times }, () => block), deflateRawSync("")]);
}

/** The segment as it is, but for some fields of its manifest. */
export function withManifest(bytes: Buffer, change: Partial<Manifest>): Buffer {
  const { headerBytes, manifest } = readHeader(bytes);
  return Buffer.concat([encodeHeader(encodeManifest({ ...manifest, ...change })), bytes.subarray(headerBytes)]);
}

export function rootOf(content: Buffer): string {
  const tree = createMerkleTree();
  let start = 0;
  for (let end = content.indexOf("\n"); end !== -1; end = content.indexOf("\n", start)) {
    tree.add(content.subarray(start, end));
    start = end + 1;
  }
  return tree.root().toString("hex");
}
