import { hash } from "node:crypto";

/** A set of lines in 32 bytes and a count: equal digests mean the same lines, in whatever order, each as often. */
export interface LineDigest {
  readonly count: number;
  readonly bytes: number;
  /** The sum of the SHA-256 of all lines, in eight lanes of 32 bits, as hex. */
  readonly sum: string;
}

/** Adds up lines without keeping them, for comparing millions byte for byte. Lines carry no line feed. */
export function createLineDigest(): { add(line: Uint8Array): void; value(): LineDigest } {
  const lanes = new Uint32Array(8);
  let count = 0;
  let bytes = 0;
  return {
    add: (line) => {
      const digest = hash("sha256", line, "buffer");
      for (let lane = 0; lane < 8; lane++) lanes[lane]! += digest.readUInt32BE(lane * 4);
      count++;
      bytes += line.length;
    },
    value: () => ({ count, bytes, sum: [...lanes].map((lane) => lane.toString(16).padStart(8, "0")).join("") }),
  };
}
