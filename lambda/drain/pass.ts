import { ArchiverError } from "../errors.ts";
import type { SourceEvent } from "../event/event.ts";
import {
  compareInstants,
  type Instant,
  instantToMs,
  laterInstant,
  msToInstant,
  shiftInstant,
} from "../event/instant.ts";
import type { Page, PageRequest, SavedOffset } from "../ports.ts";
import { type BatchWatcher, createBatch } from "./batch.ts";
import { readPages } from "./pages.ts";
import type { Run } from "./run.ts";

/**
 * `end`: an empty page was seen, or one without an offset: nothing more was shown. `turn`: another reader goes on. `stopped`: time was up. `offset-refused`: the source does not take the offset; what
 * came before it is archived. `blank`: no events and no `next_page`: nothing matches.
 */
export type PassEnd = "end" | "turn" | "stopped" | "offset-refused" | "blank";

/** How far a pass has come: everything that it was shown is archived. */
export interface Position {
  /** Newest `created_at` archived, except those ahead of the source's clock. */
  readonly newest: Instant | null;
  /**
   * Where to go on by time: less than `newest` by the last page or a minute, whichever is shorter, since a source may
   * show events a little out of order. Null: nothing with a time was seen.
   */
  readonly resumeAt: Instant | null;
  /** To go on right behind the last page; null: no token, or one that must not be kept. */
  readonly offset: SavedOffset | null;
}

export interface PassResult extends Position {
  readonly end: PassEnd;
  readonly pages: number;
}

export interface Pass {
  readonly request: PageRequest;
  readonly batchBytes: number;
  /** Whether events older than the watermark were missed by a cursor, or are simply read for the first time. */
  readonly countsLate: boolean;
  /** Whether to stop after so many pages, at the place where reading would go on by time. */
  readonly isTurnOver?: (pages: number, place: Instant | null) => boolean;
  /** Events as the source showed them, once they are in the batch. */
  readonly onShown?: (events: readonly SourceEvent[], position: Position) => void;
  readonly watcher?: BatchWatcher;
  /** Called after every commit; `isEnd`: nothing more was shown. */
  readonly onCommitted: (position: Position, isEnd: boolean) => Promise<void>;
}

/** Where an offset is refused on the way, reading goes on by time; this often without getting further. */
export const MAX_REFUSALS = 3;

export const offsetsRefused = (): ArchiverError =>
  new ArchiverError("unavailable", `The source refused its own offsets ${MAX_REFUSALS} times at one place.`, {
    advice: "What was read is archived; the next run goes on.",
  });

/** How much out of order, in time, a source may show events. */
const DISORDER_MS = 60_000;

/**
 * Reads pages to their end and makes the archive hold their events. When time is up, or the source fails, all that was
 * read is committed first. A failing archive ends it at once: the next run reads the pages again.
 */
export async function archivePass(run: Run, pass: Pass, signal: AbortSignal): Promise<PassResult> {
  const { request } = pass;
  const batch = createBatch(run, pass.batchBytes, pass.countsLate, pass.watcher);
  let position: Position = { newest: null, resumeAt: null, offset: null };
  let isTrusted = true; // until an event from the future is seen: the cursor behind it would miss all that follows
  let pagesSeen = 0;
  let pagesCommitted = 0;
  const commit = async (isEnd = false): Promise<void> => {
    await batch.commit();
    if (pagesSeen > pagesCommitted) await pass.onCommitted(position, isEnd);
    pagesCommitted = pagesSeen;
  };
  const ended = (end: PassEnd): PassResult => ({ ...position, end, pages: pagesSeen });

  const addUnlessStopped = async (events: readonly SourceEvent[]) => {
    try {
      return await batch.add(events, signal);
    } catch (error) {
      if (!signal.aborted || error !== signal.reason) throw error;
      await commit(); // without this page: it is read again
      return "stopped" as const;
    }
  };

  const pages = readPages(run.deps.source, run.pageMemory, request, signal);
  try {
    for (;;) {
      const next = await readOrCommit(pages, commit, signal);
      if (next === "stopped") return ended("stopped");
      if (next.done) return ended("end");
      const page = next.value;
      if (page.kind === "offset-refused") {
        await commit();
        return ended("offset-refused");
      }
      countPage(run, page);
      if (pagesSeen === 0 && page.events.length === 0 && page.offset === null) return ended("blank");
      const { commits } = batch;
      const kept = await addUnlessStopped(page.events);
      if (kept === "stopped") return ended("stopped");
      // The batch had too many days open and committed itself: all pages before this one are archived.
      if (batch.commits > commits && pagesSeen > pagesCommitted) {
        await pass.onCommitted(position, false);
        pagesCommitted = pagesSeen;
      }
      pagesSeen += 1;
      const limit = shiftInstant(page.servedAt ?? msToInstant(run.deps.clock.now()), run.limits.aheadMs);
      const { newest, oldest, ahead } = extentUntil(kept, limit);
      run.report.ahead += ahead;
      if (ahead > 0) isTrusted = false;
      position = {
        newest: laterInstant(position.newest, newest),
        resumeAt: newest === null ? position.resumeAt : laterInstant(position.resumeAt, placeBehind(newest, oldest!)),
        offset: isTrusted ? savedOffset(request, page, laterInstant(position.newest, newest)) : position.offset,
      };
      pass.onShown?.(kept, position);
      run.report.position = laterInstant(run.report.position, position.newest);
      const end = endOf(page, pass, pagesSeen, position, signal);
      if (end !== null) {
        await commit(end === "end");
        return ended(end);
      }
      if (batch.isFull()) await commit();
      else run.progress();
      if (run.report.pages >= run.limits.maxPages) {
        await commit();
        throw endless(run.limits.maxPages);
      }
    }
  } finally {
    await pages.return();
  }
}

