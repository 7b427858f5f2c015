/** Seals what has become due: reads it, checks it, signs it. What that is follows from the archive alone. */

import { mayBeExpired } from "../archive/invariants.ts";
import { inLanes } from "../archive/lanes.ts";
import type { StoredEntry } from "../coverage/ledger.ts";
import { ArchiverError } from "../errors.ts";
import { DAY_MS, dayOf, instantToMs, msToInstant, ODD_DAY, shiftDay, startOfDay } from "../event/instant.ts";
import type { ArchiveStore, Clock, Logger } from "../ports.ts";
import type { Codec } from "../segment/codec.ts";
import { checkDay, type DayRead, type DayTask, listDay, readLooks } from "./check-day.ts";
import { firstDay, lastSettledDay, lastWaitedDay, nextDays, reasonOf, statementOfLooks } from "./due.ts";
import { firstLookDay, lastHeldDay, logDays, lookBack } from "./look-back.ts";
import { isSignedBy, type VerifierKey, verifierKey } from "./note.ts";
import { readBack, readSealEnd, type SealEnd } from "./seal-end.ts";
import type { Signer } from "./signer.ts";
import { EMPTY_ROOT, isArchiveName, type KeyChangeReason, type Seal, toWholeSecond, type WholeSecond } from "./text.ts";
import { writePublicKey, writeSeal } from "./write-seal.ts";

export interface SealDeps {
  readonly archive: ArchiveStore;
  readonly codec: Codec;
  readonly signer: Signer;
  readonly clock: Pick<Clock, "now">;
  readonly log: Logger;
  /** Version of the program. */
  readonly writer: string;
  /** The name that all seals of the archive bear. */
  readonly archiveName: string;
  readonly settings: {
    readonly settledAfterHours: number;
    /** Omitted or null: segments are kept forever. */
    readonly expireAfterDays?: number | null;
  };
  /**
   * Look in any case for days behind the newest seal that have more by now. Omitted: only in a run that seals a day, and
   * so once a day; a run with nothing to do then makes at most four requests.
   */
  readonly alwaysLooksBack?: boolean;
  /**
   * Nobody archives the workspace any more: nothing is waited for, and sealing ends with the last day that was looked at
   * or has events. Omitted: it is archived.
   */
  readonly isRetired?: boolean;
}

export interface SealedDay {
  readonly number: number;
  readonly day: string;
  /** Of the seal's file. */
  readonly sha256: string;
  /** As the seal says, on the sealer's clock. */
  readonly sealed: WholeSecond;
}

export interface SealReport {
  readonly workspace: string;
  /** The seals that this run made. */
  readonly sealed: readonly SealedDay[];
  /** The newest seal that there is, and the last day that is sealed. */
  readonly newest: SealedDay | null;
  /** Days that are settled and not sealed. */
  readonly dueDays: number;
  /** Days that this run sealed for the first time, and with a gap, although days before them had been looked at. */
  readonly incompleteDays: readonly string[];
  /** Days that this run sealed although an event is in two lines of them: `verify` names it. */
  readonly doubledDays: readonly string[];
  /** Why the run could not go on after the seals that it made; a run that halts before it made one throws. */
  readonly halted: { readonly reason: string; readonly advice: string } | null;
}

/** Days that are read ahead and sealed one after the other. */
const DAYS_AT_ONCE = 16;
/** Of so many days segments are read at a time, and fewer where segments are large: each reader holds one. */
const READERS = 8;
const MAX_SEGMENT_BYTES_AT_ONCE = 64 * 1024 * 1024;
/** Each lost race is a seal by another sealer; this many in a row are a fault. */
const MAX_LOST_RACES = 50;

/** What a run knows and what it has done. */
interface Sealing extends SealDeps {
  readonly workspace: string;
  readonly signal: AbortSignal;
  readonly key: VerifierKey;
  readonly made: SealedDay[];
  readonly incompleteDays: string[];
  readonly doubledDays: string[];
  hasLookedBack: boolean;
  newest: SealedDay | null;
  dueDays: number;
}

/** What a seal says besides, of days and seals before it. */
type Beside = Pick<Seal, "again" | "stamps">;
const NOTHING_BESIDE: Beside = { again: [], stamps: [] };

