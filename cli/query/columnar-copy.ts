/**
 * The columnar copy of an archive: its events in Parquet, in the columns of `events_all`, a folder for each workspace and
 * month. It is made of what questions need, brought up to date before each of them, and never trusted over the archive: every
 * segment that the archive lists is in it as it was checked, or is read again.
 */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { ODD_DAY } from "../../lambda/event/instant.ts";
import { byDayAndNumber, checkCopied, type SegmentsByDay } from "./check-copied.ts";
import {
  type CopiedSegment,
  type CopyManifest,
  type CopyPart,
  makeMonthFolder,
  readManifest,
  writeManifest,
  writePart,
} from "./copy-manifest.ts";
import type { PackedSegment } from "./pack.ts";
import type { PackedDay, QueryDay, SegmentFiles } from "./segment-files.ts";
import type { Segment } from "./segments.ts";

/** How its files are written and read: by DuckDB. */
export interface ParquetWriter {
  /** A hash of the SQL that the columns come from. */
  readonly columns: string;
  /** Writes the events of packed days, each as if it had no repeats; gives their number. */
  write(days: readonly PackedDay[], target: string): Promise<number>;
  /** Whether an event of one of these days stands in the files more than once. */
  hasRepeats(files: readonly string[], days: readonly string[]): Promise<boolean>;
  /** Writes what these files hold into one, and numbers repeats anew; gives the number of events. */
  merge(files: readonly string[], target: string): Promise<number>;
  /** Of every column of every event: of packed days, or of its files. */
  digest(of: readonly PackedDay[] | readonly string[]): Promise<EventsDigest>;
}

export interface EventsDigest {
  readonly events: number;
  /** Exclusive or of a hash of each. */
  readonly sum: string;
}

export interface ComparedMonth {
  readonly workspace: string;
  readonly month: string;
  readonly copy: EventsDigest;
  readonly archive: EventsDigest;
}

export interface CopiedMonth {
  readonly workspace: string;
  readonly month: string;
  readonly events: number;
  readonly segments: number;
  readonly sizeBytes: number;
}

export interface ColumnarCopyOptions {
  readonly folder: string;
  readonly segments: readonly Segment[];
  readonly files: SegmentFiles;
  readonly writer: ParquetWriter;
  /** Whether a lifecycle may have removed the oldest days. */
  readonly mayExpire: boolean;
  /** The archive as if it held this one alone. */
  readonly workspace?: string;
  /** Called before anything is copied. */
  onCopying(): void;
}

export interface ColumnarCopy {
  /**
   * Its files, if they hold the whole archive, or lack so little that it is added at once; null: ask for days.
   * Throws ArchiverError `halted` for a segment that was copied and is gone or changed since.
   */
  whole(): Promise<readonly string[] | null>;
  /** Its files for these days, and what else it holds of their months. Throws like `whole`. */
  of(days: readonly QueryDay[]): Promise<readonly string[]>;
  /** What it holds. */
  months(): CopiedMonth[];
  /** Reads each segment that it holds again, and compares what comes of it. Throws like `whole`. */
  compare(): AsyncIterable<ComparedMonth>;
}

interface Month {
  readonly folder: string;
  readonly workspace: string;
  /** Such as 2026-05. */
  readonly name: string;
  /** Every segment that the archive lists. */
  readonly listed: SegmentsByDay;
  manifest: CopyManifest | null;
}

/** Adding so few takes no longer than finding out which of them are needed. */
const FEW_SEGMENTS = 200;
const FEW_BYTES = 4 * 1024 * 1024;
/** What is packed at a time, in the temporary folder. */
const BATCH_BYTES = 128 * 1024 * 1024;
/** With more, each question would open many files. */
const MAX_PARTS = 8;

