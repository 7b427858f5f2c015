/**
 * Whether the seals of a workspace hold: chained and signed (I9), equal to the logs that are there (I10), and resting on
 * looks that are on record (I11).
 */
import { type ArchiveRange, isInRange } from "../archive/inventory.ts";
import type { LogResult, LogStatement, UnreadObject } from "../archive/verify-log.ts";
import { type Violation, violation } from "../archive/violation.ts";
import { COVERAGE_PREFIX } from "../coverage/coverage-key.ts";
import type { CoverageEntry } from "../coverage/entry.ts";
import { type Ledger, readLedger } from "../coverage/ledger.ts";
import { compareInstants, type Instant, ODD_DAY, shiftDay, startOfDay } from "../event/instant.ts";
import type { ArchiveStore } from "../ports.ts";
import { dayPrefix } from "../segment/key.ts";
import { type ChainedSeal, type ChainReport, judgeSeals, type KeyTrust, type SealPin, type Untold } from "./chain.ts";
import { GONE, gapsToSeal, WAIT_DAYS, wholeDay } from "./due.ts";
import {
  type CheckStamp,
  type JudgedStamp,
  judgeNamedStamps,
  judgeStamps,
  lastStampedBefore,
  type StampFindings,
} from "./judge-stamps.ts";
import type { VerifierKey } from "./note.ts";
import { judgePublicKeys, verifierKeysIn } from "./public-keys.ts";
import { type FoundKey, type FoundSeals, readSeals } from "./read-seals.ts";
import { sealsPrefix } from "./seal-key.ts";
import { type Gap, toWholeSecond, type WholeSecond } from "./text.ts";

/** What the verifier brings along, and what nobody with access to the archive can have changed. */
export interface SealTrust {
  readonly keys: readonly VerifierKey[];
  readonly expected: readonly SealPin[];
  readonly revoked: readonly RevokedKey[];
  /** Checks who signed a time stamp. Omitted: only what it stamps is checked. */
  readonly checkStamp?: CheckStamp;
  /** A time stamp of which it cannot be told who made it leaves something open. */
  readonly demandsCheckedStamps: boolean;
  /** A signed gap, a part of a day that was not looked at, counts as a fault. */
  readonly refusesGaps: boolean;
}

/**
 * A key that may have been in other hands: from the seal of a number on, or from a time on. That a seal is older than that
 * time, only a stamp of a trusted authority can show, and not the time that the seal itself says.
 */
export type RevokedKey =
  | { readonly keyId: string; readonly from: number }
  | { readonly keyId: string; readonly at: Instant };

export const NO_TRUST: SealTrust = {
  keys: [],
  expected: [],
  revoked: [],
  demandsCheckedStamps: false,
  refusesGaps: false,
};

/** A part of a sealed day that was not looked at. */
export type SealedGap = Gap & { readonly day: string; readonly seal: number };

/** Of one workspace. Days are those of the range. */
export interface SealTotals {
  readonly archiveName: string | null;
  readonly seals: number;
  /** To be written down: whoever knows it can tell later whether seals were cut off. */
  readonly newest: { readonly number: number; readonly sha256: string; readonly sealed: WholeSecond } | null;
  readonly keys: readonly {
    readonly keyId: string;
    readonly from: number;
    readonly to: number;
    readonly trust: KeyTrust;
  }[];
  readonly firstDay: string | null;
  readonly lastDay: string | null;
  readonly days: number;
  /** Days without an event. */
  readonly quietDays: number;
  /** Days that were looked at to their end. */
  readonly lookedDays: number;
  readonly gaps: readonly SealedGap[];
  /** Days to which events came after they had been sealed. */
  readonly lateDays: number;
  /** Sealed, and compared with what is here. */
  readonly segments: number;
  readonly events: number;
  /** Sealed days whose events the bucket's lifecycle may have removed, and that are not here in full. */
  readonly expiredDays: number;
  /** Those that are about the seal that they are stored for. */
  readonly stamps: readonly JudgedStamp[];
}

export interface SealResult {
  readonly totals: SealTotals;
  readonly faults: readonly Violation[];
  readonly untold: readonly Untold[];
  readonly unread: readonly UnreadObject[];
}

/** What was found of a workspace's seals before its logs are read. */
export interface SealedWorkspace {
  readonly workspace: string;
  /** It has seals, or something says that it had: a stamp, a public key beside it, a key or a pin that the verifier has. */
  readonly isSealed: boolean;
  readonly chain: ChainReport;
  readonly ledger: Ledger;
  readonly found: FoundSeals;
  readonly stamps: StampFindings;
  /** Keys that name none of what belongs beside the events. */
  readonly foreign: readonly string[];
  /** The segments of a day's log whose place in it some seal, or a look that a seal names, states. */
  sealedNumbers(day: string): readonly number[];
}