/** The newest seal, which the next one names. */
type Next = Pick<SealEnd["newest"], "number" | "sha256"> | null;

/**
 * Seals all that is due in a workspace, and stops between two seals when `signal` aborts. May run beside itself: who
 * comes second to a number goes on from there.
 * Throws ArchiverError: `halted` where log, looks and seals contradict each other, before anything of it is signed;
 * `misconfigured` for a wrong name or key; and what store and signer throw.
 */
export async function sealWorkspace(deps: SealDeps, workspace: string, signal: AbortSignal): Promise<SealReport> {
  const sealing = openSealing(deps, workspace, signal);
  let halted: SealReport["halted"] = null;
  try {
    let lost = 0;
    while (!signal.aborted) {
      const outcome = await sealRound(sealing);
      if (outcome === "done") break;
      lost = outcome === "lost" ? lost + 1 : 0;
      if (lost === MAX_LOST_RACES) throw tooManyRaces(workspace);
    }
  } catch (error) {
    if (!signal.aborted) {
      // What was sealed has to be told, whatever came after it; the next run meets the same trouble, if it is still there.
      if (!(error instanceof ArchiverError) || sealing.made.length === 0) throw error;
      halted = { reason: error.message, advice: error.advice };
    }
  }
  const { made, newest, dueDays, incompleteDays, doubledDays } = sealing;
  return { workspace, sealed: made, newest, dueDays, incompleteDays, doubledDays, halted };
}

/**
 * Records in a seal that another key signs from the next one on. `rotation`: signed by the old key, that of `deps`, and
 * the new one. `loss`: the old key is no more, and only the new one signs. Throws as `sealWorkspace`, and `misconfigured`
 * where the new key has signed before: a chain that came back to a key would not hold.
 */
export async function changeSealingKey(
  deps: SealDeps,
  workspace: string,
  next: Signer,
  reason: KeyChangeReason,
  signal: AbortSignal,
): Promise<SealedDay> {
  const { archive, archiveName, clock, signer, writer } = deps;
  const sealing = openSealing(deps, workspace, signal);
  if (next.keyName !== archiveName) throw wrongName(next.keyName, archiveName);
  const end = await readSealEnd(archive, workspace, [sealing.key], dayOf(msToInstant(clock.now())));
  if (end === null)
    throw new ArchiverError("misconfigured", `Workspace ${workspace} has no seal yet, so no key has to hand over.`, {
      advice: "Seal with the new key.",
    });
  const nextKey = verifierKey(next.keyName, next.publicKey);
  const { keys } = await readBack(archive, workspace, sealing.key, end, end.firstDay);
  if (keys.some((span) => isSignedBy(span, nextKey)))
    throw new ArchiverError(
      "misconfigured",
      `The key ${nextKey.keyId} has signed seals of workspace ${workspace} before.`,
      { advice: "Seal on with the key in force, or make a new one: a key that handed over does not come back." },
    );
  await writePublicKey(archive, next);
  const seal: Seal = {
    ...QUIET,
    ...placeAfter(sealing, end.newest),
    archiveName,
    workspace,
    day: null,
    kind: "key",
    before: null,
    state: "complete",
    coverage: null,
    looked: null,
    source: null,
    gaps: [],
    ...NOTHING_BESIDE,
    keyChange: { next: nextKey, reason },
    writer,
  };
  const outcome = await writeSeal(archive, seal, reason === "loss" ? [next] : [signer, next]);
  if (outcome === null) throw tooManyRaces(workspace);
  return { number: seal.number, day: end.lastDay, sha256: outcome.sha256, sealed: seal.sealed };
}

function openSealing(deps: SealDeps, workspace: string, signal: AbortSignal): Sealing {
  const { archiveName, signer } = deps;
  if (!isArchiveName(archiveName))
    throw new ArchiverError(
      "misconfigured",
      `${JSON.stringify(archiveName)} cannot be the name of an archive in its seals.`,
      {
        advice: "Use up to 128 letters, digits and . _ - : @, with single slashes between them.",
      },
    );
  if (signer.keyName !== archiveName) throw wrongName(signer.keyName, archiveName);
  const key = verifierKey(signer.keyName, signer.publicKey);
  const none = { made: [], incompleteDays: [], doubledDays: [] };
  return { ...deps, workspace, signal, key, ...none, hasLookedBack: false, newest: null, dueDays: 0 };
}

