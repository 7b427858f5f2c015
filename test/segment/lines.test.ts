import fc from "fast-check";
import { expect, it, vi } from "vitest";
import { splitLines } from "../../lambda/segment/lines.ts";

it("lines are the same, however the bytes are cut into chunks", async () => {
  const texts = fc.array(fc.stringMatching(/^[ -~]{0,20}$/), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(texts, fc.array(fc.nat(30)), async (lines, cuts) => {
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
      expect(await split(cut(bytes, cuts))).toEqual(lines);
    }),
  );
});

it("a last line without an end is damage", async () => {
  const message = "its last line has no line feed";
  await expect(split([Buffer.from("one\ntw")])).rejects.toMatchObject({ kind: "damaged", message });
});

it("a line longer than any event is damage, found without reading on", async () => {
  let chunks = 0;
  async function* endless() {
    for (;;) {
      chunks += 1;
      yield Buffer.alloc(8 * 1024 * 1024, "x");
    }
  }
  const message = "a line is longer than any event";
  await expect(split(endless())).rejects.toMatchObject({ kind: "damaged", message });
  expect(chunks).toBe(9); // 72 MB, the first to be more than 64 MB
});

it("a line in very many pieces is put together once", async () => {
  const concat = vi.spyOn(Buffer, "concat");
  const pieces = Array.from({ length: 1_000 }, () => Buffer.from("x"));
  const lines = await split([...pieces, Buffer.from("\n")]);
  const calls = concat.mock.calls.length;
  concat.mockRestore();
  expect(lines).toEqual(["x".repeat(1_000)]);
  expect(calls).toBe(1);
});

it("only what a line has of it is counted, and not the lines before it in the same chunk", async () => {
  const bytes = Buffer.alloc(60 * 1024 * 1024, "x");
  bytes[40 * 1024 * 1024] = 10;
  let sizes: number[] = [];
  for await (const lines of splitLines(stream([bytes, Buffer.from("\n")]))) {
    sizes = [...sizes, ...lines.map(({ length }) => length)];
  }
  expect(sizes).toEqual([40 * 1024 * 1024, 20 * 1024 * 1024 - 1]);
});

it("a line that is inside one chunk is not copied, and a chunk without an end gives nothing", async () => {
  const chunks = [Buffer.from("one\nt"), Buffer.from("w"), Buffer.from("o\n")];
  const given = await Array.fromAsync(splitLines(stream(chunks)));
  expect(given.map((lines) => lines.map(String))).toEqual([["one"], ["two"]]);
  expect(given[0]![0]!.buffer).toBe(chunks[0]!.buffer);
  expect(given[0]![0]!.byteOffset).toBe(chunks[0]!.byteOffset);
});

async function split(chunks: Iterable<Buffer> | AsyncIterable<Buffer>): Promise<string[]> {
  const lines: string[] = [];
  for await (const some of splitLines(stream(chunks))) lines.push(...some.map(String));
  return lines;
}

async function* stream(chunks: Iterable<Buffer> | AsyncIterable<Buffer>) {
  yield* chunks;
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let start = 0;
  for (const size of sizes) {
    chunks.push(bytes.subarray(start, start + size));
    start = Math.min(bytes.length, start + size);
  }
  return [...chunks, bytes.subarray(start)];
}
