/** The columnar copy answers what the archive answers, holds no more than was asked for, and never hides a loss. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, unlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { type ArchiveSql, openArchiveSql } from "../../cli/query/engine.ts";
import type { ArchiveStore } from "../../lambda/ports.ts";
import { createDirectoryArchive } from "../../lambda/stores/directory-archive.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { appendEvents, eventsOf, plainRows, WORKSPACE } from "./archive.ts";

const MONTHS = ["2026-04", "2026-05"];
const DAYS = MONTHS.flatMap((month) => [`${month}-01`, `${month}-15`, `${month}-30`]);
const eventOf = (gid: string, day: string) => ({ gid, created_at: `${day}T01:00:00.000Z`, event_type: "task_deleted" });

let folder: string;
let archive: string;
let copies: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "columnar-"));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  const own = await mkdtemp(join(folder, "test-"));
  [archive, copies] = [join(own, "archive"), join(own, "copy")];
  await mkdir(copies);
  for (const [at, day] of DAYS.entries()) await append(eventOf(`${at}`, day));
});

const append = (...events: object[]) => appendEvents(createDirectoryArchive(archive), eventsOf(...events));
const keyOf = (day: string, number = 1) => `events/workspace=${WORKSPACE}/dt=${day}/00000${number}.ndjson.gz`;

/** What happens beside the answers. */
interface Seen {
  copying: number;
  faults: string[];
}

async function open(of: string | ArchiveStore = archive): Promise<ArchiveSql & Seen> {
  const seen: Seen = { copying: 0, faults: [] };
  const copy = {
    folder: copies,
    onCopying: () => void seen.copying++,
    onFault: (error: unknown) => void seen.faults.push(String(error)),
  };
  const sql = await openArchiveSql({ archive: of, copy });
  onTestFinished(() => sql.close());
  return Object.assign(seen, sql);
}

const rowsOf = async (sql: ArchiveSql, text: string) => plainRows(await sql.query(text));
const ALL = "SELECT count(*) FROM events";
const copiedMonths = async () => (await readdir(join(copies, WORKSPACE)).catch(() => [])).sort();
const parquetFiles = async () =>
  (await readdir(copies, { recursive: true })).filter((name) => name.endsWith(".parquet"));

describe("what is copied", () => {
  it("is what questions need: of a window its days, and nothing of another month", async () => {
    const sql = await open();
    expect(await rowsOf(sql, `${ALL} WHERE dt >= '2026-05-10'`)).toEqual([[2]]);
    expect(await copiedMonths()).toEqual(["2026-05"]);
    expect(sql.columnarCopy!.months()).toMatchObject([{ month: "2026-05", events: 2, segments: 2 }]);
    expect(await rowsOf(sql, `${ALL} WHERE dt = '2026-05-15'`)).toEqual([[1]]);
    expect(sql.copying).toBe(1);
    expect(await rowsOf(sql, ALL)).toEqual([[6]]);
    expect(await copiedMonths()).toEqual(MONTHS);
  });

  it("is not copied again by the next session, which adds what came since and nothing else", async () => {
    await rowsOf(await open(), ALL);
    const second = await open();
    expect(await rowsOf(second, ALL)).toEqual([[6]]);
    expect(second.copying).toBe(0);
    await append(eventOf("late", "2026-05-01"));
    const before = await parquetFiles();
    expect(await rowsOf(await open(), ALL)).toEqual([[7]]);
    expect(await parquetFiles()).toEqual(expect.arrayContaining(before));
    expect(await parquetFiles()).toHaveLength(before.length + 1);
  });

  it("stays in few files, however often something is added", async () => {
    for (let round = 0; round < 12; round++) {
      await append(eventOf(`late ${round}`, "2026-05-01"));
      expect(await rowsOf(await open(), ALL)).toEqual([[7 + round]]);
    }
    const manifest = JSON.parse(await readFile(join(copies, WORKSPACE, "2026-05", "manifest.json"), "utf8"));
    expect(manifest.parts.length).toBeLessThanOrEqual(8);
  });

  it("is for its owner alone", async () => {
    await rowsOf(await open(), ALL);
    for (const name of await readdir(copies, { recursive: true })) {
      const { mode } = await stat(join(copies, name));
      expect([name, mode & 0o077]).toEqual([name, 0]);
    }
  });

  it("is copied again where its columns come from other SQL, or a file of it was cut", async () => {
    await rowsOf(await open(), ALL);
    const [april, may] = MONTHS.map((month) => join(copies, WORKSPACE, month));
    const manifest = JSON.parse(await readFile(join(april!, "manifest.json"), "utf8"));
    await writeFile(join(april!, "manifest.json"), JSON.stringify({ ...manifest, columns: "older" }));
    const [part] = (await readdir(may!)).filter((name) => name.endsWith(".parquet"));
    await truncate(join(may!, part!), 100);
    const again = await open();
    expect(await rowsOf(again, ALL)).toEqual([[6]]);
    expect(again).toMatchObject({ copying: 1, faults: [] });
  });
});

