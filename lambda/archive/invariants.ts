/**
 * The one judge of what an archive alone can show of I2 to I7. Everything here is a function of plain data: `verify`
 * calls it on what it reads, a writer on the log it continues, the simulation on what lands; nothing is judged in two
 * ways. What only somebody who knows the source's truth can judge is in `test/simulation/truth.ts`.
 */
import {
  compareInstants,
  DAY_MS,
  dayOf,
  type Instant,
  instantToMs,
  laterInstant,
  logDay,
  startOfDay,
} from "../event/instant.ts";
import { isLogDay } from "../event/parse.ts";
import type { CheckpointState, LogEnd } from "../ports.ts";
import { MAX_SEGMENT_BYTES } from "../segment/bounds.ts";
import { dayPrefix, isSegmentNumber, parseSegmentKey, segmentKey } from "../segment/key.ts";
import type { Manifest } from "../segment/manifest.ts";
import { makerOf } from "./strays.ts";
import { type Violation, violation } from "./violation.ts";

export { INVARIANTS, type Invariant, type Violation } from "./violation.ts";

/** Where a line of the archive is, and the id of its event. */
export interface Occurrence {
  readonly id: string;
  readonly key: string;
  readonly line: number;
}

/** A segment in its log; `read` is null when its manifest cannot be read, which is a violation of its own. */
export interface LogSegment {
  readonly key: string;
  readonly number: number;
  readonly read: { readonly manifest: Manifest; readonly manifestHash: string } | null;
}

/** What a segment must continue: one that was read, or what the checkpoint knows of it. */
export interface LogPlace {
  readonly number: number;
  readonly read: {
    readonly manifest: Pick<Manifest, "logCount" | "logNewest">;
    readonly manifestHash: string;
  } | null;
}

/** A key below `events/`. A name that other programs give is named, so that whoever looks knows where to begin. */
export function judgeKey(key: string): Violation[] {
  if (parseSegmentKey(key) !== null) return [];
  const maker = makerOf(key);
  const hint = maker === null ? "" : `; its name is one that ${maker} gives`;
  const fault = key.endsWith("/")
    ? "is a link, or another thing that is neither a segment nor a folder; what may lie behind it was not read"
    : "is not a segment, but queries would read it as one";
  return [violation("I6", key, `${fault}${hint}`)];
}

/** What a reader found wrong with the bytes of a segment, or that they are gone. */
export const judgeDamage = (key: string, damage: string): Violation => violation("I5", key, damage);
export const judgeSize = (key: string, sizeBytes: number): Violation[] =>
  sizeBytes > MAX_SEGMENT_BYTES ? [judgeDamage(key, "is larger than a segment can be")] : [];

/** Whether a manifest belongs where it is. */
export function judgePlace(key: string, manifest: Manifest): Violation[] {
  const place = parseSegmentKey(key);
  if (place === null) return judgeKey(key);
  const { workspace, day, number, oldest, newest } = manifest;
  const violations: Violation[] = [];
  if (workspace !== place.workspace) violations.push(violation("I6", key, `was written for workspace ${workspace}`));
  if (day !== place.day) violations.push(violation("I6", key, `was written for day ${day}`));
  if (number !== place.number) violations.push(violation("I3", key, `was written as number ${number}`));
  const claimed = new Set([oldest, newest].flatMap((at) => (at === null ? [] : [dayOf(at)])));
  claimed.delete(day);
  for (const other of claimed) violations.push(violation("I6", key, `says that it holds an event from ${other}`));
  return violations;
}

/** Line `line` of a segment of `day`; `event` is null when it is not exactly one event. */
export function judgeLine(key: string, day: string, line: number, event: { readonly day: string } | null): Violation[] {
  if (event === null) return [violation("I7", key, "is not exactly one event", line)];
  return event.day === day ? [] : [violation("I6", key, `is an event of ${event.day}`, line)];
}

/** Whether the events of a segment are as old as its manifest says: what is looked up by time depends on it. */
export function judgeExtent(
  key: string,
  manifest: Manifest,
  oldest: Instant | null,
  newest: Instant | null,
): Violation[] {
  const violations: Violation[] = [];
  if (manifest.oldest !== oldest)
    violations.push(violation("I5", key, `its oldest event is from ${oldest}, but \`oldest\` is ${manifest.oldest}`));
  if (manifest.newest !== newest)
    violations.push(violation("I5", key, `its newest event is from ${newest}, but \`newest\` is ${manifest.newest}`));
  return violations;
}

/**
 * Whether a bucket's lifecycle, which removes each object `expireAfterDays` days after its creation (null: never), may
 * have removed segments of this day. No segment is older than its events, and none is older than the odd day. A clock
 * that is behind excuses nothing.
 */
export const mayBeExpired = (day: string, expireAfterDays: number | null, nowDay: string): boolean =>
  expireAfterDays !== null && startMs(nowDay) - startMs(day) > expireAfterDays * DAY_MS;

const startMs = (day: string): number => instantToMs(startOfDay(day));

/**
 * A segment after the one before it in its log; null before the first. Where the front of the log may be expired, its
 * first segment may have any number, and what its manifest says of those before it is taken as given.
 */
