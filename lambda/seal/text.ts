/** The text of a seal: what is signed about one day, a line for each fact. A seal has one spelling. */
import { hash } from "node:crypto";
import { compareInstants, type Instant, ODD_DAY, parseInstant, shiftDay, startOfDay } from "../event/instant.ts";
import { isCount, isGid, isLogDay, parseCount } from "../event/parse.ts";
import { isInstantText, isPlainName, isSha256 } from "../event/strict-json.ts";
import { isSegmentNumber } from "../segment/key.ts";
import { fromBase64, NoteError, parseVerifierKey, printVerifierKey, type VerifierKey } from "./note.ts";

export const SEAL_VERSION = 1;
/** As many bytes as a key management service signs as they are. */
export const MAX_SEAL_TEXT_BYTES = 4096;
export const MAX_GAPS = 20;
export const MAX_AGAINS = 8;
export const MAX_STAMPS = 4;
const MAX_SEAL_NUMBER = 999_999;
/** Where a day's text has the day, that of a key has this. */
const KEY_PART = "key";

/** `day`: the first seal of a day. `late`: another one, of a day that has more by now. `key`: another key signs from here on. */
export type SealKind = "day" | "late" | "key";
export type GapReason = "before-first-scan" | "source-forgot" | "source-refused" | "scan-incomplete";
/** `rotation`: signed by the old key and the new one. `loss`: the old key is no more, so by the new one alone. */
export type KeyChangeReason = "rotation" | "loss";

/** An instant to the second, `YYYY-MM-DDTHH:mm:ssZ`. */
export type WholeSecond = string & { readonly __wholeSecond: true };

/** A part of the day that was not looked at, `[from, until)`, and why. */
export interface Gap {
  readonly from: Instant;
  readonly until: Instant;
  readonly reason: GapReason;
}

/** An entry of the ledger of what was looked at. */
export interface CoverageRef {
  readonly number: number;
  readonly sha256: string;
}

/** Hashes are SHA-256 in lower-case hex. */
export interface Seal {
  readonly archiveName: string;
  readonly workspace: string;
  /** Null exactly in a seal about a key. */
  readonly day: string | null;
  /** Events of the day's segments 1 to `segments`, and the RFC 6962 root over their lines. */
  readonly size: number;
  readonly root: string;
  readonly number: number;
  /** Hash of the whole seal before, signatures included; null in number 1. */
  readonly prev: string | null;
  readonly kind: SealKind;
  /** Number of the last seal of that day before a late one; null: it had none. */
  readonly before: number | null;
  readonly state: "complete" | "incomplete";
  /** Number of the last segment and hash of its manifest; 0 and null for a quiet day. */
  readonly segments: number;
  readonly manifest: string | null;
  readonly oldest: Instant | null;
  readonly newest: Instant | null;
  /** Null: nobody has looked. */
  readonly coverage: CoverageRef | null;
  /** When the day was looked at, on the source's clock; null where it was not, or not to the end. */
  readonly looked: { readonly began: WholeSecond; readonly ended: WholeSecond } | null;
  readonly source: {
    readonly seen: number;
    readonly had: number;
    readonly added: number;
    readonly gone: number;
  } | null;
  readonly gaps: readonly Gap[];
  /** Later looks at days that are sealed. */
  readonly again: readonly (CoverageRef & { readonly day: string })[];
  /** Time stamps of earlier seals, by the hash of the token. */
  readonly stamps: readonly { readonly seal: number; readonly sha256: string }[];
  readonly keyChange: { readonly next: VerifierKey; readonly reason: KeyChangeReason } | null;
  /** On the sealer's clock. */
  readonly sealed: WholeSecond;
  readonly writer: string;
}

/** `newer`: an intact text of a version that this program does not know. `message` is the end of a sentence. */
export class SealTextError extends Error {
  override readonly name = "SealTextError";
  readonly kind: "damaged" | "newer";

  constructor(kind: "damaged" | "newer", message: string) {
    super(message);
    this.kind = kind;
  }
}

export const EMPTY_ROOT = hash("sha256", "", "hex");