/** `sealed`: there may be more to do. `lost`: another sealer was first. */
async function sealRound(sealing: Sealing): Promise<"done" | "sealed" | "lost"> {
  const { archive, workspace, clock, signer, settings, made, isRetired = false } = sealing;
  const today = dayOf(msToInstant(clock.now()));
  const lastSettled = lastSettledDay(clock.now(), settings.settledAfterHours);
  const end = await readSealEnd(archive, workspace, [sealing.key], today);
  if (end === null) {
    const looks = await readLooks(sealing, workspace);
    const logs = [...(await logDays(archive, workspace))];
    const day = firstDay(logs, looks, lastSettled);
    sealing.dueDays = logs.filter((one) => one <= lastSettled).length;
    if (day === null) return "done";
    await writePublicKey(archive, signer);
    return (await sealDays(sealing, [{ day, last: null }], looks, "day", null, NOTHING_BESIDE)) === null
      ? "lost"
      : "sealed";
  }
  const { number, sha256, file } = end.newest;
  sealing.newest = { number, sha256, day: file.seal.day ?? end.lastDay, sealed: file.seal.sealed };
  const first = shiftDay(end.lastDay, 1);
  const held = isRetired ? await lastHeldDay(archive, workspace, first, lastSettled) : lastSettled;
  const lastDue = held ?? end.lastDay;
  sealing.dueDays = daysBetween(end.lastDay, lastDue);
  const isSettled = first <= lastDue;
  const looks = isSettled ? await readLooks(sealing, workspace, first, shiftDay(first, DAYS_AT_ONCE - 1)) : new Map();
  const lastWaited = isRetired ? lastDue : lastWaitedDay(lastSettled);
  const days = nextDays(first, lastDue, lastWaited, looks, DAYS_AT_ONCE);
  const isBusy = days.length > 0 || made.length > 0 || sealing.alwaysLooksBack === true;
  let newest: Next = end.newest;
  let beside: Beside = NOTHING_BESIDE;
  if (!sealing.hasLookedBack && (isBusy || (!isSettled && !isRetired && (await hasGrown(sealing, end))))) {
    const expireAfterDays = settings.expireAfterDays ?? null;
    const back = await lookBack({ ...sealing, expireAfterDays }, workspace, sealing.key, end, today);
    sealing.hasLookedBack = true;
    beside = back;
    for (let at = 0; at < back.tasks.length; at += DAYS_AT_ONCE) {
      newest = await sealDays(sealing, back.tasks.slice(at, at + DAYS_AT_ONCE), null, "late", newest, beside);
      if (newest === null) return lostRace(sealing);
      beside = NOTHING_BESIDE;
      if (sealing.signal.aborted) return "sealed";
    }
  }
  if (days.length === 0) return "done";
  const tasks = days.map((day) => ({ day, last: null }));
  return (await sealDays(sealing, tasks, looks, "day", newest, beside)) === null ? lostRace(sealing) : "sealed";
}

/** What another sealer sealed meanwhile is looked at anew. */
function lostRace(sealing: Sealing): "lost" {
  sealing.hasLookedBack = false;
  return "lost";
}

/** How many days there are after `day`, up to `last`. */
const daysBetween = (day: string, last: string): number =>
  Math.max(0, (instantToMs(startOfDay(last)) - instantToMs(startOfDay(day))) / DAY_MS);

/** Whether the day sealed last has more segments by now: one listing, where there is nothing else to do. */
async function hasGrown({ archive, workspace }: Sealing, { report, lastDay }: SealEnd): Promise<boolean> {
  const { segments } = await listDay(archive, workspace, lastDay);
  return segments.length !== report.byDay.get(lastDay)!.file.seal.segments;
}

