import { ArchiverError } from "../errors.ts";
import { compareInstants, type Instant, laterInstant } from "../event/instant.ts";
import type { ArchiveStore, LogEnd } from "../ports.ts";
import type { Codec } from "../segment/codec.ts";
import { createMerkleTree } from "../segment/merkle.ts";
import type { SegmentHeader } from "../segment/reader.ts";
import { createFingerprintList, type Fingerprints } from "./fingerprints.ts";
import { type FoundLog, judgeNext, type LogSegment } from "./invariants.ts";
import type { ListedLog } from "./inventory.ts";
import { verifySegment } from "./verify-segment.ts";
import type { Violation } from "./violation.ts";
import { createViolationList } from "./violation.ts";

/** Plain data in and out, so that logs can be verified by workers. */
export interface LogTask {
  readonly log: ListedLog;
  /** What the checkpoint knows of this log. */
  readonly hint: LogEnd | null;
  /** Whether the bucket's lifecycle may have removed its first segments. */
  readonly frontMayBeExpired: boolean;
  /** More are counted, not listed. */
  readonly maxFaults: number;
  /** Numbers of segments up to which the log was sealed. Omitted: it was not. */
  readonly sealedNumbers?: readonly number[];
}

/** What a seal says of a log, as it is found: all segments up to a number. */
export interface LogStatement {
  /** Of the last segment. */
  readonly number: number;
  /** Events in all segments up to it. */
  readonly events: number;
  /** RFC 6962 root over their lines, lower-case hex. */
  readonly root: string;
  readonly manifestHash: string;
  readonly oldest: Instant | null;
  readonly newest: Instant | null;
}

export interface LogResult {
  readonly workspace: string;
  readonly day: string;
  readonly segments: number;
  readonly events: number;
  readonly storedBytes: number;
  /** After decompression. */
  readonly contentBytes: number;
  readonly oldest: Instant | null;
  readonly newest: Instant | null;
  readonly faults: readonly Violation[];
  /** All of them, listed or not. */
  readonly faultCount: number;
  readonly unread: readonly UnreadObject[];
  readonly ids: Fingerprints;
  /** Null: the segment at the hint, or the last, could not be read, so no claim about them can be judged. */
  readonly found: FoundLog | null;
  /** At each of the sealed numbers, unless a segment up to it is damaged, gone or could not be read. */
  readonly statements: readonly LogStatement[];
}

/** The store did not give it, so nothing is known of it: neither good nor bad. */
export interface UnreadObject {
  readonly key: string;
  readonly message: string;
  /** What to do, where reading again does not help: a checkpoint that is damaged. */
  readonly advice?: string;
}

/** What some more segments have added. */
export interface SegmentsAdded {
  readonly segments: number;
  readonly storedBytes: number;
  readonly events: number;
  readonly faults: number;
}

export interface VerifyLogDeps {
  readonly archive: ArchiveStore;
  readonly codec: Codec;
  readonly signal?: AbortSignal | undefined;
  /** Called after each segment. */
  readonly onSegments?: (added: SegmentsAdded) => void;
}

/** More ids at one instant, and longer ones, than any checkpoint keeps. */
const MAX_TIES = 1000;
const MAX_ID_LENGTH = 200;

