import { describe, expect, it } from "vitest";
import { createPageMemory } from "../../lambda/drain/page-memory.ts";
import { PageFailure, readPages } from "../../lambda/drain/pages.ts";
import { ArchiverError } from "../../lambda/errors.ts";
import { createEvent } from "../../lambda/event/event.ts";
import type { EventSource, OffsetRefused, Page, PageAnswer, PageRequest } from "../../lambda/ports.ts";
import { NEVER } from "../fakes/run.ts";

const EVENT = createEvent("1", "2026-05-01T09:00:00.000Z", Buffer.from("{}"));
const REQUEST: PageRequest = { workspace: "1201" };
const page = (offset: string | null, events = [EVENT]): Page => ({
  kind: "page",
  events,
  offset,
  servedAt: null,
});

const MIB = 1024 * 1024;
const PLENTY = () => createPageMemory(1024 * MIB);
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Answers with the pages in turn, and keeps what it was asked. */
function scripted(...answers: readonly (PageAnswer | Error)[]) {
  const asked: (PageRequest & { signal: AbortSignal })[] = [];
  const source: EventSource = {
    page: async (request, signal) => {
      const answer = answers[asked.push({ ...request, signal }) - 1];
      if (answer === undefined) throw new Error("asked once more than there are answers");
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  return { source, asked };
}

const read = (source: EventSource, request = REQUEST, memory = PLENTY()) =>
  Array.fromAsync(readPages(source, memory, request, NEVER));

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

it("the next page is asked for before this one is handed out", async () => {
  const { source, asked } = scripted(page("a"), page("b", []));
  const pages = readPages(source, PLENTY(), REQUEST, NEVER);
  await pages.next();
  expect(asked).toHaveLength(2);
  await pages.return();
});

it("a page is handed out only when the request for the next one has left", async () => {
  const { source } = scripted(page("a"), page("b", []));
  const sending = Promise.withResolvers<void>();
  let handedOut = false;
  const pages = readPages({ ...source, sent: () => sending.promise }, PLENTY(), REQUEST, NEVER);
  const first = pages.next().then(() => (handedOut = true));
  await settled();
  expect(handedOut).toBe(false);
  sending.resolve();
  await first;
  await pages.return();
});

it("a page of events with the offset that was asked for is an invalid response: following it would never end", async () => {
  const kept: unknown[] = [];
  const { source, asked } = scripted(page("a"), page("a"), page("b", []));
  const reading = async (): Promise<void> => {
    for await (const each of readPages(source, PLENTY(), REQUEST, NEVER)) kept.push(each);
  };
  await expect(reading()).rejects.toMatchObject({
    kind: "invalid-response",
    message: "The source answered with a page of events and the same offset that it was asked for.",
    advice: "The next run tries again; if it persists, the API has changed.",
  });
  expect(kept).toHaveLength(1);
  expect(asked).toHaveLength(2);
});

it("an empty page with the offset that was asked for is the end, as the source answers when nothing is new", async () => {
  const { source } = scripted(page("a", []));
  expect(await read(source, { ...REQUEST, offset: "a" })).toHaveLength(1);
});

it("a failure ahead of the reader is not unhandled, and is thrown when its page is due", async () => {
  const { source } = scripted(page("a"), new Error("reset"));
  const pages = readPages(source, PLENTY(), REQUEST, NEVER);
  expect((await pages.next()).value).toEqual(page("a"));
  await settled();
  await expect(pages.next()).rejects.toThrow("reset");
});

it("stopping early gives up the request in flight", async () => {
  const { source, asked } = scripted(page("a"), page("b", []));
  const pages = readPages(source, PLENTY(), REQUEST, NEVER);
  await pages.next();
  expect(asked[1]!.signal!.aborted).toBe(false);
  await pages.return();
  expect(asked[1]!.signal!.aborted).toBe(true);
});

it("the reader's own signal reaches the request", async () => {
  const { source, asked } = scripted(page("a"), page("b", []));
  const stop = new AbortController();
  const pages = readPages(source, PLENTY(), REQUEST, stop.signal);
  await pages.next();
  stop.abort();
  expect(asked[1]!.signal!.aborted).toBe(true);
  await pages.return();
});

const failure = (kind: ConstructorParameters<typeof ArchiverError>[0], more: object = {}) =>
  new ArchiverError(kind, "It failed.", { advice: "Wait.", status: 502, cause: "wire", ...more });

it.each([
  ["a source that does not answer", failure("unavailable"), true],
  ["an invalid response", failure("invalid-response"), true],
  ["an order to come back later", failure("unavailable", { notBefore: 1 }), false],
  ["a refusal", failure("refused"), false],
  ["a fault of ours", new TypeError("x is not a function"), false],
])("%s, as a failure of one page", async (_, error, isPageFailure) => {
  const { source } = scripted(error);
  const memory = createPageMemory(MIB);
  const thrown = await read(source, REQUEST, memory).catch((reason) => reason);
  expect(memory.tryTake()).not.toBeNull(); // it was given back
  expect(thrown instanceof PageFailure).toBe(isPageFailure);
  const { kind, message, advice, status, cause } = error as ArchiverError;
  if (isPageFailure) expect(thrown).toMatchObject({ kind, message, advice, status, cause });
  else expect(thrown).toBe(error);
});

describe("memory", () => {
  const TOO_LARGE: PageAnswer = { kind: "too-large" };
  const answers = (count: number) => Array<PageAnswer>(count).fill(TOO_LARGE);

  it.each<[totalMiB: number, limit: number | undefined, asked: string[]]>([
    [128, undefined, ["4", "8", "16", "32", "64", "64 of 100", "64 of 10", "64 of 1"]],
    [128, 100, ["4 of 100", "8 of 100", "16 of 100", "32 of 100", "64 of 100", "64 of 10", "64 of 1"]],
    [9, 50, ["4 of 50", "8 of 50", "9 of 50", "9 of 10", "9 of 1"]],
    [9, 1, ["4 of 1", "8 of 1", "9 of 1"]],
  ])(
    "of %i MiB: a page too large gets more room, then has fewer events than %s, and fails with a single one",
    async (totalMiB, limit, expected) => {
      const shown = (asked: readonly PageRequest[]) =>
        asked.map(
          (request) => `${request.maxBytes! / MIB}${request.limit === undefined ? "" : ` of ${request.limit}`}`,
        );
      const request = { ...REQUEST, ...(limit !== undefined && { limit }) };
      const memory = createPageMemory(totalMiB * MIB);
      const never = scripted(...answers(expected.length));
      await expect(read(never.source, request, memory)).rejects.toBeInstanceOf(PageFailure);
      expect(shown(never.asked)).toEqual(expected);
      expect(memory.tryTake()).not.toBeNull(); // all was given back

      const last = scripted(...answers(expected.length - 1), page("a"), page(null));
      expect(await read(last.source, request, createPageMemory(totalMiB * MIB))).toHaveLength(2);
      expect(shown(last.asked).slice(0, -1)).toEqual(expected);
      expect(last.asked.at(-1)).toMatchObject({ offset: "a" });
    },
  );

  it("is held by the lines of the page in hand and of the one ahead, until the reader stops", async () => {
    const large = page("a", [createEvent("1", "2026-05-01T09:00:00.000Z", Buffer.alloc(6 * MIB))]);
    const memory = createPageMemory(19 * MIB);
    const pages = readPages(scripted(large, large).source, memory, REQUEST, NEVER);
    await pages.next();
    expect(memory.tryTake()).toBeNull(); // 12 MiB are held, and the next page would get 7.5
    await pages.return();
    const rooms = [memory.tryTake(), memory.tryTake()];
    expect(rooms).not.toContain(null);
  });

  it("where there is none for the page ahead, it is asked for when the one in hand is done with", async () => {
    const { source, asked } = scripted(page("a"), page("b"), page(null, []));
    const memory = createPageMemory(4 * MIB);
    const pages = readPages(source, memory, REQUEST, NEVER);
    await pages.next();
    await settled();
    expect(asked).toHaveLength(1);
    expect(await Array.fromAsync(pages)).toHaveLength(2);
    expect(memory.tryTake()).not.toBeNull();
  });

  it("many readers share little of it, and each comes to its end", async () => {
    const memory = createPageMemory(4 * MIB);
    const readers = Array.from({ length: 8 }, () => {
      const { source } = scripted(page("a"), TOO_LARGE, page("b"), page("c"), page(null, []));
      return read(source, { ...REQUEST, limit: 1000 }, memory);
    });
    for (const pages of await Promise.all(readers)) expect(pages).toHaveLength(4);
  });

  it("waiting for it ends with the reader's signal", async () => {
    const memory = createPageMemory(4 * MIB);
    memory.tryTake();
    const stop = new AbortController();
    const first = readPages(scripted().source, memory, REQUEST, stop.signal).next();
    stop.abort(new Error("time is up"));
    await expect(first).rejects.toThrow("time is up");
  });
});
