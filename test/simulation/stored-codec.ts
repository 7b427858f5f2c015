/** DEFLATE without compression: valid, the same on every machine, and it spares a compressor for each tiny segment. */
import type { Codec } from "../../lambda/segment/codec.ts";
import { SegmentError } from "../../lambda/segment/error.ts";

const MAX_BLOCK_BYTES = 65_535;
const HEAD_BYTES = 5;

export const storedCodec: Codec = {
  deflate: () => {
    const chunks: Buffer[] = [];
    return {
      write: async (chunk) => void chunks.push(Buffer.from(chunk)),
      finish: async () => [store(Buffer.concat(chunks))],
    };
  },
  inflate: async function* (deflated) {
    yield restore(Buffer.from(deflated.buffer, deflated.byteOffset, deflated.length));
  },
};

function store(content: Buffer): Buffer {
  const blocks: Buffer[] = [];
  for (let start = 0; start === 0 || start < content.length; start += MAX_BLOCK_BYTES) {
    const block = content.subarray(start, start + MAX_BLOCK_BYTES);
    const head = Buffer.alloc(HEAD_BYTES);
    head[0] = start + MAX_BLOCK_BYTES >= content.length ? 1 : 0;
    head.writeUInt16LE(block.length, 1);
    head.writeUInt16LE(block.length ^ 0xffff, 3);
    blocks.push(head, block);
  }
  return Buffer.concat(blocks);
}

function restore(deflated: Buffer): Buffer {
  const blocks: Buffer[] = [];
  for (let start = 0; ; ) {
    const isLast = deflated[start] === 1;
    const length = deflated.readUInt16LE(start + 1);
    const end = start + HEAD_BYTES + length;
    const isSound = (isLast || deflated[start] === 0) && deflated.readUInt16LE(start + 3) === (length ^ 0xffff);
    if (!isSound || end > deflated.length)
      throw new SegmentError("damaged", "it is not stored as the simulation stores");
    blocks.push(deflated.subarray(start + HEAD_BYTES, end));
    start = end;
    if (!isLast) continue;
    if (end < deflated.length) throw new SegmentError("damaged", "there are bytes after the end of its content");
    return Buffer.concat(blocks);
  }
}