describe("what the archive has lost", () => {
  it("is said: a segment that was copied and is gone stops every question", async () => {
    await rowsOf(await open(), ALL);
    await unlink(join(archive, keyOf("2026-05-15")));
    for (const text of [ALL, `${ALL} WHERE dt = '2026-04-01'`]) {
      await expect(rowsOf(await open(), text)).rejects.toMatchObject({
        kind: "halted",
        message: `${keyOf("2026-05-15")} was copied once and is no longer in the archive.`,
      });
    }
  });

  it("is said of a segment in whose place is another one, or a damaged one", async () => {
    await rowsOf(await open(), ALL);
    await cp(join(archive, keyOf("2026-04-15")), join(archive, keyOf("2026-05-15")));
    await expect(rowsOf(await open(), ALL)).rejects.toThrow(`${keyOf("2026-05-15")} is another segment than`);
    const bytes = await readFile(join(archive, keyOf("2026-04-01")));
    await writeFile(join(archive, keyOf("2026-04-01")), bytes.with(bytes.length - 12, bytes[bytes.length - 12]! ^ 1));
    await expect(rowsOf(await open(), ALL)).rejects.toMatchObject({ kind: "halted" });
  });

  it("is nothing where a file was only written anew: that is read once, and known again", async () => {
    await rowsOf(await open(), ALL);
    await utimes(join(archive, keyOf("2026-05-15")), 1, 1);
    for (const _ of [1, 2]) {
      const sql = await open();
      expect(await rowsOf(sql, ALL)).toEqual([[6]]);
      expect(sql.copying).toBe(0);
    }
  });

  it("is nothing where a store has lost its oldest days, which its lifecycle may have removed", async () => {
    const objects = new Map<string, Buffer>();
    const store = createMemoryArchive(objects);
    await appendEvents(store, eventsOf(...DAYS.map((day, at) => eventOf(`${at}`, day)), { gid: "odd" }));
    expect(await rowsOf(await open(store), ALL)).toEqual([[7]]);
    objects.delete(keyOf("2026-04-01"));
    const left = await open(store);
    expect(await rowsOf(left, ALL)).toEqual([[6]]);
    expect(left).toMatchObject({ copying: 1, faults: [] });
    objects.delete(keyOf("2026-04-30"));
    await expect(rowsOf(await open(store), ALL)).rejects.toThrow(
      `${keyOf("2026-04-30")} was copied once and is no longer`,
    );
  });

  it("a segment that is damaged before it is copied stops the questions that need it, and no others", async () => {
    await truncate(join(archive, keyOf("2026-05-15")), 100);
    await expect(rowsOf(await open(), ALL)).rejects.toMatchObject({ kind: "halted" });
    expect(await rowsOf(await open(), `${ALL} WHERE dt < '2026-05-01'`)).toEqual([[3]]);
  });
});

describe("a copy that cannot be used", () => {
  it("is told of, and the archive itself is asked", async () => {
    await writeFile(join(copies, WORKSPACE), "in the way");
    const sql = await open();
    expect(await rowsOf(sql, ALL)).toEqual([[6]]);
    expect(await rowsOf(sql, ALL)).toEqual([[6]]);
    expect(sql.faults).toHaveLength(1);
  });

  it("so is one whose files are no Parquet any more", async () => {
    await rowsOf(await open(), ALL);
    for (const name of await parquetFiles()) {
      const { size } = await stat(join(copies, name));
      await writeFile(join(copies, name), Buffer.alloc(size));
    }
    const sql = await open();
    expect(await rowsOf(sql, ALL)).toEqual([[6]]);
    expect(sql.faults).toHaveLength(1);
  });

  it("two sessions that make it at once both answer, and leave one that is right", async () => {
    const both = [await open(), await open()];
    expect(await Promise.all(both.map((sql) => rowsOf(sql, ALL)))).toEqual([[[6]], [[6]]]);
    await append(eventOf("late", "2026-05-01"));
    const later = [await open(), await open()];
    expect(await Promise.all(later.map((sql) => rowsOf(sql, ALL)))).toEqual([[[7]], [[7]]]);
    const last = await open();
    expect(await rowsOf(last, ALL)).toEqual([[7]]);
    expect(last).toMatchObject({ copying: 0, faults: [] });
  });
});

it("compares every column of every event with the archive", async () => {
  const sql = await open();
  await rowsOf(sql, ALL);
  const compared = await Array.fromAsync(sql.columnarCopy!.compare());
  expect(compared.map(({ month, copy, archive: read }) => [month, copy.events, copy.sum === read.sum])).toEqual([
    ["2026-04", 3, true],
    ["2026-05", 3, true],
  ]);
  const [april, may] = MONTHS.map((month) => join(copies, WORKSPACE, month));
  const [from, to] = await Promise.all(
    [april!, may!].map(async (path) => (await readdir(path)).find((name) => name.endsWith(".parquet"))),
  );
  await cp(join(april!, from!), join(may!, to!));
  const manifest = JSON.parse(await readFile(join(april!, "manifest.json"), "utf8"));
  const other = JSON.parse(await readFile(join(may!, "manifest.json"), "utf8"));
  const parts = [{ ...manifest.parts[0], file: to }];
  await writeFile(join(may!, "manifest.json"), JSON.stringify({ ...other, parts }));
  const again = await Array.fromAsync((await open()).columnarCopy!.compare());
  expect(again.map(({ copy, archive: read }) => copy.sum === read.sum)).toEqual([true, false]);
});
