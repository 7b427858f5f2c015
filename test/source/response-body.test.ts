/** Bodies as a server sends them, byte for byte over loopback. */
import { createServer, get, type IncomingMessage } from "node:http";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { readResponseBody } from "../../lambda/source/response-body.ts";
import { TransportError } from "../../lambda/source/transport.ts";
import { listen } from "../fakes/loopback.ts";

const MAX_BYTES = 20 * 1024 * 1024;
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** The answer with these headers and these pieces of a body; cut off after them unless it is whole; null: left open. */
async function answer(headers: Record<string, string>, pieces: readonly Buffer[], isWhole: boolean | null = true) {
  const server = createServer((_, response) => {
    response.writeHead(200, headers);
    const next = (index: number): unknown => {
      if (index < pieces.length) return response.write(pieces[index]!, () => setImmediate(next, index + 1));
      if (isWhole === null) return;
      return isWhole ? response.end() : response.socket?.destroy();
    };
    response.flushHeaders();
    next(0);
  });
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const port = await listen(server);
  return await new Promise<IncomingMessage>((resolve, reject) => {
    get({ host: "127.0.0.1", port }, resolve).on("error", reject);
  });
}

const read = async (headers: Record<string, string>, pieces: readonly Buffer[], maxBytes = MAX_BYTES) =>
  await readResponseBody(await answer(headers, pieces), maxBytes);
const gzip = { "content-encoding": "gzip" };
/** Text that does not repeat itself, so that its pieces are of some size when compressed, too. */
const textOf = (sizeBytes: number) => {
  const numbers = Array.from({ length: Math.ceil(sizeBytes / 8) }, (_, index) =>
    String(index * index).padStart(8, "."),
  );
  return Buffer.from(numbers.join("")).subarray(0, sizeBytes);
};

describe("a body", () => {
  it.each([0, 1, 2, 5])("in %i pieces is all of them, in order", async (count) => {
    const pieces = Array.from({ length: count }, (_, index) => Buffer.from(`piece ${index};`));
    expect(await read({}, pieces)).toStrictEqual(Buffer.concat(pieces));
  });

  it.each(["gzip", "x-gzip", "GZip"])("is decompressed when its encoding is %s", async (encoding) => {
    const zipped = gzipSync("content");
    const body = await read({ "content-encoding": encoding }, [zipped.subarray(0, 12), zipped.subarray(12)]);
    expect(String(body)).toBe("content");
  });

  it.each(["br", "identity", "gzip, br"])("is left as it is when its encoding is %s", async (encoding) => {
    expect(await read({ "content-encoding": encoding }, [gzipSync("content")])).toStrictEqual(gzipSync("content"));
  });

  it("is closed once it was read", async () => {
    const response = await answer({}, [Buffer.from("a")]);
    await readResponseBody(response, MAX_BYTES);
    expect(response.destroyed).toBe(true);
  });

  it("may be of several gzip members, whose last says nothing of the size of all", async () => {
    const [large, small] = [textOf(100_000), Buffer.from("small")];
    const body = await read(gzip, [gzipSync(large), gzipSync(small)]);
    expect(body.equals(Buffer.concat([large, small]))).toBe(true);
  });
});

describe("a limit", () => {
  it("holds for what is sent, to the byte", async () => {
    expect((await read({}, [textOf(60), textOf(40)], 100)).length).toBe(100);
    await expect(read({}, [textOf(60), textOf(41)], 100)).rejects.toMatchObject({
      fault: "too-large",
      message: "more than 100 bytes",
    });
  });

  it("holds for what it decompresses to, to the byte", async () => {
    const content = Buffer.alloc(100_000, "x");
    expect((await read(gzip, [gzipSync(content)], 100_000)).equals(content)).toBe(true);
    await expect(read(gzip, [gzipSync(content)], 99_999)).rejects.toMatchObject({
      fault: "too-large",
      message: "more than 99999 bytes",
    });
  });
});

describe("a body is truncated", () => {
  it("that the connection ends before its end", async () => {
    for (const headers of [{ "content-length": "5000" }, {}] as Record<string, string>[]) {
      const response = await answer(headers, [textOf(2000)], false);
      await expect(readResponseBody(response, MAX_BYTES)).rejects.toMatchObject({
        fault: "truncated",
        message: "ECONNRESET",
      });
      expect(response.destroyed).toBe(true);
    }
  });

  it.each([
    [new Error("for a reason without a code"), "truncated", "cut"],
    [undefined, "truncated", "ERR_STREAM_PREMATURE_CLOSE"],
    [new TransportError("timeout", "no byte for 5 ms"), "timeout", "no byte for 5 ms"],
  ])("that is given up on the way, unless who does so says what it is: %s", async (error, fault, message) => {
    const response = await answer({ "content-length": "5000" }, [textOf(2000)], null);
    const reading = readResponseBody(response, MAX_BYTES);
    response.destroy(error);
    await expect(reading).rejects.toMatchObject({ fault, message });
  });

  it.each([0, 1, 3, 4, 10, 20])("that has %i bytes of its gzip only", async (length) => {
    await expect(read(gzip, [gzipSync("content").subarray(0, length)])).rejects.toMatchObject({
      fault: "truncated",
      message: "Z_BUF_ERROR",
    });
  });

  it("whose gzip is damaged", async () => {
    const zipped = gzipSync("content");
    zipped[zipped.length - 8]! ^= 1;
    await expect(read(gzip, [zipped])).rejects.toMatchObject({ fault: "truncated", message: "Z_DATA_ERROR" });
    await expect(read(gzip, [Buffer.from("plain text")])).rejects.toMatchObject({ message: "Z_DATA_ERROR" });
  });
});
