import {
  compareInstants,
  dayOf,
  type Instant,
  laterInstant,
  MINUTE_MS,
  msToInstant,
  ODD_DAY,
  shiftDay,
  shiftInstant,
} from "../event/instant.ts";
import type { CheckpointState, DayHint, Page, PageRequest, RescanState } from "../ports.ts";
import { agedThrough, type RescanRules, settledThrough } from "./due.ts";
import { archivePass, type PassResult, type Position, pageRequest } from "./pass.ts";
import type { Run } from "./run.ts";
import { archiveWindow, archiveWindows, isPast, MAX_REFUSALS, offsetsRefused, planWindows } from "./windows.ts";

const MEBIBYTE = 1024 * 1024;

/**
 * Tail: goes on from the saved offset, with exactly the window it was issued for. Null when there is none worth
 * trying, or the source refuses it: then scan.
 */
export async function tail(run: Run, signal: AbortSignal): Promise<PassResult | null> {
  const { offset } = run.checkpoint.state;
  const { settings, limits, deps } = run;
  if (offset === null || offset.obtainedAt === null) return null;
  if (offset.obtainedAt < msToInstant(deps.clock.now() - limits.offsetLifeMs)) return null;
  const request = pageRequest(run, offset.startAt, null, offset.token);
  const onCommitted = moveTo(run, offset.startAt);
  const result = await archivePass(run, { request, batchBytes: settings.batchMiB * MEBIBYTE, onCommitted }, signal);
  return result.end === "offset-refused" ? null : result;
}

/**
 * Scan: from the watermark less the overlap (or the oldest the source keeps), without an end, so that its last offset
 * is the next tail's first. A long history is read as windows side by side first. Where an offset is refused on the
 * way, it goes on by time from there.
 */
export async function scan(run: Run, signal: AbortSignal): Promise<PassResult> {
  let reached: Instant | null = null;
  let mayPlan = true;
  for (let refusals = 0; refusals < MAX_REFUSALS; ) {
    const { watermark } = run.checkpoint.state;
    const startAt =
      reached ?? (watermark === null ? null : shiftInstant(watermark, -run.settings.overlapMinutes * MINUTE_MS));
    const first = await firstPage(run, pageRequest(run, startAt, null), signal);
    if (first === "stopped") return { newest: null, offset: null, servedAt: null, end: "stopped" };
    const until = shiftInstant(
      first.servedAt ?? msToInstant(run.deps.clock.now()),
      -run.settings.overlapMinutes * MINUTE_MS,
    );
    const windows = mayPlan ? planWindows(first, startAt, until, run.limits) : [];
    mayPlan = false;
    if (windows.length > 0) {
      const move = moveTo(run, null);
      const onPrefix = (newest: Instant | null) => move({ newest, offset: null, servedAt: first.servedAt });
      const isDone = await archiveWindows(run, windows, onPrefix, signal);
      if (!isDone) return { newest: null, offset: null, servedAt: first.servedAt, end: "stopped" };
      continue; // from the new watermark to the end
    }
    const pass = { request: pageRequest(run, startAt, null), first, batchBytes: run.settings.batchMiB * MEBIBYTE };
    const result = await archivePass(run, { ...pass, onCommitted: moveTo(run, startAt) }, signal);
    if (result.end !== "offset-refused") return result;
    refusals = isPast(result.newest, startAt) ? 0 : refusals + 1;
    reached = laterInstant(startAt, result.newest);
  }
  throw offsetsRefused();
}

/** Window: makes the archive hold what the source shows in [startAt, endAt). Moves no offset. False: time was up. */
export async function archiveSpan(
  run: Run,
  startAt: Instant | null,
  endAt: Instant,
  signal: AbortSignal,
): Promise<boolean> {
  const first = await firstPage(run, pageRequest(run, startAt, endAt), signal);
  if (first === "stopped") return false;
  // Up to the source's present only: an end in the far future would be cut into windows that hold nothing.
  const { servedAt } = first;
  const present = servedAt !== null && compareInstants(servedAt, endAt) < 0 ? servedAt : null;
  const windows = planWindows(first, startAt, present ?? endAt, run.limits);
  if (present !== null && windows.length > 0) windows.push({ startAt: present, endAt });
  if (windows.length === 0) return (await archiveWindow(run, { startAt, endAt }, signal, first)) !== "stopped";
  return await archiveWindows(run, windows, async () => undefined, signal);
}

async function firstPage(run: Run, request: PageRequest, signal: AbortSignal): Promise<Page | "stopped"> {
  try {
    const first = await run.deps.source.page(request, signal);
    if (first.kind === "page") return first;
  } catch (error) {
    if (signal.aborted && error === signal.reason) return "stopped";
    throw error;
  }
  throw offsetsRefused(); // none was sent
}

/** Moves the checkpoint to a position behind which everything is archived. */
function moveTo(run: Run, startAt: Instant | null): (position: Position) => Promise<void> {
  return async ({ newest, offset, servedAt }) => {
    const { watermark, rescans } = run.checkpoint.state;
    await run.checkpoint.move({
      offset: offset === null ? null : { token: offset, startAt, obtainedAt: servedAt },
      watermark: laterInstant(watermark, newest),
      hints: await hintsOf(run, servedAt),
      notBefore: null,
      blankRuns: 0,
      ...(run.startedAt === null &&
        rescans.settledThrough === null && { rescans: firstRescans(servedAt, run.settings) }),
    });
    run.progress();
  };
}

/** What a first drain reads now was settled before: it needs no rescan for that. */
function firstRescans(now: Instant | null, rules: RescanRules): RescanState {
  if (now === null) return { recentUntil: null, settledThrough: null, agedThrough: null };
  return { recentUntil: now, settledThrough: settledThrough(now, rules), agedThrough: agedThrough(now, rules) };
}

/** Days from the future are left out: a wrong clock at the source must not take the place of today's hint. */
async function hintsOf(run: Run, servedAt: Instant | null): Promise<CheckpointState["hints"]> {
  const lastDay = servedAt === null ? "9999-12-31" : shiftDay(dayOf(servedAt), 1);
  const hints: Record<string, DayHint> = {};
  for (const [day, opening] of run.openLogs()) {
    const { end } = await opening;
    if (end === null || day === ODD_DAY || day > lastDay) continue;
    const idsAtNewest = end.idsAtNewest === null ? null : [...end.idsAtNewest];
    hints[day] = {
      number: end.number,
      manifestHash: end.hash,
      logCount: end.logCount,
      logNewest: end.logNewest,
      idsAtNewest,
      sizeBytes: end.sizeBytes,
    };
  }
  return hints;
}
