/** Looks at every segment the moment it lands, and at every move of the checkpoint: a broken rule is told at once. */
import { crc32 } from "node:zlib";
import {
  type Violation as BrokenRule,
  judgeLine,
  judgeOnce,
  type Occurrence,
} from "../../lambda/archive/invariants.ts";
import { readRecentIds } from "../../lambda/archive/overlap.ts";
import { scanEvent } from "../../lambda/event/event-scanner.ts";
import { instantToMs } from "../../lambda/event/instant.ts";
import type { CheckpointState } from "../../lambda/ports.ts";
import type { Codec } from "../../lambda/segment/codec.ts";
import { parseSegmentKey, segmentKey } from "../../lambda/segment/key.ts";
import { readHeader, segmentLines } from "../../lambda/segment/reader.ts";
import { listing } from "./checkpoint-view.ts";
import type { Stage } from "./stage.ts";
import type { Shown } from "./stream.ts";
import { judgeVerbatim } from "./truth.ts";
import { Violation } from "./violation.ts";

export interface Auditor {
  /** Where each archived event is. */
  readonly ids: ReadonlyMap<string, Occurrence>;
  /** Lines (`<key> <line>`) that repeat a gid under another time, which docs/protocol.md ("Memory") says is not compared. */
  readonly uncompared: ReadonlySet<string>;
  landed(key: string, bytes: Buffer): Promise<void>;
  moved(state: CheckpointState): void;
}

/** The watermark may be a minute ahead of the source's clock, and that half a minute ahead of ours. */
const AHEAD_MS = 100_000;

export function createAuditor(
  { stream, looks, saved, backups }: Pick<Stage, "stream" | "looks" | "saved" | "backups">,
  workspace: string,
  codec: Codec,
): Auditor {
  const runs = new Map<string, string>(); // by key, of all segments that ever landed, whatever operators do to the bucket
  const uncompared = new Set<string>();
  const ids = new Map<string, Occurrence>();
  let claimed = 0; // events of the stream before this place are known to be archived, to be late, or to be on the list
  let listed: Shown[] = []; // those that the checkpoint admits not to have read

  return {
    ids,
    uncompared,
    landed: async (key, bytes) => {
      const place = parseSegmentKey(key);
      if (place === null) throw new Violation("keys", `${key} is no segment's`);
      const { run } = readHeader(bytes).manifest;
      runs.set(key, run);
      let number = 0;
      for await (const lines of segmentLines(bytes, codec)) {
        for (const line of lines) {
          const event = scanEvent(line);
          const found = { id: event.id, key, line: ++number };
          const shown = (stream.byId.get(event.id) ?? []).map((other) => other.event.line);
          if (isUncompared(event.id, place.day, run)) uncompared.add(`${key} ${number}`);
          else refuse(judgeOnce(ids, found));
          refuse(judgeLine(key, place.day, number, event));
          refuse(judgeVerbatim(found, line, shown));
        }
      }
    },
    moved: (state) => {
      const { watermark, hints } = state;
      for (const [day, { number }] of Object.entries(hints)) {
        if (runs.has(segmentKey(workspace, day, number))) continue;
        throw new Violation("I4", `the checkpoint knows segment ${number} of ${day}, which is not there`);
      }
      if (watermark === null) return;
      const untilMicros = (instantToMs(watermark) - AHEAD_MS) * 1000;
      for (; claimed < stream.all.length; claimed += 1) {
        const shown = stream.all[claimed]!;
        if (shown.at >= untilMicros) break;
        if (shown.lateMs === 0) listed.push(shown);
      }
      listed = listed.filter((shown) => !ids.has(shown.event.id) && !looks.excuses(shown, "drain", 0));
      if (listed.length === 0) return;
      const isListed = listing(state);
      const missed = listed.find((shown) => shown.at < untilMicros && !isListed(shown.at));
      if (missed === undefined) return;
      throw new Violation("I4", `the watermark is ${watermark}, and ${missed.event.id} is neither archived nor listed`);
    },
  };

  /** Whether the event was archived by another run, under another time, and is not among the ids that are remembered. */
  function isUncompared(id: string, day: string, run: string): boolean {
    const first = ids.get(id);
    if (first === undefined || runs.get(first.key) === run) return false;
    const hasTwoTimes = new Set(stream.byId.get(id)?.map(({ at }) => at)).size > 1;
    const remembered = (state: CheckpointState | undefined) => state?.hints[day]?.recentIds ?? null;
    const wasRemembered = backups.some(({ state }) => readRecentIds(remembered(state)).has(crc32(id)));
    return hasTwoTimes && (!wasRemembered || remembered(saved.get(workspace)?.state) === null);
  }
}

/** Throws for the first violation, if there is one. */
export function refuse(faults: Iterable<BrokenRule>): void {
  for (const { invariant, key, line, message } of faults) {
    throw new Violation(invariant, `${key}${line === undefined ? "" : `, line ${line}`}: ${message}`);
  }
}
