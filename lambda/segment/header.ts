import { hash } from "node:crypto";
import { SegmentError } from "./error.ts";
import { MAX_MANIFEST_BYTES } from "./manifest.ts";

/**
 * The gzip header (RFC 1952) of a segment: FEXTRA with two subfields, `AM` the manifest and `AH` the SHA-256 of the
 * manifest's bytes. Everything else is fixed, so that every byte is checked by something.
 */

/** Magic, DEFLATE, only FEXTRA; no time, no XFL, and an unknown operating system. */
const FIXED = Buffer.from([0x1f, 0x8b, 8, 0x04, 0, 0, 0, 0, 0, 255]);
const MANIFEST_ID = Buffer.from("AM");
const HASH_ID = Buffer.from("AH");
const HASH_BYTES = 32;
/** Two bytes of id and two of length. */
const SUBFIELD_BYTES = 4;
/** The fixed part and the length of the extra field. */
const PREFIX_BYTES = FIXED.length + 2;
const OVERHEAD_BYTES = 2 * SUBFIELD_BYTES + HASH_BYTES;

export const MAX_HEADER_BYTES = PREFIX_BYTES + OVERHEAD_BYTES + MAX_MANIFEST_BYTES;

export function encodeHeader(manifest: Buffer): Buffer {
  return Buffer.concat([
    FIXED,
    uint16(OVERHEAD_BYTES + manifest.length),
    MANIFEST_ID,
    uint16(manifest.length),
    manifest,
    HASH_ID,
    uint16(HASH_BYTES),
    hash("sha256", manifest, "buffer"),
  ]);
}

/** `head`: the first bytes of a segment, at least its header. Throws SegmentError `damaged`. */
export function decodeHeader(head: Buffer): { manifestBytes: Buffer; manifestHash: string; headerBytes: number } {
  if (head.length < PREFIX_BYTES) throw new SegmentError("damaged", "it ends inside the gzip header");
  if (!head.subarray(0, FIXED.length).equals(FIXED))
    throw new SegmentError("damaged", "its gzip header is not that of a segment");
  const extraBytes = head.readUInt16LE(FIXED.length);
  if (extraBytes < OVERHEAD_BYTES) throw new SegmentError("damaged", "its header has no manifest");
  const headerBytes = PREFIX_BYTES + extraBytes;
  if (head.length < headerBytes) throw new SegmentError("damaged", "it ends inside the manifest");
  const manifestBytes = head.subarray(PREFIX_BYTES + SUBFIELD_BYTES, headerBytes - SUBFIELD_BYTES - HASH_BYTES);
  // The header has one spelling: making it again compares ids, lengths and hash at once.
  if (!encodeHeader(manifestBytes).equals(head.subarray(0, headerBytes))) {
    throw new SegmentError("damaged", "the manifest is not the one that was written: its hash differs");
  }
  // Compared just now, so it need not be computed again.
  const manifestHash = head.toString("hex", headerBytes - HASH_BYTES, headerBytes);
  return { manifestBytes, manifestHash, headerBytes };
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}
