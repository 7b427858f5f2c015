import fc from "fast-check";
import { expect, it } from "vitest";
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
  await expect(split([Buffer.from("one\ntw")])).rejects.toMatchObject({ kind: "damaged" });
});

it("a line longer than any event is damage, found without reading on", async () => {
  let chunks = 0;
  async function* endless() {
    for (;;) {
      chunks += 1;
      yield Buffer.alloc(8 * 1024 * 1024, "x");
    }
  }
  await expect(split(endless())).rejects.toMatchObject({ kind: "damaged" });
  expect(chunks).toBe(9); // 72 MB, the first to be more than 64 MB
});

it("a line in very many pieces is put together once", async () => {
  const pieces = Array.from({ length: 200_000 }, () => Buffer.from("x"));
  expect(await split([...pieces, Buffer.from("\n")])).toEqual(["x".repeat(200_000)]);
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
