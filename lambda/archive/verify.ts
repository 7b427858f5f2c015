import type { ArchiveStore, CheckpointStore } from "../ports.ts";
import type { Untold } from "../seal/chain.ts";
import { judgeUnusedKeys } from "../seal/public-keys.ts";
import { type FoundKey, readPublicKeys } from "../seal/read-seals.ts";
import {
  judgeBeside,
  NO_TRUST,
  readSealedWorkspace,
  type SealedWorkspace,
  type SealTotals,
  type SealTrust,
} from "../seal/verify-seals.ts";
import type { Codec } from "../segment/codec.ts";
import { EVENTS_PREFIX } from "../segment/key.ts";
import { type CheckpointClaim, readClaims } from "./claims.ts";
import { judgeKey } from "./invariants.ts";
import { type ArchiveRange, findEveryWorkspace, type Inventory, takeInventory } from "./inventory.ts";
import { findVersions } from "./object-versions.ts";
import { type Stray, sortForeign } from "./strays.ts";
import type { Suspects } from "./verify-doubles.ts";
import { type LogResult, type LogTask, type SegmentsAdded, type UnreadObject, verifyLog } from "./verify-log.ts";
import { verifyWorkspace, type WorkspaceTotals } from "./verify-workspace.ts";
import type { Violation } from "./violation.ts";
import { createViolationList } from "./violation.ts";

/** What no reading of an archive can show, whoever reads it. */
export const NOT_SHOWN = [
  "I1: whether the source showed events that are not here; a rescan shows it, for as long as the source keeps them.",
  "I3: whether what may be expired was expired, or taken away.",
  "I6: whether lines are in the source's order.",
  "I7: whether the bytes of an event are those received, from before they were archived.",
  "I8: whether runs catch up; only their own reports show it.",
] as const;

/** What seals show, and nothing else does. */
export const SHOWN_BY_SEALS = [
  "I3: whether the last segments of a day, or a whole day, were taken away, unless a checkpoint knows them.",
  "I5: whether everything was rebuilt, hashes included.",
] as const;

/** What not even seals show. */
export const NOT_SHOWN_BY_SEALS = [
  "I9: whether newer seals than the newest one were taken away; who wrote down its number and hash can tell (--expect).",
  "I9: who used the key; and, of what is younger than the last stamp or note kept elsewhere, whether its owner signed another history.",
  "I11: whether the looks on record took place, and whether the source then showed all it had.",
] as const;

const notShownOf = (isSealed: boolean): readonly string[] => [
  ...NOT_SHOWN,
  ...(isSealed ? NOT_SHOWN_BY_SEALS : SHOWN_BY_SEALS),
];

export interface VerifyDeps {
  readonly archive: ArchiveStore;
  readonly codec: Codec;
  /** Left out, I4 is not judged. */
  readonly checkpoints?: Pick<CheckpointStore, "read">;
  /** Opens threads that read the logs, depending on how much there is; they are always closed. Null or omitted: this thread. */
  readonly openReaders?: (total: VerifyProgress) => LogReaders | null;
}

/** Verifies logs elsewhere, many at once. */
export interface LogReaders {
  readonly threads: number;
  /** As `verifyLog`, with its errors. */
  verify(task: LogTask, onSegments: (added: SegmentsAdded) => void): Promise<LogResult>;
  /** Of the logs of a workspace. Omitted: the results hold their fingerprints. */
  findSuspects?(results: readonly LogResult[]): Promise<Suspects>;
  close(): Promise<void>;
}

