/** The coverage entries of a day: numbered from 1 without a gap, each naming the hash of the one before. */
import { countUnknownCreates } from "../archive/unknown-creates.ts";
import { ArchiverError } from "../errors.ts";
import type { ArchiveStore, Clock } from "../ports.ts";
import { coverageKey, dayCoveragePrefix, parseCoverageKey } from "./coverage-key.ts";
import {
  COVERAGE_FORMAT,
  type CoverageEntry,
  CoverageError,
  encodeEntry,
  entryHash,
  MAX_ENTRY_BYTES,
  parseEntry,
} from "./entry.ts";

/** Each lost race is another writer's entry; this many in a row are a fault. */
const MAX_LOST_RACES = 20;

export interface ReadEntry {
  readonly entry: CoverageEntry;
  /** What the next one names in `prev`. */
  readonly hash: string;
}

/** An entry without its place in the chain. */
export type EntryDraft = Omit<CoverageEntry, "format" | "number" | "prev">;

/** The entry at a key. Throws ArchiverError `halted` where it is gone, damaged, of a later format or in the wrong place. */
export async function readEntry(archive: ArchiveStore, key: string): Promise<ReadEntry> {
  const bytes = await archive.get(key, { start: 0, end: MAX_ENTRY_BYTES });
  if (bytes === null) throw broken(key, "was listed but is gone");
  let entry: CoverageEntry;
  try {
    entry = parseEntry(bytes);
  } catch (error) {
    if (!(error instanceof CoverageError)) throw error;
    if (error.kind === "unknown-format") throw tooNew(key, error);
    throw broken(key, `cannot be read: ${error.message}`, error);
  }
  if (coverageKey(entry) !== key) throw broken(key, "says that it belongs elsewhere");
  return { entry, hash: entryHash(bytes) };
}

/** The day's last entry, by one list and one read; null: there is none. Throws ArchiverError. */
export async function readLastEntry(archive: ArchiveStore, workspace: string, day: string): Promise<ReadEntry | null> {
  let last = 0;
  for await (const { key } of archive.list(dayCoveragePrefix(workspace, day))) {
    const number = parseCoverageKey(key)?.number;
    if (number === undefined) continue;
    if (number !== last + 1) throw broken(key, `follows number ${last}`);
    last = number;
  }
  return last === 0 ? null : await readEntry(archive, coverageKey({ workspace, day, number: last }));
}

/**
 * Makes the draft the day's next entry, unless the last one says the same. Whatever the store answers but "created", the
 * day is looked at again. False: it was there already.
 */
export async function appendEntry(
  { archive, clock }: { readonly archive: ArchiveStore; readonly clock: Clock },
  draft: EntryDraft,
  isSame: (last: CoverageEntry) => boolean,
): Promise<boolean> {
  const { workspace, day } = draft;
  const unknowns = countUnknownCreates(clock);
  for (let losses = 0; losses <= MAX_LOST_RACES && !unknowns.areTooMany; losses += 1) {
    const last = await readLastEntry(archive, workspace, day);
    if (last !== null && isSame(last.entry)) return false;
    const number = (last?.entry.number ?? 0) + 1;
    const entry: CoverageEntry = { ...draft, format: COVERAGE_FORMAT, number, prev: last?.hash ?? null };
    const outcome = await archive.create(coverageKey(entry), encodeEntry(entry));
    if (outcome === "created") return true;
    if (outcome === "unknown") await unknowns.wait();
  }
  throw new ArchiverError("unavailable", `The archive did not take a coverage entry of ${day} after many attempts.`, {
    advice: "The next rescan tries again; if it persists, look at the store's health and permissions.",
  });
}

function broken(key: string, what: string, cause?: unknown): ArchiverError {
  return new ArchiverError("halted", `${key} ${what}.`, {
    advice:
      "Events are not affected. Find out what happened to it, and put it back from a copy or from an earlier version.",
    cause,
  });
}

const tooNew = (key: string, error: CoverageError): ArchiverError =>
  new ArchiverError("halted", `${key}: ${error.message}.`, {
    advice: "A newer version runs on this archive; update this one, or stop it.",
    cause: error,
  });