export function openColumnarCopy(options: ColumnarCopyOptions): ColumnarCopy {
  const { folder, segments, files, writer } = options;
  const byMonth = Map.groupBy(segments, monthOf);
  const months = new Map<string, Month>();
  for (const name of new Set([...byMonth.keys(), ...copiedMonths(folder, options.workspace)])) {
    const [workspace = "", month = ""] = name.split("/");
    const path = join(folder, workspace, month);
    const found = {
      folder: path,
      workspace,
      name: month,
      listed: byDayAndNumber(byMonth.get(name) ?? []),
      manifest: readManifest(path, writer.columns),
    };
    months.set(name, found);
  }
  let isChecked = false;
  let isWhole = false;

  /** Compares what was copied with what is listed, once in a session. */
  async function check(): Promise<void> {
    if (isChecked) return;
    for (const month of months.values()) {
      const { manifest, workspace, listed } = month;
      if (manifest === null) continue;
      const mayBeExpired = (day: string) => options.mayExpire && isBeforeAll({ workspace, day }, segments);
      const checked = await checkCopied(manifest, { workspace, listed, mayBeExpired, files });
      if (checked !== null && checked !== manifest) await writeManifest(month.folder, checked);
      month.manifest = checked;
    }
    isChecked = true;
  }

  const missingOf = ({ manifest, listed }: Month): readonly Segment[] =>
    [...listed].flatMap(([day, ofDay]) => {
      const copied = new Set(manifest?.segments[day]?.map(([number]) => number));
      return copied.size === ofDay.size ? [] : [...ofDay.values()].filter(({ number }) => !copied.has(number));
    });

  /** In pieces that the temporary folder has room for; a month's files change together. */
  async function add(missing: readonly Segment[]): Promise<void> {
    if (missing.length > 0) options.onCopying();
    let batch: Segment[] = [];
    let batchBytes = 0;
    for (const ofMonth of Map.groupBy(missing, monthOf).values()) {
      batch.push(...ofMonth);
      batchBytes += sumBytes(ofMonth);
      if (batchBytes < BATCH_BYTES) continue;
      await addBatch(batch);
      batch = [];
      batchBytes = 0;
    }
    await addBatch(batch);
  }

  async function addBatch(batch: readonly Segment[]): Promise<void> {
    if (batch.length === 0) return;
    const packed = await files.packApart(batch);
    try {
      const bySegment = new Map(batch.map((segment) => [segment.key, segment]));
      for (const [name, days] of Map.groupBy(packed.days, ({ day }) => monthOf(day))) {
        await addToMonth(months.get(name)!, days, bySegment);
      }
    } finally {
      packed.remove();
    }
  }

  async function addToMonth(
    month: Month,
    days: readonly PackedDay[],
    bySegment: ReadonlyMap<string, Segment>,
  ): Promise<void> {
    makeMonthFolder(month.folder);
    const path = ({ file }: CopyPart): string => join(month.folder, file);
    const part = await writePart(month.folder, (target) => writer.write(days, target));
    let parts: readonly CopyPart[] = [...(month.manifest?.parts ?? []), part];
    const isDoubled = await writer.hasRepeats(
      parts.map(path),
      days.map(({ day }) => day.day),
    );
    const merged = isDoubled ? parts : tooMany(parts);
    if (merged.length > 0) {
      const whole = await writePart(month.folder, (target) => writer.merge(merged.map(path), target));
      parts = [...parts.filter((other) => !merged.includes(other)), whole];
    }
    const segments: Record<string, readonly CopiedSegment[]> = { ...month.manifest?.segments };
    for (const { day, segments: added } of days) {
      segments[day.day] = [...(segments[day.day] ?? []), ...added.map((segment) => toCopied(segment, bySegment))];
    }
    month.manifest = { columns: writer.columns, parts, segments };
    await writeManifest(month.folder, month.manifest);
  }

  const filesOf = (some: Iterable<Month>): string[] =>
    [...some].flatMap(({ folder: path, manifest }) => (manifest?.parts ?? []).map(({ file }) => join(path, file)));

  return {
    async whole() {
      if (isWhole) return filesOf(months.values());
      await check();
      const missing = [...months.values()].flatMap(missingOf);
      const isBegun = missing.every((segment) => months.get(monthOf(segment))!.manifest !== null);
      if (!isBegun || missing.length > FEW_SEGMENTS || sumBytes(missing) > FEW_BYTES) return null;
      await add(missing);
      isWhole = true;
      return filesOf(months.values());
    },
    async of(days) {
      await check();
      const needed = new Set(days.map(({ workspace, day }) => `${workspace}/${day}`));
      const touched = new Set(days.map((day) => months.get(monthOf(day))!));
      const missing = [...touched].flatMap(missingOf);
      await add(missing.filter(({ workspace, day }) => needed.has(`${workspace}/${day}`)));
      return filesOf(touched);
    },
    months: () =>
      [...months.values()].flatMap(({ workspace, name, manifest }) => {
        if (manifest === null) return [];
        const events = manifest.parts.reduce((sum, part) => sum + part.events, 0);
        const count = Object.values(manifest.segments).reduce((sum, ofDay) => sum + ofDay.length, 0);
        return [{ workspace, month: name, events, segments: count, sizeBytes: sumBytes(manifest.parts) }];
      }),
    async *compare() {
      await check();
      for (const month of months.values()) {
        const { workspace, name, manifest } = month;
        if (manifest === null) continue;
        const missing = new Set(missingOf(month));
        const packed = await files.packApart(allOf(month).filter((segment) => !missing.has(segment)));
        try {
          const archive = await writer.digest(packed.days);
          yield { workspace, month: name, archive, copy: await writer.digest(filesOf([month])) };
        } finally {
          packed.remove();
        }
      }
    },
  };
}

const allOf = ({ listed }: Month): Segment[] => [...listed.values()].flatMap((ofDay) => [...ofDay.values()]);

const monthOf = ({ workspace, day }: QueryDay): string => `${workspace}/${day.slice(0, "2026-05".length)}`;

/** Whether each day that the archive holds of the workspace is a later one. The odd day does not count: its events are of any time. */
const isBeforeAll = ({ workspace, day }: QueryDay, segments: readonly Segment[]): boolean =>
  segments.every((held) => held.workspace !== workspace || held.day === ODD_DAY || held.day > day);

const sumBytes = (of: readonly { readonly sizeBytes: number }[]): number =>
  of.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);

function copiedMonths(folder: string, only: string | undefined): string[] {
  const workspaces = only === undefined ? readdirSync(folder) : [only];
  return workspaces.flatMap((workspace) => {
    const path = join(folder, workspace);
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
    return readdirSync(path).map((month) => `${workspace}/${month}`);
  });
}

/** Which parts become one: all of them, or all but one that is larger than the others together. */
function tooMany(parts: readonly CopyPart[]): readonly CopyPart[] {
  if (parts.length <= MAX_PARTS) return [];
  const all = parts.reduce((sum, { events }) => sum + events, 0);
  return parts.filter(({ events }) => events * 2 <= all);
}

function toCopied({ key, deflated }: PackedSegment, bySegment: ReadonlyMap<string, Segment>): CopiedSegment {
  const { number, sizeBytes, changedMs } = bySegment.get(key)!;
  return [number, sizeBytes, changedMs, deflated];
}
