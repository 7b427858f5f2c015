import { findDoubles, fingerprintOf, hasAny } from "./fingerprints.ts";
import { judgeOnce, type Occurrence } from "./invariants.ts";
import type { ListedLog } from "./inventory.ts";
import { type LogResult, skipUnavailable, type UnreadObject, type VerifyLogDeps } from "./verify-log.ts";
import { verifySegment } from "./verify-segment.ts";
import type { Violation } from "./violation.ts";
import { createViolationList } from "./violation.ts";

/** Enough to name; a day copied whole holds more doubles than anybody reads. */
export const MAX_DOUBLES = 10_000;

/** Fingerprints that are there twice, and which of the logs hold one. */
export interface Suspects {
  readonly fingerprints: ReadonlySet<bigint>;
  /** Indexes. */
  readonly logs: ReadonlySet<number>;
}

/** Of logs whose fingerprints are in memory. */
export function suspectsOf(results: readonly LogResult[]): Suspects {
  const fingerprints = findDoubles(
    results.map(({ ids }) => ids),
    MAX_DOUBLES,
  );
  const logs = new Set(results.keys().filter((index) => hasAny(results[index]!.ids, fingerprints)));
  return { fingerprints, logs };
}

/**
 * Names the lines of a workspace whose event is in another line too. Reads again only if fingerprints coincide, and
 * only days that hold such; what was judged in the first reading is not judged again.
 */
export async function locateDoubles(
  deps: VerifyLogDeps,
  logs: readonly ListedLog[],
  suspects: Suspects,
  maxFaultsPerLog: number,
  unread: UnreadObject[],
): Promise<{ faults: readonly Violation[]; count: number }> {
  const first = new Map<string, Occurrence>();
  const faults: Violation[] = [];
  let count = 0;
  for (const [index, { day, segments }] of logs.entries()) {
    if (!suspects.logs.has(index)) continue;
    const ofLog = createViolationList(maxFaultsPerLog);
    for (const listed of segments) {
      deps.signal?.throwIfAborted();
      await skipUnavailable(unread, listed.key, () =>
        verifySegment(deps, listed, day, createViolationList(0), ({ id }, line) => {
          if (suspects.fingerprints.has(fingerprintOf(id))) ofLog.add(judgeOnce(first, { id, key: listed.key, line }));
        }),
      );
    }
    faults.push(...ofLog.listed);
    count += ofLog.count;
  }
  return { faults, count };
}
