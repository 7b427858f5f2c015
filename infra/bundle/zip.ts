import { crc32 } from "node:zlib";

/**
 * A zip file that holds one file, readable by everybody, uncompressed and of 1980: its bytes follow from the contents alone.
 * What compresses may give other bytes in another version or on another processor.
 */
export function zipOne(name: string, contents: Buffer): Buffer {
  const path = Buffer.from(name);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0); // the version that is needed to extract it
  common.writeUInt16LE((1 << 5) | 1, 8); // 1980-01-01, the first day that a zip file can name
  common.writeUInt32LE(crc32(contents), 10);
  common.writeUInt32LE(contents.length, 14);
  common.writeUInt32LE(contents.length, 18);
  common.writeUInt16LE(path.length, 22);
  const local = Buffer.concat([signature("PK\x03\x04"), common, path, contents]);

  const attributes = Buffer.alloc(14);
  attributes.writeUInt32LE((0o100644 << 16) >>> 0, 6); // a file, and its mode
  const madeOnUnix = Buffer.from([20, 3]);
  const entry = Buffer.concat([signature("PK\x01\x02"), madeOnUnix, common, attributes, path]);

  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4); // entries here
  end.writeUInt16LE(1, 6); // entries in all
  end.writeUInt32LE(entry.length, 8);
  end.writeUInt32LE(local.length, 12);
  return Buffer.concat([local, entry, signature("PK\x05\x06"), end]);
}

const signature = (text: string): Buffer => Buffer.from(text, "latin1");
