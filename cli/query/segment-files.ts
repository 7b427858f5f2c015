/**
 * The files that DuckDB is given to read. A day that a query does not need is a file instead that DuckDB cannot
 * decompress: should it ever read a day that was not made ready, the query fails and does not lie.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Packed } from "./pack.ts";
import { packSegments, type SegmentSource } from "./pack-segments.ts";
import type { Segment } from "./segments.ts";

export interface SegmentFilesOptions extends SegmentSource {
  readonly segments: readonly Segment[];
  /** A folder of this session alone. */
  readonly own: string;
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

/** What DuckDB is to read. */
export interface ReadableFiles {
  readonly files: readonly string[];
  /** Those of them in which an event may stand more than once. */
  readonly withRepeats: readonly string[];
  readonly longestRowBytes: number;
}

export interface PackedDay extends Packed {
  readonly day: QueryDay;
}

export interface PackedApart {
  readonly days: readonly PackedDay[];
  remove(): void;
}

export interface SegmentFiles {
  readonly columns: PathColumns;
  /** Every day that the archive holds. */
  readonly days: readonly QueryDay[];
  /** One file for each of these days, none of them readable: enough to ask which of them a query needs. */
  unread(days: readonly QueryDay[]): ReadableFiles;
  /** Makes these days ready, and gives the files of all days. Throws ArchiverError. */
  provide(days: readonly QueryDay[]): Promise<ReadableFiles>;
  /** Packs these into files that no query reads, in the order of their days. Throws ArchiverError. */
  packApart(segments: readonly Segment[]): Promise<PackedApart>;
  /** Keys of all segments made ready so far, in key order. */
  read(): string[];
}

const UNREAD_FILE = "000000.csv";

export function createSegmentFiles({ segments, own, ...source }: SegmentFilesOptions): SegmentFiles {
  const secret = randomBytes(16).toString("hex");
  const columns = { workspace: `workspace_${secret}`, day: `day_${secret}` };
  const byDay = Map.groupBy(segments, (segment) => dirname(segment.key));
  const ready = new Map<string, Packed>();
  let countApart = 0;
  const ownFolder = (kind: string, { workspace, day }: QueryDay): string =>
    join(own, kind, `${columns.workspace}=${workspace}`, `${columns.day}=${day}`);
  const nothing = join(own, "nothing");
  const unread = new Set<string>();
  /** All of them are links to one folder: to make a folder and a file for each day, and remove them, would take seconds. */
  const makeUnread = (day: QueryDay): string => {
    const folder = ownFolder("unread", day);
    if (unread.size === 0) {
      mkdirSync(nothing);
      writeFileSync(join(nothing, UNREAD_FILE), "not made ready");
    }
    if (!unread.has(folder)) {
      mkdirSync(dirname(folder), { recursive: true });
      symlinkSync(nothing, folder, "junction");
      unread.add(folder);
    }
    return join(folder, UNREAD_FILE);
  };

  return {
    columns,
    days: [...byDay.values()].map(([first]) => dayOf(first!)),
    unread(days) {
      const files = days.map(makeUnread);
      return { files, withRepeats: files, longestRowBytes: 0 };
    },
    async provide(days) {
      const wanted = days.filter((day) => !ready.has(dayFolder(day)));
      const tasks = wanted.map((day) => ({
        segments: byDay.get(dayFolder(day)) ?? [],
        target: ownFolder("ready", day),
      }));
      const packed = await packSegments(tasks, source);
      for (const [index, of] of packed.entries()) ready.set(dayFolder(wanted[index]!), of);
      const files = [...byDay].flatMap(([day, held]) => ready.get(day)?.files ?? [makeUnread(held[0]!)]);
      return { ...readable([...ready.values()]), files };
    },
    async packApart(apart) {
      const kind = `apart-${countApart++}`;
      const days = [...Map.groupBy(apart, ({ key }) => dirname(key)).values()];
      const remove = () => rmSync(join(own, kind), { recursive: true, force: true });
      try {
        const tasks = days.map((ofDay) => ({ segments: ofDay, target: ownFolder(kind, ofDay[0]!) }));
        const packed = await packSegments(tasks, source);
        return { days: packed.map((of, index) => ({ ...of, day: dayOf(days[index]![0]!) })), remove };
      } catch (error) {
        remove();
        throw error;
      }
    },
    read: () => segments.filter((segment) => ready.has(dirname(segment.key))).map((segment) => segment.key),
  };
}

/** What DuckDB is to read of packed days. */
export const readable = (days: readonly Packed[]): ReadableFiles => ({
  files: days.flatMap(({ files }) => files),
  withRepeats: days.flatMap(({ files, mayHoldRepeats }) => (mayHoldRepeats ? files : [])),
  longestRowBytes: days.reduce((longest, day) => Math.max(longest, day.longestRowBytes), 0),
});

const dayOf = ({ workspace, day }: Segment): QueryDay => ({ workspace, day });

const dayFolder = ({ workspace, day }: QueryDay): string => `events/workspace=${workspace}/dt=${day}`;
