/** Looks at every segment the moment it lands, and at every move of the checkpoint: a broken rule is told at once. */
import {
  type Violation as BrokenRule,
  judgeLine,
  judgeOnce,
  type Occurrence,
} from "../../lambda/archive/invariants.ts";
import { scanEvent } from "../../lambda/event/event-scanner.ts";
import { instantToMs } from "../../lambda/event/instant.ts";
import type { CheckpointState } from "../../lambda/ports.ts";
import type { Codec } from "../../lambda/segment/codec.ts";
import { parseSegmentKey, segmentKey } from "../../lambda/segment/key.ts";
import { segmentLines } from "../../lambda/segment/reader.ts";
import { isListed } from "./checkpoint-view.ts";
import type { Looks } from "./looks.ts";
import type { Shown, Stream } from "./stream.ts";
import { judgeVerbatim } from "./truth.ts";
import { Violation } from "./violation.ts";

export interface Auditor {
  /** Where each archived event is. */
  readonly ids: ReadonlyMap<string, Occurrence>;
  landed(key: string, bytes: Buffer): Promise<void>;
  moved(state: CheckpointState): void;
}

/** The watermark may be a minute ahead of the source's clock, and that half a minute ahead of ours. */
const AHEAD_MS = 100_000;

export function createAuditor(stream: Stream, looks: Looks, workspace: string, codec: Codec): Auditor {
  const keys = new Set<string>(); // of all segments that ever landed, whatever operators do to the bucket
  const ids = new Map<string, Occurrence>();
  let claimed = 0; // events of the stream before this place are known to be archived, to be late, or to be on the list
  let listed: Shown[] = []; // those that the checkpoint admits not to have read

  return {
    ids,
    landed: async (key, bytes) => {
      const place = parseSegmentKey(key);
      if (place === null) throw new Violation("keys", `${key} is no segment's`);
      keys.add(key);
      let number = 0;
      for await (const lines of segmentLines(bytes, codec)) {
        for (const line of lines) {
          const event = scanEvent(line);
          const found = { id: event.id, key, line: ++number };
          const shown = (stream.byId.get(event.id) ?? []).map((other) => other.event.line);
          refuse(judgeOnce(ids, found));
          refuse(judgeLine(key, place.day, number, event));
          refuse(judgeVerbatim(found, line, shown));
        }
      }
    },
    moved: (state) => {
      const { watermark, hints } = state;
      for (const [day, { number }] of Object.entries(hints)) {
        if (keys.has(segmentKey(workspace, day, number))) continue;
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
      const missed = listed.find((shown) => shown.at < untilMicros && !isListed(state, shown.at));
      if (missed === undefined) return;
      throw new Violation("I4", `the watermark is ${watermark}, and ${missed.event.id} is neither archived nor listed`);
    },
  };
}

/** Throws for the first violation, if there is one. */
export function refuse(faults: Iterable<BrokenRule>): void {
  for (const { invariant, key, line, message } of faults) {
    throw new Violation(invariant, `${key}${line === undefined ? "" : `, line ${line}`}: ${message}`);
  }
}
