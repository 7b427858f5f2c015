/**
 * The files that DuckDB is given to read. A day that a query does not need is an empty file instead, which DuckDB
 * refuses to open as gzip: should it ever read a day that was not made ready, the query fails and does not lie.
 */
import { isUtf8 } from "node:buffer";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { ArchiverError } from "../../lambda/errors.ts";
import type { ArchiveStore } from "../../lambda/ports.ts";
import { MAX_CONTENT_BYTES } from "../../lambda/segment/bounds.ts";
import { checkSegment, checkSize, type Segment } from "./segments.ts";

export interface SegmentFilesOptions {
  readonly store: ArchiveStore;
  readonly segments: readonly Segment[];
  /** A folder of this session alone; `archive` in it is a link to the archive, if that is local. */
  readonly own: string;
  readonly isLocal: boolean;
}

export interface QueryDay {
  readonly workspace: string;
  readonly day: string;
}

export interface SegmentFiles {
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

/** In the path of every file that stands for a day not made ready. */
export const UNREAD = "/unread/";
const FETCHES_AT_ONCE = 8;

export async function createSegmentFiles(options: SegmentFilesOptions): Promise<SegmentFiles> {
  const { segments, own, isLocal } = options;
  const byDay = Map.groupBy(segments, (segment) => dirname(segment.key));
  const ready = new Set<string>();
  const unreadFile = (day: string): string => join(own, UNREAD, day, "000000.ndjson.gz");
  const repaired = new Set<string>();
  const originalFile = (key: string): string => join(own, isLocal ? "archive" : "fetched", key);
  const repairedFile = (key: string): string => join(own, "repaired", key);
  for (const day of byDay.keys()) {
    await mkdir(dirname(unreadFile(day)), { recursive: true });
    await writeFile(unreadFile(day), "");
  }

  async function makeReady(segment: Segment): Promise<void> {
    checkSize(segment);
    const file = originalFile(segment.key);
    const bytes = isLocal ? await readFile(file) : await options.store.get(segment.key);
    if (bytes === null) {
      throw new ArchiverError("halted", `${segment.key} was listed but no longer exists.`, {
        advice: "Nothing is ever removed from an archive: find out who removed it, and run verify.",
      });
    }
    checkSegment(segment.key, bytes);
    if (isLocal) return;
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes);
  }

  async function repairText(segment: Segment): Promise<void> {
    const content = gunzipSync(await readFile(originalFile(segment.key)), { maxOutputLength: MAX_CONTENT_BYTES });
    if (isUtf8(content)) return;
    await mkdir(dirname(repairedFile(segment.key)), { recursive: true });
    await writeFile(repairedFile(segment.key), gzipSync(content.toString(), { level: 1 }));
    repaired.add(segment.key);
  }

  const allFiles = (): string[] =>
    [...byDay].flatMap(([day, held]) => {
      if (!ready.has(day)) return [unreadFile(day)];
      return held.map(({ key }) => (repaired.has(key) ? repairedFile(key) : originalFile(key)));
    });

  return {
    days: [...byDay.values()].map(([first]) => ({ workspace: first!.workspace, day: first!.day })),
    unread: (days) => days.map((day) => unreadFile(dayFolder(day))),
    async provide(days) {
      const wanted = days.map(dayFolder).filter((day) => !ready.has(day));
      await inParallel(wanted.flatMap((day) => byDay.get(day) ?? []).values(), FETCHES_AT_ONCE, makeReady);
      for (const day of wanted) ready.add(day);
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
