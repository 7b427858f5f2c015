/** Looks at every seal the moment it lands: what only the true time and the record of looks can show. */
import { coverageKey } from "../../lambda/coverage/coverage-key.ts";
import { type CoverageEntry, entryHash, parseEntry } from "../../lambda/coverage/entry.ts";
import { DAY_MS, HOUR_MS, instantToMs, MINUTE_MS, shiftDay, startOfDay } from "../../lambda/event/instant.ts";
import type { VerifierKey } from "../../lambda/seal/note.ts";
import { readSealFile } from "../../lambda/seal/seal-file.ts";
import { KEYS_PREFIX, parseSealKey, SEALS_PREFIX } from "../../lambda/seal/seal-key.ts";
import type { Seal } from "../../lambda/seal/text.ts";
import { segmentKey } from "../../lambda/segment/key.ts";
import { Violation } from "./violation.ts";

type SealKey = Pick<VerifierKey, "keyId">;

export interface SealAuditor {
  landed(key: string, bytes: Buffer): void;
  /** The newest seal of each day. */
  readonly byDay: ReadonlyMap<string, Seal>;
  /** The last day that has a seal of its own; null: none has. */
  readonly lastDay: string | null;
  /** The key of the first seal, whichever that is; null: there is no seal. */
  readonly firstKey: SealKey | null;
  /** The first key, or the one that took over last. */
  readonly keyInForce: SealKey | null;
  /** How far the clocks of sealers are from the true one, at most. */
  clocksDifferMs: number;
}

/** A day is settled 30 hours after its beginning, and one that nobody looked at waits for a week. */
const SETTLED_MS = 30 * HOUR_MS;
const WAIT_MS = 7 * DAY_MS;

export const isOfSeals = (key: string): boolean => key.startsWith(SEALS_PREFIX) || key.startsWith(KEYS_PREFIX);

/** `objects`: what is in the archive. */
export function createSealAuditor(objects: ReadonlyMap<string, Buffer>, now: () => number): SealAuditor {
  const byDay = new Map<string, Seal>();
  let last: { readonly number: number; readonly sha256: string | null } = { number: 0, sha256: null };
  let lastDay: string | null = null;
  let firstKey: SealKey | null = null;
  let keyInForce: SealKey | null = null;

  const auditor = {
    byDay,
    get lastDay() {
      return lastDay;
    },
    get firstKey() {
      return firstKey;
    },
    get keyInForce() {
      return keyInForce;
    },
    clocksDifferMs: MINUTE_MS,
    landed: (key: string, bytes: Buffer) => {
      const place = parseSealKey(key);
      if (place === null) return; // a public key
      const { seal, sha256, signatures } = readSealFile(bytes);
      if (seal.number !== place.number) broken("I9", key, "is in the wrong place");
      if (seal.number !== last.number + 1) broken("I9", key, `follows seal ${last.number}`);
      if (seal.prev !== last.sha256) broken("I9", key, "does not name the seal before");
      if (seal.day !== null) judgeDay(key, seal, seal.day);
      last = { number: seal.number, sha256 };
      if (seal.kind === "day") lastDay = seal.day;
      if (seal.day !== null) byDay.set(seal.day, seal);
      firstKey ??= signatures[0]!;
      keyInForce = seal.keyChange?.next ?? keyInForce ?? firstKey;
    },
  };
  return auditor;

  function judgeDay(key: string, seal: Seal, day: string): void {
    const look = lookOf(key, seal, day);
    if (seal.state === "complete") {
      if (!look!.complete) broken("I11", key, `says that ${day} was looked at to its end`);
      if (instantToMs(look!.began) < instantToMs(startOfDay(day)) + DAY_MS)
        broken("I11", key, `rests on a look at ${day} before it was over`);
    }
    if (seal.kind !== "day") return;
    const waitMs = seal.state === "complete" ? 0 : WAIT_MS;
    const earliestMs = instantToMs(startOfDay(day)) + SETTLED_MS + waitMs;
    if (now() < earliestMs - auditor.clocksDifferMs) broken("I10", key, `seals ${day} before its time`);
    if (seal.state === "complete" || look === null) return;
    const gaps = seal.gaps.map(({ from, until, reason }) => `${from} ${until} ${reason}`);
    const unread = look.unread.map(([from, until]) => `${from} ${until} ${look.reason}`);
    const open = hasExpired(look) ? [`${startOfDay(day)} ${startOfDay(shiftDay(day, 1))} source-forgot`] : unread;
    if (gaps.join() !== open.join()) broken("I11", key, `tells other gaps of ${day} than its look`);
  }

  /** The bucket's lifecycle has removed the first segments that were looked at: whoever had not sealed them cannot any more. */
  function hasExpired({ workspace, day, segments }: CoverageEntry): boolean {
    return segments > 0 && !objects.has(segmentKey(workspace, day, 1));
  }

  /** The look that the seal names, which must be there. */
  function lookOf(key: string, { coverage }: Seal, day: string): CoverageEntry | null {
    if (coverage === null) return null;
    const bytes = objects.get(coverageKey({ workspace: parseSealKey(key)!.workspace, day, number: coverage.number }));
    if (bytes === undefined || entryHash(bytes) !== coverage.sha256)
      broken("I11", key, `names a look at ${day} that is not on record`);
    return parseEntry(bytes!);
  }
}

function broken(invariant: string, key: string, what: string): never {
  throw new Violation(invariant, `${key} ${what}`);
}
