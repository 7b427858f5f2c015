/** Which events a segment holds, and which segments are remembered: memory is bounded, and nothing is read without need. */
import { describe, expect, it } from "vitest";
import { createSegmentIds, damageOf, lineFingerprint } from "../../lambda/archive/segment-ids.ts";
import { ODD_DAY } from "../../lambda/event/instant.ts";
import type { ArchiveStore } from "../../lambda/ports.ts";
import { MAX_SEGMENT_BYTES } from "../../lambda/segment/bounds.ts";
import { scanPage } from "../../lambda/source/page.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { codec, sampleEvents, sampleLog } from "../segment/sample.ts";
import { keyOf, objectsOf } from "./sample-archive.ts";

const COMMA = Buffer.from(",");

/** A log of segments with so many events each; `use` reads them by number, and `read` is which of them it had to. */
async function setUp(sizes: readonly number[], maxIds: number) {
  const segments = await sampleLog(sizes.map((size, index) => sampleEvents(size, index * 100)));
  const objects = objectsOf(segments);
  const archive = createMemoryArchive(objects);
  const read: number[] = [];
  const get: ArchiveStore["get"] = (key, range) => {
    read.push(segments.findIndex((segment) => segment.key === key) + 1);
    return archive.get(key, range);
  };
  const ids = createSegmentIds({ ...archive, get }, codec, maxIds);
  const use = async (...numbers: number[]) => {
    read.length = 0;
    for (const number of numbers) await ids(keyOf(number));
    return [...read];
  };
  return { ids, use, objects };
}

it("the ids of a segment come with the fingerprint of their line", async () => {
  const { ids } = await setUp([3], 100);
  const expected = sampleEvents(3).map(({ id, line }) => [id, lineFingerprint(line)]);
  expect([...(await ids(keyOf(1)))]).toEqual(expected);
  expect(lineFingerprint(Buffer.from("123456789"))).toBe(0xcbf43926 | 0); // the check value of CRC-32
});

it("the id of a line that is no object, or not UTF-8, is the one it was archived under", async () => {
  const lines = [...["42", '"text"', "[1]", "null"].map((text) => Buffer.from(text)), Buffer.from([0x22, 0xff, 0x22])];
  const { events } = scanPage(
    Buffer.concat([
      Buffer.from('{"data":['),
      ...lines.flatMap((line) => [line, COMMA]),
      Buffer.from('{}],"next_page":null}'),
    ]),
  );
  const ids = createSegmentIds(createMemoryArchive(objectsOf(await sampleLog([events]))), codec, 100);
  expect([...(await ids(keyOf(1, ODD_DAY))).keys()]).toEqual(events.map(({ id }) => id));
  expect(events.map(({ line }) => line)).toEqual([...lines, Buffer.from("{}")]);
});

describe("a segment is read again", () => {
  it("never, while all that were used fit", async () => {
    const { use } = await setUp([2, 3], 5);
    expect(await use(1, 2, 1, 2, 2, 1)).toEqual([1, 2]);
  });

  it("if too many ids were used since, those used longest ago being forgotten first", async () => {
    const { use } = await setUp([2, 2, 2], 5);
    expect(await use(1, 2, 1, 3)).toEqual([1, 2, 3]);
    expect(await use(1, 3)).toEqual([]);
    expect(await use(2)).toEqual([2]);
    expect(await use(3, 2)).toEqual([]);
    expect(await use(1)).toEqual([1]);
  });

  it("never right away, however many ids it has", async () => {
    const { use } = await setUp([9, 2], 5);
    expect(await use(1, 1, 1)).toEqual([1]);
    expect(await use(2, 2)).toEqual([2]);
    expect(await use(1)).toEqual([1]);
  });

  it("only for those that do not fit: what was forgotten takes no room", async () => {
    const { use } = await setUp([4, 4, 4, 1], 5);
    expect(await use(1, 2, 3, 4)).toEqual([1, 2, 3, 4]);
    expect(await use(3, 4, 3, 4)).toEqual([]);
  });
});

describe("a segment that cannot be read halts", () => {
  it("when it was listed and is gone", async () => {
    const { ids, objects } = await setUp([1], 5);
    objects.delete(keyOf(1));
    await expect(ids(keyOf(1))).rejects.toMatchObject({
      kind: "halted",
      message: `${keyOf(1)} was listed and is gone (I5).`,
    });
  });

  it.each([
    [MAX_SEGMENT_BYTES + 1, "is larger than any segment"],
    [MAX_SEGMENT_BYTES, "cannot be read: no gzip header of a segment"],
  ])("when it is of %i bytes: it %s", async (sizeBytes, message) => {
    const get: ArchiveStore["get"] = async (_, range) => {
      expect(range).toEqual({ start: 0, end: MAX_SEGMENT_BYTES });
      return Buffer.alloc(sizeBytes);
    };
    const ids = createSegmentIds({ ...createMemoryArchive(), get }, codec, 5);
    await expect(ids(keyOf(1))).rejects.toMatchObject({ kind: "halted", message: `${keyOf(1)} ${message} (I5).` });
  });

  it("when it is damaged, with what is wrong", async () => {
    const { ids, objects } = await setUp([1], 5);
    objects.set(keyOf(1), Buffer.from("garbage"));
    await expect(ids(keyOf(1))).rejects.toMatchObject({
      kind: "halted",
      message: `${keyOf(1)} cannot be read: it ends inside the gzip header (I5).`,
      cause: { kind: "damaged" },
    });
    expect(damageOf("no error")).toBe("cannot be read: it is damaged");
  });
});
