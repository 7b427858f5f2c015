/** An archive read by several threads, as `verify --threads` does. */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openThreads, usualThreads } from "../../cli/verify/threads.ts";
import { takeInventory } from "../../lambda/archive/inventory.ts";
import { type LogReaders, type VerifyReport, verify } from "../../lambda/archive/verify.ts";
import { createDirectoryArchive } from "../../lambda/stores/directory-archive.ts";
import { putObject } from "../archive/put-object.ts";
import { DAYS, hintOf, keyOf, type Objects, sampleArchive, stateOf } from "../archive/sample-archive.ts";
import { createMemoryCheckpoint } from "../fakes/memory-checkpoint.ts";
import { NEVER } from "../fakes/run.ts";
import { codec, WORKSPACE } from "../segment/sample.ts";
import { makeDirectory, runCli } from "./run-cli.ts";

async function directoryOf(objects: Objects): Promise<string> {
  const directory = await makeDirectory();
  for (const [key, bytes] of objects) await putObject(directory, key, bytes);
  return directory;
}

/** What one thread and three report of it, with a checkpoint that knows the first day's end. */
async function reportsOf(objects: Objects): Promise<[one: VerifyReport, three: VerifyReport, shown: number]> {
  const directory = await directoryOf(objects);
  const { logs } = await sampleArchive();
  const checkpoints = createMemoryCheckpoint();
  await checkpoints.move(WORKSPACE, stateOf({ [DAYS[0]]: hintOf(logs[0]!.at(-1)!) }), null);
  const deps = { archive: createDirectoryArchive(directory), codec, checkpoints };
  let shown = 0;
  const onProgress = ({ segments }: { segments: number }) => {
    shown = segments;
  };
  const three = await verify({ ...deps, openReaders: () => openThreads(directory, 3, NEVER) }, { onProgress });
  return [await verify(deps, {}), three, shown];
}

const flip = (bytes: Buffer): Buffer =>
  Buffer.from(bytes.map((byte, at) => (at === bytes.length >> 1 ? byte ^ 1 : byte)));

it.each<[what: string, damage: (objects: Objects) => void, outcome: VerifyReport["outcome"]]>([
  ["nothing wrong", () => undefined, "clean"],
  ["a flipped bit", (objects) => objects.set(keyOf(2), flip(objects.get(keyOf(2))!)), "faulty"],
  ["a segment taken from the middle", (objects) => objects.delete(keyOf(3)), "faulty"],
  ["a last segment that the checkpoint knows taken away", (objects) => objects.delete(keyOf(4)), "faulty"],
  ["a day copied to another", (objects) => objects.set(keyOf(1, "2026-05-03"), objects.get(keyOf(1))!), "faulty"],
  ["all of it gone", (objects) => objects.clear(), "nothing"],
])("threads report what one does of an archive with %s", async (_, damage, outcome) => {
  const { objects } = await sampleArchive();
  damage(objects);
  const [one, three, shown] = await reportsOf(objects);
  expect(three).toEqual(one);
  expect(three.outcome).toBe(outcome);
  expect(shown).toBe(objects.size);
});

/** Threads on an archive that is there, and a log to ask them for. */
async function openSample(signal: AbortSignal) {
  const directory = await directoryOf((await sampleArchive()).objects);
  const { logs } = await takeInventory(createDirectoryArchive(directory), {});
  const readers = openThreads(directory, 2, signal);
  return {
    readers,
    ask: () => readers.verify({ log: logs[0]!, hint: null, frontMayBeExpired: false, maxFaults: 1 }, () => undefined),
  };
}

it("what stops a thread from reading is told as if it had happened here", async () => {
  const nowhere = join(await makeDirectory(), "nowhere");
  const archive = createDirectoryArchive(await directoryOf((await sampleArchive()).objects));
  let readers: LogReaders | undefined;
  const openReaders = () => {
    readers = openThreads(nowhere, 2, NEVER);
    return readers;
  };
  await expect(verify({ archive, codec, openReaders }, {})).rejects.toMatchObject({
    name: "ArchiverError",
    kind: "misconfigured",
    message: `${nowhere} does not exist`,
    advice: expect.stringContaining("--archive"),
  });
  const { logs } = await takeInventory(archive, {});
  const asked = readers!.verify({ log: logs[0]!, hint: null, frontMayBeExpired: false, maxFaults: 1 }, () => undefined);
  await expect(asked).rejects.toThrow("a worker thread of verify ended unexpectedly"); // closed in spite of the failure
});

it("a thread that ends takes along what was asked, and what is asked later: nothing waits for ever", async () => {
  const { readers, ask } = await openSample(NEVER);
  const asked = ask();
  asked.catch(() => undefined);
  await readers.close();
  await expect(asked).rejects.toThrow("a worker thread of verify ended unexpectedly");
  await expect(ask()).rejects.toThrow("a worker thread of verify ended unexpectedly");
});

it("a signal ends what was asked with its reason, and what is asked later", async () => {
  const stop = new AbortController();
  const { readers, ask } = await openSample(stop.signal);
  const asked = ask();
  stop.abort(new Error("enough"));
  await expect(asked).rejects.toThrow("enough");
  await expect(ask()).rejects.toThrow("enough");
  await readers.close();
  const late = await openSample(AbortSignal.abort(new Error("before")));
  await expect(late.ask()).rejects.toThrow("before");
  await late.readers.close();
});

it("a small archive is not worth threads, a large one as many as there are processors", () => {
  const total = {
    segments: 0,
    events: 0,
    storedBytes: 0,
    faults: 0,
    totalSegments: 999,
    totalBytes: 16 * 1024 ** 2 - 1,
  };
  expect(usualThreads(total)).toBe(1);
  expect(usualThreads({ ...total, totalSegments: 1000 })).toBe(availableParallelism());
  expect(usualThreads({ ...total, totalBytes: 16 * 1024 ** 2 })).toBe(availableParallelism());
});

it("verify --threads takes a number of threads, from one on", async () => {
  const directory = await directoryOf((await sampleArchive()).objects);
  const run = (threads: string) => runCli(["verify", "--archive", directory, "--json", "--threads", threads]);
  const [one, three, none] = [await run("1"), await run("3"), await run("0")];
  expect(three).toEqual(one);
  expect(three).toMatchObject({ code: 0, stdout: expect.stringContaining('"events":26') });
  expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining("Give a whole number from 1 to 256.") });
});
