import { ArchiverError } from "../errors.ts";
import { compareInstants, type Instant, laterInstant, msToInstant, shiftInstant } from "../event/instant.ts";
import type { Page, PageRequest } from "../ports.ts";
import { createBatch } from "./batch.ts";
import { readPages } from "./pages.ts";
import type { Run } from "./run.ts";

/**
 * `end`: an empty page was seen: nothing more for now. `cut`: a page had no offset, although events have matched; there
 * may be more. `stopped`: time was up. `offset-refused`: the source does not take the offset; what came before it is
 * archived. `blank`: no events and no `next_page`: nothing has ever matched.
 */
export type PassEnd = "end" | "cut" | "stopped" | "offset-refused" | "blank";

/** Up to where everything that a pass was shown is archived. */
export interface Position {
  /** Newest `created_at` seen, those ahead of the source's clock left out. */
  readonly newest: Instant | null;
  /** Token behind the archived pages; null: none to be saved. */
  readonly offset: string | null;
  readonly servedAt: Instant | null;
}

export interface PassResult extends Position {
  readonly end: PassEnd;
}

export interface Pass {
  readonly request: PageRequest;
  /** The first page, if it has been read already. */
  readonly first?: Page;
  readonly batchBytes: number;
  /** Called after every commit. */
  readonly onCommitted?: (position: Position) => Promise<void>;
}

/**
 * Reads pages to their end and makes the archive hold their events. When time is up, or the source fails, all that was
 * read is committed first. A failing archive ends it at once: the next run reads the pages again.
 */
export async function archivePass(run: Run, pass: Pass, signal: AbortSignal): Promise<PassResult> {
  const { source, clock } = run.deps;
  const batch = createBatch(run, pass.batchBytes);
  let position: Position = { newest: null, offset: pass.request.offset ?? null, servedAt: null };
  let isTrusted = true; // until an event from the future is seen: the cursor behind it would miss all that follows
  let pagesSeen = 0;
  let pagesTold = 0;
  const commit = async (): Promise<void> => {
    await batch.commit();
    if (pagesSeen > pagesTold) await pass.onCommitted?.(position);
    pagesTold = pagesSeen;
  };

  const pages = readPages(source, pass.request, signal, pass.first);
  try {
    for (;;) {
      const next = await readOrCommit(pages, commit, signal);
      if (next === "stopped") return { ...position, end: "stopped" };
      if (next.done) return { ...position, end: "end" };
      const page = next.value;
      if (page.kind === "offset-refused") {
        await commit();
        return { ...position, end: "offset-refused" };
      }
      countPage(run, page);
      if (pagesSeen === 0 && page.events.length === 0 && page.offset === null) return { ...position, end: "blank" };
      pagesSeen += 1;
      await batch.add(page.events);
      const limit = shiftInstant(page.servedAt ?? msToInstant(clock.now()), run.limits.aheadMs);
      const { newest, ahead } = newestUntil(page, limit);
      run.report.ahead += ahead;
      if (ahead > 0) isTrusted = false;
      position = {
        newest: laterInstant(position.newest, newest),
        offset: isTrusted ? page.offset : position.offset,
        servedAt: page.servedAt ?? position.servedAt,
      };
      run.report.position = laterInstant(run.report.position, position.newest);
      if (page.events.length === 0 || page.offset === null) {
        await commit();
        return { ...position, end: page.offset === null ? "cut" : "end" };
      }
      if (signal.aborted) {
        await commit();
        return { ...position, end: "stopped" };
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

/** A request for the window [startAt, endAt); null: open on that side. */
export function pageRequest(run: Run, startAt: Instant | null, endAt: Instant | null, offset?: string): PageRequest {
  return {
    workspace: run.workspace,
    ...(startAt !== null && { startAt }),
    ...(endAt !== null && { endAt }),
    ...(run.settings.pageLimit !== null && { limit: run.settings.pageLimit }),
    ...(offset !== undefined && { offset }),
  };
}

function countPage(run: Run, page: Page): void {
  run.report.pages += 1;
  run.report.events += page.events.length;
  if (page.servedAt !== null) run.report.servedAt = page.servedAt;
}

/** The newest event not after the limit, by its time and not by its place; and how many are after it. */
function newestUntil(page: Page, limit: Instant): { newest: Instant | null; ahead: number } {
  let newest: Instant | null = null;
  let ahead = 0;
  for (const { at } of page.events) {
    if (at === null) continue;
    if (compareInstants(at, limit) > 0) ahead += 1;
    else newest = laterInstant(newest, at);
  }
  return { newest, ahead };
}

function endless(pages: number): ArchiverError {
  return new ArchiverError(
    "invalid-response",
    `The source gave ${pages} pages in one run and did not come to an end.`,
    {
      advice: "What was read is archived; the next run goes on. If it lasts, the API has changed.",
    },
  );
}
