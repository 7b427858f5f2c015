import { ArchiverError } from "../errors.ts";
import { DAY_MS, type Instant, instantToMs, shiftDay, shiftInstant, startOfDay } from "../event/instant.ts";
import type { Span, SpanPurpose } from "../ports.ts";
import { KEPT_DAYS } from "../settings.ts";
import { type Assignment, cut, look } from "./look.ts";
import { type Run, UNREADABLE_RUNS } from "./run.ts";
import { isDue, isOldDoubt } from "./schedule.ts";
import { damagedDay, isUnreadable } from "./setbacks.ts";
import { ofSpans, type SpanList } from "./span-list.ts";
import { isBefore, isSmallest, keepOffset, markFailed, middleOf, type Part, splitInHalf, subtract } from "./spans.ts";

/** Shorter spans are not shared: where two readers meet, both read what lies within a minute. */
export const LEAST_SHARE_MS = 5 * 60_000;

/** What kept spans from being read. The others were read all the same. */
export type Failures = readonly ArchiverError[];

/**
 * Reads what is due on the list, several spans side by side, until nothing is left that can be done in this run, or time
 * is up. Purposes have their turns one after the other, and within one those spans that had fewest turns and that the
 * source forgets soonest. A reader that finds nothing takes over half of what another one has still before it.
 *
 * What shows nothing is asked for again when all else is done, and then left to a later run. What cannot be read, or
 * meets a damaged day, is left out. Throws what concerns all of them: a refusal, a source or a store that is away.
 *
 * `beside`: other work on the same run, which may put spans on the list; it says so by the function that it is given.
 */
export async function readSpans(
  run: Run,
  list: SpanList,
  purposes: readonly SpanPurpose[],
  signal: AbortSignal,
  beside: (announce: () => void) => Promise<Failures> = async () => [],
): Promise<Failures> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const busy = new Set<Assignment>();
  const asked: Part[] = []; // to be asked for again in this run
  const resting: Part[] = []; // not any more in this run
  const turns = new Map<string, number>();
  const failures: ArchiverError[] = [];
  let rotation = 0;
  let isAlone = false; // once the work beside the readers is done
  let wake = (): void => undefined;
  let changed = new Promise<void>((resolve) => {
    wake = resolve;
  });

  const readers = Array.from({ length: run.limits.readers }, () => withAbort(read).finally(announce));
  const besides = withAbort(async () => {
    try {
      failures.push(...(await beside(announce)));
    } finally {
      isAlone = true;
      announce();
    }
  });
  const outcomes = await Promise.allSettled([...readers, besides]);
  const errors = outcomes.filter((outcome) => outcome.status === "rejected").map((outcome) => outcome.reason);
  await list.save();
  if (errors.length > 0) throw worst(errors);
  return failures;

  /** What ends one of them ends all. */
  async function withAbort(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  }

  async function read(): Promise<void> {
    while (!either.aborted) {
      const assignment = take() ?? share();
      if (assignment === null) {
        if (busy.size === 0 && isAlone) return;
        await changed;
        continue;
      }
      busy.add(assignment);
      try {
        const { end, doubts } = await look(run, list, assignment, isTurnOver, either);
        for (const doubt of doubts)
          (assignment.ask === "again" && assignment.purpose !== "asked" ? resting : asked).push(doubt);
        if (end === "end" || end === "blank") run.report.spans += doubts.length === 0 ? 1 : 0;
        if (end === "stopped") return;
      } catch (error) {
        await leaveOut(assignment, error);
      } finally {
        const key = keyOf(assignment);
        turns.set(key, (turns.get(key) ?? 0) + 1);
        busy.delete(assignment);
        announce();
      }
    }
  }

  function isTurnOver(pages: number): boolean {
    announce(); // what is left here may be worth half of it to a reader that has nothing to do
    return pages >= run.limits.turnPages && open().spans.length > 0;
  }

  function announce(): void {
    wake();
    changed = new Promise((resolve) => {
      wake = resolve;
    });
  }

  /** What of the list no reader has taken: what this run has not asked for yet, and only when all of that is done, the rest. */
  function open(): { readonly spans: readonly Span[]; readonly isAgain: boolean } {
    const now = run.now();
    const wanted = list.spans.filter(({ purpose }) => purposes.includes(purpose));
    const free = subtract(wanted, [...busy, ...resting]);
    const others = subtract(free, asked);
    const spans = others.filter((span) => isDue(span, now));
    return spans.length > 0 ? { spans, isAgain: false } : { spans: subtract(free, others), isAgain: true };
  }

  function take(): Assignment | null {
    const { spans, isAgain } = open();
    for (let index = 0; index < purposes.length; index += 1) {
      const purpose = purposes[(rotation + index) % purposes.length];
      const next = firstInTurn(spans.filter((span) => span.purpose === purpose));
      if (next === null) continue;
      rotation += index + 1;
      return toAssignment(next, isAgain ? "again" : isBelievable(next, run.now()));
    }
    return null;
  }

  /** The oldest of the spans that have had the fewest turns. */
  function firstInTurn(spans: readonly Span[]): Span | null {
    let first: Span | null = null;
    let fewest = 0;
    for (const span of spans) {
      const had = turns.get(keyOf(span)) ?? 0;
      if (first !== null && (had > fewest || (had === fewest && !isBefore(span.from, first.from)))) continue;
      first = span;
      fewest = had;
    }
    return first;
  }

  /** The second half of what the busiest reader has still before it, if that is worth a request more. */
  function share(): Assignment | null {
    const [busiest] = [...busy].filter(hasShownNews).sort((a, b) => pagesLeft(b) - pagesLeft(a));
    if (busiest === undefined || pagesLeft(busiest) < run.limits.sharePages) return null;
    const middle = middleOf(busiest.reached!, busiest.until);
    if (middle === null) return null;
    const assignment: Assignment = {
      ...busiest,
      ask: "first", // the first half has shown something, so that silence behind it is new
      from: middle,
      until: busiest.until,
      offset: null,
      beganAt: null,
      reached: null,
      pages: 0,
    };
    busiest.until = middle;
    return assignment;
  }

  /** What one span met does not keep the others from being read. */
  async function leaveOut(assignment: Assignment, error: unknown): Promise<void> {
    if (either.aborted && error === either.reason) return;
    const { purpose, from, until } = assignment;
    const rest = { purpose, from, until };
    if (await isUnreadable(run, error, either)) {
      const span = list.spans.find((other) => other.purpose === purpose && other.from === from);
      const failedRuns = (span?.failedRuns ?? 0) + 1;
      await list.update(ofSpans((spans) => markFailed(spans, rest, failedRuns)));
      if (failedRuns < UNREADABLE_RUNS) failures.push(error as ArchiverError);
      if (failedRuns < UNREADABLE_RUNS || isSmallest(rest)) resting.push(rest);
      else await takeApart(rest);
      return;
    }
    const day = damagedDay(error);
    if (day === null) throw error;
    failures.push(error as ArchiverError);
    const damaged = { purpose, from: startOfDay(day), until: startOfDay(shiftDay(day, 1)) };
    const isInside = isBefore(from, damaged.until) && isBefore(damaged.from, until);
    resting.push(isInside ? damaged : rest);
    // What is before that day is asked for by time, up to its end: an offset would lead into that day again.
    await list.update(ofSpans((spans) => keepOffset(spans, rest, null)));
    run.deps.log("error", "a day's log is damaged; the other days go on", { workspace: run.workspace, day });
  }

  async function takeApart(part: Part): Promise<void> {
    const oldest = shiftInstant(run.now(), -KEPT_DAYS * DAY_MS);
    const before = list.spans.length;
    await list.update(ofSpans((spans) => splitInHalf(spans, part, oldest)));
    if (list.spans.length === before) resting.push(part); // the list is as long as it may be
  }
}