/** An archive that is this far ahead of its newest seal should have been sealed in between, looked at or not. */
const LATEST_SEAL_DAYS = WAIT_DAYS + 2;

/** A key beside the events that names nothing that belongs there. */
export const judgeBeside = (key: string): Violation[] =>
  key.startsWith(COVERAGE_PREFIX)
    ? [violation("I11", key, "is not a coverage entry")]
    : [violation("I9", key, "is neither a seal nor a time stamp")];

/** Reads and judges what can be judged without the logs. Null: there is nothing beside the events, and nobody expects it. */
export async function readSealedWorkspace(
  archive: ArchiveStore,
  workspace: string,
  range: Omit<ArchiveRange, "workspace">,
  trust: SealTrust,
  publicKeys: readonly FoundKey[],
  signal?: AbortSignal,
): Promise<SealedWorkspace | null> {
  const found = await readSeals(archive, workspace, signal);
  const ledger = await readLedger(archive, workspace, range, signal);
  const foreign = [...found.foreign, ...ledger.foreign];
  const isSealed =
    found.seals.length + found.stamps.length + publicKeys.length + trust.keys.length + trust.expected.length > 0;
  const hasLedger = ledger.days.size + ledger.faults.length + ledger.newer.length + ledger.unread.length > 0;
  if (!isSealed && !hasLedger && foreign.length === 0) return null;
  const stamps = await judgeStamps(found, trust.checkStamp);
  const chain = judgeSeals(workspace, found.seals, {
    ...trust,
    revoked: trust.revoked.map((key) =>
      "from" in key ? key : { keyId: key.keyId, from: lastStampedBefore(stamps.judged, key.at) + 1 },
    ),
    hints: publicKeys.flatMap(verifierKeysIn),
  });
  const numbers = new Map<string, number[]>();
  for (const { file } of chain.seals) {
    const { day, segments, coverage } = file.seal;
    if (day === null) continue;
    const looked = coverage && ledger.days.get(day)?.find(({ entry }) => entry.number === coverage.number)?.entry;
    const ofDay = numbers.get(day) ?? [];
    numbers.set(day, ofDay);
    for (const number of [segments, looked?.segments ?? 0])
      if (number > 0 && !ofDay.includes(number)) ofDay.push(number);
  }
  const sealedNumbers = (day: string) => numbers.get(day) ?? [];
  return { workspace, isSealed, chain, ledger, found, stamps, foreign, sealedNumbers };
}

export interface SealTask {
  readonly range: Omit<ArchiveRange, "workspace">;
  readonly trust: SealTrust;
  readonly publicKeys: readonly FoundKey[];
  readonly mayBeExpired: (day: string) => boolean;
}

