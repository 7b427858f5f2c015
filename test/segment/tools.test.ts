/** Segments are ordinary files: whoever has them and any of these tools needs nothing of ours to read them. */
import { execFile, execFileSync } from "node:child_process";
import { createReadStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { createGunzip, gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEvent } from "../../lambda/event/event.ts";
import { createBodyWriter, placeSegment } from "../../lambda/segment/body.ts";
import { createStreamingCodec } from "../../lambda/segment/codec.ts";
import { DAY, fillBody, WORKSPACE } from "./sample.ts";

const run = promisify(execFile);
const AT = `${DAY}T00:00:00.000Z`;

/** What a line may hold: everything that JSON allows on one line, and that some reader somewhere stumbles over. */
const LINES = [
  '{"gid":"1","n":12345678901234567890123,"f":1.0e+5}',
  '{"gid":"2","quotes":"\\"a\\",\'b\'","comma":"a,b;c|d\\te"}',
  '{"gid":"3","escapes":"\\u0000\\u0001\\n\\r\\ud83d \\udc00","raw":"é 日本 \u{1f600}"}',
  '{"gid":"4","separators":"\u2028\u2029\u0085\ufeff\u000b\u000c"}',
  ' {"gid":"5" , "tab":\t1} ',
  '{"gid":"6","gid":"7","\\\\N":null,"empty":{},"list":[]}',
  `{"gid":"8","long":"${"x".repeat(300_000)}"}`,
  ...Array.from({ length: 2500 }, (_, index) => `{"gid":"${1000 + index}","created_at":"${AT}"}`),
];
/** A native package: absent where there is no build for the machine. */
const duckdb = await import("@duckdb/node-api").catch(() => null);
if (duckdb === null) warnAbsent("DuckDB");

const CONTENT = Buffer.from(LINES.map((line) => `${line}\n`).join(""));

let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "segment-tools-"));
  file = join(folder, "000001.ndjson.gz");
  const events = LINES.map((line, index) => createEvent(String(index), AT, Buffer.from(line)));
  const body = await fillBody(createBodyWriter(createStreamingCodec()), events);
  const place = { workspace: WORKSPACE, day: DAY, number: 1, previous: null, writer: "0.1.0", run: "test" };
  await writeFile(file, placeSegment(body, place).bytes);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("a segment is read byte for byte by", () => {
  it("node's gunzip, at once and as a stream", async () => {
    const stream = createReadStream(file).pipe(createGunzip());
    expect((await buffer(stream)).equals(CONTENT)).toBe(true);
    expect(gunzipSync(await buffer(createReadStream(file))).equals(CONTENT)).toBe(true);
  });

  it.runIf(has("zcat", ["--version"]))("zcat", async () => {
    const { stdout } = await run("zcat", [file], { encoding: "buffer", maxBuffer: 1e8 });
    expect(stdout.equals(CONTENT)).toBe(true);
  });

  it.runIf(has("gzip", ["--version"]))("gzip, which finds nothing to complain of", async () => {
    expect((await run("gzip", ["-tv", file])).stderr).toMatch(/OK/);
  });

  it.runIf(has("python3", ["-c", "import gzip"]))("Python", async () => {
    const script = "import gzip,sys; sys.stdout.buffer.write(gzip.open(sys.argv[1]).read())";
    const { stdout } = await run("python3", ["-c", script, file], { encoding: "buffer", maxBuffer: 1e8 });
    expect(stdout.equals(CONTENT)).toBe(true);
  });

  it.runIf(duckdb !== null)("DuckDB, a line a row", async () => {
    const connection = await (await duckdb!.DuckDBInstance.create(":memory:")).connect();
    try {
      const reader = await connection.runAndReadAll(
        `SELECT line FROM read_csv('${file}', delim = chr(1), quote = '', escape = '', header = false,
         columns = {'line': 'VARCHAR'}, max_line_size = 33554432)`,
      );
      expect(reader.getRows().map(([line]) => line)).toEqual(LINES);
    } finally {
      connection.closeSync();
    }
  });
});

function has(command: string, args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    warnAbsent(command);
    return false;
  }
}

function warnAbsent(tool: string): void {
  console.warn(`NOT TESTED: ${tool} is not on this machine, so that it reads segments was not checked.`);
}
