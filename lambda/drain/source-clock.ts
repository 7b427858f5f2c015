/** Small requests that show whether the source answers, and what time it is there. */
import { ArchiverError } from "../errors.ts";
import { HOUR_MS, type Instant, msToInstant } from "../event/instant.ts";
import type { PageRequest } from "../ports.ts";
import type { Run } from "./run.ts";

/** The source's clock, from one small request. Ours may be wrong, and a wrong end would leave a hole. */
export async function sourceNow(run: Run, signal: AbortSignal): Promise<Instant | "stopped"> {
  try {
    const page = await run.deps.source.page(smallRequest(run), signal);
    if (page.kind === "page" && page.servedAt !== null) {
      run.report.servedAt = page.servedAt;
      return page.servedAt;
    }
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
    return (await run.deps.source.page({ ...smallRequest(run), attempts: 1 }, signal)).kind === "page";
  } catch {
    return false;
  }
}

/** From the newest archived event on, a place that could be read; before there is one, from an hour ago. */
function smallRequest({ workspace, checkpoint, deps }: Run): PageRequest {
  const startAt = checkpoint.state.watermark ?? msToInstant(deps.clock.now() - HOUR_MS);
  return { workspace, limit: 1, startAt };
}
