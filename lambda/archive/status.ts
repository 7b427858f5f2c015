import {
  compareInstants,
  DAY_MS,
  dayOf,
  type Instant,
  instantToMs,
  laterInstant,
  msToInstant,
  ODD_DAY,
  shiftDay,
  shiftInstant,
} from "../event/instant.ts";
import type { ArchiveStore, CheckpointStore, Clock, Span } from "../ports.ts";
import { KEPT_DAYS } from "../settings.ts";
import { type CheckpointClaim, readClaims } from "./claims.ts";
import { type DayRange, gapsBetween, sumDays } from "./day-range.ts";
import { judgeBehind, judgeKey } from "./invariants.ts";
import { type ArchiveRange, isInRange, takeInventory } from "./inventory.ts";
import { inLanes } from "./lanes.ts";
import { type LogStatus, readLogStatus } from "./log-status.ts";
import { findVersions } from "./object-versions.ts";
import { describeSpans, type SpanStatus } from "./span-status.ts";
import { sortForeign } from "./strays.ts";
import type { UnreadObject } from "./verify-log.ts";
import type { Violation } from "./violation.ts";

/** Ranged reads under way at a time. */
const READS_AT_ONCE = 8;

export interface StatusOptions extends ArchiveRange {
  /** Days whose segments the bucket's lifecycle may have removed (see `mayBeExpired`). Omitted: none. */
  readonly mayBeExpired?: (day: string) => boolean;
  /** Whether the archive is a folder on a disk, where other programs leave files of their own. Omitted: it is not. */
  readonly isFolder?: boolean;
}

export interface StatusDeps {
  readonly archive: ArchiveStore;
  readonly clock: Pick<Clock, "now">;
  readonly checkpoints?: CheckpointStore;
}

export interface WorkspaceStatus {
  readonly workspace: string;
  /** Days with a log, the odd day left out. */
  readonly days: number;
  readonly firstDay: string | null;
  readonly lastDay: string | null;
  readonly segments: number;
  /** As the last manifest of each log counts, the odd day and what has expired of a log included. */
  readonly events: number;
  readonly storedBytes: number;
  readonly newest: Instant | null;
  /** null: no event, or one ahead of our clock. */
  readonly newestAgeMs: number | null;
  /** null without a checkpoint. */
  readonly watermark: Instant | null;
  /** What the checkpoint says is still to be read, or was lost; null without a checkpoint. */
  readonly spans: SpanStatus | null;
  /**
   * At least this many days until the source deletes something that is not archived: 90 less the age of what is still to
   * be read for the first time, else of the watermark, else of the newest event. Quiet workspaces have more time than it says. 0: something may be lost already.
   */
  readonly daysLeft: number | null;
  /**
   * Days without a log between the first and the last that is not ahead of our clock, less what is expired or waits to be
   * read for the first time: nothing happened, nothing was shown, or it was taken away.
   */
  readonly quietDays: number;
  readonly quiet: readonly DayRange[];
  /** Of the quiet days, those of which no checkpoint says that a drain looked at them. */
  readonly unasked: readonly DayRange[];
  /** Days with a log that lie ahead of our clock. */
  readonly ahead: readonly string[];
  /** Days whose log lacks a number that is not expired. */
  readonly missing: readonly string[];
  /** Days of whose log the first segments are expired. */
  readonly expired: readonly string[];
  /** The log of events whose time cannot be read. */
  readonly odd: LogStatus | null;
  /** By day, the odd day left out. */
  readonly logs: readonly LogStatus[];
}

export interface StatusReport {
  readonly at: Instant;
  readonly workspaces: readonly WorkspaceStatus[];
  /** What a listing and the last manifests show; `verify` shows more. */
  readonly faults: readonly Violation[];
  readonly unread: readonly UnreadObject[];
  /** Why the versions of a bucket could not be listed, so that delete markers are not seen; else null. */
  readonly unlistedVersions: string | null;
}

/** What an archive holds, by one listing and one short read per day log. Throws ArchiverError if it cannot be listed. */
export async function status(deps: StatusDeps, options: StatusOptions, signal?: AbortSignal): Promise<StatusReport> {
  const { archive, checkpoints } = deps;
  const { mayBeExpired = () => false, isFolder = false, ...range } = options;
  const inventory = await takeInventory(archive, range, signal);
  const logs = await inLanes(inventory.logs, READS_AT_ONCE, (log) => {
    signal?.throwIfAborted();
    return readLogStatus(archive, log, mayBeExpired(log.day));
  });
  const versions = await findVersions(archive, range, mayBeExpired, signal);
  const byWorkspace = Map.groupBy(logs, (log) => log.workspace);
  const names = range.workspace === undefined ? [...byWorkspace.keys()] : [range.workspace];
  const { claims, unread } = await readClaims(checkpoints ?? null, names, {});
  const nowMs = deps.clock.now();
  return {
    at: msToInstant(nowMs),
    workspaces: names
      .filter((name) => byWorkspace.has(name) || claims.has(name))
      .map((name) => workspaceStatus(name, byWorkspace.get(name) ?? [], claims.get(name) ?? null, nowMs, mayBeExpired)),
    faults: [
      ...sortForeign(inventory.foreign, isFolder).foreign.flatMap(judgeKey),
      ...(versions?.faults ?? []),
      ...logs.flatMap(({ faults }) => faults),
      ...[...claims].flatMap(([name, claim]) =>
        judgeMissingDays(name, claim, byWorkspace.get(name) ?? [], (day) => isInRange(day, range), mayBeExpired),
      ),
    ],
    unread: [...unread, ...logs.flatMap((log) => log.unread)],
    unlistedVersions: versions?.unlisted ?? null,
  };
}

