/** Archives in memory with looks on record, and a sealer for them whose time is what a test says. */

import { coverageKey } from "../../lambda/coverage/coverage-key.ts";
import { type CoverageEntry, encodeEntry, entryHash } from "../../lambda/coverage/entry.ts";
import type { SourceEvent } from "../../lambda/event/event.ts";
import { type Instant, shiftDay, startOfDay } from "../../lambda/event/instant.ts";
import type { ArchiveStore } from "../../lambda/ports.ts";
import { type ChainReport, judgeSeals } from "../../lambda/seal/chain.ts";
import { parseSealKey, sealsPrefix } from "../../lambda/seal/seal-key.ts";
import { type SealDeps, type SealReport, sealWorkspace } from "../../lambda/seal/sealer.ts";
import type { Seal } from "../../lambda/seal/text.ts";
import { dayPrefix, parseSegmentKey } from "../../lambda/segment/key.ts";
import { readHeader } from "../../lambda/segment/reader.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { codec, sampleEvents, sampleLog, WORKSPACE } from "../segment/sample.ts";
import { keyOfSigner } from "./sample-chain.ts";
import { ARCHIVE_NAME, testSigner } from "./signers.ts";

export type Objects = Map<string, Buffer>;

/** Events of a day, in as many segments as there are numbers: so many each. They continue what is there. */
export async function putLog(objects: Objects, day: string, ...counts: readonly number[]): Promise<void> {
  const old = segmentsOf(objects, day).map((key) => readHeader(objects.get(key)!).manifest.count);
  let second = 0;
  const batches: SourceEvent[][] = [...old, ...counts].map((count) => {
    second += count;
    return sampleEvents(count, second - count, day);
  });
  for (const { key, bytes } of await sampleLog(batches)) objects.set(key, bytes);
}

export const segmentsOf = (objects: Objects, day: string): string[] =>
  [...objects.keys()].filter((key) => key.startsWith(dayPrefix(WORKSPACE, day)) && parseSegmentKey(key)).sort();

/** A look at a day after it was settled, complete unless it is told otherwise. */
export function putLook(objects: Objects, day: string, more: Partial<CoverageEntry> = {}): void {
  let number = 1;
  let prev: string | null = null;
  for (; ; number += 1) {
    const before = objects.get(coverageKey({ workspace: WORKSPACE, day, number }));
    if (before === undefined) break;
    prev = entryHash(before);
  }
  const last = segmentsOf(objects, day).at(-1);
  const log = last === undefined ? null : readHeader(objects.get(last)!);
  const seen = log?.manifest.logCount ?? 0;
  const entry: CoverageEntry = {
    format: 1,
    workspace: WORKSPACE,
    day,
    number,
    prev,
    purpose: "settled",
    run: "test",
    writer: "0.1.0",
    began: `${shiftDay(day, 1)}T06:05:00.000Z` as Instant,
    ended: `${shiftDay(day, 1)}T06:05:03.000Z` as Instant,
    requests: 2,
    complete: true,
    reason: null,
    unread: [],
    seen,
    had: seen,
    added: 0,
    gone: 0,
    goneIds: [],
    conflicts: 0,
    odd: 0,
    segments: log?.manifest.number ?? 0,
    manifest: log?.manifestHash ?? null,
    ...more,
  };
  objects.set(coverageKey({ workspace: WORKSPACE, day, number }), encodeEntry(entry));
}

export const unreadAll = (day: string): Partial<CoverageEntry> => ({
  complete: false,
  reason: "scan-incomplete",
  unread: [[startOfDay(day), startOfDay(shiftDay(day, 1))]],
});

/** Counts what a sealer asks of the archive. */
export function countRequests(archive: ArchiveStore) {
  const keys: string[] = [];
  const counted: ArchiveStore = {
    list: (prefix, startAfter) => {
      keys.push(`list ${prefix}`);
      return archive.list(prefix, startAfter);
    },
    get: (key, range) => {
      keys.push(`get ${key}`);
      return archive.get(key, range);
    },
    create: (key, bytes) => {
      keys.push(`create ${key}`);
      return archive.create(key, bytes);
    },
  };
  return { counted, keys };
}

/** `at`: a day, whose noon it is, or an instant. */
export const depsAt = (objects: Objects, at: string, more: Partial<SealDeps> = {}): SealDeps => ({
  archive: createMemoryArchive(objects),
  codec,
  signer: testSigner(),
  clock: { now: () => Date.parse(at.includes("T") ? at : `${at}T12:00:00Z`) },
  log: () => {},
  writer: "0.1.0",
  archiveName: ARCHIVE_NAME,
  settings: { settledAfterHours: 6 },
  ...more,
});

export const sealAt = (objects: Objects, at: string, more: Partial<SealDeps> = {}): Promise<SealReport> =>
  sealWorkspace(depsAt(objects, at, more), WORKSPACE, new AbortController().signal);

export function chainOf(objects: Objects, keys = [keyOfSigner(testSigner())]): ChainReport {
  const found = [...objects]
    .filter(([key]) => key.startsWith(sealsPrefix(WORKSPACE)))
    .map(([key, bytes]) => ({ number: parseSealKey(key)!.number, bytes }))
    .sort((a, b) => a.number - b.number);
  return judgeSeals(WORKSPACE, found, { keys });
}

export const sealsOf = (objects: Objects): Seal[] => chainOf(objects).seals.map(({ file }) => file.seal);

/** `2 late 2026-05-01 13 in 2 complete`. */
export const describeSeals = (objects: Objects): string[] =>
  sealsOf(objects).map(
    ({ number, kind, day, size, segments, state }) => `${number} ${kind} ${day} ${size} in ${segments} ${state}`,
  );
