/**
 * The one judge of what a workspace's seals show by themselves: all of I9, and of I10 and I11 what needs neither the
 * events nor the ledger. Everything here is a function of plain data: `verify`, the sealer and the simulation call it.
 */
import { type Violation, violation } from "../archive/violation.ts";
import { ODD_DAY, shiftDay } from "../event/instant.ts";
import { judgeLate } from "./late.ts";
import { isSignature, isSignedBy, type NoteSignature, type VerifierKey } from "./note.ts";
import { readSealFile, type SealFile, sealHash } from "./seal-file.ts";
import { sealKey } from "./seal-key.ts";
import { type Seal, SealTextError } from "./text.ts";

/** A seal as it was found. `bytes` is null where the store did not give them. */
export interface FoundSeal {
  readonly number: number;
  readonly bytes: Buffer | null;
}

/** A seal by its number and hash, noted outside of the archive. */
export interface SealPin {
  readonly number: number;
  readonly sha256: string;
}

export interface ChainOptions {
  /** Keys that the verifier trusts. */
  readonly keys: readonly VerifierKey[];
  /** Keys that were found beside the archive: they are tried, and trusted by nobody. */
  readonly hints?: readonly VerifierKey[];
  readonly expected?: readonly SealPin[];
  /** From this seal on the key may have been in other hands. */
  readonly revoked?: readonly { readonly keyId: string; readonly from: number }[];
  /** Up to this seal something outside of the archive, such as a time stamp, shows that the seals are older than that. */
  readonly anchored?: number;
  /** Number that the first of the seals must have; the ones before it are not looked at. Omitted: 1. */
  readonly first?: number;
}

/** Neither good nor bad: something that only a key, an anchor, a newer program or another try can tell. */
export interface Untold {
  readonly key: string;
  readonly message: string;
}

export interface ChainedSeal {
  readonly number: number;
  readonly key: string;
  readonly sha256: string;
  readonly file: SealFile;
}

/** Seals that one key signed. */
export interface KeySpan {
  readonly keyName: string;
  readonly keyId: string;
  /** Null: its public key is not known. */
  readonly key: VerifierKey | null;
  readonly from: number;
  readonly to: number;
  /**
   * `given`: the verifier trusts the key. `followed`: a trusted key handed over to it. `vouched`: a trusted key took over
   * from it, and so signed what was before. `unknown`: nothing says whose it is.
   */
  readonly trust: KeyTrust;
}
export type KeyTrust = "given" | "followed" | "vouched" | "unknown";

export interface ChainReport {
  /** Those that could be read, by number. */
  readonly seals: readonly ChainedSeal[];
  /** The newest seal of each day. */
  readonly byDay: ReadonlyMap<string, ChainedSeal>;
  /** The last day without a hole before it; null: no day was sealed. */
  readonly lastDay: string | null;
  readonly keys: readonly KeySpan[];
  readonly violations: readonly Violation[];
  readonly untold: readonly Untold[];
}

/** The key that signs, as far as it is known. */
interface Force {
  readonly keyName: string;
  readonly keyId: string;
  readonly key: VerifierKey | null;
  readonly from: number;
  to: number;
  trust: KeyTrust;
}

