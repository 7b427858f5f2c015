import { ArchiverError } from "../errors.ts";
import { compareInstants, type Instant, laterInstant, ODD_DAY, shiftDay } from "../event/instant.ts";
import type { FoundKey } from "../seal/read-seals.ts";
import { judgeSealed, type SealedWorkspace, type SealResult, type SealTrust } from "../seal/verify-seals.ts";
import { type CheckpointClaim, judgeClaim } from "./claims.ts";
import { type DayRange, gapsBetween } from "./day-range.ts";
import type { ArchiveRange, ListedLog } from "./inventory.ts";
import { inLanes } from "./lanes.ts";
import { locateDoubles, type Suspects, suspectsOf } from "./verify-doubles.ts";
import type { LogResult, LogTask, UnreadObject, VerifyLogDeps } from "./verify-log.ts";
import type { Violation } from "./violation.ts";

export interface WorkspaceTotals {
  readonly workspace: string;
  /** Days with a log, the odd day left out. */
  readonly days: number;
  /** Days without one between them, and to the ends of the range that was asked for. */
  readonly empty: readonly DayRange[];
  readonly firstDay: string | null;
  readonly lastDay: string | null;
  readonly segments: number;
  readonly events: number;
  /** Events of the odd day; in `events` too. */
  readonly oddEvents: number;
  readonly storedBytes: number;
  readonly contentBytes: number;
  readonly oldest: Instant | null;
  readonly newest: Instant | null;
  readonly faultCount: number;
}

export interface WorkspaceTask {
  readonly workspace: string;
  /** By day. */
  readonly logs: readonly ListedLog[];
  readonly claim: CheckpointClaim | null;
  /** Null: its seals are not judged, since there are none. */
  readonly sealed: SealedWorkspace | null;
  readonly trust: SealTrust;
  readonly publicKeys: readonly FoundKey[];
  readonly range: Pick<ArchiveRange, "from" | "to">;
  readonly mayBeExpired: (day: string) => boolean;
  readonly maxFaultsPerLog: number;
  readonly logsAtOnce: number;
  /** `verifyLog`, here or elsewhere. */
  readonly readLog: (task: LogTask) => Promise<LogResult>;
  /** As `suspectsOf`, where fingerprints are kept elsewhere. Omitted: the results hold them. */
  readonly findSuspects?: ((results: readonly LogResult[]) => Promise<Suspects>) | undefined;
}

export interface WorkspaceResult {
  readonly totals: WorkspaceTotals;
  readonly faults: readonly Violation[];
  readonly unread: readonly UnreadObject[];
  readonly seals: SealResult | null;
}

/** A store that does not give this many objects is down. */
const MAX_UNREAD = 20;

/** Each log by itself, then what only shows across them: events in two lines, what the checkpoint claims, what was sealed. */
export async function verifyWorkspace(deps: VerifyLogDeps, task: WorkspaceTask): Promise<WorkspaceResult> {
  const { workspace, logs, claim, sealed, mayBeExpired, maxFaultsPerLog, logsAtOnce, readLog } = task;
  const { findSuspects = async (results) => suspectsOf(results) } = task;
  const unread: UnreadObject[] = [];
  const results = await inLanes(logs, logsAtOnce, async (log) => {
    const result = await readLog(logTask(log, task));
    unread.push(...result.unread);
    if (unread.length > MAX_UNREAD) throw storeDown(unread.at(-1)!);
    return result;
  });
  const doubles = await locateDoubles(deps, logs, await findSuspects(results), maxFaultsPerLog, unread);
  const claimed = claim === null ? [] : judgeClaim(workspace, claim, results, mayBeExpired);
  const seals = sealed === null ? null : judgeSealed(sealed, results, task);
  const across = [...claimed, ...(seals?.faults ?? [])];
  const faultCount = results.reduce((sum, log) => sum + log.faultCount, doubles.count + across.length);
  return {
    totals: { ...addUp(workspace, results, task.range), faultCount },
    faults: [...results.flatMap(({ faults }) => faults), ...doubles.faults, ...across],
    unread: [...unread, ...(seals?.unread ?? [])],
    seals,
  };
}

/** What has to be known of a log before it is read. */
export const logTask = (
  log: ListedLog,
  task: Pick<WorkspaceTask, "claim" | "sealed" | "mayBeExpired" | "maxFaultsPerLog">,
): LogTask => ({
  log,
  hint: task.claim?.hints[log.day] ?? null,
  frontMayBeExpired: task.mayBeExpired(log.day),
  maxFaults: task.maxFaultsPerLog,
  sealedNumbers: task.sealed?.sealedNumbers(log.day) ?? [],
});

function storeDown({ key, message }: UnreadObject): ArchiverError {
  return new ArchiverError(
    "unavailable",
    `More than ${MAX_UNREAD} segments could not be read, the last one ${key}: ${message}`,
    {
      advice: "Verify again once the store answers.",
    },
  );
}

/** What lies between the days, which are in order, and the ends of the range that was asked for. */
function emptyRanges(days: readonly string[], { from, to }: Pick<ArchiveRange, "from" | "to">): DayRange[] {
  const ends = [from === undefined ? null : shiftDay(from, -1), ...days, to ?? null];
  return gapsBetween(ends.filter((day) => day !== null));
}

function addUp(
  workspace: string,
  results: readonly LogResult[],
  range: Pick<ArchiveRange, "from" | "to">,
): Omit<WorkspaceTotals, "faultCount"> {
  const days = results.map(({ day }) => day).filter((day) => day !== ODD_DAY);
  const sum = (figure: (log: LogResult) => number) => results.reduce((total, log) => total + figure(log), 0);
  return {
    workspace,
    days: days.length,
    empty: emptyRanges(days, range),
    firstDay: days[0] ?? null,
    lastDay: days.at(-1) ?? null,
    segments: sum((log) => log.segments),
    events: sum((log) => log.events),
    oddEvents: sum((log) => (log.day === ODD_DAY ? log.events : 0)),
    storedBytes: sum((log) => log.storedBytes),
    contentBytes: sum((log) => log.contentBytes),
    oldest: results.reduce<Instant | null>((oldest, log) => earlierInstant(oldest, log.oldest), null),
    newest: results.reduce<Instant | null>((newest, log) => laterInstant(newest, log.newest), null),
  };
}

function earlierInstant(a: Instant | null, b: Instant | null): Instant | null {
  if (a === null || b === null) return a ?? b;
  return compareInstants(a, b) <= 0 ? a : b;
}
