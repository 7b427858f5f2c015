import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { takeInventory } from "../../lambda/archive/inventory.ts";
import { verifyLog } from "../../lambda/archive/verify-log.ts";
import { createMerkleTree } from "../../lambda/segment/merkle.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { codec, sampleEvents, sampleLog } from "../segment/sample.ts";
import { objectsOf } from "./sample-archive.ts";

const PARTS = [sampleEvents(2, 10), sampleEvents(3, 20), sampleEvents(1, 5)];

it("a log is stated as of each number that was sealed: events, root over all lines, last manifest, oldest, newest", async () => {
  const segments = await sampleLog(PARTS);
  const lines = segments.flatMap(({ bytes }) => gunzipSync(bytes).toString().trimEnd().split("\n"));
  const { statements } = await state(segments, [1, 3]);
  expect(statements).toEqual([
    {
      number: 1,
      events: 2,
      root: rootOf(lines.slice(0, 2)),
      manifestHash: segments[0]!.manifestHash,
      oldest: "2026-05-01T00:00:10.000Z",
      newest: "2026-05-01T00:00:11.000Z",
    },
    {
      number: 3,
      events: 6,
      root: rootOf(lines),
      manifestHash: segments[2]!.manifestHash,
      oldest: "2026-05-01T00:00:05.000Z",
      newest: "2026-05-01T00:00:22.000Z",
    },
  ]);
  expect((await state(segments, [])).statements).toEqual([]);
});

it("a log is not stated from a segment on that is missing or damaged", async () => {
  const segments = await sampleLog(PARTS);
  const [first, second, third] = segments;
  expect((await state([first!, third!], [1, 3])).statements).toMatchObject([{ number: 1 }]);
  const bytes = Buffer.from(second!.bytes);
  bytes[bytes.length - 12]! ^= 1;
  const damaged = [first!, { ...second!, bytes }, third!];
  expect((await state(damaged, [1, 2, 3])).statements).toMatchObject([{ number: 1 }]);
  expect((await state(damaged, [4])).statements).toEqual([]);
});

async function state(segments: Awaited<ReturnType<typeof sampleLog>>, sealedNumbers: readonly number[]) {
  const archive = createMemoryArchive(objectsOf(segments));
  const { logs } = await takeInventory(archive, {});
  const task = { log: logs[0]!, hint: null, frontMayBeExpired: false, maxFaults: 20, sealedNumbers };
  return await verifyLog({ archive, codec }, task);
}

function rootOf(lines: readonly string[]): string {
  const tree = createMerkleTree();
  for (const line of lines) tree.add(Buffer.from(line));
  return tree.root().toString("hex");
}
