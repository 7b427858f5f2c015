/**
 * The files that DuckDB is given to read, one a day. A day that a query does not need is a file that is not compressed
 * instead, which DuckDB refuses: should it ever read a day that was not made ready, the query fails and does not lie.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, open, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ArchiverError } from "../../lambda/errors.ts";
import type { ArchiveStore } from "../../lambda/ports.ts";
import { type CheckedSegment, packDay } from "./packed-day.ts";
import { checkSegment, checkSize, type Segment } from "./segments.ts";

export interface SegmentFilesOptions {
  readonly store: ArchiveStore;
  readonly segments: readonly Segment[];
  /** A folder of this session alone. */
  readonly own: string;
  /** The archive's folder, whose files are read there; null: they are fetched. */
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
  /** Bytes of the longest line of the days made ready so far. */
  longestLine(): number;
  /** Whether no day made ready so far can hold an event twice. */
  areDistinct(): boolean;
  /** Keys of all segments made ready so far, in key order. */
  read(): string[];
}

/** Days made ready at once, and segments of each that are read ahead. */
const DAYS_AT_ONCE = 4;
const READS_AHEAD = 8;

export async function createSegmentFiles({ store, segments, own, folder }: SegmentFilesOptions): Promise<SegmentFiles> {
  const secret = randomBytes(16).toString("hex");
  const columns = { workspace: `workspace_${secret}`, day: `day_${secret}` };
  const byDay = Map.groupBy(segments, dayFolder);
  const ready = new Set<string>();
  let longestLine = 0;
  let areDistinct = true;
  const ownFile = (kind: string, { workspace, day }: QueryDay): string =>
    join(own, kind, `${columns.workspace}=${workspace}`, `${columns.day}=${day}`, "lines.zst");
  const unreadFile = (day: QueryDay): string => ownFile("unread", day);
  const packedFile = (day: QueryDay): string => ownFile("packed", day);
  for (const [first] of byDay.values()) {
    await mkdir(dirname(unreadFile(first!)), { recursive: true });
    await writeFile(unreadFile(first!), "not made ready");
  }

  async function read(segment: Segment): Promise<CheckedSegment> {
    checkSize(segment);
    // Of a file, at once: handing it to another thread and back takes several times as long as reading it.
    const bytes = folder !== null ? readFileSync(join(folder, segment.key)) : await store.get(segment.key);
    if (bytes === null) {
      throw new ArchiverError("halted", `${segment.key} was listed but no longer exists.`, {
        advice: "Nothing is ever removed from an archive: find out who removed it, and run verify.",
      });
    }
    checkSegment(segment.key, bytes);
    return { segment, bytes };
  }

  async function makeReady(day: QueryDay): Promise<void> {
    await mkdir(dirname(packedFile(day)), { recursive: true });
    const file = await open(packedFile(day), "w", 0o600);
    try {
      const packed = await packDay(readAhead(byDay.get(dayFolder(day)) ?? [], read), file);
      longestLine = Math.max(longestLine, packed.longestLine);
      areDistinct &&= packed.isDistinct;
      ready.add(dayFolder(day));
    } finally {
      await file.close();
    }
  }

  return {
    columns,
    days: [...byDay.values()].map(([first]) => ({ workspace: first!.workspace, day: first!.day })),
    unread: (days) => days.map(unreadFile),
    async provide(days) {
      const wanted = days.filter((day) => !ready.has(dayFolder(day)));
      await inParallel(wanted.values(), DAYS_AT_ONCE, makeReady);
      return [...byDay].map(([name, [first]]) => (ready.has(name) ? packedFile(first!) : unreadFile(first!)));
    },
    longestLine: () => longestLine,
    areDistinct: () => areDistinct,
    read: () => segments.filter((segment) => ready.has(dayFolder(segment))).map((segment) => segment.key),
  };
}

/** In order. */
async function* readAhead(
  segments: readonly Segment[],
  read: (segment: Segment) => Promise<CheckedSegment>,
): AsyncGenerator<CheckedSegment> {
  const reading: Promise<CheckedSegment>[] = [];
  for (const segment of segments) {
    const next = read(segment);
    next.catch(() => undefined); // thrown when its turn comes
    reading.push(next);
    if (reading.length > READS_AHEAD) yield await reading.shift()!;
  }
  for (const next of reading) yield await next;
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
