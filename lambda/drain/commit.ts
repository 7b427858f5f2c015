import { hash } from "node:crypto";
import { type IdMap, lineFingerprint, type SegmentIndex } from "../archive/archived-ids.ts";
import type { DayLog } from "../archive/day-log.ts";
import { countUnknownCreates } from "../archive/unknown-creates.ts";
import { ArchiverError } from "../errors.ts";
import type { SourceEvent } from "../event/event.ts";
import { scanEvent } from "../event/event-scanner.ts";
import { compareInstants, type Instant } from "../event/instant.ts";
import { plainText } from "../event/plain-text.ts";
import type { LogEnd } from "../ports.ts";
import { bodyLines, createBodyWriter, placeSegment, type SegmentBody } from "../segment/body.ts";
import { createPageSpace, type PageSpace } from "../segment/page-space.ts";
import type { Run } from "./run.ts";

/** Each lost race is another writer's progress; this many in a row for one segment is a fault. */
const MAX_LOST_RACES = 50;
/** More ids at one instant, or longer ones, are not worth their place in the checkpoint: an item has 400 KB at most. */
const MAX_TIES = 100;
const MAX_TIE_LENGTH = 200;

/** A day's new events, compressed as they come, waiting to become the next segment of its log. */
export interface DayBatch {
  readonly day: string;
  readonly dayLog: DayLog;
  /** Number of the log's last segment when the first event was sorted out: all that came later must be looked at. */
  readonly sortedAt: number;
  readonly index: SegmentIndex;
  readonly count: number;
  /** Bytes of the lines, before compression. */
  readonly sizeBytes: number;
  /** The ids at the newest instant. */
  readonly newest: { readonly at: Instant | null; readonly ids: readonly string[] };
  add(event: SourceEvent): void;
  /** Hands what was added to the compressor. Once per page, never once per event. */
  flush(): Promise<void>;
  finish(): Promise<SegmentBody>;
}

export function createDayBatch(run: Run, day: string, dayLog: DayLog, space: PageSpace = createPageSpace()): DayBatch {
  const writer = createBodyWriter(run.deps.codec, space);
  const ids: IdMap = new Map();
  const times: Instant[] = [];
  let at: Instant | null = null;
  let idsAtNewest: string[] = [];
  return {
    day,
    dayLog,
    sortedAt: dayLog.number,
    index: { ids, times },
    get count() {
      return writer.count;
    },
    get sizeBytes() {
      return writer.sizeBytes;
    },
    get newest() {
      return { at, ids: idsAtNewest };
    },
    add: (event) => {
      ids.set(event.id, lineFingerprint(event.line));
      writer.add(event);
      if (event.at === null) return;
      times.push(event.at);
      const order = at === null ? 1 : compareInstants(event.at, at);
      if (order > 0) idsAtNewest = [];
      if (order >= 0) idsAtNewest.push(event.id);
      if (order > 0) at = event.at;
    },
    flush: () => writer.flush(),
    finish: () => writer.finish(),
  };
}

/**
 * Makes a day's batch the next segment of its log: the commit point. Whatever the store answers but "created", the log
 * is looked at again and what has been archived meanwhile is dropped: nothing is compared, merged, overwritten or
 * guessed. Gives how many events it archived.
 */
export const commitDay = (run: Run, batch: DayBatch): Promise<number> => batch.dayLog.inTurn(() => append(run, batch));

async function append(run: Run, batch: DayBatch): Promise<number> {
  const { archive, clock, log, writer } = run.deps;
  const { day, dayLog } = batch;
  let held = batch;
  let body = await held.finish();
  let sortedAt = batch.sortedAt;
  const unknowns = countUnknownCreates(clock);
  for (let losses = 0; losses <= MAX_LOST_RACES && !unknowns.areTooMany; losses += 1) {
    if (dayLog.number > sortedAt) {
      const archived = await dayLog.archivedAfter(sortedAt, held.index.ids);
      sortedAt = dayLog.number;
      if (archived.size > 0) {
        held = await batchWithout(run, archived, held, body);
        if (held.count === 0) return 0;
        body = await held.finish();
      }
    }
    const place = {
      workspace: run.workspace,
      day,
      number: dayLog.number + 1,
      previous: dayLog.end,
      writer,
      run: run.deps.runId,
    };
    const segment = placeSegment(body, place);
    const outcome = await archive.create(segment.key, segment.bytes);
    if (outcome === "created") {
      const { logNewest, count } = segment.manifest;
      dayLog.appended(segment, held.index, idsAt(logNewest, dayLog.end, held));
      run.report.archived += count;
      run.report.segments += 1;
      run.report.bytes += segment.bytes.length;
      return count;
    }
    run.report.lostRaces += 1;
    log("info", "segment number taken, or its fate unknown: looking again", { key: segment.key, outcome });
    if (outcome === "unknown") await unknowns.wait();
    await dayLog.refresh();
  }
  throw new ArchiverError("unavailable", `The archive did not take a segment of day ${day} after many attempts.`, {
    advice: "The next run tries again; if it persists, look at the store's health and permissions.",
  });
}

/** The lines are taken back out of the compressed body, so that a batch need not be held twice. */
async function batchWithout(run: Run, archived: IdMap, batch: DayBatch, body: SegmentBody): Promise<DayBatch> {
  const rest = createDayBatch(run, batch.day, batch.dayLog);
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
function idsAt(logNewest: LogEnd["logNewest"], before: LogEnd | null, held: DayBatch): readonly string[] | null {
  const ours = held.newest.at === logNewest ? held.newest.ids : [];
  if (ours.some((id) => id.length > MAX_TIE_LENGTH)) return null;
  const others = before?.logNewest === logNewest ? before.idsAtNewest : [];
  return others === null || others.length + ours.length > MAX_TIES ? null : [...others, ...ours];
}

/** One gid with two contents: the first archived stays, the other is counted and its hash kept in the log. */
export function reportConflict(run: Run, other: SourceEvent): void {
  run.report.conflicts += 1;
  run.deps.log("error", "one gid with two contents; the first stays", {
    workspace: run.workspace,
    day: other.day,
    gid: plainText(other.id),
    sha256: hash("sha256", other.line, "hex"),
  });
}
