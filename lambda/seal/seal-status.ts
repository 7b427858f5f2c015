/** How far a workspace is sealed, by one listing and the end of its chain; nothing of it is verified. */
import type { DayRange } from "../archive/day-range.ts";
import { skipUnavailable, type UnreadObject } from "../archive/verify-log.ts";
import { type Violation, violation } from "../archive/violation.ts";
import { shiftDay } from "../event/instant.ts";
import type { ArchiveStore } from "../ports.ts";
import { lastSettledDay } from "./due.ts";
import { lastHeldDay } from "./look-back.ts";
import { readSealFile, type SealFile } from "./seal-file.ts";
import { parseSealKey, sealKey, sealsPrefix } from "./seal-key.ts";
import { SealTextError, type WholeSecond } from "./text.ts";

export interface SealStatus {
  /** Null: there is no seal, or the newest cannot be read. */
  readonly newest: { readonly number: number; readonly sha256: string; readonly sealed: WholeSecond } | null;
  /** The last day up to which every day is sealed, by its first seal. */
  readonly lastDay: string | null;
  /** The settled days after it, which are not sealed. */
  readonly unsealed: DayRange | null;
  /** Whether any of these was looked at or has events. If none has, nobody archives the workspace, or not any more. */
  readonly holdsUnsealed: boolean;
  readonly faults: readonly Violation[];
  readonly unread: readonly UnreadObject[];
}

export async function sealStatus(
  archive: ArchiveStore,
  workspace: string,
  { nowMs, settledAfterHours }: { readonly nowMs: number; readonly settledAfterHours: number },
): Promise<SealStatus> {
  const faults: Violation[] = [];
  const unread: UnreadObject[] = [];
  let number = 0;
  for await (const { key } of archive.list(sealsPrefix(workspace))) {
    const place = parseSealKey(key);
    if (place === null) continue; // verify names it
    if (place.number > number + 1) faults.push(violation("I9", sealKey(workspace, number + 1), "is missing"));
    number = place.number;
  }
  const newest = number === 0 ? null : await read(number);
  let last = newest;
  while (last !== null && last.seal.kind !== "day" && last.seal.number > 1) last = await read(last.seal.number - 1);
  const lastDay = last?.seal.kind === "day" ? last.seal.day : null;
  const settled = lastSettledDay(nowMs, settledAfterHours);
  const unsealed = lastDay === null || lastDay >= settled ? null : { from: shiftDay(lastDay, 1), to: settled };
  return {
    newest: newest && { number, sha256: newest.sha256, sealed: newest.seal.sealed },
    lastDay,
    unsealed,
    holdsUnsealed: unsealed !== null && (await lastHeldDay(archive, workspace, unsealed.from, unsealed.to)) !== null,
    faults,
    unread,
  };

  async function read(wanted: number): Promise<SealFile | null> {
    const key = sealKey(workspace, wanted);
    const bytes = await skipUnavailable(unread, key, () => archive.get(key));
    if (bytes === null) return null;
    try {
      const file = readSealFile(bytes);
      if (file.seal.number === wanted) return file;
      faults.push(violation("I9", key, `is seal ${file.seal.number}`));
    } catch (error) {
      if (!(error instanceof SealTextError)) throw error;
      if (error.kind === "newer")
        unread.push({ key, message: error.message, advice: "Use that version of this program, or a later one." });
      else faults.push(violation("I9", key, `cannot be read: ${error.message}`));
    }
    return null;
  }
}