/** The next page; if there is none to be had, what is in hand is committed before anything else. */
async function readOrCommit(
  pages: ReturnType<typeof readPages>,
  commit: () => Promise<void>,
  signal: AbortSignal,
): Promise<Awaited<ReturnType<typeof pages.next>> | "stopped"> {
  try {
    return await pages.next();
  } catch (error) {
    await commit();
    // The source may still say "not before" when time runs out while it is waited for: that is worth knowing.
    if (signal.aborted && !(error instanceof ArchiverError && error.notBefore !== undefined)) return "stopped";
    throw error;
  }
}

function endOf(page: Page, pass: Pass, pages: number, { resumeAt }: Position, signal: AbortSignal): PassEnd | null {
  if (page.events.length === 0 || page.offset === null) return "end";
  if (signal.aborted) return "stopped";
  return pass.isTurnOver?.(pages, resumeAt) ? "turn" : null;
}

const placeBehind = (newest: Instant, oldestOnPage: Instant): Instant =>
  msToInstant(Math.max(instantToMs(newest) - DISORDER_MS, instantToMs(oldestOnPage)));

function savedOffset({ startAt, endAt }: PageRequest, page: Page, newest: Instant | null): SavedOffset | null {
  if (page.offset === null) return null;
  return { token: page.offset, startAt: startAt ?? null, endAt: endAt ?? null, obtainedAt: page.servedAt, newest };
}

/** A request for the window [startAt, endAt), or to go on from an offset with the filters that it was issued for. */
export function pageRequest(
  run: Run,
  window: Pick<SavedOffset, "startAt" | "endAt"> & { readonly token?: string },
): PageRequest {
  const { startAt, endAt, token } = window;
  return {
    workspace: run.workspace,
    ...(startAt !== null && { startAt }),
    ...(endAt !== null && { endAt }),
    ...(run.settings.pageLimit !== null && { limit: run.settings.pageLimit }),
    ...(token !== undefined && { offset: token }),
  };
}

/** Whether a saved offset is worth trying. */
export function isFresh(run: Run, offset: SavedOffset | null): offset is SavedOffset {
  if (offset === null || offset.obtainedAt === null) return false;
  return instantToMs(offset.obtainedAt) >= run.deps.clock.now() - run.limits.offsetLifeMs;
}

export function countPage(run: Run, page: Page): void {
  run.report.pages += 1;
  run.report.events += page.events.length;
  if (page.servedAt !== null) run.report.servedAt = page.servedAt;
}

/** Extent of the events not after the limit, by their times and not by their places; and how many are after it. */
function extentUntil(events: readonly SourceEvent[], limit: Instant) {
  let newest: Instant | null = null;
  let oldest: Instant | null = null;
  let ahead = 0;
  for (const { at } of events) {
    if (at === null) continue;
    if (compareInstants(at, limit) > 0) ahead += 1;
    else {
      newest = laterInstant(newest, at);
      if (oldest === null || compareInstants(at, oldest) < 0) oldest = at;
    }
  }
  return { newest, oldest, ahead };
}

function endless(pages: number): ArchiverError {
  return new ArchiverError(
    "invalid-response",
    `The source gave ${pages} pages in one run and did not come to an end.`,
    {
      advice: "What was read is archived; the next run goes on. If it persists, the API has changed.",
    },
  );
}
