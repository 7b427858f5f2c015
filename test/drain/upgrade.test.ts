/** An archive and a checkpoint that an earlier version left, in the hands of today's: it goes on where they end. */
import { cp, mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { verify } from "../../lambda/archive/verify.ts";
import { createDirectoryArchive } from "../../lambda/stores/directory-archive.ts";
import { createFileCheckpoint } from "../../lambda/stores/file-checkpoint.ts";
import { createSyncCodec } from "../fakes/sync-codec.ts";
import { archivedLines, createWorld, type Stores, WORKSPACE, type World } from "./world.ts";

/** What commit 788c322 made by a drain at noon of `emitHistory`. */
const EARLIER = join(import.meta.dirname, "earlier-archive");

/** Two days and a half, an event an hour, and one without an instant. */
function emitHistory(world: World): void {
  const startMs = Date.parse("2026-04-29T00:30:00.000Z");
  for (let hour = 0; hour < 60; hour++) world.emit(new Date(startMs + hour * 3_600_000).toISOString());
  world.feed.append(WORKSPACE, { gid: "77", created_at: "yesterday" }, Date.parse("2026-04-30T12:00:00Z"));
}

let world: World;
let stores: Stores;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "upgrade-"));
  await cp(EARLIER, folder, { recursive: true });
  stores = { archive: createDirectoryArchive(folder), checkpoints: createFileCheckpoint(join(folder, "checkpoint")) };
  world = createWorld({ now: "2026-05-01T13:00:00.000Z" });
  emitHistory(world);
});

async function expectWhole(): Promise<void> {
  const shown = [...world.feed.lines(WORKSPACE, { visibleByMs: world.clock.now() })].map(({ line }) => line.toString());
  expect((await archivedLines(stores.archive)).sort()).toEqual(shown.sort());
  const report = await verify({ ...stores, codec: createSyncCodec() }, { isFolder: true });
  expect(report).toMatchObject({ outcome: "clean", faultCount: 0 });
}

it("an earlier archive holds what it held, and a drain adds what is new and nothing else", async () => {
  await expectWhole();
  world.emit("2026-05-01T12:40:00.000Z");
  expect(await world.drain(stores)).toMatchObject({ outcome: "caught-up", archived: 1 });
  await expectWhole();
  expect(await world.drain(stores)).toMatchObject({ archived: 0 });
});

it("an earlier archive has each day looked at again, and what came late is found", async () => {
  world.emit("2026-04-29T10:00:00.000Z");
  await world.drain(stores);
  world.pass(7 * 3_600_000);
  expect(await world.rescan({ kind: "due" }, stores)).toMatchObject({ archived: 1 });
  await expectWhole();
});

it("an earlier archive without its checkpoint is not archived twice", async () => {
  const fresh = { ...stores, checkpoints: createFileCheckpoint(join(folder, "another")) };
  expect(await world.drain(fresh)).toMatchObject({ outcome: "caught-up", archived: 0 });
  await expectWhole();
});

it("an earlier archive keeps every file as the earlier version wrote it", async () => {
  const before = await readFile(join(EARLIER, "checkpoint.json"));
  world.emit("2026-05-01T12:40:00.000Z");
  await world.drain(stores);
  expect(await readFile(join(folder, "checkpoint.json"))).toEqual(before);
  for await (const { key } of createDirectoryArchive(EARLIER).list(""))
    expect(await readFile(join(folder, key))).toEqual(await readFile(join(EARLIER, key)));
});