/** Days that a checkpoint remembers, and of which the archive holds nothing. */
function judgeMissingDays(
  workspace: string,
  { hints }: CheckpointClaim,
  logs: readonly LogStatus[],
  isWanted: (day: string) => boolean,
  mayBeExpired: (day: string) => boolean,
): Violation[] {
  const held = new Set(logs.map(({ day }) => day));
  const missing = Object.entries(hints).filter(([day]) => isWanted(day) && !held.has(day));
  return judgeBehind(workspace, { hints: Object.fromEntries(missing), watermark: null }, new Map(), mayBeExpired);
}

function workspaceStatus(
  workspace: string,
  all: readonly LogStatus[],
  claim: CheckpointClaim | null,
  nowMs: number,
  mayBeExpired: (day: string) => boolean,
): WorkspaceStatus {
  const logs = all.filter(({ day }) => day !== ODD_DAY);
  const newest = logs.reduce<Instant | null>((latest, log) => laterInstant(latest, log.newest), null);
  const watermark = claim?.watermark ?? null;
  const today = dayOf(msToInstant(nowMs));
  const until = logs.filter(({ day }) => day <= today);
  const quiet = quietRanges(until, mayBeExpired).filter((days) => !isUnread(claim, days));
  return {
    workspace,
    days: logs.length,
    firstDay: logs[0]?.day ?? null,
    lastDay: logs.at(-1)?.day ?? null,
    segments: sum(all, (log) => log.segments),
    events: sum(all, (log) => log.events ?? 0),
    storedBytes: sum(all, (log) => log.storedBytes),
    newest,
    newestAgeMs: newest === null || instantToMs(newest) > nowMs ? null : nowMs - instantToMs(newest),
    watermark,
    spans: claim === null ? null : describeSpans(claim, msToInstant(nowMs)),
    daysLeft: daysLeft(oldestUnread(claim) ?? watermark ?? newestUntil(logs, nowMs), nowMs),
    quietDays: sumDays(quiet),
    quiet,
    unasked: quiet.flatMap((days) => unaskedOf(claim, days)),
    ahead: logs.filter(({ day }) => day > today).map(({ day }) => day),
    missing: logs.filter(({ hasGap }) => hasGap).map(({ day }) => day),
    expired: all.filter(({ expiredSegments }) => expiredSegments > 0).map(({ day }) => day),
    odd: all.find(({ day }) => day === ODD_DAY) ?? null,
    logs,
  };
}

const sum = (logs: readonly LogStatus[], figure: (log: LogStatus) => number): number =>
  logs.reduce((total, log) => total + figure(log), 0);

/** An event dated ahead says nothing of how far the archive is. */
function newestUntil(logs: readonly LogStatus[], nowMs: number): Instant | null {
  const now = msToInstant(nowMs);
  const past = logs.flatMap(({ newest }) => (newest !== null && compareInstants(newest, now) <= 0 ? [newest] : []));
  return past.reduce<Instant | null>(laterInstant, null);
}

/** Where the oldest span begins that was never read. */
function oldestUnread(claim: CheckpointClaim | null): Instant | null {
  const starts = unreadSpans(claim).map(({ from, until }) => from ?? shiftInstant(until, -KEPT_DAYS * DAY_MS));
  return starts.reduce<Instant | null>((a, b) => (a !== null && compareInstants(a, b) <= 0 ? a : b), null);
}

const unreadSpans = (claim: CheckpointClaim | null): readonly Span[] =>
  (claim?.spans ?? []).filter(({ purpose, doubtedAt }) => purpose === "new" && doubtedAt === null);

/** Whether some of these days are still to be read for the first time: until then, they are not known to be quiet. */
const isUnread = (claim: CheckpointClaim | null, days: DayRange): boolean =>
  unreadSpans(claim).some((span) => touches(span, days));

const touches = ({ from, until }: Pick<Span, "from" | "until">, days: DayRange): boolean =>
  (from === null || dayOf(from) <= days.to) && days.from <= dayOf(until);

/** What of these days no drain has looked at: a drain looks at all that the source keeps, up to its watermark. */
function unaskedOf(claim: CheckpointClaim | null, { from, to }: DayRange): DayRange[] {
  if (claim === null || claim.watermark === null) return [{ from, to }];
  if (claim.lost.some((span) => touches(span, { from, to }))) return [{ from, to }];
  const reached = dayOf(claim.watermark);
  return to < reached ? [] : [{ from: from < reached ? reached : from, to }];
}

/** In tenths, rounded down. */
function daysLeft(reached: Instant | null, nowMs: number): number | null {
  if (reached === null) return null;
  const days = KEPT_DAYS - Math.max(0, nowMs - instantToMs(reached)) / DAY_MS;
  return Math.max(0, Math.floor(days * 10) / 10);
}

function quietRanges(logs: readonly LogStatus[], mayBeExpired: (day: string) => boolean): DayRange[] {
  return gapsBetween(logs.map(({ day }) => day)).flatMap(({ from: first, to }) => {
    let from = first;
    while (from <= to && mayBeExpired(from)) from = shiftDay(from, 1);
    return from <= to ? [{ from, to }] : [];
  });
}