/** Reads and judges every segment of a log. Throws `signal.reason`, and what the store throws except `unavailable`. */
export async function verifyLog(
  deps: VerifyLogDeps,
  { log, hint, frontMayBeExpired, maxFaults, sealedNumbers = [] }: LogTask,
): Promise<LogResult> {
  const faults = createViolationList(maxFaults);
  const unread: UnreadObject[] = [];
  const ids = createFingerprintList();
  const ties = createTies(hint);
  const total = { events: 0, storedBytes: 0, contentBytes: 0 };
  let oldest: Instant | null = null;
  let newest: Instant | null = null;
  let before: LogSegment | null = null;
  let atHint: SegmentHeader | null = null;
  const logTree = sealedNumbers.length === 0 ? undefined : createMerkleTree();
  const sealed = new Set(sealedNumbers);
  const statements: LogStatement[] = [];
  let wholeUpTo = 0; // this many segments from the first on are there, and whole

  for (const listed of log.segments) {
    deps.signal?.throwIfAborted();
    const faultsBefore = faults.count;
    const facts = await skipUnavailable(unread, listed.key, () =>
      verifySegment(
        deps,
        listed,
        log.day,
        faults,
        (event) => {
          ids.add(event.id);
          ties.see(event.id, event.at, listed.number);
        },
        logTree,
      ),
    );
    if (facts?.isWhole !== true) ties.lose(listed.number);
    const segment: LogSegment = { key: listed.key, number: listed.number, read: facts?.read ?? null };
    faults.add(judgeNext(before, segment, frontMayBeExpired));
    before = segment;
    if (listed.number === hint?.number) atHint = segment.read as SegmentHeader | null;
    if (facts?.oldest && (oldest === null || compareInstants(facts.oldest, oldest) < 0)) oldest = facts.oldest;
    newest = laterInstant(newest, facts?.newest ?? null);
    total.events += facts?.events ?? 0;
    total.contentBytes += facts?.contentBytes ?? 0;
    total.storedBytes += listed.sizeBytes;
    if (facts?.isWhole === true && listed.number === wholeUpTo + 1) wholeUpTo += 1;
    if (logTree !== undefined && sealed.has(listed.number) && wholeUpTo === listed.number) {
      const { manifestHash } = facts!.read!;
      const root = logTree.root().toString("hex");
      statements.push({ number: listed.number, events: total.events, root, manifestHash, oldest, newest });
    }
    deps.onSegments?.({
      segments: 1,
      storedBytes: listed.sizeBytes,
      events: facts?.events ?? 0,
      faults: faults.count - faultsBefore,
    });
  }

  const { workspace, day, segments } = log;
  const found = foundLog(log, before, hint, atHint, ties.ids());
  const counted = { segments: segments.length, ...total, oldest, newest };
  return {
    workspace,
    day,
    ...counted,
    faults: faults.listed,
    faultCount: faults.count,
    unread,
    ids: ids.finish(),
    found,
    statements,
  };
}

/** Runs `read`; if the store does not give the object now, notes that and returns null. */
export async function skipUnavailable<T>(
  unread: UnreadObject[],
  key: string,
  read: () => Promise<T>,
): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ArchiverError) || error.kind !== "unavailable") throw error;
    unread.push({ key, message: error.message });
    return null;
  }
}

/** The ids at the hint's newest instant, in the segments up to the hinted one; null when not all of them are known. */
function createTies(hint: LogEnd | null) {
  let ids: string[] | null = [];
  return {
    see(id: string, at: Instant | null, number: number): void {
      if (ids === null || hint === null || at === null || at !== hint.logNewest || number > hint.number) return;
      ids.push(id);
      if (ids.length > MAX_TIES || id.length > MAX_ID_LENGTH) ids = null;
    },
    /** Not all of that segment could be read: a violation of its own, but none by the checkpoint. */
    lose(number: number): void {
      if (hint !== null && number <= hint.number) ids = null;
    },
    ids: () => ids,
  };
}

function foundLog(
  { segments }: ListedLog,
  last: LogSegment | null,
  hint: LogEnd | null,
  atHint: SegmentHeader | null,
  idsAtNewest: readonly string[] | null,
): FoundLog | null {
  if (!last?.read) return null;
  const { logNewest } = last.read.manifest;
  const firstNumber = segments[0]!.number;
  if (hint === null || !segments.some(({ number }) => number === hint.number)) {
    return { logNewest, hinted: null, firstNumber };
  }
  if (atHint === null) return null;
  const { manifest, manifestHash } = atHint;
  const { logCount } = manifest;
  // The manifest's hash stands for the bytes, and each was read: what the size could add is reported as damage.
  const read = { manifestHash, logCount, logNewest: manifest.logNewest, idsAtNewest, recentIds: null, sizeBytes: null };
  return { logNewest, hinted: { number: hint.number, ...read }, firstNumber };
}
