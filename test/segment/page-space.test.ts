import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { createBodyWriter } from "../../lambda/segment/body.ts";
import type { Codec } from "../../lambda/segment/codec.ts";
import { createPageSpace } from "../../lambda/segment/page-space.ts";
import { sampleEvents } from "./sample.ts";

/** Looks at what it was given only when it is let, as a compressor on another thread may. */
function slowCodec() {
  const reads: (() => void)[] = [];
  const seen: Buffer[] = [];
  const codec: Codec = {
    inflate: () => [] as never,
    deflate: () => ({
      write: (chunk) =>
        new Promise((resolve) => {
          reads.push(() => {
            seen.push(Buffer.from(chunk));
            resolve();
          });
        }),
      finish: async () => [Buffer.concat(seen)],
    }),
  };
  return { codec, readNext: () => reads.shift()!(), reads };
}

/** Lets all that is ready run. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

it("a page buffer grows by a quarter more than is asked for, and is the same until more than that is asked for", async () => {
  const space = createPageSpace();
  const first = await space.take(1000);
  expect(first.length).toBe(1250);
  expect(await space.take(1)).toBe(first);
  expect(await space.take(1250)).toBe(first);
  expect((await space.take(1251)).length).toBe(1564);
});

it("a buffer for more than 4 MiB is given back when the compressor has read it: eight readers would hold eight of them", async () => {
  const space = createPageSpace();
  const large = await space.take(4 * 1024 * 1024);
  const reading = Promise.withResolvers<void>();
  space.lend(reading.promise);
  const next = space.take(1000);
  reading.resolve();
  expect(large.length).toBe(5 * 1024 * 1024);
  expect((await next).length).toBe(1250);
});

it("a page's lines are needed no more once they are flushed, however long the compressor takes", async () => {
  const { codec, readNext } = slowCodec();
  const writer = createBodyWriter(codec);
  const [event] = sampleEvents(1);
  const line = Buffer.from(event!.line);
  const content = `${event!.line}\n`;
  writer.add({ ...event!, line });
  await writer.flush();
  line.fill(0);
  readNext();
  const body = await writer.finish();
  expect(String(body.deflated[0])).toBe(content);
  expect(body.sha256).toBe(createHash("sha256").update(content).digest("hex"));
});

it("the next page waits for its room until the compressor has read the one before, of whichever writer", async () => {
  const { codec, readNext, reads } = slowCodec();
  const space = createPageSpace();
  const [first, second] = [createBodyWriter(codec, space), createBodyWriter(codec, space)];
  const [one, two] = sampleEvents(2);
  first.add(one!);
  await first.flush();
  second.add(two!);
  const flushed = second.flush();
  await settle();
  expect(reads).toHaveLength(1);
  readNext();
  await flushed;
  readNext();
  expect(String((await first.finish()).deflated[0])).toBe(`${one!.line}\n${two!.line}\n`);
});

it("a compressor that fails is told of when the segment is finished, and disturbs no other writer", async () => {
  const broken = new Error("out of memory");
  const failing: Codec = {
    inflate: () => [] as never,
    deflate: () => ({ write: () => Promise.reject(broken), finish: () => Promise.reject(broken) }),
  };
  const { codec, readNext } = slowCodec();
  const space = createPageSpace();
  const [event] = sampleEvents(1);
  const [bad, good] = [createBodyWriter(failing, space), createBodyWriter(codec, space)];
  bad.add(event!);
  await bad.flush();
  good.add(event!);
  await good.flush();
  readNext();
  await expect(bad.finish()).rejects.toBe(broken);
  expect(await good.finish()).toMatchObject({ count: 1 });
});