const ARCHIVE_NAME = /^[A-Za-z0-9][\w.:@-]*(?:\/[\w.:@-]+)*$/;
const MAX_ARCHIVE_NAME_LENGTH = 128;
const GAP_REASONS: readonly string[] = ["before-first-scan", "source-forgot", "source-refused", "scan-incomplete"];
const SECOND = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** What an archive may be called: it is signed, is the name of its keys, and never changes. */
export const isArchiveName = (text: string): boolean =>
  ARCHIVE_NAME.test(text) && text.length <= MAX_ARCHIVE_NAME_LENGTH;

export const isSealNumber = (value: unknown): value is number => isCount(value, 1, MAX_SEAL_NUMBER);

/** The second in which an instant lies. */
export const toWholeSecond = (instant: Instant): WholeSecond => `${instant.slice(0, 19)}Z` as WholeSecond;

/** Throws a plain Error for a seal that no reader would accept: a mistake of the caller. */
export function printSeal(seal: Seal): string {
  const problem = findProblem(seal);
  if (problem !== null) throw new Error(`not a valid seal: ${problem}`);
  const text = spell(seal);
  if (Buffer.byteLength(text) > MAX_SEAL_TEXT_BYTES) throw new Error(`a seal cannot have ${text.length} bytes`);
  return text;
}

/** The exact inverse of `printSeal`. Throws SealTextError. */
export function parseSeal(text: string): Seal {
  if (Buffer.byteLength(text) > MAX_SEAL_TEXT_BYTES) throw damaged("it is too long");
  const seal = read(text);
  const problem = findProblem(seal);
  if (problem !== null) throw damaged(problem);
  if (spell(seal) !== text) throw damaged("it is not spelled the way seals are spelled");
  return seal;
}

const damaged = (message: string): SealTextError => new SealTextError("damaged", message);

function spell(seal: Seal): string {
  const { coverage, looked, source, keyChange } = seal;
  const lines = [
    `${seal.archiveName}/${seal.workspace}/${seal.day ?? KEY_PART}`,
    `${seal.size}`,
    Buffer.from(seal.root, "hex").toString("base64"),
    `seal/${SEAL_VERSION} ${seal.number}`,
    `prev ${seal.prev ?? NONE}`,
    `kind ${seal.kind}`,
    `before ${seal.before ?? NONE}`,
    `state ${seal.state}`,
    `segments ${seal.segments} ${seal.manifest ?? NONE}`,
    `oldest ${seal.oldest ?? NONE}`,
    `newest ${seal.newest ?? NONE}`,
    `coverage ${coverage === null ? `0 ${NONE}` : `${coverage.number} ${coverage.sha256}`}`,
    `looked ${looked === null ? NONE : `${looked.began} ${looked.ended}`}`,
    `source ${source === null ? NONE : `seen ${source.seen} had ${source.had} added ${source.added} gone ${source.gone}`}`,
    ...seal.gaps.map(({ from, until, reason }) => `gap ${from} ${until} ${reason}`),
    ...seal.again.map(({ day, number, sha256 }) => `again ${day} ${number} ${sha256}`),
    ...seal.stamps.map(({ seal: number, sha256 }) => `stamp ${number} ${sha256}`),
    ...(keyChange === null ? [] : [`next ${printVerifierKey(keyChange.next)}`, `reason ${keyChange.reason}`]),
    `sealed ${seal.sealed}`,
    `writer ${seal.writer}`,
  ];
  return `${lines.join("\n")}\n`;
}

const NONE = "none";