/** Judges the seals of the days in the range by the logs that were read. */
export function judgeSealed(sealed: SealedWorkspace, logs: readonly LogResult[], task: SealTask): SealResult {
  const { workspace, chain, ledger, found, stamps } = sealed;
  const { range, trust, publicKeys, mayBeExpired } = task;
  const faults: Violation[] = [...chain.violations, ...ledger.faults];
  const untold: Untold[] = [...chain.untold];
  const logOf = new Map(logs.map((log) => [log.day, log]));
  const ofDay = Map.groupBy(
    chain.seals.filter(({ file }) => file.seal.day !== null && isInRange(file.seal.day, range)),
    ({ file }) => file.seal.day!,
  );
  const isWhole = range.from === undefined && range.to === undefined;
  const tell = (key: string, message: string) => untold.push({ key, message });

  for (const key of ledger.newer) tell(key, "was written by a newer version: verify with that version or a later one");
  const totals = { quietDays: 0, lookedDays: 0, lateDays: 0, segments: 0, events: 0, expiredDays: 0 };
  const gaps: SealedGap[] = [];
  for (const [day, seals] of ofDay) judgeDay(day, seals);
  judgeUnsealed();
  const named = judgeNamedStamps(found.stamps, stamps.judged, chain.seals, trust.demandsCheckedStamps);
  faults.push(...stamps.faults, ...named.faults, ...judgePublicKeys(chain.keys, publicKeys, isWhole));
  untold.push(...named.untold);
  if (found.seals.length === 0) {
    if (sealed.isSealed) tell(sealsPrefix(workspace), "has no seal, so nothing here is signed");
  } else if (ofDay.size === 0) tell(sealsPrefix(workspace), "has no seal of a day in this range");

  const days = [...ofDay.keys()].filter((day) => day !== ODD_DAY).sort();
  const newest = chain.seals.at(-1) ?? null;
  return {
    totals: {
      archiveName: chain.seals[0]?.file.seal.archiveName ?? null,
      seals: found.seals.length,
      newest: newest && { number: newest.number, sha256: newest.sha256, sealed: newest.file.seal.sealed },
      keys: chain.keys.map(({ keyId, from, to, trust }) => ({ keyId, from, to, trust })),
      firstDay: days[0] ?? null,
      lastDay: days.at(-1) ?? null,
      days: days.length,
      ...totals,
      gaps,
      stamps: stamps.judged,
    },
    faults,
    untold,
    unread: [...found.unread, ...ledger.unread],
  };

  function judgeDay(day: string, seals: readonly ChainedSeal[]): void {
    const log = logOf.get(day) ?? null;
    const last = seals.at(-1)!;
    const isExpirable = mayBeExpired(day);
    let isThere = true;
    let before: ChainedSeal | null = null;
    for (const chained of seals) {
      const isFound = judgeLog(chained, log, isExpirable);
      const isGone = judgeLook(chained, log, before, isExpirable);
      if (chained === last) isThere = isFound && !isGone;
      before = chained;
      for (const again of chained.file.seal.again) judgeAgain(chained, again.day, again.number, again.sha256);
    }
    const { seal } = last.file;
    if (seal.size === 0 && isThere && day !== ODD_DAY) totals.quietDays += 1;
    if (seal.state === "complete" && day !== ODD_DAY) totals.lookedDays += 1;
    if (seals.length > 1) totals.lateDays += 1;
    if (isThere) {
      totals.segments += seal.segments;
      totals.events += seal.size;
    } else if (isExpirable) totals.expiredDays += 1;
    for (const gap of seal.gaps) {
      gaps.push({ ...gap, day, seal: last.number });
      if (trust.refusesGaps)
        faults.push(
          violation("I11", last.key, `${gap.from} to ${gap.until} of ${day} was not looked at (${gap.reason})`),
        );
    }
    const unsealed = (log?.segments ?? 0) - seal.segments;
    const isRest = isExpirable && seal.segments === 0 && (log?.found?.firstNumber ?? 1) > 1;
    if (isThere && unsealed > 0 && !isRest)
      tell(
        dayPrefix(workspace, day),
        `${unsealed} of its segments were written after the day was sealed; seal it again`,
      );
  }

  /** Whether the log is, up to the sealed segment, what was sealed. */
  function judgeLog(chained: ChainedSeal, log: LogResult | null, isExpirable: boolean): boolean {
    const { seal } = chained.file;
    if (seal.segments === 0) return true;
    const stated = log?.statements.find(({ number }) => number === seal.segments) ?? null;
    if (stated === null) {
      const wasUnread = log !== null && log.unread.length > 0;
      const what = `${seal.size} events of ${seal.day} in ${seal.segments} segments were sealed`;
      if (wasUnread) tell(chained.key, `${what}, and not all of them could be read`);
      else if (!isExpirable)
        faults.push(violation("I10", chained.key, `${what}, but not all of them are here as they were`));
      return false;
    }
    const wrong = differences(seal, stated);
    // Where all of the sealed log has expired and events without a time come again, the log begins anew at number 1.
    const mayBeNew = isExpirable && seal.day === ODD_DAY && log?.found?.firstNumber === 1;
    if (wrong.length > 0 && mayBeNew) return false;
    if (wrong.length > 0)
      faults.push(violation("I10", chained.key, `does not match the log of ${seal.day}: ${wrong.join(", ")}`));
    return true;
  }

  /** `before`: the seal of that day before. Whether segments that were looked at had expired before the day was sealed. */
  function judgeLook(
    chained: ChainedSeal,
    log: LogResult | null,
    before: ChainedSeal | null,
    isExpirable: boolean,
  ): boolean {
    const { seal } = chained.file;
    if (seal.day === null) return false;
    const { coverage } = seal;
    const entry = coverage && findEntry(chained, seal.day, coverage.number, coverage.sha256);
    if (coverage !== null && entry === null) return false;
    const isGone = entry !== null && seal.segments < entry.segments;
    if (isGone && (!isExpirable || seal.state === "complete")) {
      const message = `counts ${seal.segments} segments, but look ${entry.number} found ${entry.segments}`;
      faults.push(violation("I10", chained.key, message));
    } else judgeGaps(chained, entry, before, isExpirable);
    if (entry === null) return false;
    const wrong: string[] = [];
    const { looked, source } = seal;
    const [began, ended] = [toWholeSecond(entry.began), toWholeSecond(entry.ended)];
    if (looked !== null && (looked.began !== began || looked.ended !== ended)) wrong.push("when it was");
    for (const name of ["seen", "had", "added", "gone"] as const)
      if (source !== null && source[name] !== entry[name]) wrong.push(`its \`${name}\``);
    if (seal.state === "complete" && !entry.complete) wrong.push("that it came to its end");
    if (seal.state === "complete" && compareInstants(entry.began, startOfDay(shiftDay(seal.day, 1))) < 0)
      wrong.push("that it began after the day had ended");
    const stated = log?.statements.find(({ number }) => number === entry.segments);
    if (stated !== undefined && stated.manifestHash !== entry.manifest) wrong.push("which segments there were then");
    if (wrong.length > 0)
      faults.push(
        violation("I11", chained.key, `does not match look ${entry.number} at ${seal.day}: ${wrong.join(", ")}`),
      );
    return isGone;
  }

  /** What was not looked at follows from the look that the seal names, and from the seal before. */
  function judgeGaps(
    { key, file: { seal } }: ChainedSeal,
    entry: CoverageEntry | null,
    before: ChainedSeal | null,
    isExpirable: boolean,
  ): void {
    const [first] = seal.gaps;
    if (first === undefined || (before?.number ?? null) !== seal.before) return;
    const day = seal.day!;
    if (isExpirable && spellGaps(seal.gaps) === spellGaps([wholeDay(day, GONE)])) return;
    // Why nobody has looked is the sealer's word.
    const open = entry?.complete ? [] : gapsToSeal(day, entry, before?.file.seal ?? null, first.reason);
    if (spellGaps(seal.gaps) === spellGaps(open)) return;
    const left = entry === null ? "nobody has looked" : `look ${entry.number} left them`;
    faults.push(violation("I11", key, `does not tell the gaps of ${day} as ${left}`));
  }

  function judgeAgain(chained: ChainedSeal, day: string, number: number, sha256: string): void {
    if (isInRange(day, range)) findEntry(chained, day, number, sha256);
  }

  function findEntry(chained: ChainedSeal, day: string, number: number, sha256: string): CoverageEntry | null {
    const stored = ledger.days.get(day)?.find(({ entry }) => entry.number === number);
    if (stored === undefined) {
      const isUntold = ledger.unread.length + ledger.newer.length > 0;
      const message = `names look ${number} at ${day}, which is not here`;
      if (isUntold) tell(chained.key, message);
      else faults.push(violation("I11", chained.key, message));
      return null;
    }
    if (stored.sha256 === sha256) return stored.entry;
    faults.push(violation("I11", chained.key, `names another look ${number} at ${day} than the one that is here`));
    return null;
  }

  /** Days of the range that have no seal, although what is here says that they should have one by now. */
  function judgeUnsealed(): void {
    const { lastDay } = chain;
    if (lastDay === null) return;
    const newestDay = logs.at(-1)?.day ?? ODD_DAY; // they are in the days' order
    const latest = shiftDay(newestDay, -LATEST_SEAL_DAYS);
    const unsealed = new Map<string, string>();
    for (const { day } of logs)
      if (day < lastDay || day < latest) unsealed.set(day, "is not sealed, although later days are, or have events");
    for (const [day, entries] of ledger.days)
      if (entries.some(({ entry }) => entry.complete))
        unsealed.set(day, "was looked at to its end, but is not sealed so");
    for (const [day, why] of unsealed) {
      if (mayBeExpired(day)) continue; // what is left of such a day is not sealed any more
      const last = chain.byDay.get(day)?.file.seal;
      if (
        last !== undefined &&
        (last.state === "complete" || !ledger.days.get(day)?.some(({ entry }) => entry.complete))
      )
        continue;
      tell(dayPrefix(workspace, day), `${day} ${why}: seal it, or find out whether its seal was removed (--expect)`);
    }
  }
}

const spellGaps = (gaps: readonly Gap[]): string =>
  gaps.map(({ from, until, reason }) => `${from} ${until} ${reason}`).join();

function differences(seal: ChainedSeal["file"]["seal"], stated: LogStatement): string[] {
  const wrong: string[] = [];
  if (seal.size !== stated.events) wrong.push(`${stated.events} events instead of ${seal.size}`);
  if (seal.root !== stated.root) wrong.push("other events");
  if (seal.manifest !== stated.manifestHash) wrong.push("another last manifest");
  if (seal.oldest !== stated.oldest || seal.newest !== stated.newest) wrong.push("other times");
  return wrong;
}
