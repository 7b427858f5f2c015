/** Which days that are behind the newest seal need another one: they have more segments by now, or were looked at again. */
import { hash } from "node:crypto";
import { halt } from "../archive/halts.ts";
import { mayBeExpired } from "../archive/invariants.ts";
import { violation } from "../archive/violation.ts";
import { dayCoveragePrefix, parseCoverageKey, workspaceCoveragePrefix } from "../coverage/coverage-key.ts";
import { ODD_DAY, shiftDay } from "../event/instant.ts";
import type { ArchiveStore } from "../ports.ts";
import { dayPrefix, parseSegmentKey, workspacePrefix } from "../segment/key.ts";
import { KEPT_DAYS } from "../settings.ts";
import { type DayDeps, type DayTask, readLooks } from "./check-day.ts";
import { isLookedAt, namedLooks } from "./due.ts";
import type { VerifierKey } from "./note.ts";
import { readBack, type SealEnd } from "./seal-end.ts";
import { MAX_AUTHORITY, parseStampKey, type StampPlace, stampKey, stampsPrefix } from "./stamp-key.ts";
import { MAX_AGAINS, MAX_STAMPS, type Seal } from "./text.ts";

export interface LookBack {
  /** Days that are to be sealed late, in order. */
  readonly tasks: readonly DayTask[];
  /** Looks that no seal names yet, the oldest days first. */
  readonly again: Seal["again"];
  /** Time stamps that no seal names yet, the newest ones: each newer stamp so renews the older ones. */
  readonly stamps: Seal["stamps"];
}

/** To what the source has forgotten nothing can be added. Some days more, for a clock that is wrong and a day that waited. */
const BACK_DAYS = KEPT_DAYS + 10;

/**
 * One listing of the segments and looks of the hundred days before a day was last sealed, and the seals of these; of all
 * days where only the first day is sealed, since what is older than that is sealed right after it. Whoever seals a day has
 * looked back before, so what came later was added to days that the source still knew then, however long nobody sealed.
 */
export async function lookBack(
  deps: DayDeps & { readonly expireAfterDays: number | null },
  workspace: string,
  key: VerifierKey,
  end: SealEnd,
  today: string,
): Promise<LookBack> {
  const { archive } = deps;
  const from = end.firstDay === end.lastDay ? null : shiftDay(lastSealing(end, today), -BACK_DAYS);
  const report = await readBack(archive, workspace, key, end, from ?? end.firstDay);
  const sealsRead = report.seals;
  const seals = sealsRead.map(({ file }) => file.seal);
  const lastOf = new Map(seals.flatMap((seal) => (seal.day === null ? [] : [[seal.day, seal] as const])));
  const named = namedLooks(seals);
  const segments = await lastNumbers(
    archive,
    workspacePrefix(workspace),
    from && dayPrefix(workspace, from),
    parseSegmentKey,
  );
  for (const [day, log] of await lastNumbers(archive, dayPrefix(workspace, ODD_DAY), null, parseSegmentKey))
    segments.set(day, log);
  const looks = await lastNumbers(
    archive,
    workspaceCoveragePrefix(workspace),
    from && dayCoveragePrefix(workspace, from),
    parseCoverageKey,
  );

  const tasks: DayTask[] = [];
  const again: Seal["again"][number][] = [];
  const days = new Set([...segments.keys(), ...looks.keys(), ...lastOf.keys()]);
  for (const day of [...days].sort()) {
    if (day > end.lastDay || (from !== null && day < from && day !== ODD_DAY)) continue;
    const last = lastOf.get(day) ?? (day === ODD_DAY ? await findOddSeal() : null);
    await judgeDay(day, last, segments.get(day) ?? NO_LOG, looks.get(day)?.last ?? 0);
  }
  return { tasks, again: again.slice(0, MAX_AGAINS), stamps: await newStamps() };

  async function newStamps(): Promise<Seal["stamps"]> {
    const places: StampPlace[] = [];
    const oldest = sealsRead[0]!.number;
    const after = oldest === 1 ? undefined : stampKey({ workspace, seal: oldest, authority: MAX_AUTHORITY });
    for await (const { key } of archive.list(stampsPrefix(workspace), after)) {
      const place = parseStampKey(key);
      if (place !== null) places.push(place);
    }
    const known = new Set(seals.flatMap(({ stamps }) => stamps.map(({ sha256 }) => sha256)));
    const unnamed: Seal["stamps"][number][] = [];
    for (const place of places.slice(-MAX_STAMPS)) {
      const bytes = await archive.get(stampKey(place));
      const sha256 = bytes === null ? null : hash("sha256", bytes, "hex");
      if (sha256 !== null && !known.has(sha256)) unnamed.push({ seal: place.seal, sha256 });
    }
    return unnamed;
  }

  async function judgeDay(day: string, last: Seal | null, log: Numbers, look: number): Promise<void> {
    const number = log.last;
    if (mayBeExpired(day, deps.expireAfterDays, today)) {
      // Some of it may be gone: only a log that has grown since its seal, and is there as a whole, is sealed. That of the odd
      // day begins anew at number 1 when all of it has expired, and is another one than was sealed.
      if (last === null || day === ODD_DAY || number <= last.segments || !log.isWhole) return;
    }
    if (number < (last?.segments ?? 0))
      throw halt(
        violation("I10", dayPrefix(workspace, day), `${last!.segments} segments were sealed, but ${number} are here`),
      );
    if (number > (last?.segments ?? 0)) {
      tasks.push({ day, last });
      return;
    }
    if (look <= (named.get(day) ?? 0)) return;
    const entries = (await readLooks(deps, workspace, day, day)).get(day) ?? [];
    const newest = entries.at(-1)!; // perhaps a later one than was listed
    const isComplete = isLookedAt(entries);
    if (last === null ? isComplete : last.state === "incomplete" && isComplete) tasks.push({ day, last });
    else if (last !== null) again.push({ day, number: newest.entry.number, sha256: newest.sha256 });
  }

  /** Events of the odd day may come at any time, so its seal may be anywhere. It is looked for only where it is needed. */
  async function findOddSeal(): Promise<Seal | null> {
    const all = await readBack(archive, workspace, key, end, "");
    return all.seals.findLast(({ file }) => file.seal.day === ODD_DAY)?.file.seal ?? null;
  }
}

