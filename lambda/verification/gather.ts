import { findStoredDoubles } from "../archive/fingerprints.ts";
import { type LogReaders, type VerifyReport, verify } from "../archive/verify.ts";
import { MAX_DOUBLES } from "../archive/verify-doubles.ts";
import { ArchiverError } from "../errors.ts";
import type { ArchiveStore } from "../ports.ts";
import type { SealTrust } from "../seal/verify-seals.ts";
import type { Codec } from "../segment/codec.ts";
import { archiveOf, checkpointsOf, parseSnapshot } from "./snapshot.ts";
import { readIds, readKept, readResults, resultsPrefix, type StoredResult, snapshotKey } from "./work.ts";

export interface GatherDeps {
  readonly archive: ArchiveStore;
  readonly work: ArchiveStore;
  readonly codec: Codec;
}

export interface Gathered {
  readonly report: VerifyReport;
  /** How long all portions worked, taken together. */
  readonly workMs: number;
}

/** 64 MB, and as much again while they are sorted. */
const FINGERPRINTS_AT_ONCE = 8_000_000;

/**
 * The same verification as everywhere, except that its logs have been read by others. What shows only across days is
 * judged here: events in two lines, checkpoints, seals and the looks that they name. Throws as `verify`.
 */
export async function gather(
  { archive, work, codec }: GatherDeps,
  run: string,
  { mayBeExpired, trust }: { readonly mayBeExpired: (day: string) => boolean; readonly trust: SealTrust },
  signal?: AbortSignal,
): Promise<Gathered> {
  const snapshot = parseSnapshot(await readKept(work, snapshotKey(run)));
  const results = new Map<string, StoredResult>();
  let workMs = 0;
  for await (const { key } of work.list(resultsPrefix(run))) {
    const portion = await readResults(work, key);
    workMs += portion.workMs;
    for (const result of portion.results) results.set(nameOf(result), result);
  }
  const resultOf = (log: Pick<StoredResult, "workspace" | "day">): StoredResult => {
    const result = results.get(nameOf(log));
    if (result === undefined) throw notRead(log);
    return result;
  };
  const readers: LogReaders = {
    threads: 1,
    verify: async ({ log }) => ({ ...resultOf(log), ids: new BigUint64Array(0) }),
    findSuspects: async (logs) => {
      const stored = logs.map((log) => ({
        starts: resultOf(log).starts,
        read: (from: number, to: number) => readIds(work, run, log, from, to),
      }));
      const { doubles, holders } = await findStoredDoubles(stored, MAX_DOUBLES, FINGERPRINTS_AT_ONCE);
      return { fingerprints: doubles, logs: holders };
    },
    close: async () => {},
  };
  const deps = { archive: archiveOf(snapshot, archive), checkpoints: checkpointsOf(snapshot), codec };
  const report = await verify({ ...deps, openReaders: () => readers }, { mayBeExpired, trust }, signal);
  return { report, workMs };
}

const nameOf = ({ workspace, day }: Pick<StoredResult, "workspace" | "day">): string => `${workspace}/${day}`;

const notRead = ({ workspace, day }: Pick<StoredResult, "workspace" | "day">): ArchiverError =>
  new ArchiverError("unavailable", `${day} of workspace ${workspace} was not verified.`, {
    advice: "Start another verification, and see which portion failed.",
  });
