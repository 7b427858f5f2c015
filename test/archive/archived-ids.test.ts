/** Which events a segment holds, and which are remembered: memory is bounded over all days. */
import { describe, expect, it } from "vitest";
import {
  createIdMemory,
  damageOf,
  lineFingerprint,
  readIndex,
  type SegmentIndex,
} from "../../lambda/archive/archived-ids.ts";
import { type Instant, ODD_DAY } from "../../lambda/event/instant.ts";
import type { ArchiveStore } from "../../lambda/ports.ts";
import { MAX_SEGMENT_BYTES } from "../../lambda/segment/bounds.ts";
import { scanPage } from "../../lambda/source/page.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { codec, DAY, sampleEvent, sampleEvents, sampleLog } from "../segment/sample.ts";
import { keyOf, objectsOf } from "./sample-archive.ts";

const COMMA = Buffer.from(",");

describe("what is read of a segment", () => {
  it("is the id of each event with the fingerprint of its line, and the instants of those that have one", async () => {
    const events = sampleEvents(3);
    const archive = createMemoryArchive(objectsOf(await sampleLog([events])));
    const { ids, times } = await readIndex(archive, codec, keyOf(1));
    expect([...ids]).toEqual(events.map(({ id, line }) => [id, lineFingerprint(line)]));
    expect(times).toEqual(events.map(({ at }) => at));
    expect(lineFingerprint(Buffer.from("123456789"))).toBe(0xcbf43926 | 0); // the check value of CRC-32
    const odd = createMemoryArchive(objectsOf(await sampleLog([[sampleEvent("odd", "yesterday")]])));
    expect(await readIndex(odd, codec, keyOf(1, ODD_DAY))).toMatchObject({ times: [] });
  });

  it("of a line that is no object, or not UTF-8, is the id that it was archived under", async () => {
    const lines = [
      ...["42", '"text"', "[1]", "null"].map((text) => Buffer.from(text)),
      Buffer.from([0x22, 0xff, 0x22]),
    ];
    const { events } = scanPage(
      Buffer.concat([
        Buffer.from('{"data":['),
        ...lines.flatMap((line) => [line, COMMA]),
        Buffer.from('{}],"next_page":null}'),
      ]),
    );
    const archive = createMemoryArchive(objectsOf(await sampleLog([events])));
    const { ids } = await readIndex(archive, codec, keyOf(1, ODD_DAY));
    expect([...ids.keys()]).toEqual(events.map(({ id }) => id));
    expect(events.map(({ line }) => line)).toEqual([...lines, Buffer.from("{}")]);
  });
});

describe("ids are remembered", () => {
  const indexWith = (ids: string): SegmentIndex => ({
    ids: new Map([...ids].map((id, index) => [id, index])),
    times: [`${DAY}T00:00:0${ids.length}.000Z` as Instant],
  });
  /** Three days that share room for five ids; each step adds a segment: "day:number=its ids". */
  const after = (...steps: readonly string[]) => {
    const open = createIdMemory(5);
    const days = { a: open(), b: open(), c: open() };
    for (const step of steps) {
      const [, day, number, ids] = /^(.):(\d)=(.*)$/.exec(step)!;
      days[day as "a"].add(Number(number), indexWith(ids!));
    }
    return Object.entries(days).map(([, day]) => [1, 2, 3].filter((segment) => day.has(segment)).join(" "));
  };

  it.each<[title: string, steps: string[], remembered: string[]]>([
    ["of all segments, while they fit", ["a:1=xy", "a:2=z", "b:1=uv"], ["1 2", "1", ""]],
    [
      "of the days used last: the one used longest ago goes whole",
      ["a:1=xy", "a:2=z", "b:1=uv", "c:1=w"],
      ["", "1", "1"],
    ],
    ["in order of use, not of opening", ["a:1=xy", "b:1=uv", "a:2=z", "c:1=w"], ["1 2", "", "1"]],
    ["of no more days than needed", ["a:1=xy", "b:1=uv", "c:1=w", "c:2=s"], ["", "1", "1 2"]],
    ["of one day as far as they fit, and then from there on", ["a:1=xyz", "a:2=uvw", "a:3=rs"], ["2 3", "", ""]],
    ["of one segment at least, however many it has", ["a:1=xy", "b:1=123456789"], ["", "1", ""]],
    ["and what was forgotten takes no room", ["a:1=xyzuv", "b:1=rs", "a:1=xyz", "c:1=w"], ["1", "", "1"]],
    ["once, where a segment is added twice", ["a:1=xyz", "a:1=xyz", "b:1=uv"], ["1", "1", ""]],
  ])("%s", (_, steps, remembered) => {
    expect(after(...steps)).toEqual(remembered);
  });

  it("per day, with their fingerprints and the instants of their segment; of an id in two segments, the first", () => {
    const open = createIdMemory(100);
    const [day, other] = [open(), open()];
    day.add(1, indexWith("xy"));
    day.add(2, indexWith("zzy"));
    expect(["x", "y", "z", "w"].map(day.get)).toEqual([0, 1, 1, undefined]);
    expect([1, 2, 3].map((number) => day.times(number)?.[0]?.slice(-6))).toEqual(["2.000Z", "3.000Z", undefined]);
    expect([other.get("x"), other.has(1), other.times(1)]).toEqual([undefined, false, undefined]);
  });

  it("no more once they are forgotten", () => {
    const open = createIdMemory(2);
    const [day, other] = [open(), open()];
    day.add(1, indexWith("xy"));
    other.add(1, indexWith("z"));
    expect([day.get("x"), day.has(1), day.times(1), other.get("z")]).toEqual([undefined, false, undefined, 0]);
  });
});

describe("a segment that cannot be read halts", () => {
  const reading = (bytes: Buffer | null) => {
    const get: ArchiveStore["get"] = async (_, range) => {
      expect(range).toEqual({ start: 0, end: MAX_SEGMENT_BYTES });
      return bytes;
    };
    return readIndex({ ...createMemoryArchive(), get }, codec, keyOf(1));
  };

  it.each<[string, Buffer | null, string]>([
    ["it was listed but is gone", null, "was listed but is gone"],
    ["it has a byte too many", Buffer.alloc(MAX_SEGMENT_BYTES + 1), "is larger than a segment can be"],
    [
      "it is as large as one may be",
      Buffer.alloc(MAX_SEGMENT_BYTES),
      "cannot be read: its gzip header is not that of a segment",
    ],
    ["it is damaged", Buffer.from("garbage"), "cannot be read: it ends inside the gzip header"],
  ])("when %s", async (_, bytes, message) => {
    await expect(reading(bytes)).rejects.toMatchObject({
      kind: "halted",
      message: `${keyOf(1)} ${message} (I5).`,
      ...(message.startsWith("cannot") && { cause: { kind: "damaged" } }),
    });
  });

  it("with what is wrong, as far as that is known", () => {
    expect(damageOf("no error")).toBe("cannot be read: it is damaged");
  });
});
