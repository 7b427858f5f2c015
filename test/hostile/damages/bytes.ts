/** I5: a segment that does not hold the bytes that were written. */
import { deflateRawSync, gunzipSync, gzipSync } from "node:zlib";
import type { Random } from "../../../feed/random.ts";
import { encodeHeader } from "../../../lambda/segment/header.ts";
import { readHeader } from "../../../lambda/segment/reader.ts";
import { sha256, wrap } from "../../segment/forge.ts";
import { beforeOf, type HeldSegment, remake } from "../segments.ts";
import { choose, type Damage, done, isLong, newGid, withGid } from "./scene.ts";

type Bytes = (bytes: Buffer, random: Random, segment: HeldSegment) => Buffer;

const bytes = (name: string, does: string, change: Bytes): Damage => ({
  name,
  does,
  invariant: "I5",
  apply: (scene) => {
    const segment = choose(scene);
    if (segment === null) return null;
    const changed = change(Buffer.from(segment.bytes), scene.random, segment);
    if (changed.equals(segment.bytes)) return null;
    scene.objects.set(segment.key, changed);
    return done(segment.key);
  },
});

export const byteDamages: readonly Damage[] = [
  bytes("bit flip", "flips one bit anywhere", (all, random) => {
    const at = random.int(all.length);
    all[at]! ^= 1 << random.int(8);
    return all;
  }),
  bytes("bytes overwritten", "writes 1 to 64 random bytes over others", (all, random) => {
    const at = random.int(all.length);
    const end = Math.min(all.length, at + 1 + random.int(64));
    for (let i = at; i < end; i++) all[i] = random.int(256);
    return all;
  }),
  bytes("bytes removed", "cuts 1 to 64 bytes out of the middle", (all, random) => {
    const at = random.int(all.length - 1);
    return Buffer.concat([all.subarray(0, at), all.subarray(at + 1 + random.int(64))]);
  }),
  bytes("truncated", "keeps the beginning only", (all, random) => all.subarray(0, 1 + random.int(all.length - 1))),
  bytes("emptied", "leaves a file without a byte", () => Buffer.alloc(0)),
  bytes("bytes behind", "appends up to 64 bytes, random or zero", (all, random) => {
    const more = Buffer.alloc(1 + random.int(64), random.chance(0.5) ? 0 : random.int(256));
    return Buffer.concat([all, more]);
  }),
  bytes("second member", "appends another gzip member, which every reader of gzip would show", (all, random, segment) =>
    Buffer.concat([all, gzipSync(`${withGid(segment.lines[0]!, newGid(random))}\n`)]),
  ),
  bytes("member in front", "puts a gzip member before the segment", (all) => Buffer.concat([gzipSync(""), all])),
  bytes("same segment twice", "appends the segment to itself", (all) => Buffer.concat([all, all])),
  bytes("compressed without manifest", "compresses the same lines as plain gzip", (all) => gzipSync(gunzipSync(all))),
  bytes("compressed otherwise", "stores the same lines uncompressed behind the same manifest", (all) => {
    const { headerBytes } = readHeader(all);
    const stored = deflateRawSync(gunzipSync(all), { level: 0 });
    return Buffer.concat([all.subarray(0, headerBytes), stored, all.subarray(-8)]);
  }),
  bytes("uncompressed", "stores the lines as plain text", (all) => gunzipSync(all)),
  bytes("line edited, hashes kept", "edits a line and compresses it behind the old manifest", (_, random, segment) => {
    const changed = segment.lines.with(random.int(segment.lines.length), '{"gid":"1","created_at":"yesterday"}');
    const content = Buffer.from(`${changed.join("\n")}\n`);
    return wrap(segment.manifest, deflateRawSync(content), content);
  }),
  bytes("trailer", "writes another checksum or length into the trailer", (all, random) => {
    all.writeUInt32LE(random.int(2 ** 32), all.length - (random.chance(0.5) ? 8 : 4));
    return all;
  }),
  bytes("gzip header", "gives the gzip header a time, another system or a file name", (all, random) => {
    all[random.pick([3, 4, 8, 9])]! ^= 0x08;
    return all;
  }),
  bytes("manifest edited", "edits the manifest in place and leaves its hash", (all, random) => {
    const text = all.toString("latin1");
    const [from, to] = random.pick([
      ['"count":', '"count":1'],
      ['"run":"run', '"run":"Run'],
      ['"format":1', '"format":2'],
      ['"day":"2026', '"day":"2025'],
      ['"day":"2021', '"day":"2022'],
    ]);
    return Buffer.from(text.replace(from, to), "latin1");
  }),
  bytes("manifest respelled", "spells the same manifest otherwise, with a right hash", (all, random) => {
    const { headerBytes } = readHeader(all);
    const text = all.toString("utf8", 16, headerBytes - 36);
    const other = random.pick([
      text.replace(":", ": "),
      text.replace("{", '{"format":1,'),
      text.replace('"day"', '"d\\u0061y"'),
      text.replace("}", ',"more":1}'),
      `${text} `,
    ]);
    return Buffer.concat([encodeHeader(Buffer.from(other)), all.subarray(headerBytes)]);
  }),
  bytes("unknown format", "names a format that does not exist, with a right hash", (all) => {
    const { headerBytes } = readHeader(all);
    const manifest = Buffer.from(all.toString("utf8", 16, headerBytes - 36).replace('"format":1', '"format":7'));
    return Buffer.concat([encodeHeader(manifest), all.subarray(headerBytes)]);
  }),
  bytes(
    "bytes behind the stream",
    "hides bytes between the end of the compressed stream and the trailer",
    (all, _, segment) => {
      const content = gunzipSync(all);
      const deflated = Buffer.concat([deflateRawSync(content), Buffer.from("hidden")]);
      return wrap({ ...segment.manifest, deflated: sha256(deflated) }, deflated, content);
    },
  ),
  {
    name: "lines dropped, count kept",
    does: "drops lines and makes all hashes anew, but not the count",
    invariant: "I5",
    apply: (scene) => {
      const segment = choose(scene, isLong);
      if (segment === null) return null;
      const { count, logCount, oldest, newest, logNewest, writer, run } = segment.manifest;
      const kept = segment.lines.slice(0, 1 + scene.random.int(segment.lines.length - 1));
      const change = { count, logCount, oldest, newest, logNewest, writer, run };
      scene.objects.set(segment.key, remake(segment, kept, beforeOf(scene.objects, segment), change).bytes);
      return done(segment.key);
    },
  },
];
