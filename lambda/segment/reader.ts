import { createHash, hash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { ByteRange } from "../ports.ts";
import { MAX_CONTENT_BYTES, MAX_LINE_BYTES } from "./bounds.ts";
import type { Codec } from "./codec.ts";
import { SegmentError } from "./error.ts";
import { decodeHeader, MAX_HEADER_BYTES } from "./header.ts";
import { splitLines } from "./lines.ts";
import { type Manifest, parseManifest } from "./manifest.ts";
import { createMerkleTree, hashLeaf, type MerkleTree } from "./merkle.ts";

/** Surely holds the header and so the manifest. */
export const MANIFEST_RANGE: ByteRange = { start: 0, end: MAX_HEADER_BYTES - 1 };

const TRAILER_BYTES = 8;

export interface SegmentHeader {
  readonly manifest: Manifest;
  readonly manifestHash: string;
  readonly headerBytes: number;
}

/** `head`: the bytes of MANIFEST_RANGE, or more. Throws SegmentError `damaged` or `unknown-format`. */
export function readHeader(head: Buffer): SegmentHeader {
  const { manifestBytes, manifestHash, headerBytes } = decodeHeader(head);
  return { manifest: parseManifest(manifestBytes), manifestHash, headerBytes };
}

/**
 * The lines of a segment, in order, as its chunks are inflated. Throws SegmentError if anything is not as the manifest
 * says: before the first line where that can be known, else after the last, so use no line before the end is reached.
 * Memory: the longest line, and a chunk. `header`: if it has been read already. `logTree`: a tree over the lines of the
 * whole day log, to which these are added.
 */
export async function* segmentLines(
  bytes: Buffer,
  codec: Codec,
  header: SegmentHeader = readHeader(bytes),
  logTree?: MerkleTree,
): AsyncGenerator<Buffer[]> {
  const { manifest, headerBytes } = header;
  const trailerStart = bytes.length - TRAILER_BYTES;
  if (trailerStart <= headerBytes) throw new SegmentError("damaged", "it ends before its content");
  const deflated = bytes.subarray(headerBytes, trailerStart);
  // First, so that nothing is inflated but what was written with this manifest.
  if (hash("sha256", deflated, "hex") !== manifest.deflated) {
    throw new SegmentError("damaged", "the compressed bytes are not those that were written: their hash differs");
  }
  const declaredBytes = bytes.readUInt32LE(trailerStart + 4);
  const content = createContentCheck(declaredBytes, logTree);
  for await (const lines of splitLines(content.watch(codec.inflate(deflated, declaredBytes)))) {
    for (const line of lines) content.addLine(line, manifest.count);
    yield lines;
  }
  content.finish(manifest, bytes.readUInt32LE(trailerStart));
}

/** Follows the content on its way to the reader; stops it as soon as it is more than it says. */
function createContentCheck(declaredBytes: number, logTree?: MerkleTree) {
  let contentHash: string | null = null;
  let partsHash: ReturnType<typeof createHash> | null = null;
  const tree = createMerkleTree();
  let checksum = 0;
  let sizeBytes = 0;
  let count = 0;
  return {
    async *watch(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const chunk of chunks) {
        sizeBytes += chunk.length;
        if (sizeBytes > declaredBytes || sizeBytes > MAX_CONTENT_BYTES) {
          throw new SegmentError("damaged", "its content is longer than its trailer says");
        }
        // Content that comes as one chunk is hashed in one call, which costs a small segment less than a hash made in parts.
        if (chunk.length === declaredBytes) contentHash = hash("sha256", chunk, "hex");
        else partsHash = (partsHash ?? createHash("sha256")).update(chunk);
        checksum = crc32(chunk, checksum);
        yield chunk;
      }
    },
    addLine(line: Buffer, declaredCount: number) {
      if (line.length === 0 || line.length > MAX_LINE_BYTES)
        throw new SegmentError("damaged", "it holds a line that cannot be an event");
      count += 1;
      if (count > declaredCount) throw new SegmentError("damaged", "it holds more lines than its manifest counts");
      const leafHash = hashLeaf(line);
      tree.addHash(leafHash);
      logTree?.addHash(leafHash);
    },
    finish(manifest: Manifest, declaredChecksum: number) {
      const wrong: string[] = [];
      if (sizeBytes !== declaredBytes) wrong.push("its length");
      if (checksum !== declaredChecksum) wrong.push("its checksum");
      if ((contentHash ?? (partsHash ?? createHash("sha256")).digest("hex")) !== manifest.sha256)
        wrong.push("its content hash");
      if (tree.root().toString("hex") !== manifest.root) wrong.push("its Merkle root");
      if (count !== manifest.count) wrong.push("its count");
      if (wrong.length > 0)
        throw new SegmentError("damaged", `the content does not match its manifest or trailer: ${wrong.join(", ")}`);
    },
  };
}
