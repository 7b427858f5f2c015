/** The live tail: from the saved offset, or by time, to the end of the stream. */
import {
  dayOf,
  HOUR_MS,
  type Instant,
  instantToMs,
  laterInstant,
  shiftDay,
  shiftInstant,
  startOfDay,
} from "../event/instant.ts";
import type { CheckpointState, SavedOffset, Span } from "../ports.ts";
import { PageFailure } from "./pages.ts";
import {
  archivePass,
  isFresh,
  MAX_REFUSALS,
  offsetsRefused,
  type PassEnd,
  type Position,
  pageRequest,
} from "./pass.ts";
import { type Run, UNREADABLE_RUNS } from "./run.ts";
import { overlapMs } from "./schedule.ts";
import { damagedDay, isUnreadable } from "./setbacks.ts";
import { addSpan, isBefore } from "./spans.ts";

/** A history shorter than this is read by one reader. */
const LONG_MS = 2 * HOUR_MS;
/** Fewer pages say too little of how many follow. */
const LEAST_PAGES = 3;
/** What is set aside ends this much before the source's present, so that the tail goes on with what is newer. */
const ASIDE_MS = 60_000;

/**
 * Reads to the end of the stream: from the saved offset with exactly the filters it was issued for, or by time. Each
 * commit saves how far it came. Where a long history turns out to lie before the source's present, all of it but the
 * last hour becomes a span, which `onSpan` is called with, and the tail continues behind it.
 */
export async function readTail(run: Run, onSpan: () => void, signal: AbortSignal): Promise<PassEnd> {
  let refused: SavedOffset | null = null;
  for (let refusals = 0; ; refusals += 1) {
    if (refusals >= MAX_REFUSALS) throw new PageFailure(offsetsRefused());
    const { tail, watermark } = run.checkpoint.state;
    const { from, offset } = tail;
    const isUsable = offset !== refused && isFresh(run, offset);
    let repeated = 0;
    let beganAt: Instant | null = null;
    const pass = {
      request: pageRequest(run, isUsable ? offset! : { startAt: from, endAt: null }),
      batchBytes: run.settings.batchMiB * 1024 * 1024,
      countsLate: true,
      isTurnOver: (pages: number, place: Instant | null) => {
        // To read the overlap again tells nothing of what follows: an earlier run has read on from there to the end.
        if (!isBefore(watermark, place)) repeated = pages;
        else beganAt ??= place;
        return isLong(run, pages - repeated, beganAt, place);
      },
      onCommitted: (position: Position, isEnd: boolean) => moveTail(run, from, position, isEnd),
    };
    const { end } = await archivePass(run, pass, signal);
    if (end === "blank") await noteBlank(run);
    if (end === "turn") {
      await run.checkpoint.move((state) => leaveBehind(state, behindNow(run, overlapMs(run.settings)), run.now()));
      onSpan();
    } else if (end !== "offset-refused") return end;
    refused = end === "offset-refused" ? run.checkpoint.state.tail.offset : null;
    if (end === "turn" || isBefore(from, run.checkpoint.state.tail.from)) refusals = -1;
  }
}

/** Whether so much lies ahead that readers side by side are worth it, judged by how far the pages so far have come. */
function isLong(run: Run, pages: number, beganAt: Instant | null, place: Instant | null): boolean {
  if (beganAt === null || place === null || pages < LEAST_PAGES || run.limits.readers < 2) return false;
  const leftMs = instantToMs(run.now()) - overlapMs(run.settings) - instantToMs(place);
  const doneMs = Math.max(1, instantToMs(place) - instantToMs(beganAt));
  return leftMs >= LONG_MS && ((pages - 1) * leftMs) / doneMs >= run.limits.longFromPages;
}

const behindNow = (run: Run, ms: number): Instant => shiftInstant(run.now(), -ms);

/** What lies between the tail and `until` becomes a span, and the tail goes on behind it. */
function leaveBehind(state: CheckpointState, until: Instant, dueAt: Instant, failedRuns = 0): CheckpointState {
  const { from, offset } = state.tail;
  if (!isBefore(from, until)) return state; // another run has done so meanwhile
  const span: Span = { purpose: "new", from, until, dueAt, doubtedAt: null, failedRuns, offset };
  return { ...state, tail: { from: until, offset: null, failedRuns: 0 }, spans: addSpan(state.spans, span) };
}