export interface VerifyOptions extends ArchiveRange {
  /** Days whose segments the bucket's lifecycle may have removed (see `mayBeExpired`). Omitted: none. */
  readonly mayBeExpired?: (day: string) => boolean;
  /** What the verifier knows of the seals. Omitted: nothing, so who signed them is not known. */
  readonly trust?: SealTrust;
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
 * read. `untold`: no violation, but of the seals not everything could be told. `nothing`: there was nothing to verify,
 * which does not count as success.
 */
export type VerifyOutcome = "clean" | "faulty" | "unread" | "untold" | "nothing";

export interface VerifyReport {
  readonly outcome: VerifyOutcome;
  readonly workspaces: readonly WorkspaceTotals[];
  readonly faults: readonly Violation[];
  /** All of them, listed or not. */
  readonly faultCount: number;
  readonly unread: readonly UnreadObject[];
  /** Of the workspaces that have seals, or should have. */
  readonly seals: readonly (SealTotals & { readonly workspace: string })[];
  /** What the seals leave open, and what would tell. */
  readonly untold: readonly Untold[];
  /** The first files that other programs left in the folder; no faults. */
  readonly strays: readonly Stray[];
  /** All of them, listed or not. */
  readonly strayCount: number;
  readonly notShown: readonly string[];
}

export const MAX_FAULTS_PER_LOG = 20;
const MAX_STRAYS = 20;
const LOGS_AT_ONCE = 4;

/** What a verification looks at before it reads any log. */
export interface Surroundings {
  readonly names: readonly string[];
  readonly claims: ReadonlyMap<string, CheckpointClaim>;
  readonly unreadClaims: readonly UnreadObject[];
  readonly publicKeys: readonly FoundKey[];
  readonly sealed: ReadonlyMap<string, SealedWorkspace>;
  readonly inventory: Inventory;
}

export async function lookAround(
  { archive, checkpoints }: Pick<VerifyDeps, "archive" | "checkpoints">,
  range: ArchiveRange,
  trust: SealTrust,
  signal?: AbortSignal,
): Promise<Surroundings> {
  const names = range.workspace === undefined ? await findEveryWorkspace(archive) : [range.workspace];
  // Read before the listing: what is archived in between is claimed by nobody yet.
  const { claims, unread: unreadClaims } = await readClaims(checkpoints ?? null, names, range);
  // And so with what is sealed.
  const publicKeys = await readPublicKeys(archive, signal);
  const sealed = new Map<string, SealedWorkspace>();
  for (const workspace of names) {
    const found = await readSealedWorkspace(archive, workspace, range, trust, publicKeys, signal);
    if (found !== null) sealed.set(workspace, found);
  }
  return { names, claims, unreadClaims, publicKeys, sealed, inventory: await takeInventory(archive, range, signal) };
}

/**
 * Reads a whole archive or a range of it, and judges all that it alone can show. Continues after a violation. Memory: eight
 * bytes per event to find doubles, a record per segment, and the segments being read.
 * Throws `signal.reason`, and ArchiverError when the archive cannot be listed, or hardly be read.
 */
export async function verify(deps: VerifyDeps, options: VerifyOptions, signal?: AbortSignal): Promise<VerifyReport> {
  const { maxFaultsPerLog = MAX_FAULTS_PER_LOG, logsAtOnce = LOGS_AT_ONCE, onProgress, ...rest } = options;
  const { mayBeExpired = () => false, isFolder = false, trust = NO_TRUST, ...range } = rest;
  const { names, claims, unreadClaims, publicKeys, sealed, inventory } = await lookAround(deps, range, trust, signal);
  const progress = startProgress(inventory);
  const onSegments = ({ segments, storedBytes, events, faults }: SegmentsAdded) => {
    progress.segments += segments;
    progress.storedBytes += storedBytes;
    progress.events += events;
    progress.faults += faults;
    onProgress?.(progress);
  };

  const besides = [...sealed.values()].flatMap(({ foreign }) => foreign);
  const found = sortForeign([...inventory.foreign, ...besides], isFolder);
  const foreign = createViolationList(maxFaultsPerLog);
  for (const key of found.foreign) foreign.add(key.startsWith(EVENTS_PREFIX) ? judgeKey(key) : judgeBeside(key));
  const versions = await findVersions(deps.archive, range, mayBeExpired, signal);
  foreign.add(versions?.faults ?? []);
  const faults: Violation[] = [...foreign.listed];
  const unread: UnreadObject[] = [...unreadClaims];
  const seals: (SealTotals & { readonly workspace: string })[] = [];
  const signers = sealed.values().flatMap(({ chain }) => chain.keys);
  // Of one workspace, keys may have signed the seals of another.
  const untold = range.workspace === undefined ? judgeUnusedKeys(publicKeys, signers) : [];
  const workspaces: WorkspaceTotals[] = [];
  const logsOf = Map.groupBy(inventory.logs, (log) => log.workspace);
  const logDeps = { ...deps, signal, onSegments };
  const readers = deps.openReaders?.(progress) ?? null;
  const how = {
    mayBeExpired,
    maxFaultsPerLog,
    logsAtOnce: logsAtOnce * (readers?.threads ?? 1),
    findSuspects: readers?.findSuspects,
    readLog: (task: LogTask) => readers?.verify(task, onSegments) ?? verifyLog(logDeps, task),
  };
  try {
    for (const workspace of new Set([...names, ...logsOf.keys()])) {
      const task = {
        workspace,
        logs: logsOf.get(workspace) ?? [],
        claim: claims.get(workspace) ?? null,
        sealed: sealed.get(workspace) ?? null,
      };
      const result = await verifyWorkspace(logDeps, { ...task, range, trust, publicKeys, ...how });
      if (task.logs.length > 0 || result.faults.length > 0) workspaces.push(result.totals);
      if (result.seals !== null) seals.push({ workspace, ...result.seals.totals });
      untold.push(...(result.seals?.untold ?? []));
      faults.push(...result.faults);
      unread.push(...result.unread);
    }
  } finally {
    await readers?.close();
  }
  const faultCount = workspaces.reduce((sum, totals) => sum + totals.faultCount, foreign.count);
  const checked = inventory.logs.length + seals.reduce((sum, { days }) => sum + days, 0);
  const outcome = outcomeOf(faultCount, unread.length, untold.length, checked);
  const strays = found.strays.slice(0, MAX_STRAYS);
  const strayCount = found.strays.length;
  const unlisted = versions === null || versions.unlisted === null ? [] : [unlistedVersions(versions.unlisted)];
  const notShown = [...unlisted, ...notShownOf(seals.length > 0)];
  return { outcome, workspaces, faults, faultCount, unread, seals, untold, strays, strayCount, notShown };
}

const unlistedVersions = (why: string): string =>
  `I5: whether segments have delete markers or second versions, because these could not be listed. ${why}`;

function startProgress({ logs }: Inventory): VerifyProgress {
  const segments = logs.flatMap((log) => log.segments);
  const totalBytes = segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { segments: 0, events: 0, storedBytes: 0, faults: 0, totalSegments: segments.length, totalBytes };
}

function outcomeOf(faultCount: number, unreadCount: number, untoldCount: number, checked: number): VerifyOutcome {
  if (faultCount > 0) return "faulty";
  if (unreadCount > 0) return "unread";
  if (untoldCount > 0) return "untold";
  return checked === 0 ? "nothing" : "clean";
}