/** Takes the words out of the lines; whether they are values, and spelled as they should be, is looked at afterwards. */
function read(text: string): Seal {
  const lines = text.split("\n");
  let at = 0;
  const isNext = (name: string): boolean => lines[at]?.startsWith(`${name} `) === true;
  /** The words behind the name that the next line must begin with. */
  const words = (name: string): string[] => {
    if (!isNext(name)) throw damaged(`line ${at + 1} must begin with "${name} "`);
    return lines[at++]!.slice(name.length + 1).split(" ");
  };
  const word = (name: string): string => words(name).join(" ");
  const every = <T>(name: string, make: (words: string[]) => T): T[] => {
    const all: T[] = [];
    while (isNext(name)) all.push(make(words(name)));
    return all;
  };
  const origin = (lines[at++] ?? "").split("/");
  const day = origin.pop() ?? "";
  const workspace = origin.pop() ?? "";
  const size = count(lines[at++]);
  const root = fromBase64(lines[at++] ?? "")?.toString("hex") ?? "";
  const version = /^seal\/([1-9]\d{0,8}) /.exec(lines[at] ?? "")?.[1];
  if (version !== undefined && Number(version) !== SEAL_VERSION)
    throw new SealTextError("newer", `it is a seal of version ${version}; this program knows version ${SEAL_VERSION}`);
  return {
    archiveName: origin.join("/"),
    workspace,
    day: day === KEY_PART ? null : day,
    size,
    root,
    number: count(word(`seal/${SEAL_VERSION}`)),
    prev: orNone(word("prev"), (given) => given),
    kind: word("kind") as SealKind,
    before: orNone(word("before"), count),
    state: word("state") as Seal["state"],
    ...readSegments(words("segments")),
    oldest: orNone(word("oldest"), (given) => given as Instant),
    newest: orNone(word("newest"), (given) => given as Instant),
    coverage: readCoverage(words("coverage")),
    looked: orNone(word("looked"), (given) => {
      const [began = "", ended = ""] = given.split(" ");
      return { began: began as WholeSecond, ended: ended as WholeSecond };
    }),
    source: orNone(word("source"), (given) => {
      const [, seen, , had, , added, , gone] = given.split(" ");
      return { seen: count(seen), had: count(had), added: count(added), gone: count(gone) };
    }),
    gaps: every("gap", ([from, until, reason]) => ({
      from: from as Instant,
      until: until as Instant,
      reason: reason as GapReason,
    })),
    again: every("again", ([of = "", number, sha256 = ""]) => ({ day: of, number: count(number), sha256 })),
    stamps: every("stamp", ([number, sha256 = ""]) => ({ seal: count(number), sha256 })),
    keyChange: isNext("next") ? { next: readKey(word("next")), reason: word("reason") as KeyChangeReason } : null,
    sealed: word("sealed") as WholeSecond,
    writer: word("writer"),
  };
}

const orNone = <T>(text: string, make: (given: string) => T): T | null => (text === NONE ? null : make(text));

/** NaN for what is no count, which no rule below lets pass. */
const count = (text: string | undefined): number => parseCount(text ?? "") ?? Number.NaN;

const readSegments = ([number, manifest = ""]: string[]) => ({
  segments: count(number),
  manifest: orNone(manifest, (given) => given),
});

function readCoverage([number, sha256 = ""]: string[]): CoverageRef | null {
  return number === "0" && sha256 === NONE ? null : { number: count(number), sha256 };
}

function readKey(text: string): VerifierKey {
  try {
    return parseVerifierKey(text);
  } catch (error) {
    if (error instanceof NoteError) throw damaged(`its next key cannot be read: ${error.message}`);
    throw error;
  }
}

const isWholeSecond = (value: string): boolean => SECOND.test(value) && parseInstant(value) !== null;

