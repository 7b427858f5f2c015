/**
 * The files that DuckDB is given to read. A day that a query does not need is an empty file instead, which DuckDB
 * refuses to open as gzip: should it ever read a day that was not made ready, the query fails and does not lie.
 */
import { isUtf8 } from "node:buffer";
import { randomBytes } from "node:crypto";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { ArchiverError } from "../../lambda/errors.ts";
import type { ArchiveStore } from "../../lambda/ports.ts";
import { MAX_CONTENT_BYTES } from "../../lambda/segment/bounds.ts";
import { checkSegment, checkSize, type Segment } from "./segments.ts";

export interface SegmentFilesOptions {
  readonly store: ArchiveStore;
  readonly segments: readonly Segment[];
  /** A folder of this session alone. */
  readonly own: string;
  /** The archive's folder, whose files are read where they are; null: they are fetched. */
  readonly folder: string | null;
}

/**
 * What DuckDB reads of a path. It takes the first `name=value` of a whole path for the column, also where that lies above our
 * own folder, so the names are ones that no path can hold by accident.
 */
export interface PathColumns {
  readonly workspace: string;
  readonly day: string;
}

export interface QueryDay {
  readonly workspace: string;
  readonly day: string;
}

export interface SegmentFiles {
  readonly columns: PathColumns;
  /** Every day that the archive holds. */
  readonly days: readonly QueryDay[];
  /** One file for each of these days, none of them readable: enough to ask which of them a query needs. */
  unread(days: readonly QueryDay[]): string[];
  /** Makes these days ready, and gives the files of all days. Throws ArchiverError. */
  provide(days: readonly QueryDay[]): Promise<string[]>;
  /**
   * DuckDB fails on bytes that are not UTF-8, which an event of the odd day may hold: gives the files of all days again,
   * with copies in place of those that hold such bytes, each of which is U+FFFD there.
   */
  repair(): Promise<string[]>;
  /** Keys of all segments made ready so far, in key order. */
  read(): string[];
}

const FETCHES_AT_ONCE = 8;

export async function createSegmentFiles(options: SegmentFilesOptions): Promise<SegmentFiles> {
  const { segments, own, folder } = options;
  const secret = randomBytes(16).toString("hex");
  const columns = { workspace: `workspace_${secret}`, day: `day_${secret}` };
  const byDay = Map.groupBy(segments, (segment) => dirname(segment.key));
  const ready = new Set<string>();
  const ownFolder = (kind: string, { workspace, day }: QueryDay): string =>
    join(own, kind, `${columns.workspace}=${workspace}`, `${columns.day}=${day}`);
  const unreadFile = (day: QueryDay): string => join(ownFolder("unread", day), "000000.ndjson.gz");
  const repaired = new Set<string>();
  const originalFile = (segment: Segment): string => join(ownFolder("original", segment), basename(segment.key));
  const repairedFile = (segment: Segment): string => join(ownFolder("repaired", segment), basename(segment.key));
  for (const [first] of byDay.values()) {
    await mkdir(dirname(unreadFile(first!)), { recursive: true });
    await writeFile(unreadFile(first!), "");
  }

  /** Local days are read through a link, so that no character of the archive's path means anything to DuckDB either. */
  async function makeFolder(day: QueryDay): Promise<void> {
    const own = ownFolder("original", day);
    await mkdir(folder === null ? own : dirname(own), { recursive: true });
    if (folder !== null) await symlink(join(folder, dayFolder(day)), own, "junction");
  }

  async function makeReady(segment: Segment): Promise<void> {
    checkSize(segment);
    const file = originalFile(segment);
    const bytes = folder !== null ? await readFile(file) : await options.store.get(segment.key);
    if (bytes === null) {
      throw new ArchiverError("halted", `${segment.key} was listed but no longer exists.`, {
        advice: "Nothing is ever removed from an archive: find out who removed it, and run verify.",
      });
    }
    checkSegment(segment.key, bytes);
    if (folder === null) await writeFile(file, bytes);
  }

  async function repairText(segment: Segment): Promise<void> {
    const content = gunzipSync(await readFile(originalFile(segment)), { maxOutputLength: MAX_CONTENT_BYTES });
    if (isUtf8(content)) return;
    await mkdir(dirname(repairedFile(segment)), { recursive: true });
    await writeFile(repairedFile(segment), gzipSync(content.toString(), { level: 1 }));
    repaired.add(segment.key);
  }

  const allFiles = (): string[] =>
    [...byDay].flatMap(([day, held]) => {
      if (!ready.has(day)) return [unreadFile(held[0]!)];
      return held.map((segment) => (repaired.has(segment.key) ? repairedFile(segment) : originalFile(segment)));
    });

  return {
    columns,
    days: [...byDay.values()].map(([first]) => ({ workspace: first!.workspace, day: first!.day })),
    unread: (days) => days.map(unreadFile),
    async provide(days) {
      const wanted = days.filter((day) => !ready.has(dayFolder(day)));
      for (const day of wanted) await makeFolder(day);
      const held = wanted.flatMap((day) => byDay.get(dayFolder(day)) ?? []);
      await inParallel(held.values(), FETCHES_AT_ONCE, makeReady);
      for (const day of wanted) ready.add(dayFolder(day));
      return allFiles();
    },
    async repair() {
      for (const segment of segments) if (ready.has(dirname(segment.key))) await repairText(segment);
      return allFiles();
    },
    read: () => segments.filter((segment) => ready.has(dirname(segment.key))).map((segment) => segment.key),
  };
}

const dayFolder = ({ workspace, day }: QueryDay): string => `events/workspace=${workspace}/dt=${day}`;

/** Each worker takes the next item until there is none; the first failure stops all. */
async function inParallel<T>(items: Iterator<T>, workers: number, work: (item: T) => Promise<void>): Promise<void> {
  let failed = false;
  const worker = async () => {
    for (let next = items.next(); !failed && next.done !== true; next = items.next()) {
      await work(next.value).catch((error) => {
        failed = true;
        throw error;
      });
    }
  };
  await Promise.all(Array.from({ length: workers }, worker));
}