/** Reads the days side by side, then seals one after the other. The last seal then; null: another sealer was first. */
async function sealDays(
  sealing: Sealing,
  tasks: readonly DayTask[],
  looksOf: ReadonlyMap<string, readonly StoredEntry[]> | null,
  kind: "day" | "late",
  after: Next,
  beside: Beside,
): Promise<Next> {
  const { archive, workspace, signal, made, log, clock, settings } = sealing;
  const today = dayOf(msToInstant(clock.now()));
  const listed = await inLanes(tasks, READERS, async (task) => {
    signal.throwIfAborted();
    const looks = looksOf ?? (await readLooks(sealing, workspace, task.day, task.day));
    return { task, looks: looks.get(task.day) ?? [], log: await listDay(archive, workspace, task.day) };
  });
  const largest = Math.max(1, ...listed.flatMap((day) => day.log.segments.map(({ sizeBytes }) => sizeBytes)));
  const readers = Math.max(1, Math.min(READERS, Math.floor(MAX_SEGMENT_BYTES_AT_ONCE / largest)));
  const read = await inLanes(listed, readers, (day) =>
    // A day that cannot be sealed does not keep back those before it.
    checkDay(
      sealing,
      day.log,
      day.task,
      day.looks,
      mayBeExpired(day.task.day, settings.expireAfterDays ?? null, today),
    ).catch((error: unknown) => ({ error })),
  );
  let newest = after;
  for (const [index, day] of read.entries()) {
    if (signal.aborted) break;
    if ("error" in day) throw day.error;
    const seal = await sealOf(sealing, day, kind, newest, index === 0 ? beside : NOTHING_BESIDE);
    const outcome = await writeSeal(archive, seal, [sealing.signer]);
    if (outcome === null) return null;
    newest = { number: seal.number, sha256: outcome.sha256 };
    made.push({ ...newest, day: day.task.day, sealed: seal.sealed });
    sealing.newest = made.at(-1) ?? null;
    const about = { workspace, day: day.task.day, number: seal.number };
    log("info", "sealed a day", { ...about, kind, events: seal.size });
    if (day.doubles.first !== null) {
      sealing.doubledDays.push(day.task.day);
      const { key, line, message: fault } = day.doubles.first;
      log("error", "a sealed day has events in two lines", { ...about, count: day.doubles.count, key, line, fault });
    }
    if (kind !== "day") continue;
    sealing.dueDays = Math.max(0, sealing.dueDays - 1);
    if (seal.gaps.every(({ reason }) => reason === "before-first-scan")) continue;
    sealing.incompleteDays.push(day.task.day);
    log("warn", "a day was sealed with a gap", { ...about, gaps: seal.gaps });
  }
  return newest;
}

const QUIET = { size: 0, root: EMPTY_ROOT, segments: 0, manifest: null, oldest: null, newest: null } as const;

const placeAfter = ({ clock }: Pick<SealDeps, "clock">, newest: Next) => ({
  number: (newest?.number ?? 0) + 1,
  prev: newest?.sha256 ?? null,
  sealed: toWholeSecond(msToInstant(clock.now())),
});

async function sealOf(
  sealing: Sealing,
  { task: { day, last }, statement, looks, isGone }: DayRead,
  kind: "day" | "late",
  newest: Next,
  { again, stamps }: Beside,
): Promise<Seal> {
  const { archive, archiveName, workspace, clock, writer } = sealing;
  const firstLook = looks.length > 0 ? null : await firstLookDay(archive, workspace);
  const isOdd = day === ODD_DAY;
  const log = statement && {
    size: statement.events,
    root: statement.root,
    segments: statement.number,
    manifest: statement.manifestHash,
    oldest: isOdd ? null : statement.oldest,
    newest: isOdd ? null : statement.newest,
  };
  return {
    ...QUIET,
    ...log,
    ...statementOfLooks(day, looks, last, reasonOf(day, firstLook, clock.now()), isGone),
    ...placeAfter(sealing, newest),
    archiveName,
    workspace,
    day,
    kind,
    before: last?.number ?? null,
    again,
    stamps,
    keyChange: null,
    writer,
  };
}

const wrongName = (keyName: string, archiveName: string): ArchiverError =>
  new ArchiverError("misconfigured", `The key is named ${keyName}, but the archive is named ${archiveName}.`, {
    advice: "A key is named as the archive that it seals: give the key of this archive, or the archive's name.",
  });

const tooManyRaces = (workspace: string): ArchiverError =>
  new ArchiverError("unavailable", `Other sealers were always first to seal workspace ${workspace}.`, {
    advice: "Let one sealer run at a time, and seal again.",
  });
