import { ArchiverError } from "../errors.ts";
import type { EventSource, OffsetRefused, Page, PageAnswer, PageRequest } from "../ports.ts";

/**
 * The pages of one pass, in order. The next one is asked for as soon as an offset is known, and that request has left
 * before the page is handed out, so that all work hides behind the source's latency. The last is an empty one, one
 * without an offset, or a refusal; stopping early gives up the request in flight.
 */
export async function* readPages(
  source: EventSource,
  request: PageRequest,
  signal: AbortSignal,
  first: Page | null = null,
): AsyncGenerator<Page | OffsetRefused, void, void> {
  const ended = new AbortController();
  const either = AbortSignal.any([signal, ended.signal]);
  try {
    let current: PageAnswer = first ?? (await source.page(request, either));
    let asked = request.offset;
    while (current.kind === "page" && current.events.length > 0 && current.offset !== null) {
      if (current.offset === asked) throw standingStill();
      asked = current.offset;
      const next = source.page({ ...request, offset: asked }, either);
      next.catch(() => undefined); // awaited below; until then a failure must not count as unhandled
      await source.sent?.();
      yield current;
      current = await next;
    }
    if (current.kind === "too-large") throw pageTooLarge();
    yield current;
  } finally {
    ended.abort();
  }
}

export function pageTooLarge(): ArchiverError {
  return new ArchiverError("invalid-response", "The source sent an answer beyond the size limit.", {
    advice: "Ask for fewer events per page: a limit of 100 or less.",
  });
}

/** Following it would archive nothing new for ever. */
function standingStill(): ArchiverError {
  return new ArchiverError(
    "invalid-response",
    "The source answered a page of events with the offset it was asked for.",
    {
      advice: "The next run tries again; if it lasts, the API has changed.",
    },
  );
}
