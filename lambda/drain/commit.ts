import type { DayLog } from "../archive/day-log.ts";
import type { LogEnd } from "../archive/judge.ts";
import { type IdMap, lineFingerprint } from "../archive/segment-ids.ts";
import { ArchiverError } from "../errors.ts";
import { scanEvent } from "../event/event-scanner.ts";
import { bodyLines, placeSegment, type SegmentBody } from "../segment/body.ts";
import { createPageSpace } from "../segment/page-space.ts";
import type { DayBatch } from "./batch.ts";
import { reportConflict } from "./conflict.ts";
import { createDayContent, type DayContent } from "./day-content.ts";
import type { Run } from "./run.ts";

/** Each lost race is another writer's progress; this many in a row for one segment is a fault. */
const MAX_LOST_RACES = 50;
/** A store that does not say what it did is asked again after 0.2, 0.4, ... 6.4 seconds. */
const MAX_UNKNOWN = 6;
const UNKNOWN_WAIT_MS = 200;
/** More ids at one instant, or longer ones, are not worth their place in the checkpoint: an item has 400 KB at most. */
const MAX_TIES = 100;
const MAX_TIE_LENGTH = 200;

const lastTurn = new WeakMap<DayLog, Promise<void>>();

/**
 * Makes a day's batch the next segment of its log: the commit point. Whatever the store answers but "created", the log
 * is looked at again and what has been archived meanwhile is dropped: nothing is compared, merged, overwritten or
 * guessed. Windows of one process that meet in one log take turns.
 */
export async function commitDay(run: Run, batch: DayBatch): Promise<void> {
  const turn = (lastTurn.get(batch.log) ?? Promise.resolve()).then(() => append(run, batch));
  lastTurn.set(
    batch.log,
    turn.then(undefined, () => undefined),
  );
  await turn;
}

async function append(run: Run, { day, log, content, judgedAt }: DayBatch): Promise<void> {
  const { archive, clock, log: say, writer } = run.deps;
  let body = await content.finish();
  let held = content;
  let judged = judgedAt;
  let unknowns = 0;
  for (let losses = 0; losses <= MAX_LOST_RACES && unknowns <= MAX_UNKNOWN; losses += 1) {
    // Stryker disable next-line ConditionalExpression,EqualityOperator: where nothing was appended there is nothing to find; asked all the same, it finds nothing
    if (log.number > judged) {
      const archived = await archivedMeanwhile(log, judged, body, held);
      judged = log.number;
      // Stryker disable next-line ConditionalExpression,EqualityOperator: taking nothing out gives the same body again; only time is saved
      if (archived.size > 0) {
        held = await contentWithout(run, archived, body);
        if (held.count === 0) return;
        body = await held.finish();
      }
    }
    const place = {
      workspace: run.workspace,
      day,
      number: log.number + 1,
      previous: log.end,
      writer,
      run: run.deps.run,
    };
    const segment = placeSegment(body, place);
    const outcome = await archive.create(segment.key, segment.bytes);
    if (outcome === "created") {
      const { logNewest, count } = segment.manifest;
      log.appended(segment, idsAt(logNewest, log.end, held));
      run.report.archived += count;
      run.report.segments += 1;
      run.report.bytes += segment.bytes.length;
      return;
    }
    run.report.lostRaces += 1;
    say("info", "segment number taken, or its fate unknown: looking again", { key: segment.key, outcome });
    if (outcome === "unknown" && ++unknowns <= MAX_UNKNOWN) await clock.sleep(UNKNOWN_WAIT_MS * 2 ** (unknowns - 1));
    await log.refresh();
  }
  throw new ArchiverError("unavailable", `The archive did not take a segment of day ${day} in many tries.`, {
    advice: "The next run tries again; if it lasts, look at the store's health and permissions.",
  });
}

/** The ids of the batch that segments after number `judged` hold by now, and the fingerprints they have there. */
async function archivedMeanwhile(log: DayLog, judged: number, body: SegmentBody, held: DayContent): Promise<IdMap> {
  const archived: IdMap = new Map();
  for await (const ids of log.idsAfter(judged, body)) {
    for (const id of held.ids.keys()) {
      const fingerprint = ids.get(id);
      // Stryker disable next-line ConditionalExpression: an id without a fingerprint counts as not archived
      if (fingerprint !== undefined) archived.set(id, fingerprint);
    }
  }
  return archived;
}

/** The lines are taken back out of the compressed body, so that a batch need not be held twice. */
async function contentWithout(run: Run, archived: IdMap, body: SegmentBody): Promise<DayContent> {
  const rest = createDayContent(run.deps.codec, createPageSpace());
  for await (const lines of bodyLines(body, run.deps.codec)) {
    for (const line of lines) {
      const event = scanEvent(line);
      const fingerprint = archived.get(event.id);
      if (fingerprint === undefined) rest.add(event);
      else {
        run.report.repeats += 1;
        if (fingerprint !== lineFingerprint(line)) reportConflict(run, event);
      }
    }
    await rest.flush();
  }
  return rest;
}

/** Ids at the log's newest instant after `held` was appended to a log that ended at `before`. */
function idsAt(logNewest: LogEnd["logNewest"], before: LogEnd | null, held: DayContent): ReadonlySet<string> | null {
  const ours = held.newest.at === logNewest ? held.newest.ids : [];
  if (ours.some((id) => id.length > MAX_TIE_LENGTH)) return null;
  if (before === null || before.logNewest !== logNewest) return ours.length > MAX_TIES ? null : new Set(ours);
  if (before.idsAtNewest === null || before.idsAtNewest.size + ours.length > MAX_TIES) return null;
  return new Set([...before.idsAtNewest, ...ours]);
}
