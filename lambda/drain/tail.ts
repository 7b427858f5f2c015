/** The live tail: from the saved offset, or by time, to the end of the stream. */
import {
  dayOf,
  type Instant,
  instantToMs,
  laterInstant,
  msToInstant,
  shiftDay,
  shiftInstant,
  startOfDay,
} from "../event/instant.ts";
import type { CheckpointState, Page, PageRequest, Span } from "../ports.ts";
import type { Limits } from "./limits.ts";
import { asPageFailure, PageFailure } from "./pages.ts";
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
import { HOUR_MS, overlapMs } from "./schedule.ts";
import { damagedDay, isUnreadable } from "./setbacks.ts";
import { addSpan, isBefore } from "./spans.ts";

/** Where reading the tail begins. */
export interface TailStart {
  readonly request: PageRequest;
  readonly first?: Page;
}

/** A history shorter than this is read by one reader. */
const LONG_MS = 2 * HOUR_MS;
/** What is set aside ends this much before the source's present, so that the tail goes on with what is newer. */
const ASIDE_MS = 60_000;

/**
 * Finds where the tail goes on: from the saved offset with exactly the filters it was issued for, or by time. Where a
 * long history lies before the source's present, all but its last hour becomes a span, to be read by several readers.
 */
export async function beginTail(run: Run, signal: AbortSignal): Promise<TailStart> {
  const { tail } = run.checkpoint.state;
  if (isFresh(run, tail.offset)) return { request: pageRequest(run, tail.offset) };
  const request = pageRequest(run, { startAt: tail.from, endAt: null });
  const first = await run.deps.source.page(request, signal).catch((error) => {
    throw asPageFailure(error);
  });
  if (first.kind !== "page") return { request };
  const until = shiftInstant(first.servedAt ?? msToInstant(run.deps.clock.now()), -overlapMs(run.settings));
  if (!isLong(first, until, run.limits)) return { request, first };
  run.report.servedAt = first.servedAt ?? run.report.servedAt;
  await run.checkpoint.move((state) =>
    // Another run may have done so meanwhile: then its span is the one to be read.
    state.tail.from === tail.from
      ? {
          ...state,
          tail: { from: until, offset: null, failedRuns: 0 },
          spans: addSpan(state.spans, {
            ...{ purpose: "new", from: tail.from, until, dueAt: run.now() },
            ...{ doubtedAt: null, failedRuns: 0, offset: null },
          }),
        }
      : state,
  );
  return { request: pageRequest(run, { startAt: run.checkpoint.state.tail.from, endAt: null }) };
}

/** Whether so much lies before `until` that readers side by side are worth it, judged by what the first page covers. Pure. */
export function isLong(first: Page, until: Instant, limits: Limits): boolean {
  const times = first.events.flatMap(({ at }) => (at === null ? [] : [instantToMs(at)]));
  if (times.length < limits.longFromEvents || limits.readers < 2) return false;
  const oldestMs = times.reduce((a, b) => Math.min(a, b));
  const pageMs = Math.max(1, times.reduce((a, b) => Math.max(a, b)) - oldestMs);
  const totalMs = instantToMs(until) - oldestMs;
  return totalMs >= LONG_MS && totalMs / pageMs >= limits.longFromPages;
}

/** Reads to the end of the stream. Each commit saves how far it came. */
export async function readTail(run: Run, start: TailStart, signal: AbortSignal): Promise<PassEnd> {
  let { request, first } = start;
  for (let refusals = 0; ; refusals += 1) {
    const { from } = run.checkpoint.state.tail;
    const pass = {
      request,
      first,
      batchBytes: run.settings.batchMiB * 1024 * 1024,
      countsLate: true,
      onCommitted: (position: Position, isEnd: boolean) => moveTail(run, position, isEnd),
    };
    const { end } = await archivePass(run, pass, signal);
    if (end === "blank") await noteBlank(run);
    if (end !== "offset-refused") return end;
    if (isBefore(from, run.checkpoint.state.tail.from)) refusals = 0;
    if (refusals >= MAX_REFUSALS) throw new PageFailure(offsetsRefused());
    request = pageRequest(run, { startAt: run.checkpoint.state.tail.from, endAt: null });
    first = undefined;
  }
}

/** At its end, the tail goes back by the overlap where it has no offset, for events that become visible late. */
async function moveTail(run: Run, { newest, resumeAt, offset }: Position, isEnd: boolean): Promise<void> {
  const hints = await run.hints();
  await run.checkpoint.move((state) => {
    const watermark = laterInstant(state.watermark, newest);
    const back = isEnd && watermark !== null ? shiftInstant(watermark, -overlapMs(run.settings)) : null;
    const place = back === null ? resumeAt : behindSpans(state, back);
    // Another run that has come further keeps its place.
    const isBehind = !isEnd && isBefore(place, state.tail.from);
    const tail = isBehind ? state.tail : { from: place ?? state.tail.from, offset, failedRuns: 0 };
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
    if (failedRuns >= UNREADABLE_RUNS) return await moveAside(run, shiftInstant(run.now(), -ASIDE_MS), failedRuns);
    await run.checkpoint.move((state) => ({ ...state, tail: { ...state.tail, failedRuns } }));
    return false;
  }
  const day = damagedDay(error);
  if (day === null) throw error;
  return day < dayOf(run.now()) && (await moveAside(run, startOfDay(shiftDay(day, 1)), 0));
}

async function moveAside(run: Run, until: Instant, failedRuns: number): Promise<boolean> {
  const { from } = run.checkpoint.state.tail;
  if (!isBefore(from, until)) return false;
  const aside = { purpose: "new", until, dueAt: run.now(), doubtedAt: null, failedRuns, offset: null } as const;
  await run.checkpoint.move((state) => moveTailTo(state, { ...aside, from: state.tail.from }));
  return true;
}

const moveTailTo = (state: CheckpointState, span: Span): CheckpointState =>
  isBefore(span.from, span.until)
    ? { ...state, tail: { from: span.until, offset: null, failedRuns: 0 }, spans: addSpan(state.spans, span) }
    : state;
