/** A coverage entry: what a run found when it looked at a whole day of the source, and how far it came. */
import { hash } from "node:crypto";
import { compareInstants, type Instant, shiftDay, startOfDay } from "../event/instant.ts";
import { isCount, isGid, isLogDay } from "../event/parse.ts";
import { plainText } from "../event/plain-text.ts";
import { createRecordCodec, isInstantText, isPlainName, isSha256 } from "../event/strict-json.ts";
import { isSegmentNumber } from "../segment/key.ts";
import { isEntryNumber } from "./coverage-key.ts";

export const COVERAGE_FORMAT = 1;
/** What makes an entry long are the ids of events that are gone: 20 of them, of 200 characters each. */
export const MAX_ENTRY_BYTES = 20 * 1024;
export const MAX_UNREAD = 20;
export const MAX_GONE_IDS = 20;

/** Why the day was read: once it was settled, once more before the source forgets it, or because somebody asked. */
export type CoveragePurpose = "settled" | "aged" | "asked";

/**
 * Why a look did not come to its end. `source-forgot`: what is unread will not be read any more. `source-refused`: the
 * source or its owner turned the run away. `scan-incomplete`: anything else; another run goes on.
 */
export type IncompleteReason = "source-forgot" | "source-refused" | "scan-incomplete";

/** One look at a day. Hashes are SHA-256 in lower-case hex; times are those of the source's clock. */
export interface CoverageEntry {
  readonly format: typeof COVERAGE_FORMAT;
  readonly workspace: string;
  readonly day: string;
  /** 1 for the first entry of the day. */
  readonly number: number;
  /** Hash of the entry before, as it is stored; null for number 1. */
  readonly prev: string | null;
  readonly purpose: CoveragePurpose;
  /** The run that wrote the entry, and the version of its program: for people, never judged. */
  readonly run: string;
  readonly writer: string;
  /** When the look began, and when its last part was done; it may have taken several runs. */
  readonly began: Instant;
  readonly ended: Instant;
  /** Pages that the source gave. */
  readonly requests: number;
  /** Every moment of the day was looked at after it was settled, and what was shown, and what was not, is believed. */
  readonly complete: boolean;
  /** Null exactly when `complete`. */
  readonly reason: IncompleteReason | null;
  /** Parts `[from, until)` of the day that were not looked at or are in doubt, oldest first; empty exactly when `complete`. */
  readonly unread: readonly (readonly [Instant, Instant])[];
  /** Events that the source showed: `had` of them were archived before, and `added` by the look. */
  readonly seen: number;
  readonly had: number;
  readonly added: number;
  /** Archived events that the source should still show and did not, and the ids of the first of them. */
  readonly gone: number;
  readonly goneIds: readonly string[];
  /** Events that were archived with another content; and such as have no time that can be read. */
  readonly conflicts: number;
  readonly odd: number;
  /** Number of the day log's last segment when the entry was written, and the hash of its manifest; 0 and null: none. */
  readonly segments: number;
  readonly manifest: string | null;
}

/**
 * `damaged`: these are not the bytes of an entry as it was written. `unknown-format`: an entry of a format that this
 * version does not know; a newer version may.
 */
export class CoverageError extends Error {
  override readonly name = "CoverageError";
  readonly kind: "damaged" | "unknown-format";

  constructor(kind: CoverageError["kind"], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
  }
}

const PURPOSES: readonly unknown[] = ["settled", "aged", "asked"] satisfies CoveragePurpose[];
const REASONS: readonly unknown[] = ["source-forgot", "source-refused", "scan-incomplete"] satisfies IncompleteReason[];

const isSha256OrNull = (value: unknown): boolean => value === null || isSha256(value);
const isList = (value: unknown, most: number, isItem: (item: unknown) => boolean) =>
  Array.isArray(value) && value.length <= most && value.every(isItem);
const isPart = (value: unknown) => isList(value, 2, isInstantText) && (value as unknown[]).length === 2;

const entries = createRecordCodec<CoverageEntry>({
  name: "coverage entry",
  format: COVERAGE_FORMAT,
  maxBytes: MAX_ENTRY_BYTES,
  end: "\n",
  fields: {
    format: (value) => value === COVERAGE_FORMAT,
    workspace: isGid,
    day: isLogDay,
    number: isEntryNumber,
    prev: isSha256OrNull,
    purpose: (value) => PURPOSES.includes(value),
    run: isPlainName,
    writer: isPlainName,
    began: isInstantText,
    ended: isInstantText,
    requests: isCount,
    complete: (value) => typeof value === "boolean",
    reason: (value) => value === null || REASONS.includes(value),
    unread: (value) => isList(value, MAX_UNREAD, isPart),
    seen: isCount,
    had: isCount,
    added: isCount,
    gone: isCount,
    goneIds: (value) => isList(value, MAX_GONE_IDS, (id) => typeof id === "string" && plainText(id) === id),
    conflicts: isCount,
    odd: isCount,
    segments: (value) => value === 0 || isSegmentNumber(value),
    manifest: isSha256OrNull,
  },
  findContradiction,
  fail: (kind, message, cause) => new CoverageError(kind, message, cause),
});

/** Throws a plain Error for an entry that no reader would accept: a mistake of the caller. */
export const encodeEntry = (entry: CoverageEntry): Buffer => entries.encode(entry);

/** Throws CoverageError: `unknown-format` for a later format, `damaged` for all that `encodeEntry` cannot give. */
export const parseEntry = (bytes: Buffer): CoverageEntry => entries.parse(bytes);

/** What the next entry of the day names in `prev`. */
export const entryHash = (bytes: Buffer): string => hash("sha256", bytes, "hex");

/** What holds for one entry by itself. */
function findContradiction(entry: CoverageEntry): string | null {
  if ((entry.number === 1) !== (entry.prev === null)) return "`prev` must be null in number 1, and in no other";
  if (compareInstants(entry.began, entry.ended) > 0) return "`began` is later than `ended`";
  if (entry.complete !== (entry.reason === null)) return "`reason` must be null in a complete look, and in no other";
  if (entry.complete !== (entry.unread.length === 0))
    return "`unread` must be empty in a complete look, and in no other";
  if (!areInOrder(entry.unread, entry.day)) return "`unread` has parts outside the day, or not in order";
  if (entry.seen !== entry.had + entry.added) return "`seen` is not `had` and `added`";
  if (entry.goneIds.length > entry.gone) return "`goneIds` has more ids than events are gone";
  if ((entry.segments === 0) !== (entry.manifest === null))
    return "`manifest` must be null without segments, and only then";
  return null;
}

function areInOrder(parts: CoverageEntry["unread"], day: string): boolean {
  let before = startOfDay(day);
  for (const [from, until] of parts) {
    if (compareInstants(from, before) < 0 || compareInstants(from, until) >= 0) return false;
    before = until;
  }
  return compareInstants(before, startOfDay(shiftDay(day, 1))) <= 0;
}