/** What holds for one seal by itself; how it continues the one before is judged in `chain.ts`. */
function findProblem(seal: Seal): string | null {
  const rules: readonly (readonly [boolean, string])[] = [
    [isArchiveName(seal.archiveName), "its first line names no archive"],
    [isGid(seal.workspace), "its first line names no workspace"],
    [
      seal.day === null ? seal.kind === "key" : isLogDay(seal.day) && seal.kind !== "key",
      "its first line names no day",
    ],
    [isCount(seal.size), "its size is no count"],
    [isSha256(seal.root), "its root is no hash"],
    [isSealNumber(seal.number), "its number is none"],
    [
      seal.prev === null ? seal.number === 1 : isSha256(seal.prev) && seal.number > 1,
      "`prev` is none exactly in seal 1",
    ],
    [["day", "late", "key"].includes(seal.kind), "`kind` is not one that is known"],
    [
      seal.before === null || (seal.kind === "late" && isSealNumber(seal.before) && seal.before < seal.number),
      "`before` is not the number of an earlier seal",
    ],
    [seal.day !== ODD_DAY || seal.kind === "late", "the odd day is sealed late only"],
    [["complete", "incomplete"].includes(seal.state), "`state` is not one that is known"],
    [isQuiet(seal) || isBusy(seal), "size, root, `segments`, `oldest` and `newest` do not go together"],
    [
      seal.coverage === null || (isCount(seal.coverage.number, 1) && isSha256(seal.coverage.sha256)),
      "`coverage` is no number and hash",
    ],
    [seal.looked === null || isLook(seal.looked), "`looked` is not from one time to a later one"],
    [seal.source === null || isReconciled(seal.source), "`source` does not add up"],
    [
      seal.kind === "key" ? isAboutKey(seal) : isAboutDay(seal),
      "its state, coverage, look and gaps do not go together",
    ],
    [seal.gaps.length <= MAX_GAPS && areGaps(seal.gaps, seal.day), "its gaps are not parts of its day, in order"],
    [
      seal.again.length <= MAX_AGAINS &&
        seal.again.every(({ day, number, sha256 }) => isLogDay(day) && isCount(number, 1) && isSha256(sha256)),
      "it has a line `again` that is no day, number and hash",
    ],
    [
      seal.stamps.length <= MAX_STAMPS &&
        seal.stamps.every((stamp) => isSealNumber(stamp.seal) && stamp.seal < seal.number && isSha256(stamp.sha256)),
      "it has a line `stamp` that is no earlier seal and hash",
    ],
    [isWholeSecond(seal.sealed), "`sealed` is no time"],
    [isPlainName(seal.writer), "`writer` is none"],
  ];
  return rules.find(([holds]) => !holds)?.[1] ?? null;
}

const isQuiet = ({ size, root, segments, manifest, oldest, newest }: Seal): boolean =>
  size === 0 && root === EMPTY_ROOT && segments === 0 && manifest === null && oldest === null && newest === null;

function isBusy({ day, size, segments, manifest, oldest, newest }: Seal): boolean {
  if (size < segments || !isSegmentNumber(segments) || manifest === null || !isSha256(manifest)) return false;
  if (day === ODD_DAY) return oldest === null && newest === null;
  if (oldest === null || newest === null || !isInstantText(oldest) || !isInstantText(newest)) return false;
  return oldest.slice(0, 10) === day && newest.slice(0, 10) === day && compareInstants(oldest, newest) <= 0;
}

const isLook = ({ began, ended }: NonNullable<Seal["looked"]>): boolean =>
  isWholeSecond(began) && isWholeSecond(ended) && began <= ended;

const isReconciled = ({ seen, had, added, gone }: NonNullable<Seal["source"]>): boolean =>
  [seen, had, added, gone].every((value) => isCount(value)) && seen === had + added;

const isAboutKey = (seal: Seal): boolean =>
  isQuiet(seal) &&
  seal.state === "complete" &&
  seal.coverage === null &&
  seal.looked === null &&
  seal.source === null &&
  seal.gaps.length === 0 &&
  seal.number > 1 &&
  seal.keyChange !== null &&
  ["rotation", "loss"].includes(seal.keyChange.reason) &&
  seal.keyChange.next.keyName === seal.archiveName;

function isAboutDay({ state, coverage, looked, source, gaps, keyChange }: Seal): boolean {
  if (keyChange !== null) return false;
  return state === "complete"
    ? coverage !== null && looked !== null && source !== null && gaps.length === 0
    : looked === null && source === null && gaps.length > 0;
}

function areGaps(gaps: readonly Gap[], day: string | null): boolean {
  let end: Instant | null = isLogDay(day) ? startOfDay(day) : null;
  for (const { from, until, reason } of gaps) {
    if (end === null || !GAP_REASONS.includes(reason) || !isInstantText(from) || !isInstantText(until)) return false;
    if (compareInstants(from, end) < 0 || compareInstants(from, until) >= 0) return false;
    end = until;
  }
  return end === null || gaps.length === 0 || compareInstants(end, endOfDay(day!)) <= 0;
}

export const endOfDay = (day: string): Instant => startOfDay(shiftDay(day, 1));
