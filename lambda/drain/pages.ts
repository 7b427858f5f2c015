import { ArchiverError } from "../errors.ts";
import type { EventSource, OffsetRefused, Page, PageRequest } from "../ports.ts";
import type { PageMemory, PageRoom } from "./page-memory.ts";

/** Where a page is too large, it is asked for again with so many events at most. */
const FEWER_EVENTS: readonly number[] = [100, 10, 1];

/** This page could not be read; others perhaps can. */
export class PageFailure extends ArchiverError {
  constructor({ kind, message, advice, status, cause }: ArchiverError) {
    super(kind, message, { advice, cause, ...(status !== undefined && { status }) });
  }
}

/** An error of the source as one of its page; a refusal, or an order to come back later, concerns all pages. */
export function asPageFailure(error: unknown): unknown {
  if (!(error instanceof ArchiverError) || error.notBefore !== undefined) return error;
  return error.kind === "unavailable" || error.kind === "invalid-response" ? new PageFailure(error) : error;
}

/** A page, and the memory it takes. */
interface Held {
  readonly answer: Page | OffsetRefused;
  readonly room: PageRoom;
}

/**
 * The pages of one pass, in order. The next one is asked for as soon as an offset is known and there is memory for it,
 * and that request has left before the page is handed out, so that all work hides behind the source's latency. The last
 * is an empty one, one without an offset, or a refusal; stopping early gives up the request in flight.
 */
export async function* readPages(
  source: EventSource,
  memory: PageMemory,
  request: PageRequest,
  signal: AbortSignal,
): AsyncGenerator<Page | OffsetRefused, void, void> {
  const ended = new AbortController(); // not `AbortSignal.any`, which costs a good part of a pass that finds no events
  const stop = (): void => ended.abort(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  let limit = request.limit;
  let current: Held | null = null;
  let next: Promise<Held> | null = null;
  try {
    current = await ask(request.offset, await memory.take(ended.signal));
    let asked = request.offset;
    while (current.answer.kind === "page" && current.answer.events.length > 0 && current.answer.offset !== null) {
      if (current.answer.offset === asked) throw new PageFailure(standingStill());
      asked = current.answer.offset;
      const room = memory.tryTake();
      if (room !== null) {
        next = ask(asked, room);
        next.catch(() => undefined); // awaited below; until then a failure must not count as unhandled
        await source.sent?.();
      }
      yield current.answer;
      current.room.free();
      current = await (next ?? ask(asked, await memory.take(ended.signal)));
      next = null;
    }
    yield current.answer;
  } finally {
    signal.removeEventListener("abort", stop);
    if (next !== null) ended.abort(OVER);
    current?.room.free();
    next?.then(
      ({ room }) => room.free(),
      () => undefined,
    );
  }

  async function ask(offset: string | undefined, taken: PageRoom): Promise<Held> {
    for (let room = taken; ; room = await memory.take(ended.signal)) {
      try {
        const answer = await source.page(
          {
            ...request,
            ...(limit !== undefined && { limit }),
            ...(offset !== undefined && { offset }),
            maxBytes: room.bytes,
          },
          ended.signal,
        );
        if (answer.kind !== "too-large") {
          room.fill(answer.kind === "page" ? sizeOf(answer) : 0);
          return { answer, room };
        }
        const grows = room.overflow();
        room.free();
        if (!grows) limit = fewerThan(limit);
      } catch (error) {
        room.free();
        throw asPageFailure(error);
      }
    }
  }
}

/** Made once: an exception for each pass would cost more than the pass. */
const OVER = new Error("The pass is over.");

const sizeOf = ({ events }: Page): number => events.reduce((bytes, { line }) => bytes + line.length, 0);

function fewerThan(limit: number | undefined): number {
  const fewer = FEWER_EVENTS.find((events) => limit === undefined || events < limit);
  if (fewer !== undefined) return fewer;
  throw new ArchiverError("invalid-response", "The source answered with a single event that is larger than 64 MiB.", {
    advice: "The rest is archived without it. Ask Asana's support about the event.",
  });
}

/** Following it would go on forever and archive nothing new. */
function standingStill(): ArchiverError {
  return new ArchiverError(
    "invalid-response",
    "The source answered with a page of events and the same offset that it was asked for.",
    { advice: "The next run tries again; if it persists, the API has changed." },
  );
}
