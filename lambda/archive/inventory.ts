import { COVERAGE_PREFIX, parseCoverageKey } from "../coverage/coverage-key.ts";
import type { ArchiveStore, StoredObject } from "../ports.ts";
import { parseSealKey, SEALS_PREFIX } from "../seal/seal-key.ts";
import { dayPrefix, EVENTS_PREFIX, parseSegmentKey, segmentKey, workspacePrefix } from "../segment/key.ts";

/** Days from `from` on and before `to`; of one workspace, or of all. */
export interface ArchiveRange {
  readonly workspace?: string;
  readonly from?: string;
  readonly to?: string;
}

/** A segment as a listing shows it. */
export interface ListedSegment {
  readonly key: string;
  readonly number: number;
  readonly sizeBytes: number;
}

export interface LogDay {
  readonly workspace: string;
  readonly day: string;
}

export interface ListedLog extends LogDay {
  /** By number. */
  readonly segments: readonly ListedSegment[];
}

export interface Inventory {
  /** By workspace and day. */
  readonly logs: readonly ListedLog[];
  /** Keys in the range that do not name a segment. */
  readonly foreign: readonly string[];
}

export const isInRange = (day: string, { from, to }: ArchiveRange): boolean =>
  (from === undefined || day >= from) && (to === undefined || day < to);

/** The workspaces that have a segment; one short listing each. */
export const findWorkspaces = (archive: ArchiveStore): Promise<string[]> =>
  findBelow(archive, EVENTS_PREFIX, parseSegmentKey);

/** The workspaces that have anything: a segment, a seal, a look on record. */
export async function findEveryWorkspace(archive: ArchiveStore): Promise<string[]> {
  const found = await Promise.all([
    findWorkspaces(archive),
    findBelow(archive, SEALS_PREFIX, parseSealKey),
    findBelow(archive, COVERAGE_PREFIX, parseCoverageKey),
  ]);
  return [...new Set(found.flat())].sort();
}

async function findBelow(
  archive: ArchiveStore,
  prefix: string,
  parse: (key: string) => { readonly workspace: string } | null,
): Promise<string[]> {
  const found: string[] = [];
  for (;;) {
    const last = found.at(-1);
    // Sorts after every key of the workspace found last.
    const next = await firstBelow(last === undefined ? undefined : `${prefix}workspace=${last}/~`);
    if (next === null || next === last) return found; // the latter: a store that ignores `startAfter`
    found.push(next);
  }

  async function firstBelow(startAfter: string | undefined): Promise<string | null> {
    for await (const { key } of archive.list(prefix, startAfter)) {
      const place = parse(key);
      if (place !== null) return place.workspace;
    }
    return null;
  }
}

/** What a range of the archive holds, by one listing of it. Memory: one record per segment. */
export async function takeInventory(
  archive: ArchiveStore,
  range: ArchiveRange,
  signal?: AbortSignal,
): Promise<Inventory> {
  const logs = new Map<string, LogDay & { segments: ListedSegment[] }>();
  const foreign: string[] = [];
  for await (const { key, sizeBytes } of listRange(archive, range)) {
    signal?.throwIfAborted();
    const place = parseSegmentKey(key);
    if (place === null) {
      foreign.push(key);
      continue;
    }
    const { workspace, day, number } = place;
    if (!isInRange(day, range)) continue;
    const prefix = dayPrefix(workspace, day);
    const log = logs.get(prefix) ?? { workspace, day, segments: [] };
    logs.set(prefix, log);
    log.segments.push({ key, number, sizeBytes });
  }
  for (const log of logs.values()) {
    signal?.throwIfAborted();
    log.segments = await lookAgain(archive, log);
  }
  return { logs: [...logs.values()], foreign };
}

/**
 * The segments of a log between two numbers, by another listing. The listing of a folder that is being written can show
 * a segment without the one before it; whatever was there before this second look began, it shows. What is missing from
 * it as well is missing.
 */
export async function listGap(
  archive: ArchiveStore,
  { workspace, day }: LogDay,
  after: number,
  before: number,
): Promise<ListedSegment[]> {
  const found: ListedSegment[] = [];
  const startAfter = after === 0 ? undefined : segmentKey(workspace, day, after);
  for await (const { key, sizeBytes } of archive.list(dayPrefix(workspace, day), startAfter)) {
    const number = parseSegmentKey(key)?.number;
    if (number === undefined) continue;
    if (number >= before) break;
    found.push({ key, number, sizeBytes });
  }
  return found;
}

/** The segments of a log that was listed; with a gap in it, as a second look shows them from there on. */
async function lookAgain(archive: ArchiveStore, { segments, ...log }: ListedLog): Promise<ListedSegment[]> {
  const gapAt = segments.findIndex(({ number }, index) => number !== index + 1);
  if (gapAt === -1) return [...segments];
  const last = segments.at(-1)!;
  const behindGap = new Map(segments.slice(gapAt).map((segment) => [segment.number, segment]));
  for (const segment of await listGap(archive, log, gapAt, last.number)) behindGap.set(segment.number, segment);
  return [...segments.slice(0, gapAt), ...[...behindGap.values()].sort((a, b) => a.number - b.number)];
}

/** Of one workspace, only the days of the range are listed; of all, everything is. */
async function* listRange(archive: ArchiveStore, { workspace, from, to }: ArchiveRange): AsyncGenerator<StoredObject> {
  if (workspace === undefined) {
    yield* archive.list(EVENTS_PREFIX);
    return;
  }
  const end = to === undefined ? null : dayPrefix(workspace, to);
  const start = from === undefined ? undefined : dayPrefix(workspace, from);
  for await (const object of archive.list(workspacePrefix(workspace), start)) {
    if (end !== null && object.key >= end) return;
    yield object;
  }
}
