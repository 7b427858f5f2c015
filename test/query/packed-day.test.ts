import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdDecompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CheckedSegment, packDay } from "../../cli/query/packed-day.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "packed-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** A segment of each of these contents. */
async function* segmentsOf(contents: readonly (string | Buffer)[]): AsyncGenerator<CheckedSegment> {
  for (const [index, content] of contents.entries()) {
    const bytes = gzipSync(content);
    const segment = { key: `segment-${index + 1}`, sizeBytes: bytes.length, workspace: "1", day: "2026-05-01" };
    yield { segment: { ...segment, number: index + 1 }, bytes };
  }
}

async function packed(...contents: readonly (string | Buffer)[]) {
  const path = join(folder, "lines.zst");
  const file = await open(path, "w");
  try {
    return { ...(await packDay(segmentsOf(contents), file)), path };
  } finally {
    await file.close();
  }
}

const contentOf = async (path: string): Promise<string> => zstdDecompressSync(await readFile(path)).toString();

describe("a packed day", () => {
  it("holds every line behind the number of its segment, in the order of the segments", async () => {
    const { path, longestLine } = await packed("a\nb\n", "longer\n", "c\n");
    expect(await contentOf(path)).toBe("000001a\n000001b\n000002longer\n000003c\n");
    expect(longestLine).toBe("000002longer".length);
  });

  it("ends a line at a carriage return too, as both engines do, and keeps an empty one", async () => {
    const { path } = await packed("a\rb\r\nc\n\nd");
    expect(await contentOf(path)).toBe("000001a\n000001b\n000001c\n000001\n000001d\n");
  });

  it("has U+FFFD for each byte that is not UTF-8", async () => {
    const { path } = await packed(Buffer.from("a\xffb\xfe\n", "latin1"), "ä\n");
    expect(await contentOf(path)).toBe("000001a\ufffdb\ufffd\n000002ä\n");
  });

  it("is not made of a segment whose content does not match its checksum, and the error names it", async () => {
    async function* damaged() {
      for await (const { segment, bytes } of segmentsOf(["a\n", "b\n", "c\n"])) {
        const at = bytes.length - 6;
        yield { segment, bytes: segment.number === 2 ? Buffer.from(bytes.with(at, bytes[at]! ^ 1)) : bytes };
      }
    }
    const file = await open(join(folder, "lines.zst"), "w");
    await expect(packDay(damaged(), file)).rejects.toMatchObject({ kind: "halted", message: /^segment-2 / });
    await file.close();
  });
});

describe("the lines of a day are surely different events", () => {
  it.each([
    ["where each begins with a gid of its own", ['{"gid":"1"}', '{"gid":"2","a":{"gid":"1"}}', '{"gid":"12"}'], true],
    ["and not where two begin with one gid", ['{"gid":"1"}', '{"gid":"2"}', '{"gid":"1","a":1}'], false],
    ["and not where one has no gid", ['{"gid":"1"}', '{"gid":null}'], false],
    ["and not where one has an empty gid", ['{"gid":"1"}', '{"gid":""}'], false],
    ["and not where one gid stands elsewhere in its line", ['{"gid":"1"}', '{"a":1,"gid":"2"}'], false],
    ["and not where one is written with an escape", ['{"gid":"1"}', String.raw`{"gid":"\u0031"}`], false],
    ["and not where one begins with a zero", ['{"gid":"1"}', '{"gid":"01"}'], false],
    ["and not where one is larger than a double counts", ['{"gid":"1"}', '{"gid":"9007199254740993"}'], false],
    ["and not where one is shorter than a gid", ['{"gid":"1"}', "{}"], false],
  ])("%s", async (_, lines, isDistinct) => {
    const [first = "", ...others] = lines.map((line) => `${line}\n`);
    expect((await packed(first, others.join(""))).isDistinct).toBe(isDistinct);
  });

  it("also among thousands", async () => {
    const lines = Array.from({ length: 5_000 }, (_, n) => `{"gid":"${1_200_000_000_000_000 + n}"}\n`).join("");
    expect((await packed(lines, '{"gid":"7"}\n')).isDistinct).toBe(true);
    expect((await packed(lines, '{"gid":"1200000000004321"}\n')).isDistinct).toBe(false);
  });
});