/** When a day was last sealed, late seals aside; not after `today`, should the clock then have been ahead. */
function lastSealing({ report }: SealEnd, today: string): string {
  const sealed = report.seals.findLast(({ file }) => file.seal.kind === "day")!.file.seal.sealed.slice(0, 10);
  return sealed < today ? sealed : today;
}

interface Numbers {
  readonly last: number;
  /** They are 1, 2, and so on, without a hole. */
  readonly isWhole: boolean;
}

const NO_LOG: Numbers = { last: 0, isWhole: true };

/** The numbers of each day's objects. */
async function lastNumbers(
  archive: ArchiveStore,
  prefix: string,
  startAfter: string | null,
  parse: (key: string) => { readonly day: string; readonly number: number } | null,
): Promise<Map<string, Numbers>> {
  const numbers = new Map<string, Numbers>();
  for await (const { key } of archive.list(prefix, startAfter ?? undefined)) {
    const place = parse(key);
    if (place === null) continue;
    const { last, isWhole } = numbers.get(place.day) ?? NO_LOG;
    numbers.set(place.day, { last: place.number, isWhole: isWhole && place.number === last + 1 });
  }
  return numbers;
}

/** The days that have a log, by one listing of all of them. */
export const logDays = async (archive: ArchiveStore, workspace: string): Promise<Iterable<string>> =>
  (await lastNumbers(archive, workspacePrefix(workspace), null, parseSegmentKey)).keys();

/** The last day from `first` to `last` that was looked at or has events; null: there is none. */
export async function lastHeldDay(
  archive: ArchiveStore,
  workspace: string,
  first: string,
  last: string,
): Promise<string | null> {
  const [looks, logs] = await Promise.all([
    lastNumbers(archive, workspaceCoveragePrefix(workspace), dayCoveragePrefix(workspace, first), parseCoverageKey),
    lastNumbers(archive, workspacePrefix(workspace), dayPrefix(workspace, first), parseSegmentKey),
  ]);
  const held = [...looks.keys(), ...logs.keys()].filter((day) => day <= last);
  return held.sort().at(-1) ?? null;
}

/** The first day that was ever looked at; null: none was. */
export async function firstLookDay(archive: ArchiveStore, workspace: string): Promise<string | null> {
  for await (const { key } of archive.list(workspaceCoveragePrefix(workspace))) {
    const place = parseCoverageKey(key);
    if (place !== null) return place.day;
  }
  return null;
}
