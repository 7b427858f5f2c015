/** The end of a workspace's chain of seals, found and judged with few requests: it may have thousands of seals. */
import { haltAt } from "../archive/halts.ts";
import { inLanes } from "../archive/lanes.ts";
import { violation } from "../archive/violation.ts";
import { ArchiverError } from "../errors.ts";
import { DAY_MS, instantToMs, startOfDay } from "../event/instant.ts";
import type { ArchiveStore } from "../ports.ts";
import { type ChainedSeal, type ChainReport, type FoundSeal, judgeSeals } from "./chain.ts";
import { isSignedBy, type VerifierKey } from "./note.ts";
import { parseSealKey, sealKey, sealsPrefix } from "./seal-key.ts";

export interface SealEnd {
  readonly newest: ChainedSeal;
  /** The day of the first seal, where the archive begins, and of the last one that is no late seal. */
  readonly firstDay: string;
  readonly lastDay: string;
  /** The seals that were read, the newest at the end; from the last one of a day on that is no late seal. */
  readonly report: ChainReport;
  readonly found: readonly FoundSeal[];
}

/** So far may sealing be behind before the end of the chain is looked for from its beginning. */
const BEHIND_DAYS = 40;
/** A folder that is being written to may list a number before the one below it; this often it is listed again. */
const LOOKS_AT_A_GAP = 3;
const READS_AT_ONCE = 32;
const SEALS_AT_ONCE = 128;

/**
 * Since a chain skips no day, the day of its first seal says how many there must be at least, so one listing shows the
 * end. Three requests, or two where the first seal is the last. Null: there is no seal. Halts where the end does not hold;
 * throws `misconfigured` where none of these keys is in force.
 */
export async function readSealEnd(
  archive: ArchiveStore,
  workspace: string,
  keys: readonly VerifierKey[],
  today: string,
): Promise<SealEnd | null> {
  const first = await readSeal(archive, workspace, 1);
  if (first === null) {
    haltAt(gapAfter(workspace, 0, await listNumbers(archive, workspace, 0)));
    return null;
  }
  const begin = judgeSeals(workspace, [first], { keys: [] });
  haltAt(begin.violations);
  const firstDay = begin.lastDay;
  if (firstDay === null) throw newerProgram(begin);
  const days = (instantToMs(startOfDay(today)) - instantToMs(startOfDay(firstDay))) / DAY_MS;
  const last = await lastNumber(archive, workspace, Math.max(1, days - BEHIND_DAYS));
  const readFrom = (from: number, before: number) =>
    readEach(
      Array.from({ length: before - from }, (_, index) => from + index),
      (number) => (number === 1 ? Promise.resolve(first) : mustRead(archive, workspace, number)),
    );
  let found = await readFrom(last, last + 1);
  while (found[0]!.number > 1 && !found.some(isOfDay)) {
    const before = found[0]!.number;
    found = [...(await readFrom(Math.max(1, before - Math.min(found.length, SEALS_AT_ONCE)), before)), ...found];
  }
  const report = judgeEnd(workspace, found, keys);
  if (report.lastDay === null) throw newerProgram(report);
  return { newest: report.seals.at(-1)!, firstDay, lastDay: report.lastDay, report, found };
}

/** The end of the chain back to the seal of `day`, or to the first one. */
export async function readBack(
  archive: ArchiveStore,
  workspace: string,
  key: VerifierKey,
  { found: end, report: known }: SealEnd,
  day: string,
): Promise<ChainReport> {
  let found = end;
  let report = known;
  const isFarEnough = () => report.seals.some(({ file: { seal } }) => seal.kind === "day" && seal.day! <= day);
  while (found[0]!.number > 1 && !isFarEnough()) {
    const before = found[0]!.number;
    const from = Math.max(1, before - SEALS_AT_ONCE);
    const numbers = Array.from({ length: before - from }, (_, index) => from + index);
    const more = await readEach(numbers, (number) => mustRead(archive, workspace, number));
    found = [...more, ...found];
    report = judgeEnd(workspace, found, [key]);
  }
  return report;
}

/** Halts where the seals do not hold, and throws where none of these keys is in force. */
function judgeEnd(workspace: string, found: readonly FoundSeal[], keys: readonly VerifierKey[]): ChainReport {
  const report = judgeSeals(workspace, found, { keys, first: found[0]!.number });
  haltAt(report.violations);
  if (report.seals.length < found.length) throw newerProgram(report);
  const inForce = report.keys.at(-1)!;
  if (!keys.some((key) => isSignedBy(inForce, key)))
    throw new ArchiverError(
      "misconfigured",
      `The seals of workspace ${workspace} are signed with the key ${nameOf(inForce)}, and this is ${keys.map(nameOf).join(" or ")}.`,
      { advice: "Seal with that key, under that name; or, if the key has changed, record the change in a seal first." },
    );
  return report;
}

const nameOf = ({ keyName, keyId }: Pick<VerifierKey, "keyName" | "keyId">): string => `${keyName} (${keyId})`;

const readEach = (numbers: readonly number[], read: (number: number) => Promise<FoundSeal>): Promise<FoundSeal[]> =>
  inLanes(numbers, READS_AT_ONCE, read);

/** Whether it may be the first seal of a day; what it is in truth is judged with the others. */
const isOfDay = ({ bytes }: FoundSeal): boolean => bytes?.includes("\nkind day\n") === true;

/** Number of the last seal, where those behind `after` go on without a gap. */
async function lastNumber(archive: ArchiveStore, workspace: string, after: number): Promise<number> {
  for (let looks = 1; ; looks += 1) {
    const numbers = await listNumbers(archive, workspace, after);
    if (numbers.length === 0 && after > 1) return await lastNumber(archive, workspace, 1);
    const gap = gapAfter(workspace, after, numbers);
    if (gap.length === 0) return numbers.at(-1) ?? after;
    if (looks >= LOOKS_AT_A_GAP) haltAt(gap);
  }
}

async function listNumbers(archive: ArchiveStore, workspace: string, after: number): Promise<number[]> {
  const numbers: number[] = [];
  const startAfter = after === 0 ? undefined : sealKey(workspace, after);
  for await (const { key } of archive.list(sealsPrefix(workspace), startAfter)) {
    const number = parseSealKey(key)?.number;
    if (number !== undefined) numbers.push(number); // what is no seal, verify reports
  }
  return numbers;
}

function gapAfter(workspace: string, after: number, numbers: readonly number[]) {
  const index = numbers.findIndex((number, at) => number !== after + 1 + at);
  return index === -1 ? [] : [violation("I9", sealKey(workspace, after + 1 + index), "is missing")];
}

async function readSeal(archive: ArchiveStore, workspace: string, number: number): Promise<FoundSeal | null> {
  const bytes = await archive.get(sealKey(workspace, number));
  return bytes === null ? null : { number, bytes };
}

async function mustRead(archive: ArchiveStore, workspace: string, number: number): Promise<FoundSeal> {
  const seal = await readSeal(archive, workspace, number);
  if (seal === null) haltAt([violation("I9", sealKey(workspace, number), "was listed but is gone")]);
  return seal!;
}

function newerProgram({ untold }: ChainReport): ArchiverError {
  const { key, message } = untold[0]!;
  return new ArchiverError("halted", `${key} cannot be continued: ${message}.`, {
    advice: "Seal with the version of this program that wrote it, or a later one.",
  });
}