/** `found`: all seals that are there, by number. */
export function judgeSeals(workspace: string, found: readonly FoundSeal[], options: ChainOptions): ChainReport {
  const { keys, hints = [], expected = [], revoked = [], first = 1 } = options;
  const violations: Violation[] = [];
  const untold: Untold[] = [];
  const seals: ChainedSeal[] = [];
  const byDay = new Map<string, ChainedSeal>();
  const spans: Force[] = [];
  const learned: VerifierKey[] = [];
  let archiveName: string | null = null;
  let before: { readonly number: number; readonly sha256: string | null } = { number: first - 1, sha256: null };
  let firstDay: string | null = null;
  let lastDay: string | null = null;
  /** Every seal up to here was read: else what is not known of a day may be in one that was not. */
  let isWhole = first === 1;
  /** Since the last day seal, and since the key in force last signed, a seal was not read. */
  let mayHaveSkipped = false;
  let mayHaveChanged = false;
  const revokedSeals = new Map<string, { readonly from: number; to: number }>();
  const anchored = Math.max(options.anchored ?? 0, judgePins());

  for (const { number, bytes } of found) {
    const key = sealKey(workspace, number);
    if (number > before.number + 1) {
      violations.push(missing(workspace, before.number + 1, number - 1));
      before = { number: number - 1, sha256: null };
      passOver();
    }
    const file = bytes === null ? notGiven(key) : readOr(key, bytes);
    if (file === null) passOver();
    else judgeSeal(key, number, file);
    before = { number, sha256: bytes === null ? null : sealHash(bytes) };
  }
  vouch(spans);
  for (const { keyName, keyId, from, to, trust } of spans) {
    if (trust !== "unknown" || to < from) continue;
    tell(
      sealKey(workspace, to),
      `who signed ${range(from, to)} is not known: the key ${keyName} (${keyId}) was not given`,
    );
  }
  for (const [keyId, { from, to }] of revokedSeals) {
    const why = "and nothing outside of the archive shows that they are older than that";
    tell(sealKey(workspace, to), `the key ${keyId}, which signed ${range(from, to)}, was revoked, ${why}`);
  }
  return { seals, byDay, lastDay, keys: spans, violations, untold };

  function passOver(): void {
    isWhole = false;
    mayHaveSkipped = true;
    mayHaveChanged = true;
  }

  function judgeSeal(key: string, number: number, file: SealFile): void {
    const { seal } = file;
    const add = (message: string) => violations.push(violation("I9", key, message));
    if (seal.workspace !== workspace) add(`is a seal of workspace ${seal.workspace}`);
    archiveName ??= seal.archiveName;
    if (seal.archiveName !== archiveName) add(`is a seal of the archive ${seal.archiveName}, not of ${archiveName}`);
    if (seal.number !== number) add(`is seal ${seal.number}`);
    const isKnown = before.sha256 !== null || number === 1;
    if (isKnown && seal.prev !== before.sha256) add("continues a different seal than the one before it");
    judgeSigners(key, number, file);
    const chained: ChainedSeal = { number, key, sha256: file.sha256, file };
    judgeDay(chained);
    seals.push(chained);
    if (seal.day !== null) byDay.set(seal.day, chained);
  }

  function judgeSigners(key: string, number: number, file: SealFile): void {
    const { seal, text, signatures } = file;
    const add = (message: string) => violations.push(violation("I9", key, message));
    const next = seal.keyChange?.next ?? null;
    const isLoss = seal.keyChange?.reason === "loss";
    const wanted = (isLoss ? 0 : 1) + (next === null ? 0 : 1);
    if (signatures.length !== wanted) add(`has ${signatures.length} signatures instead of ${wanted}`);
    let isTrusted = false;
    if (!isLoss && signatures[0] !== undefined) {
      const force = inForce(number, signatures[0]);
      if (!isSignedBy(force, signatures[0])) {
        add(`is signed by the key ${nameOf(signatures[0])}, but ${nameOf(force)} is in force`);
      } else if (force.key !== null && !isSignature(force.key, text, signatures[0].signature)) {
        add(`its signature is not by the key ${nameOf(force)}, or is of another text`);
      }
      force.to = number;
      isTrusted = ["given", "followed"].includes(force.trust) && !isRevoked(number, force);
    }
    if (next === null) return;
    const own = signatures[wanted - 1];
    if (own === undefined || !isSignedBy(next, own) || !isSignature(next, text, own.signature))
      add(`is not signed by the key ${nameOf(next)}, which it says is the next`);
    if (spans.some((span) => isSignedBy(span, next))) add(`its next key ${nameOf(next)} has been in force before`);
    learned.push(next);
    const trust = isGiven(next) ? "given" : isTrusted ? "followed" : "unknown";
    // The seal itself is the old key's last one, or else the new key's first one.
    spans.push({ ...nameAndId(next), key: next, from: isLoss ? number : number + 1, to: number, trust });
  }

  /** The key in force; at the first seal, and behind a missing one, the key that is said to have signed. */
  function inForce(number: number, signature: NoteSignature): Force {
    const last = spans.at(-1);
    if (last !== undefined && isSignedBy(last, signature)) mayHaveChanged = false;
    if (last !== undefined && !mayHaveChanged) return last;
    mayHaveChanged = false;
    const key = [...keys, ...learned, ...hints].find((one) => isSignedBy(one, signature)) ?? null;
    const trust = key !== null && isGiven(key) ? "given" : "unknown";
    const force: Force = { ...nameAndId(signature), key, from: number, to: number, trust };
    spans.push(force);
    return force;
  }

  function isGiven(key: VerifierKey): boolean {
    return keys.some((one) => isSignedBy(one, key) && one.publicKey.equals(key.publicKey));
  }

  function isRevoked(number: number, { keyId }: Force): boolean {
    if (number <= anchored || !revoked.some((one) => one.keyId === keyId && number >= one.from)) return false;
    const noted = revokedSeals.get(keyId) ?? { from: number, to: number };
    noted.to = number;
    revokedSeals.set(keyId, noted);
    return true;
  }

  function judgeDay(chained: ChainedSeal): void {
    const { seal } = chained.file;
    const add = (message: string) => violations.push(violation("I10", chained.key, message));
    if (chained.number === 1 && seal.kind !== "day") add("is the first seal, but not of a day that has none before it");
    for (const { day, number } of seal.again) {
      const last = byDay.get(day)?.file.seal;
      if (last === undefined ? isWhole : last.coverage !== null && number <= last.coverage.number)
        violations.push(
          violation("I11", chained.key, `names look ${number} at ${day}, which is no later one than was sealed before`),
        );
    }
    if (seal.kind === "late") judgeLateSeal(chained.key, seal, add);
    else if (seal.kind === "day" && seal.day !== null) {
      if (lastDay !== null && seal.day <= lastDay) add(`seals ${seal.day} as if for the first time, after ${lastDay}`);
      else if (lastDay !== null && !mayHaveSkipped && seal.day !== shiftDay(lastDay, 1))
        add(`seals ${seal.day}, but the day before it has no seal: the last one is ${lastDay}`);
      mayHaveSkipped = false;
      firstDay ??= seal.day;
      if (lastDay === null || seal.day > lastDay) lastDay = seal.day;
    }
  }

  function judgeLateSeal(key: string, seal: Seal, add: (message: string) => void): void {
    const last = byDay.get(seal.day!);
    if (last !== undefined) {
      const isRead = seals.some(({ number }) => number === seal.before);
      if (isWhole || isRead) violations.push(...judgeLate(key, last.file.seal, seal));
    } else if (isWhole) {
      if (seal.before !== null) add(`names seal ${seal.before}, which is no seal of ${seal.day}`);
      if (seal.day !== ODD_DAY && firstDay !== null && seal.day! >= firstDay)
        add(`is a late seal of ${seal.day}, which was not sealed before`);
    }
  }

  function judgePins(): number {
    let highest = 0;
    for (const pin of expected) {
      const key = sealKey(workspace, pin.number);
      const seal = found.find(({ number }) => number === pin.number);
      if (seal === undefined) violations.push(violation("I9", key, "was expected, but is missing"));
      else if (seal.bytes !== null && sealHash(seal.bytes) !== pin.sha256)
        violations.push(violation("I9", key, "is another seal than the one that was expected"));
      else if (seal.bytes !== null) highest = Math.max(highest, pin.number);
    }
    return highest;
  }

  function readOr(key: string, bytes: Buffer): SealFile | null {
    try {
      return readSealFile(bytes);
    } catch (error) {
      if (!(error instanceof SealTextError)) throw error;
      if (error.kind === "newer") tell(key, error.message);
      else violations.push(violation("I9", key, `cannot be read: ${error.message}`));
      return null;
    }
  }

  function notGiven(key: string): null {
    tell(key, "could not be read");
    return null;
  }

  function tell(key: string, message: string): void {
    untold.push({ key, message });
  }
}

/** A trusted key that took over signed what was there before, as its seal names it; so did, in turn, the key before. */
function vouch(spans: Force[]): void {
  for (let index = spans.length - 2; index >= 0; index -= 1) {
    const [span, next] = [spans[index]!, spans[index + 1]!];
    if (span.trust === "unknown" && (next.trust === "given" || next.trust === "vouched")) span.trust = "vouched";
  }
}

function missing(workspace: string, from: number, to: number): Violation {
  const what = from === to ? "is missing" : `is missing, as are all up to seal ${to}`;
  return violation("I9", sealKey(workspace, from), what);
}

const range = (from: number, to: number): string => (from === to ? `seal ${from}` : `seals ${from} to ${to}`);

const nameAndId = ({ keyName, keyId }: Pick<VerifierKey, "keyName" | "keyId">) => ({ keyName, keyId });
const nameOf = ({ keyName, keyId }: Pick<VerifierKey, "keyName" | "keyId">): string => `${keyName} (${keyId})`;
