/** A store at the end of a slow link. */
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openS3 } from "../../cli/aws.ts";
import { type S3ServerOptions, startS3Server } from "../fakes/s3-server.ts";

const STALL_MS = 1_500;
const PIECE_MS = 100;
/** Far more than the buffers of a loopback connection take. */
const BYTES = Buffer.alloc(48 * 1024 * 1024, "x");

beforeEach(() => {
  vi.stubEnv("NODE_USE_ENV_PROXY", "0");
});
afterEach(() => {
  vi.unstubAllEnvs();
});

async function open(options: S3ServerOptions) {
  const server = await startS3Server(options);
  for (const [name, value] of Object.entries(server.env)) vi.stubEnv(name, value);
  const told: unknown[] = [];
  const log = (level: string, message: string, fields?: object) => told.push({ level, message, ...fields });
  const archive = await openS3({ bucket: "archive", prefix: "" }, process.env, { stallMs: STALL_MS, log });
  return { server, archive, told };
}

/** Takes a megabyte at a time, with a pause after each. */
async function slowly(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let untilPause = 1_000_000;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    untilPause -= chunk.length;
    if (untilPause > 0) continue;
    untilPause = 1_000_000;
    await setTimeout(PIECE_MS);
  }
  return Buffer.concat(chunks);
}

it("an upload goes on for as long as bytes move, however long it takes", async () => {
  const { server, archive, told } = await open({ read: slowly });
  const startedAtMs = performance.now();
  expect(await archive.create("events/large.gz", BYTES)).toBe("created");
  expect(performance.now() - startedAtMs).toBeGreaterThan(2 * STALL_MS);
  expect(server.objects.get("/archive/events/large.gz")?.length).toBe(BYTES.length);
  expect(told).toEqual([]);
});

it("an upload ends when no byte has moved for a while: its outcome is unknown, and the log says why", async () => {
  const never = async (request: IncomingMessage) => {
    if (request.url?.includes("probe")) return Buffer.from((await once(request, "data"))[0]);
    request.pause();
    return await new Promise<Buffer>(() => undefined);
  };
  const { archive, told } = await open({ read: never });
  expect(await archive.create("events/large.gz", BYTES)).toBe("unknown");
  expect(told).toEqual([
    {
      level: "warn",
      message: "an upload was broken off; looking whether it has arrived",
      key: "events/large.gz",
      code: "TimeoutError",
    },
  ]);
});
