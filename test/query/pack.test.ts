/** What DuckDB is given to read, whatever the rows' lengths are. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createPacker, PACK_COMPRESSION, PACK_DELIMITER } from "../../cli/query/pack.ts";
import { parseSegmentKey } from "../../lambda/segment/key.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { appendEvents, junkOf } from "./archive.ts";

const DAY = "2026-05-01";
const unpack = PACK_COMPRESSION === "zstd" ? zstdDecompressSync : gunzipSync;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pack-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** Packs segments of these lines; gives the rows of each file. */
async function pack(space: Buffer, ...segments: readonly (readonly string[])[]): Promise<string[][]> {
  const archive = createMemoryArchive();
  for (const lines of segments) {
    await appendEvents(
      archive,
      lines.map((line) => junkOf(DAY, line)),
    );
  }
  const packer = createPacker(folder, space);
  for await (const { key, sizeBytes } of archive.list("events/")) {
    packer.add({ key, sizeBytes, changedMs: 0, ...parseSegmentKey(key)! }, (await archive.get(key))!);
  }
  const { files, longestRowBytes } = packer.finish();
  const texts = await Promise.all(files.map(async (file) => unpack(await readFile(file)).toString()));
  const rows = texts.map((text) => text.split("\n").slice(0, -1));
  expect(longestRowBytes).toBe(Math.max(...rows.flat().map((row) => row.length + 1)));
  return rows.map((ofFile) => ofFile.map((row) => row.split(PACK_DELIMITER.toString()).join(" ")));
}

const [FIRST, SECOND] = ["000001.ndjson.gz", "000002.ndjson.gz"];

it("each row is the name of its segment and a line, of all segments in their order", async () => {
  expect(await pack(Buffer.alloc(1_000), ["one", "two"], ["three"])).toEqual([
    [`${FIRST} one`, `${FIRST} two`, `${SECOND} three`],
  ]);
});

it("a row that does not fit behind the others begins the next file", async () => {
  const row = FIRST!.length + PACK_DELIMITER.length + "one\n".length;
  expect(await pack(Buffer.alloc(2 * row), ["one", "two"], ["six"])).toEqual([
    [`${FIRST} one`, `${FIRST} two`],
    [`${SECOND} six`],
  ]);
  await rm(folder, { recursive: true });
  folder = await mkdtemp(join(tmpdir(), "pack-"));
  expect(await pack(Buffer.alloc(2 * row - 1), ["one", "two"])).toEqual([[`${FIRST} one`], [`${FIRST} two`]]);
});

it("a row that is longer than a file has one of its own, in its place", async () => {
  const long = "x".repeat(1_000);
  expect(await pack(Buffer.alloc(100), ["one", long, "two"])).toEqual([
    [`${FIRST} one`],
    [`${FIRST} ${long}`],
    [`${FIRST} two`],
  ]);
});