export function judgeNext(
  before: LogPlace | null,
  { key, number, read }: LogSegment,
  frontMayBeExpired = false,
): Violation[] {
  const expected = (before?.number ?? 0) + 1;
  const isExcused = expected === 1 && frontMayBeExpired;
  const violations = number > expected && !isExcused ? [missing(key, expected, number - 1)] : [];
  if (read === null) return violations;
  const { previous, count, newest, logCount, logNewest } = read.manifest;
  if ((number === 1) !== (previous === null))
    violations.push(
      violation(
        "I3",
        key,
        number === 1 ? "names a previous segment although it is number 1" : "names no previous segment",
      ),
    );
  if (number !== 1 && (number > expected || !before?.read)) return violations; // what is before it cannot be known
  const last = number === 1 ? null : before!.read;
  if (last && previous !== null && previous !== last.manifestHash) {
    violations.push(violation("I3", key, "continues a different segment than the one before it"));
  }
  const countSoFar = (last?.manifest.logCount ?? 0) + count;
  const newestSoFar = laterInstant(last?.manifest.logNewest ?? null, newest);
  if (logCount !== countSoFar)
    violations.push(
      violation("I3", key, `its \`logCount\` is ${logCount}, but the log has ${countSoFar} events up to here`),
    );
  if (logNewest !== newestSoFar)
    violations.push(
      violation(
        "I3",
        key,
        `its \`logNewest\` is ${logNewest}, but the log's newest event up to here is from ${newestSoFar}`,
      ),
    );
  return violations;
}

function missing(key: string, from: number, to: number): Violation {
  const { workspace, day } = parseSegmentKey(key)!;
  const what = from === to ? "is missing" : `is missing, as are all up to number ${to}`;
  return violation("I3", segmentKey(workspace, day, from), what);
}

/** A whole day log, in number order. */
export const judgeLog = (segments: readonly LogSegment[], frontMayBeExpired = false): Violation[] =>
  segments.flatMap((segment, index) => [
    ...(segment.read ? judgePlace(segment.key, segment.read.manifest) : []),
    ...judgeNext(segments[index - 1] ?? null, segment, frontMayBeExpired),
  ]);

/** One more line of a workspace; `first` remembers where each id was seen first. */
export function judgeOnce(first: Map<string, Occurrence>, found: Occurrence): Violation[] {
  const other = first.get(found.id);
  if (other === undefined) {
    first.set(found.id, found);
    return [];
  }
  return [violation("I2", found.key, `event ${found.id} is also in line ${other.line} of ${other.key}`, found.line)];
}

/** What the archive holds of a day: its log's end, and how far it was at a hinted segment (null: it has none such). */
export interface FoundLog {
  readonly logNewest: Instant | null;
  readonly hinted: LogEnd | null;
  /** Its first segment's; left out, it is 1. */
  readonly firstNumber?: number;
}

/**
 * `logs`: those of the days with a hint, and of the watermark's day; a day without a log is left out. Nothing is claimed
 * of what the bucket's lifecycle may have removed: the front of a log, or all of it.
 */
export function judgeBehind(
  workspace: string,
  { hints, watermark }: Pick<CheckpointState, "hints" | "watermark">,
  logs: ReadonlyMap<string, FoundLog>,
  mayBeExpired: (day: string) => boolean = () => false,
): Violation[] {
  const violations: Violation[] = [];
  const isExpired = (day: string, number: number): boolean => {
    const log = logs.get(day);
    return mayBeExpired(day) && (log === undefined || number < (log.firstNumber ?? 1));
  };
  for (const [day, hint] of Object.entries(hints)) {
    const { hinted } = logs.get(day) ?? { hinted: null };
    const key = isLogDay(day) && isSegmentNumber(hint.number) ? segmentKey(workspace, day, hint.number) : day;
    if (hinted === null) {
      if (!isExpired(day, hint.number))
        violations.push(violation("I4", key, "is in the checkpoint but does not exist"));
    } else if (!isSameHint(hint, hinted)) {
      violations.push(violation("I4", key, "is not the segment that the checkpoint names"));
    }
  }
  if (watermark === null || isExpired(logDay(watermark), Number.POSITIVE_INFINITY)) return violations;
  const newest = logs.get(logDay(watermark))?.logNewest ?? null;
  if (newest !== null && compareInstants(newest, watermark) >= 0) return violations;
  const message = `the checkpoint's watermark is ${watermark}, but the newest event here is from ${newest}`;
  return [...violations, violation("I4", dayPrefix(workspace, logDay(watermark)), message)];
}

function isSameHint(a: LogEnd, b: LogEnd): boolean {
  if (a.manifestHash !== b.manifestHash || a.logCount !== b.logCount || a.logNewest !== b.logNewest) return false;
  if (a.sizeBytes !== null && b.sizeBytes !== null && a.sizeBytes !== b.sizeBytes) return false;
  if (a.idsAtNewest === null || b.idsAtNewest === null) return true;
  return new Set(a.idsAtNewest).symmetricDifference(new Set(b.idsAtNewest)).size === 0;
}
