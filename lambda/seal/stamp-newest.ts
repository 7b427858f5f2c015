import { ArchiverError } from "../errors.ts";
import { DAY_MS, HOUR_MS, type Instant, instantToMs, laterInstant } from "../event/instant.ts";
import type { ArchiveStore, Clock, Logger } from "../ports.ts";
import { isOlder } from "./judge-stamps.ts";
import { parseStampKey, type StampPlace, stampKey, stampsPrefix } from "./stamp-key.ts";
import type { WholeSecond } from "./text.ts";
import { isGranted, readTimestampAnswer } from "./timestamp-answer.ts";
import { nonceInteger, type TimestampAuthority, timestampRequest } from "./timestamp-request.ts";

export interface StampDeps {
  readonly archive: ArchiveStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Their order is part of what is stored: the first one's stamps end in `.1.tsr`. A new one goes to the end. */
  readonly authorities: readonly TimestampAuthority[];
  /** How old an authority's newest stamp becomes before it is asked for another. */
  readonly everyDays: number;
  /** Eight random bytes. */
  readonly nonce: () => Buffer;
}

/** The seal to be stamped, and the SHA-256 of its whole file in lower-case hex. `sealed`: the time that it says. */
export interface StampedSeal {
  readonly number: number;
  readonly sha256: string;
  readonly sealed: WholeSecond;
}

export interface StampReport {
  /** Keys of the stamps that this call stored. */
  readonly stored: readonly string[];
  /** One sentence for each authority that gave no stamp although one was due. */
  readonly failures: readonly string[];
  /** The time in the newest stamp of the workspace, as its authority says; null: there is none. */
  readonly newestAt: Instant | null;
}

/** A run that starts a little earlier than last week's is not to wait for tomorrow's. */
const TOLERANCE_MS = HOUR_MS;

/**
 * Has the newest seal stamped by each authority whose last stamp has become old. What is due follows from the stamps that
 * are stored, so one that failed is asked again by the next run. No authority's failure is thrown: call it after sealing,
 * and no seal waits for a stamp. Throws what the archive throws when it cannot be read, and `signal.reason` when aborted.
 */
export async function stampNewest(
  deps: StampDeps,
  workspace: string,
  newest: StampedSeal | null,
  signal: AbortSignal,
): Promise<StampReport> {
  const stored: string[] = [];
  const failures: string[] = [];
  if (newest === null || deps.authorities.length === 0) return { stored, failures, newestAt: null };
  const last = await findLast(deps.archive, workspace);
  let newestAt: Instant | null = null;
  for (const [index, authority] of deps.authorities.entries()) {
    const place: StampPlace = { workspace, seal: newest.number, authority: index + 1 };
    const before = last.get(place.authority);
    const stampedAt = before === undefined ? null : await readTime(deps, before);
    newestAt = laterInstant(newestAt, stampedAt);
    if (before !== undefined && !isDue(deps, before, stampedAt, newest)) continue;
    try {
      const { bytes, genTime } = await request(deps, authority, newest, signal);
      if ((await deps.archive.create(stampKey(place), bytes)) === "created") {
        stored.push(stampKey(place));
        newestAt = laterInstant(newestAt, genTime);
        deps.log("info", "A seal was stamped.", { workspace, seal: newest.number, authority: authority.name, genTime });
      }
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ArchiverError)) throw error;
      failures.push(error.message);
      const fields = { workspace, seal: newest.number, authority: authority.name, advice: error.advice };
      deps.log("warn", `A seal was not stamped: ${error.message}.`, fields);
    }
  }
  return { stored, failures, newestAt };
}

/** The last stamp of each authority. */
async function findLast(archive: ArchiveStore, workspace: string): Promise<Map<number, StampPlace>> {
  const last = new Map<number, StampPlace>();
  for await (const { key } of archive.list(stampsPrefix(workspace))) {
    const place = parseStampKey(key);
    // In key order, so a later seal comes later.
    if (place !== null) last.set(place.authority, place);
  }
  return last;
}

/** Null for a stamp that cannot be read: another is due, and `verify` names the damage. */
async function readTime({ archive }: StampDeps, place: StampPlace): Promise<Instant | null> {
  const bytes = await archive.get(stampKey(place));
  return bytes === null ? null : (readTimestampAnswer(bytes)?.token?.genTime ?? null);
}

/** The same seal is never stamped twice by one authority: a quiet archive's newest seal stays what it is. */
function isDue(deps: StampDeps, before: StampPlace, stampedAt: Instant | null, newest: StampedSeal): boolean {
  if (before.seal >= newest.number) return false;
  if (stampedAt === null) return true;
  return deps.clock.now() - instantToMs(stampedAt) >= deps.everyDays * DAY_MS - TOLERANCE_MS;
}

/** What is stored stays for years, so an answer to another question is not. Its signature is checked at the desk. */
async function request(
  deps: StampDeps,
  authority: TimestampAuthority,
  seal: StampedSeal,
  signal: AbortSignal,
): Promise<{ readonly bytes: Buffer; readonly genTime: Instant }> {
  const digest = Buffer.from(seal.sha256, "hex");
  const nonce = nonceInteger(deps.nonce());
  const bytes = await authority.stamp(timestampRequest(digest, nonce), signal);
  const answer = readTimestampAnswer(bytes);
  if (answer === null) throw invalid(authority, "sent what is no answer to a time-stamp request");
  if (!isGranted(answer)) throw refused(authority, answer.status);
  const { token } = answer;
  if (token === null) throw invalid(authority, "granted a time stamp and sent none");
  if (token.sha256?.equals(digest) !== true) throw invalid(authority, "stamped something else than it was sent");
  if (token.nonce?.equals(nonce) !== true) throw invalid(authority, "sent the answer to an earlier request");
  // Verify would take it for forged. The next run asks again, when both clocks are later.
  if (isOlder(token.genTime, seal.sealed))
    throw invalid(
      authority,
      `dated its stamp ${token.genTime}, before seal ${seal.number} was made at ${seal.sealed}: one of the two clocks is wrong`,
    );
  return { bytes, genTime: token.genTime };
}

const invalid = ({ name }: TimestampAuthority, what: string) =>
  new ArchiverError("invalid-response", `the time-stamping authority ${name} ${what}`, {
    advice: "If this goes on, name another authority.",
  });

const refused = ({ name }: TimestampAuthority, status: number) =>
  new ArchiverError("refused", `the time-stamping authority ${name} grants no time stamp (PKIStatus ${status})`, {
    advice: "Ask the authority what it expects, or name another one.",
  });
