/** Small sealed archives, made by the product's own writers from a seed: busy days and quiet ones, late events, gaps, two keys. */
import { createRandom } from "../../feed/random.ts";
import { coverageKey, dayCoveragePrefix } from "../../lambda/coverage/coverage-key.ts";
import { type CoverageEntry, encodeEntry, entryHash } from "../../lambda/coverage/entry.ts";
import { ArchiverError } from "../../lambda/errors.ts";
import { DAY_MS, type Instant, shiftDay, startOfDay } from "../../lambda/event/instant.ts";
import type { VerifierKey } from "../../lambda/seal/note.ts";
import { changeSealingKey, type SealDeps, sealWorkspace } from "../../lambda/seal/sealer.ts";
import type { Signer } from "../../lambda/seal/signer.ts";
import { createBodyWriter, placeSegment } from "../../lambda/segment/body.ts";
import { dayPrefix } from "../../lambda/segment/key.ts";
import { readHeader } from "../../lambda/segment/reader.ts";
import type { Objects } from "../archive/sample-archive.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { codec, fillBody, sampleEvents, WORKSPACE } from "../segment/sample.ts";
import { keyOfSigner } from "./sample-chain.ts";
import { ARCHIVE_NAME, testSigner } from "./signers.ts";

export const FIRST_DAY = "2026-05-01";
/** A day that was not looked at is sealed a week after it had settled: the second day may be one. */
const DAY_COUNT = 10;
/** The instant, in milliseconds, at which a day's look is over and the sealer runs. */
const noonAfter = (day: string): number => Date.parse(startOfDay(day)) + 1.5 * DAY_MS;

export interface RandomArchive {
  readonly objects: Objects;
  /** The key of the first seal. */
  readonly key: VerifierKey;
  /** Of the newest seal, as somebody would have written it down. */
  readonly pin: { readonly number: number; readonly sha256: string };
  readonly days: readonly string[];
  readonly hasGaps: boolean;
}

/** The same seed is the same archive. */
export async function randomArchive(seed: number): Promise<RandomArchive> {
  const random = createRandom(seed);
  const { chance, int: below } = random;
  const objects: Objects = new Map();
  const days = Array.from({ length: DAY_COUNT }, (_, index) => shiftDay(FIRST_DAY, index));
  let signer = testSigner();
  let hasGaps = false;
  let pin: RandomArchive["pin"] | null = null;

  for (const [index, day] of days.entries()) {
    for (let batch = below(3); batch > 0; batch -= 1) await addSegment(objects, day, 1 + below(3));
    const isLooked = index !== 1 || !chance(0.3);
    hasGaps ||= !isLooked;
    await addLook(objects, day, isLooked, "settled");
    if (index > 0 && chance(0.3)) {
      const before = days[below(index)]!;
      await addSegment(objects, before, 1 + below(2), 5000 + index * 100);
      await addLook(objects, before, true, "aged");
      if (before === days[1]) hasGaps = false;
    }
    if (!chance(0.4) && index < days.length - 1) continue;
    await seal(day, signer);
    if (pin !== null && chance(0.15)) {
      const next = testSigner(1 + index);
      pin = await changeSealingKey(depsOf(objects, signer, noonAfter(day)), WORKSPACE, next, "rotation", never);
      signer = next;
    }
  }
  return { objects, key: keyOfSigner(testSigner()), pin: pin!, days, hasGaps };

  async function seal(day: string, by: Signer): Promise<void> {
    const report = await sealWorkspace(depsOf(objects, by, noonAfter(day)), WORKSPACE, never);
    if (report.halted !== null) throw new ArchiverError("halted", report.halted.reason, report.halted);
    pin = report.newest ?? pin;
  }
}

const never = new AbortController().signal;

export const depsOf = (objects: Objects, signer: Signer, nowMs: number): SealDeps => ({
  archive: createMemoryArchive(objects),
  codec,
  signer,
  clock: { now: () => nowMs },
  log: () => undefined,
  writer: "0.1.0",
  archiveName: ARCHIVE_NAME,
  settings: { settledAfterHours: 6 },
  alwaysLooksBack: true,
});

/** One segment more in the log of a day. */
export async function addSegment(objects: Objects, day: string, count: number, fromSecond?: number): Promise<void> {
  const keys = [...objects.keys()].filter((key) => key.startsWith(dayPrefix(WORKSPACE, day))).sort();
  const last = keys.length === 0 ? null : readHeader(objects.get(keys.at(-1)!)!);
  const events = sampleEvents(count, fromSecond ?? keys.length * 50, day);
  const placed = placeSegment(await fillBody(createBodyWriter(codec), events), {
    workspace: WORKSPACE,
    day,
    number: keys.length + 1,
    previous: last && { manifestHash: last.manifestHash, ...last.manifest },
    writer: "0.1.0",
    run: "test",
  });
  objects.set(placed.key, placed.bytes);
}

/** One look more at a day, which found what is archived. */
export async function addLook(
  objects: Objects,
  day: string,
  complete: boolean,
  purpose: CoverageEntry["purpose"],
): Promise<void> {
  const before = [...objects.keys()].filter((key) => key.startsWith(dayCoveragePrefix(WORKSPACE, day))).sort();
  const segments = [...objects.keys()].filter((key) => key.startsWith(dayPrefix(WORKSPACE, day))).sort();
  const last = segments.length === 0 ? null : readHeader(objects.get(segments.at(-1)!)!);
  const seen = complete ? (last?.manifest.logCount ?? 0) : 0;
  const next = startOfDay(shiftDay(day, 1));
  const entry: CoverageEntry = {
    format: 1,
    workspace: WORKSPACE,
    day,
    number: before.length + 1,
    prev: before.length === 0 ? null : entryHash(objects.get(before.at(-1)!)!),
    purpose,
    run: "test",
    writer: "0.1.0",
    began: next.replace("T00:00:00", "T07:00:00") as Instant,
    ended: next.replace("T00:00:00", "T07:00:09") as Instant,
    requests: 2,
    complete,
    reason: complete ? null : "scan-incomplete",
    unread: complete ? [] : [[startOfDay(day), next]],
    seen,
    had: seen,
    added: 0,
    gone: 0,
    goneIds: [],
    conflicts: 0,
    odd: 0,
    segments: segments.length,
    manifest: last?.manifestHash ?? null,
  };
  objects.set(coverageKey(entry), encodeEntry(entry));
}
