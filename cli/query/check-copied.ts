/** Whether every segment that was copied is still in the archive, as it was. */
import { ArchiverError } from "../../lambda/errors.ts";
import { segmentKey } from "../../lambda/segment/key.ts";
import type { CopiedSegment, CopyManifest } from "./copy-manifest.ts";
import type { SegmentFiles } from "./segment-files.ts";
import type { Segment } from "./segments.ts";

/** The segments of some days, by day and number. */
export type SegmentsByDay = ReadonlyMap<string, ReadonlyMap<number, Segment>>;

export const byDayAndNumber = (segments: readonly Segment[]): SegmentsByDay =>
  new Map(
    [...Map.groupBy(segments, ({ day }) => day)].map(([day, ofDay]) => [
      day,
      new Map(ofDay.map((segment) => [segment.number, segment])),
    ]),
  );

export interface CopiedFrom {
  readonly workspace: string;
  /** Every segment that the archive lists of the copied month. */
  readonly listed: SegmentsByDay;
  /** Whether a lifecycle may have removed the segments of this day. */
  mayBeExpired(day: string): boolean;
  readonly files: Pick<SegmentFiles, "packApart">;
}

/**
 * The manifest to go on with: the same one, or one that knows of files that were written anew with the same bytes, as by a
 * restore; null: the month has begun to expire, and what is left of it is to be copied again. Throws ArchiverError `halted` for a
 * segment that is gone or changed.
 */
export async function checkCopied(manifest: CopyManifest, from: CopiedFrom): Promise<CopyManifest | null> {
  const touched: Segment[] = [];
  for (const [day, copied] of Object.entries(manifest.segments)) {
    const ofDay = from.listed.get(day);
    for (const [number, sizeBytes, changedMs] of copied) {
      const found = ofDay?.get(number);
      if (found === undefined) {
        if (from.mayBeExpired(day)) return null;
        throw gone(segmentKey(from.workspace, day, number));
      }
      if (found.sizeBytes !== sizeBytes || found.changedMs !== changedMs) touched.push(found);
    }
  }
  return touched.length === 0 ? manifest : await readAgain(manifest, touched, from);
}

async function readAgain(
  manifest: CopyManifest,
  touched: readonly Segment[],
  { files }: CopiedFrom,
): Promise<CopyManifest> {
  const packed = await files.packApart(touched);
  packed.remove();
  const now = new Map(packed.days.flatMap((day) => day.segments).map(({ key, deflated }) => [key, deflated]));
  const seen = byDayAndNumber(touched);
  const segments = Object.fromEntries(
    Object.entries(manifest.segments).map(([day, copied]) => {
      const updated = copied.map((entry): CopiedSegment => {
        const [number, , , deflated] = entry;
        const found = seen.get(day)?.get(number);
        if (found === undefined) return entry;
        if (now.get(found.key) !== deflated) throw changed(found.key);
        return [number, found.sizeBytes, found.changedMs, deflated];
      });
      return [day, updated];
    }),
  );
  return { ...manifest, segments };
}

const ADVICE =
  "Nothing in an archive ever goes or changes: find out what happened, and run verify. " +
  "`copy --drop` forgets what was copied, and --no-copy asks the archive as it is now.";

const gone = (key: string): ArchiverError =>
  new ArchiverError("halted", `${key} was copied once and is no longer in the archive.`, { advice: ADVICE });

const changed = (key: string): ArchiverError =>
  new ArchiverError("halted", `${key} is another segment than the one that was copied.`, { advice: ADVICE });
