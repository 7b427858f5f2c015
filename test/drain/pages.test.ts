import { expect, it } from "vitest";
import { readPages } from "../../lambda/drain/pages.ts";
import { createEvent } from "../../lambda/event/event.ts";
import type { EventSource, OffsetRefused, Page, PageRequest } from "../../lambda/ports.ts";

const EVENT = createEvent("1", "2026-05-01T09:00:00.000Z", Buffer.from("{}"));
const REQUEST: PageRequest = { workspace: "1201" };
const page = (offset: string | null, events = [EVENT]): Page => ({
  kind: "page",
  events,
  offset,
  servedAt: null,
});
const NEVER = new AbortController().signal;

/** Answers with the pages in turn, and keeps what it was asked. */
function scripted(...answers: readonly (Page | OffsetRefused | Error)[]) {
  const asked: { offset: string | undefined; signal: AbortSignal | undefined }[] = [];
  const source: EventSource = {
    page: async (request, signal) => {
      const answer = answers[asked.push({ offset: request.offset, signal }) - 1];
      if (answer === undefined) throw new Error("asked once more than there are answers");
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  return { source, asked };
}

const read = (source: EventSource, request = REQUEST, signal = NEVER, first: Page | null = null) =>
  Array.fromAsync(readPages(source, request, signal, first));

it("pages are followed by their offsets up to an empty one, which is handed out too", async () => {
  const pages = [page("a"), page("b"), page("c", [])];
  const { source, asked } = scripted(...pages);
  expect(await read(source)).toEqual(pages);
  expect(asked.map(({ offset }) => offset)).toEqual([undefined, "a", "b"]);
});

it("a page without an offset is the last, however many events it has", async () => {
  const { source, asked } = scripted(page("a"), page(null));
  expect(await read(source)).toHaveLength(2);
  expect(asked).toHaveLength(2);
});

it("a refusal is the last", async () => {
  const refused: OffsetRefused = { kind: "offset-refused", reason: "expired" };
  const { source } = scripted(page("a"), refused);
  expect(await read(source)).toEqual([page("a"), refused]);
});

it("a first page that is in hand is not asked for again", async () => {
  const { source, asked } = scripted(page("b", []));
  expect(await read(source, REQUEST, NEVER, page("a"))).toEqual([page("a"), page("b", [])]);
  expect(asked.map(({ offset }) => offset)).toEqual(["a"]);
});

it("the next page is asked for before this one is handed out", async () => {
  const { source, asked } = scripted(page("a"), page("b", []));
  const pages = readPages(source, REQUEST, NEVER);
  await pages.next();
  expect(asked).toHaveLength(2);
  await pages.return();
});

it("a page is handed out only when the request for the next one has left", async () => {
  const { source } = scripted(page("a"), page("b", []));
  const sending = Promise.withResolvers<void>();
  let handedOut = false;
  const pages = readPages({ ...source, sent: () => sending.promise }, REQUEST, NEVER);
  const first = pages.next().then(() => (handedOut = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(handedOut).toBe(false);
  sending.resolve();
  await first;
  await pages.return();
});

it("a page of events with the offset that was asked for is an invalid response: following it would never end", async () => {
  const kept: unknown[] = [];
  const { source, asked } = scripted(page("a"), page("a"), page("b", []));
  const reading = async (): Promise<void> => {
    for await (const each of readPages(source, REQUEST, NEVER)) kept.push(each);
  };
  await expect(reading()).rejects.toMatchObject({
    kind: "invalid-response",
    message: "The source answered a page of events with the offset it was asked for.",
    advice: "The next run tries again; if it lasts, the API has changed.",
  });
  expect(kept).toHaveLength(1);
  expect(asked).toHaveLength(2);
});

it("an empty page with the offset that was asked for is the end, as the source answers when nothing is new", async () => {
  const { source } = scripted(page("a", []));
  expect(await read(source, { ...REQUEST, offset: "a" })).toHaveLength(1);
});

it("a failure ahead of the reader is not unhandled, and is told when its page is due", async () => {
  const { source } = scripted(page("a"), new Error("reset"));
  const pages = readPages(source, REQUEST, NEVER);
  expect((await pages.next()).value).toEqual(page("a"));
  await new Promise((resolve) => setImmediate(resolve));
  await expect(pages.next()).rejects.toThrow("reset");
});

it("stopping early gives up the request in flight", async () => {
  const { source, asked } = scripted(page("a"), page("b", []));
  const pages = readPages(source, REQUEST, NEVER);
  await pages.next();
  expect(asked[1]!.signal!.aborted).toBe(false);
  await pages.return();
  expect(asked[1]!.signal!.aborted).toBe(true);
});

it("the reader's own signal reaches the request", async () => {
  const { source, asked } = scripted(page("a"), page("b", []));
  const stop = new AbortController();
  const pages = readPages(source, REQUEST, stop.signal);
  await pages.next();
  stop.abort();
  expect(asked[1]!.signal!.aborted).toBe(true);
  await pages.return();
});
