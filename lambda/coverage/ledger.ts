/** The coverage of a workspace as it is stored: all entries, each judged by itself and as the one after the one before. */
import { type ArchiveRange, isInRange } from "../archive/inventory.ts";
import { inLanes } from "../archive/lanes.ts";
import { skipUnavailable, type UnreadObject } from "../archive/verify-log.ts";
import { type Violation, violation } from "../archive/violation.ts";
import type { ArchiveStore } from "../ports.ts";
import { type CoveragePlace, dayCoveragePrefix, parseCoverageKey, workspaceCoveragePrefix } from "./coverage-key.ts";
import { type CoverageEntry, CoverageError, entryHash, parseEntry } from "./entry.ts";

export interface StoredEntry {
  readonly key: string;
  /** What a seal and the next entry name. */
  readonly sha256: string;
  readonly entry: CoverageEntry;
}

export interface Ledger {
  /** By day, in the order of their numbers: those that could be read. */
  readonly days: ReadonlyMap<string, readonly StoredEntry[]>;
  readonly faults: readonly Violation[];
  readonly unread: readonly UnreadObject[];
  /** Keys in the range that name no entry. */
  readonly foreign: readonly string[];
  /** Written by a newer version of the program. */
  readonly newer: readonly string[];
}

const READS_AT_ONCE = 32;

/** Reads and judges all entries about days of the range. Memory: all of them, half a kilobyte each. */
export async function readLedger(
  archive: ArchiveStore,
  workspace: string,
  range: Omit<ArchiveRange, "workspace">,
  signal?: AbortSignal,
): Promise<Ledger> {
  const places: (CoveragePlace & { readonly key: string })[] = [];
  const foreign: string[] = [];
  const start = range.from === undefined ? undefined : dayCoveragePrefix(workspace, range.from);
  for await (const { key } of archive.list(workspaceCoveragePrefix(workspace), start)) {
    signal?.throwIfAborted();
    const place = parseCoverageKey(key);
    if (place === null) foreign.push(key);
    else if (isInRange(place.day, range)) places.push({ ...place, key });
  }
  const faults: Violation[] = [];
  const unread: UnreadObject[] = [];
  const newer: string[] = [];
  const read = await inLanes(places, READS_AT_ONCE, async ({ key }) => {
    signal?.throwIfAborted();
    return await skipUnavailable(unread, key, () => archive.get(key));
  });
  const days = new Map<string, StoredEntry[]>();
  let before = null as { readonly day: string; readonly number: number; readonly sha256: string | null } | null;
  for (const [index, place] of places.entries()) {
    const { key, day, number } = place;
    const bytes = read[index] ?? null;
    const sha256 = bytes === null ? null : entryHash(bytes);
    const previous = before?.day === day ? before : null;
    if (number !== (previous?.number ?? 0) + 1) faults.push(missing(key, (previous?.number ?? 0) + 1, number - 1));
    before = { day, number, sha256 };
    if (bytes === null) {
      if (!unread.some((object) => object.key === key)) faults.push(violation("I11", key, "was listed but is gone"));
      continue;
    }
    const entry = parseOr(bytes, key, faults, newer);
    if (entry === null) continue;
    if (!isAt(entry, place)) faults.push(violation("I11", key, "was written for another place"));
    if (previous?.number === number - 1 && previous.sha256 !== null && entry.prev !== previous.sha256)
      faults.push(violation("I11", key, "does not continue the entry before it: one of the two was replaced"));
    const entries = days.get(day) ?? [];
    days.set(day, entries);
    entries.push({ key, sha256: sha256!, entry });
  }
  return { days, faults, unread, foreign, newer };
}

function parseOr(bytes: Buffer, key: string, faults: Violation[], newer: string[]): CoverageEntry | null {
  try {
    return parseEntry(bytes);
  } catch (error) {
    if (!(error instanceof CoverageError)) throw error;
    if (error.kind === "unknown-format") newer.push(key);
    else faults.push(violation("I11", key, error.message));
    return null;
  }
}

const isAt = (entry: CoverageEntry, { workspace, day, number }: CoveragePlace): boolean =>
  entry.workspace === workspace && entry.day === day && entry.number === number;

function missing(key: string, first: number, last: number): Violation {
  const which = first === last ? `entry ${first} is` : `entries ${first} to ${last} are`;
  return violation("I11", key, `${which} missing before it`);
}
