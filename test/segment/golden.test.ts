/**
 * Format 1, pinned. Archives live for decades: if a test here fails, the format has changed, and it must become
 * format 2 beside a reader for format 1. Never edit the bytes.
 */
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import type { Instant } from "../../lambda/event/instant.ts";
import { placeSegment } from "../../lambda/segment/body.ts";
import { readHeader } from "../../lambda/segment/reader.ts";
import { readLines } from "./sample.ts";

const SEGMENT = Buffer.from(
  `H4sIBAAAAAAA/wUCQU3dAXsiZm9ybWF0IjoxLCJ3b3Jrc3BhY2UiOiIxMjAxIiwiZGF5IjoiMjAyNi0wNS0wMSIsIm51bWJlciI6
   MSwiY291bnQiOjIsIm9sZGVzdCI6IjIwMjYtMDUtMDFUMDk6MDA6MDAuMDAwWiIsIm5ld2VzdCI6IjIwMjYtMDUtMDFUMDk6MDA6
   MDAuMTIzNDU2N1oiLCJzaGEyNTYiOiI4M2I1YmFiZTg2YzYyZDZhYWE4OWI5NzM5YWNlN2MxYTliNWVmYzIxNTBjZWY1ZTdhMWE4
   MTUzYjM2MmYwZjIxIiwiZGVmbGF0ZWQiOiJiYTlmNjBkNGE5MjBkMGM0NmVkMjExNTUxMTQ1NjFkN2VjNzU2NGY3ZTVmMmY0MzRi
   NjdkZjA2MTEzYmNlZDYyIiwicm9vdCI6Ijk1M2YyZjYxMjRmY2QxN2VmYWI1ZDgyZGZjYjI2YzY2YjlhNGI1NGEyMzFmMWU0OGVm
   Y2IxNTc0MTlhMmZmZGMiLCJwcmV2aW91cyI6bnVsbCwibG9nQ291bnQiOjIsImxvZ05ld2VzdCI6IjIwMjYtMDUtMDFUMDk6MDA6
   MDAuMTIzNDU2N1oiLCJ3cml0ZXIiOiIwLjEuMCIsInJ1biI6InRlc3QifUFIIAAmFquT2MRjLqNZnckQ7uBY495XXDYZrIW8JkB5
   1E0uFIXMQQrCMBAF0H1PIX+dys8kaZw5hyspSDFB3LiQFAqlB/IcXkwK7t0/3or7o8Dg4XB71anVcp0aDEIZeqae/kw10sgjyQsc
   njAls1eVFHOkati69RcJ3OH/5CXENOR9a3XZ1TiTVT/vcS6nULB1X0lQ/maaAAAA`,
  "base64",
);
const LINES = [
  '{"gid":"1","created_at":"2026-05-01T09:00:00.000Z","n":9007199254740993}',
  '{"gid":"2", "created_at":"2026-05-01T09:00:00.1234567Z","text":"\\u00e9é\\ud83d"}',
];
const MANIFEST =
  '{"format":1,"workspace":"1201","day":"2026-05-01","number":1,"count":2,"oldest":"2026-05-01T09:00:00.000Z",' +
  '"newest":"2026-05-01T09:00:00.1234567Z","sha256":"83b5babe86c62d6aaa89b9739ace7c1a9b5efc2150cef5e7a1a8153b362f0f21",' +
  '"deflated":"ba9f60d4a920d0c46ed21155114561d7ec7564f7e5f2f434b67df06113bced62",' +
  '"root":"953f2f6124fcd17efab5d82dfcb26c66b9a4b54a231f1e48efcb157419a2ffdc","previous":null,"logCount":2,' +
  '"logNewest":"2026-05-01T09:00:00.1234567Z","writer":"0.1.0","run":"test"}';
const MANIFEST_HASH = "2616ab93d8c4632ea3599dc910eee058e3de575c3619ac85bc264079d44d2e14";

it("a segment of format 1 is read: lines, manifest, and the hash by which the next one names it", async () => {
  expect(await readLines(SEGMENT)).toEqual(LINES);
  const { manifest, manifestHash, headerBytes } = readHeader(SEGMENT);
  expect(JSON.stringify(manifest)).toBe(MANIFEST);
  expect(manifestHash).toBe(MANIFEST_HASH);
  expect(SEGMENT.subarray(16, headerBytes - 36).toString()).toBe(MANIFEST);
});

it("a segment of format 1 is an ordinary gzip file", () => {
  expect(gunzipSync(SEGMENT).toString()).toBe(`${LINES.join("\n")}\n`);
});

it("the same content at the same place makes the same bytes", () => {
  const { headerBytes, manifest } = readHeader(SEGMENT);
  const placed = placeSegment(
    {
      day: "2026-05-01",
      // The compressed bytes are given, because another zlib may choose others.
      deflated: [SEGMENT.subarray(headerBytes, -8)],
      deflatedSha256: manifest.deflated,
      crc32: SEGMENT.readUInt32LE(SEGMENT.length - 8),
      sizeBytes: 154,
      sha256: manifest.sha256,
      root: manifest.root,
      count: 2,
      oldest: "2026-05-01T09:00:00.000Z" as Instant,
      newest: "2026-05-01T09:00:00.1234567Z" as Instant,
    },
    { workspace: "1201", day: "2026-05-01", number: 1, previous: null, writer: "0.1.0", run: "test" },
  );
  expect(placed.bytes.toString("base64")).toBe(SEGMENT.toString("base64"));
  expect(placed.key).toBe("events/workspace=1201/dt=2026-05-01/000001.ndjson.gz");
  expect(placed.manifestHash).toBe(MANIFEST_HASH);
});
