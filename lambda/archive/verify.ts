import type { ArchiveStore, CheckpointStore } from "../ports.ts";
import type { Codec } from "../segment/codec.ts";
import { readClaims } from "./claims.ts";
import { judgeKey } from "./invariants.ts";
import { type ArchiveRange, findWorkspaces, type Inventory, takeInventory } from "./inventory.ts";
import { findVersions } from "./object-versions.ts";
import { type Stray, sortForeign } from "./strays.ts";
import { type LogResult, type LogTask, type SegmentAdded, type UnreadObject, verifyLog } from "./verify-log.ts";
import { verifyWorkspace, type WorkspaceTotals } from "./verify-workspace.ts";
import type { Violation } from "./violation.ts";
import { createViolationList } from "./violation.ts";

/** What no reading of an archive can show, whoever reads it. */
export const NOT_SHOWN = [
  "I1: whether the source showed events that are not here; a rescan shows it, for as long as the source keeps them.",
  "I3: whether the last segments of a day, or a whole day, were taken away, unless a checkpoint knows them; seals will.",
  "I3: whether what may be expired was expired, or taken away.",
  "I5: whether everything was rebuilt, hashes included; signed seals will.",
  "I6: whether lines are in the source's order.",
  "I7: whether the bytes of an event are those received, from before they were archived.",
  "I8: whether runs catch up; only their own reports show it.",
] as const;

export interface VerifyDeps {
  readonly archive: ArchiveStore;
  readonly codec: Codec;
  /** Left out, I4 is not judged. */
  readonly checkpoints?: CheckpointStore;
  /** Opens threads that read the logs, depending on how much there is; they are always closed. Null or omitted: this thread. */
  readonly openReaders?: (total: VerifyProgress) => LogReaders | null;
}

/** Verifies logs elsewhere, many at once. */
export interface LogReaders {
  readonly threads: number;
  /** As `verifyLog`, with its errors. */
  verify(task: LogTask, onSegment: (added: SegmentAdded) => void): Promise<LogResult>;
  close(): Promise<void>;
}

export interface VerifyOptions extends ArchiveRange {
  /** Days whose segments the bucket's lifecycle may have removed (see `mayBeExpired`). Omitted: none. */
  readonly mayBeExpired?: (day: string) => boolean;
  /** Whether the archive is a folder on a disk, where other programs leave files of their own. Omitted: it is not. */
  readonly isFolder?: boolean;
  /** More are counted, not listed. */
  readonly maxFaultsPerLog?: number;
  /** Logs read at once by each thread, so that one waits for the store while another is judged. */
  readonly logsAtOnce?: number;
  readonly onProgress?: (progress: VerifyProgress) => void;
}

/** The same object every time. */
export interface VerifyProgress {
  segments: number;
  events: number;
  storedBytes: number;
  faults: number;
  /** Known from the listing. */
  totalSegments: number;
  totalBytes: number;
}

/**
 * `clean`: all that was read is as it should be. `faulty`: something is not. `unread`: no violation, but not all could be
 * read. `nothing`: there was nothing to verify, which does not count as success.
 */
export type VerifyOutcome = "clean" | "faulty" | "unread" | "nothing";

export interface VerifyReport {
  readonly outcome: VerifyOutcome;
  readonly workspaces: readonly WorkspaceTotals[];
  readonly faults: readonly Violation[];
  /** All of them, listed or not. */
  readonly faultCount: number;
  readonly unread: readonly UnreadObject[];
  /** The first files that other programs left in the folder; no faults. */
  readonly strays: readonly Stray[];
  /** All of them, listed or not. */
  readonly strayCount: number;
  readonly notShown: readonly string[];
}

const MAX_FAULTS_PER_LOG = 20;
const MAX_STRAYS = 20;
const LOGS_AT_ONCE = 4;

/**
 * Reads a whole archive or a range of it, and judges all that it alone can show. Continues after a violation. Memory: eight
 * bytes per event to find doubles, a record per segment, and the segments being read.
 * Throws `signal.reason`, and ArchiverError when the archive cannot be listed, or hardly be read.
 */
export async function verify(deps: VerifyDeps, options: VerifyOptions, signal?: AbortSignal): Promise<VerifyReport> {
  const { maxFaultsPerLog = MAX_FAULTS_PER_LOG, logsAtOnce = LOGS_AT_ONCE, onProgress, ...rest } = options;
  const { mayBeExpired = () => false, isFolder = false, ...range } = rest;
  const names = range.workspace === undefined ? await findWorkspaces(deps.archive) : [range.workspace];
  // Read before the listing: what is archived in between is claimed by nobody yet.
  const { claims, unread: unreadClaims } = await readClaims(deps.checkpoints ?? null, names, range);
  const inventory = await takeInventory(deps.archive, range, signal);
  const progress = startProgress(inventory);
  const onSegment = ({ storedBytes, events, faults }: SegmentAdded) => {
    progress.segments += 1;
    progress.storedBytes += storedBytes;
    progress.events += events;
    progress.faults += faults;
    onProgress?.(progress);
  };

  const found = sortForeign(inventory.foreign, isFolder);
  const foreign = createViolationList(maxFaultsPerLog);
  for (const key of found.foreign) foreign.add(judgeKey(key));
  const versions = await findVersions(deps.archive, range, mayBeExpired, signal);
  foreign.add(versions?.faults ?? []);
  const faults: Violation[] = [...foreign.listed];
  const unread: UnreadObject[] = [...unreadClaims];
  const workspaces: WorkspaceTotals[] = [];
  const logsOf = Map.groupBy(inventory.logs, (log) => log.workspace);
  const logDeps = { ...deps, signal, onSegment };
  const readers = deps.openReaders?.(progress) ?? null;
  const how = {
    mayBeExpired,
    maxFaultsPerLog,
    logsAtOnce: logsAtOnce * (readers?.threads ?? 1),
    readLog: (task: LogTask) => readers?.verify(task, onSegment) ?? verifyLog(logDeps, task),
  };
  try {
    for (const workspace of new Set([...names, ...logsOf.keys()])) {
      const task = { workspace, logs: logsOf.get(workspace) ?? [], claim: claims.get(workspace) ?? null, range };
      const result = await verifyWorkspace(logDeps, { ...task, ...how });
      if (task.logs.length > 0 || result.faults.length > 0) workspaces.push(result.totals);
      faults.push(...result.faults);
      unread.push(...result.unread);
    }
  } finally {
    await readers?.close();
  }
  const faultCount = workspaces.reduce((sum, totals) => sum + totals.faultCount, foreign.count);
  const outcome = outcomeOf(faultCount, unread.length, inventory.logs.length);
  const strays = found.strays.slice(0, MAX_STRAYS);
  const strayCount = found.strays.length;
  const unlisted = versions === null || versions.unlisted === null ? [] : [unlistedVersions(versions.unlisted)];
  return { outcome, workspaces, faults, faultCount, unread, strays, strayCount, notShown: [...unlisted, ...NOT_SHOWN] };
}

const unlistedVersions = (why: string): string =>
  `I5: whether segments have delete markers or second versions, because these could not be listed. ${why}`;

function startProgress({ logs }: Inventory): VerifyProgress {
  const segments = logs.flatMap((log) => log.segments);
  const totalBytes = segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { segments: 0, events: 0, storedBytes: 0, faults: 0, totalSegments: segments.length, totalBytes };
}

function outcomeOf(faultCount: number, unreadCount: number, logCount: number): VerifyOutcome {
  if (faultCount > 0) return "faulty";
  if (unreadCount > 0) return "unread";
  return logCount === 0 ? "nothing" : "clean";
}
