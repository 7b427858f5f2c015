/** Reads all that a seal of a day rests on, and checks all of it: nothing is signed unchecked. */
import { haltAt } from "../archive/halts.ts";
import { type ListedLog, takeInventory } from "../archive/inventory.ts";
import { locateDoubles, suspectsOf } from "../archive/verify-doubles.ts";
import { type LogStatement, type UnreadObject, verifyLog } from "../archive/verify-log.ts";
import { type Violation, violation } from "../archive/violation.ts";
import { readLedger, type StoredEntry } from "../coverage/ledger.ts";
import { ArchiverError } from "../errors.ts";
import { shiftDay } from "../event/instant.ts";
import type { ArchiveStore } from "../ports.ts";
import type { Codec } from "../segment/codec.ts";
import { dayPrefix } from "../segment/key.ts";
import { lookToSeal } from "./due.ts";
import { sealKey } from "./seal-key.ts";
import type { Seal } from "./text.ts";

export interface DayDeps {
  readonly archive: ArchiveStore;
  readonly codec: Codec;
  readonly signal: AbortSignal;
}

/** A day that is to be sealed; `last`: its seal before, if it has one. */
export interface DayTask {
  readonly day: string;
  readonly last: Seal | null;
}

const NO_DOUBLES: DayRead["doubles"] = { first: null, count: 0 };

export interface DayRead {
  readonly task: DayTask;
  /** Null: a quiet day, or one that is gone. */
  readonly statement: LogStatement | null;
  readonly looks: readonly StoredEntry[];
  /** The bucket's lifecycle removed segments before the day was sealed, so that nobody can tell any more what it held. */
  readonly isGone: boolean;
  /** Lines whose event is in a line before them too, as docs/protocol.md admits ("Memory"). Only the first is named. */
  readonly doubles: { readonly first: Violation | null; readonly count: number };
}

/** The first fault is named; more would not be printed. */
const MAX_FAULTS = 1;

export async function listDay(archive: ArchiveStore, workspace: string, day: string): Promise<ListedLog> {
  const { logs } = await takeInventory(archive, { workspace, from: day, to: shiftDay(day, 1) });
  return logs[0] ?? { workspace, day, segments: [] };
}

/** The looks at the days of a range. Halts where they do not hold. Throws `unavailable` where not all could be read. */
export async function readLooks(
  { archive, signal }: Pick<DayDeps, "archive" | "signal">,
  workspace: string,
  from?: string,
  through?: string,
): Promise<ReadonlyMap<string, readonly StoredEntry[]>> {
  const range = { ...(from && { from }), ...(through && { to: shiftDay(through, 1) }) };
  const { days, faults, unread, newer } = await readLedger(archive, workspace, range, signal);
  haltAt(faults);
  if (unread[0] !== undefined) throw unavailable(unread[0]);
  if (newer[0] !== undefined)
    throw new ArchiverError("halted", `${newer[0]} was written by a newer version of this program.`, {
      advice: "Seal with that version, or a later one.",
    });
  return days;
}

/**
 * Each segment is read once. Halts where the log, the looks and the seal before do not agree. An event that is in two lines
 * is no reason to halt: nothing would ever mend that, and a seal says which lines there are, not that they are different.
 */
export async function checkDay(
  deps: DayDeps,
  log: ListedLog,
  task: DayTask,
  looks: readonly StoredEntry[],
  mayBeExpired: boolean,
): Promise<DayRead> {
  const { workspace, day, segments } = log;
  const { last } = task;
  checkLooks(workspace, last, looks);
  const look = lookToSeal(looks)?.entry ?? null;
  const number = segments.at(-1)?.number ?? 0;
  const looked = look?.segments ?? 0;
  const sealed = last?.segments ?? 0;
  const isFrontMissing = number === 0 ? looked > 0 : segments[0]!.number > 1;
  if (mayBeExpired && last === null && isFrontMissing)
    return { task, statement: null, looks, isGone: true, doubles: NO_DOUBLES };
  if (number < sealed)
    haltAt([
      violation(
        "I10",
        dayPrefix(workspace, day),
        `${sealed} segments were sealed by seal ${last!.number}, but ${number} are here`,
      ),
    ]);
  if (number < looked)
    haltAt([
      violation("I11", dayPrefix(workspace, day), `has ${number} segments, but look ${look!.number} found ${looked}`),
    ]);
  if (number === 0) return { task, statement: null, looks, isGone: false, doubles: NO_DOUBLES };

  const sealedNumbers = [...new Set([sealed, looked, number])];
  const options = { hint: null, frontMayBeExpired: false, maxFaults: MAX_FAULTS, sealedNumbers };
  const result = await verifyLog(deps, { log, ...options });
  haltAt(result.faults);
  const unread: UnreadObject[] = [...result.unread];
  const { faults, count } = await locateDoubles(deps, [log], suspectsOf([result]), MAX_FAULTS, unread);
  if (unread[0] !== undefined) throw unavailable(unread[0]);
  const at = (wanted: number): LogStatement | undefined => result.statements.find((one) => one.number === wanted);
  if (last !== null && sealed > 0) checkSealed(workspace, last, at(sealed)!);
  if (looked > 0 && at(looked)!.manifestHash !== look!.manifest)
    haltAt([
      violation("I11", dayPrefix(workspace, day), `has another segment ${looked} than look ${look!.number} found`),
    ]);
  return { task, statement: at(number)!, looks, isGone: false, doubles: { first: faults[0] ?? null, count } };
}

/** What was sealed before must still be there as it was. */
function checkSealed(workspace: string, last: Seal, { events, root, manifestHash }: LogStatement): void {
  if (events === last.size && root === last.root && manifestHash === last.manifest) return;
  haltAt([violation("I10", sealKey(workspace, last.number), `does not match the log of ${last.day} any more`)]);
}

/** The look that a seal names must still be there. */
function checkLooks(workspace: string, last: Seal | null, looks: readonly StoredEntry[]): void {
  if (last?.coverage == null) return;
  const { number, sha256 } = last.coverage;
  const named = looks.find(({ entry }) => entry.number === number);
  if (named?.sha256 !== sha256)
    haltAt([
      violation("I11", sealKey(workspace, last.number), `names look ${number} at ${last.day}, which is not here`),
    ]);
}

const unavailable = ({ key, message }: UnreadObject): ArchiverError =>
  new ArchiverError("unavailable", `${key} could not be read: ${message}`, {
    advice: "Seal again; nothing was signed that could not be read.",
  });
