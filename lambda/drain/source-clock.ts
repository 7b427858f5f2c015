/** Small requests that show whether the source answers, and what time it is there. */
import { ArchiverError } from "../errors.ts";
import { HOUR_MS, type Instant, msToInstant } from "../event/instant.ts";
import type { PageAnswer } from "../ports.ts";
import { asPageFailure, PageFailure } from "./pages.ts";
import type { Run } from "./run.ts";

/** The source's clock, from a small request. Ours may be wrong, and a wrong end would leave a hole. */
export async function sourceNow(run: Run, signal: AbortSignal): Promise<Instant | "stopped"> {
  try {
    const page = await askSmall(run, signal);
    if (page.kind === "page" && page.servedAt !== null) return page.servedAt;
  } catch (error) {
    if (signal.aborted && error === signal.reason) return "stopped";
    throw error;
  }
  throw new ArchiverError("invalid-response", "The source's answer has no `Date` header, so its time is not known.", {
    advice: "Give the window an end (--to), or ask again; if it persists, a proxy may be taking the header away.",
  });
}

/** Whether the source answers at all: then what it does not answer is the fault of what was asked. */
export async function isAnswering(run: Run, signal: AbortSignal): Promise<boolean> {
  try {
    return (await askSmall(run, signal, 1)).kind !== "offset-refused";
  } catch {
    return false;
  }
}

/**
 * Asks for one event, from the newest archived one on. That place could be read once; if it no longer can, asks from the
 * present on, where there is hardly anything that could not be read.
 */
async function askSmall(run: Run, signal: AbortSignal, attempts?: number): Promise<PageAnswer> {
  const { watermark } = run.checkpoint.state;
  try {
    const answer = await ask(watermark ?? msToInstant(run.deps.clock.now() - HOUR_MS), 1);
    if (answer.kind !== "too-large") return answer;
  } catch (error) {
    if (!(asPageFailure(error) instanceof PageFailure)) throw error;
  }
  return await ask(run.now(), attempts);

  async function ask(startAt: Instant, most: number | undefined): Promise<PageAnswer> {
    for (;;) {
      const room = await run.pageMemory.take(signal);
      try {
        const window = { workspace: run.workspace, limit: 1, startAt, maxBytes: room.bytes };
        const answer = await run.deps.source.page({ ...window, ...(most !== undefined && { attempts: most }) }, signal);
        if (answer.kind === "page" && answer.servedAt !== null) run.report.servedAt = answer.servedAt;
        if (answer.kind !== "too-large" || !room.overflow()) return answer;
      } finally {
        room.free();
      }
    }
  }
}