const keyOf = ({ purpose, until }: Part): string => `${purpose} ${until}`;

/** Doubts of this run are among those that were asked for already, so any other is an earlier run's. */
const isBelievable = ({ doubtedAt }: Span, now: Instant): Assignment["ask"] =>
  doubtedAt !== null && isOldDoubt(doubtedAt, now) ? "later" : "first";

const toAssignment = (
  { purpose, from, until, offset, failedRuns, doubtedAt }: Span,
  ask: Assignment["ask"],
): Assignment => ({
  purpose,
  from,
  until,
  offset,
  ask,
  doubtedAt,
  isSuspect: failedRuns >= UNREADABLE_RUNS,
  beganAt: null,
  reached: null,
  pages: 0,
});

/**
 * Whether something newer than the beginning of a doubt was shown. A doubt begins at the last event before a silence, which is
 * shown again. A reader that took over half of that silence would doubt it anew, and it would be believed later.
 */
const hasShownNews = ({ ask, from, reached }: Assignment): boolean =>
  ask === "first" || isBefore(from, reached && cut(reached));

/** An estimate from how far the pages so far have come; 0 where that says too little. */
function pagesLeft({ beganAt, reached, until, pages }: Assignment): number {
  if (beganAt === null || reached === null || pages < 2) return 0;
  const leftMs = instantToMs(until) - instantToMs(reached);
  const doneMs = Math.max(1, instantToMs(reached) - instantToMs(beganAt));
  return leftMs < LEAST_SHARE_MS ? 0 : ((pages - 1) * leftMs) / doneMs;
}

/** A halt outweighs a refusal, and that a fault that passes. */
export function worst(errors: readonly unknown[]): unknown {
  const order = ["halted", "misconfigured", "refused"];
  const rank = (error: unknown) => (error instanceof ArchiverError ? order.indexOf(error.kind) : -1);
  const ranked = errors.filter((error) => rank(error) >= 0).sort((a, b) => rank(a) - rank(b));
  return ranked[0] ?? errors[0];
}