/**
 * At its end, the tail goes back by the overlap where it has no offset, for events that become visible late. `began`: where
 * this run began to read it.
 */
async function moveTail(
  run: Run,
  began: Instant | null,
  { newest, resumeAt, offset }: Position,
  isEnd: boolean,
): Promise<void> {
  const hints = await run.hints();
  await run.checkpoint.move((state) => {
    // The tail of an earlier checkpoint, put back meanwhile, may lie before that: what is between was not read by this run.
    if (isBefore(state.tail.from, began)) return { ...state, hints, notBefore: null, blankRuns: 0 };
    const watermark = laterInstant(state.watermark, newest);
    const back = isEnd && watermark !== null ? shiftInstant(watermark, -overlapMs(run.settings)) : null;
    const place = back === null ? resumeAt : behindSpans(state, back);
    // Another run that has come further keeps its place.
    const isBehind = !isEnd && isBefore(place, state.tail.from);
    // A page that could not be read is not read because the one before it was, again.
    const failedRuns = isEnd || isBefore(state.tail.from, place) ? 0 : state.tail.failedRuns;
    // Where no event was ever shown, an offset may lie behind events that the source still hides.
    const kept = isEnd && watermark === null ? null : offset;
    const tail = isBehind ? state.tail : { from: place ?? state.tail.from, offset: kept, failedRuns };
    return { ...state, tail, watermark, hints, notBefore: null, blankRuns: 0 };
  });
  run.progress();
}

/** What is on the list is read as a span: the tail must not come back to a page that was set aside. */
const behindSpans = ({ spans }: CheckpointState, place: Instant): Instant =>
  spans.reduce((from, { purpose, until }) => (purpose === "new" && isBefore(from, until) ? until : from), place);

/** Behind what was set aside, or split off, nothing need have happened yet; at the watermark an event was shown. */
const isSuspicious = ({ watermark, tail }: CheckpointState): boolean =>
  watermark !== null && !isBefore(watermark, tail.from);

/** Nothing at all where events were seen before is not believed, not acted upon, and reported. It was an answer, though. */
async function noteBlank(run: Run): Promise<void> {
  const { state } = run.checkpoint;
  const isStrange = isSuspicious(state);
  const blankRuns = isStrange ? state.blankRuns + 1 : state.blankRuns;
  run.report.blankRuns = blankRuns; // also where the checkpoint cannot be moved
  if (blankRuns !== state.blankRuns || state.tail.failedRuns > 0) {
    await run.checkpoint.move((now) => ({ ...now, blankRuns, tail: { ...now.tail, failedRuns: 0 } }));
  }
  const { workspace } = run;
  if (isStrange) {
    run.deps.log("warn", "the source shows no events at all, where it showed some before", { workspace, blankRuns });
  }
}

/**
 * What to do when the tail cannot be read: a page that could not be read in three runs becomes a span, and so does a
 * past day whose log is damaged; the tail goes on behind it. True when it can be read on now; throws what concerns more
 * than the tail.
 */
export async function setAside(run: Run, error: unknown, signal: AbortSignal): Promise<boolean> {
  if (await isUnreadable(run, error, signal)) {
    const failedRuns = run.checkpoint.state.tail.failedRuns + 1;
    if (failedRuns >= UNREADABLE_RUNS) return await moveAside(run, behindNow(run, ASIDE_MS), failedRuns);
    await run.checkpoint.move((state) => ({ ...state, tail: { ...state.tail, failedRuns } }));
    return false;
  }
  const day = damagedDay(error);
  if (day === null) throw error;
  return day < dayOf(run.now()) && (await moveAside(run, startOfDay(shiftDay(day, 1)), 0));
}

async function moveAside(run: Run, until: Instant, failedRuns: number): Promise<boolean> {
  if (!isBefore(run.checkpoint.state.tail.from, until)) return false;
  // The offset leads to what could not be read: what is before that is asked for by time.
  await run.checkpoint.move(({ tail, ...rest }) =>
    leaveBehind({ ...rest, tail: { ...tail, offset: null } }, until, run.now(), failedRuns),
  );
  return true;
}
