/** Files that other programs leave in a folder are told apart from what somebody put there to be read. */
import { describe, expect, it } from "vitest";
import { status } from "../../lambda/archive/status.ts";
import { sortForeign } from "../../lambda/archive/strays.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { DAYS, keyOf, sampleArchive, verifyObjects } from "./sample-archive.ts";

const DAY = keyOf(1, DAYS[0]).replace(/[^/]+$/, "");

const STRAYS = [
  "events/.DS_Store",
  `${DAY}._.DS_Store`,
  `${DAY}Icon\r`,
  "events/Thumbs.db",
  "events/desktop.ini",
  "events/$RECYCLE.BIN/S-1-5-21/desktop.ini",
  "events/@eaDir/SYNO@.attr",
  `${DAY}@eaDir/000001.ndjson.gz@SynoEAStream`,
  `${DAY}@eaDir/000001.ndjson.gz/SYNOINDEX_MEDIA_INFO`,
  "events/#recycle/old.txt",
  `${DAY}.fuse_hidden0000012300000001`,
  `${DAY}.nfs000000000123abcd00000001`,
  "events/lost+found/#12",
  "events/.Trash-1000/info/x.trashinfo",
  "events/.stfolder/syncthing-folder-1.txt",
  `${DAY}.syncthing.000001.ndjson.gz.tmp`,
  "events/notes.sync-conflict-20260501-101112-ABCDEFG.txt",
  "events/notes (Ann's conflicted copy 2026-05-01).txt",
  "events/.sync_0123456789ab.db",
  "events/.dropbox.cache/2026-05-01/x",
  "events/.tmp.drivedownload/1",
];

/** What patterns such as `*.ndjson.gz` and `*.gz` match, and what nobody is known to leave. */
const FOREIGN = [
  `${DAY}._000001.ndjson.gz`,
  `${DAY}.000009.ndjson.gz`,
  `${DAY}000001 (conflicted copy 2026-05-01).ndjson.gz`,
  `${DAY}000001.sync-conflict-20260501-101112-ABCDEFG.ndjson.gz`,
  "events/@eaDir/workspace=1201/dt=2026-05-01/000001.ndjson.gz",
  "events/#recycle/workspace=1201/dt=2026-05-01/000001.ndjson.gz",
  "events/lost+found/x.GZ",
  "events/Thumbs.db.gz",
  "events/.DS_Store.ndjson",
  "events/notes.txt",
  "events/.x",
  "events/DS_Store",
  "events/xdesktop.ini",
  "events/.nfs",
  "events/.fuse_hidden.txt",
  "events/eaDir/x",
];

it.each(STRAYS)("%j was left by another program, in a folder", (key) => {
  expect(sortForeign([key], true)).toMatchObject({ strays: [{ maker: expect.any(String) }], foreign: [] });
  expect(sortForeign([key], false)).toEqual({ strays: [], foreign: [key] });
});

it.each(FOREIGN)("%j is excused nowhere", (key) => {
  for (const isFolder of [true, false]) expect(sortForeign([key], isFolder)).toEqual({ strays: [], foreign: [key] });
});

it("what is told of a stray file can steer no terminal", () => {
  const [stray] = sortForeign(["events/@eaDir/\u001b[2J\u202ex"], true).strays;
  expect(stray).toEqual({ key: "events/@eaDir/ [2J x", maker: "a NAS" });
});

describe("verify and status", () => {
  it("find no fault in stray files of a folder, and verify names them", async () => {
    const { objects } = await sampleArchive();
    for (const key of STRAYS) objects.set(key, Buffer.from("junk"));
    const report = await verifyObjects(objects, { isFolder: true });
    expect(report).toMatchObject({ outcome: "clean", faultCount: 0, faults: [], strayCount: STRAYS.length });
    expect(report.strays).toHaveLength(20);
    const archive = createMemoryArchive(objects);
    const { faults } = await status({ archive, clock: { now: () => 0 } }, { isFolder: true });
    expect(faults).toEqual([]);
  });

  it("find a fault in what a query would read, whatever its name, and say who gives such names", async () => {
    const { objects } = await sampleArchive();
    objects.set(`${DAY}._000001.ndjson.gz`, objects.get(keyOf(1, DAYS[0]))!);
    const report = await verifyObjects(objects, { isFolder: true });
    expect(report).toMatchObject({ outcome: "faulty", faultCount: 1, strayCount: 0 });
    expect(report.faults[0]?.message).toBe(
      "is not a segment, but queries would read it as one; its name is one that macOS gives",
    );
  });

  it("find a fault in every such file of a bucket, where no file system leaves any", async () => {
    const { objects } = await sampleArchive();
    objects.set("events/.DS_Store", Buffer.from("junk"));
    expect(await verifyObjects(objects)).toMatchObject({ outcome: "faulty", faultCount: 1, strays: [] });
  });
});
