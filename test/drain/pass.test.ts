/** One pass over the source's pages: where it ends, what is archived by then, and which position it reports. */
import { describe, expect, it } from "vitest";
import { defaultLimits } from "../../lambda/drain/limits.ts";
import { PageFailure } from "../../lambda/drain/pages.ts";
import {
  archivePass,
  isFresh,
  type Pass,
  type PassResult,
  type Position,
  pageRequest,
} from "../../lambda/drain/pass.ts";
import { ArchiverError } from "../../lambda/errors.ts";
import { type Instant, shiftInstant } from "../../lambda/event/instant.ts";
import type { SavedOffset } from "../../lambda/ports.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { type Answer, eventAt, NEVER, page, scriptedRun } from "./scripted-run.ts";

const [one, two, three] = [eventAt("1", "09:01"), eventAt("2", "09:02"), eventAt("3", "09:03")];
const NOON = "2026-05-01T12:00:00.000Z" as Instant;

async function passOver(
  answers: readonly Answer[],
  options: Parameters<typeof scriptedRun>[1] & {
    signal?: AbortSignal;
    offset?: string;
    pass?: Partial<Pass>;
  } = {},
) {
  const world = await scriptedRun(answers, options);
  const saved: (Position & { readonly isEnd: boolean })[] = [];
  const result = archivePass(
    world.run,
    {
      request: { workspace: world.run.workspace, ...(options.offset && { offset: options.offset }) },
      batchBytes: world.run.settings.batchMiB * 1024 * 1024,
      countsLate: true,
      onCommitted: async (position, isEnd) => void saved.push({ ...position, isEnd }),
      ...options.pass,
    },
    options.signal ?? NEVER,
  );
  return { ...world, saved, result };
}

/** A position behind a page of one event, or of events a minute apart or less: where to go on by time is the page's oldest. */
const at = (newest: Instant | null, token: string | null, resumeAt = newest): Position => ({
  newest,
  resumeAt,
  offset: token === null ? null : { token, startAt: null, endAt: null, obtainedAt: NOON, newest },
});
const refused: Answer = { kind: "offset-refused", reason: "expired" };

describe("a pass ends", () => {
  it("at an empty page, with all archived and the position saved once", async () => {
    const { result, saved, archived, run, asked } = await passOver([
      page([one], "a"),
      page([two, three], "b"),
      page([], "c"),
    ]);
    const position = at(three.at, "c", two.at);
    expect(await result).toEqual({ ...position, end: "end", pages: 3 });
    expect(saved).toEqual([{ ...position, isEnd: true }]);
    expect(await archived()).toEqual(["2026-05-01/1: 1 2 3"]);
    expect(run.report).toMatchObject({ pages: 3, events: 3, archived: 3, servedAt: NOON, position: three.at });
    expect(asked.map(({ offset }) => offset)).toEqual([undefined, "a", "b"]);
  });

  it.each<[string, Answer[], Partial<PassResult>, string[]]>([
    ["with events", [page([one], "a"), page([two], null)], at(two.at, null), ["2026-05-01/1: 1 2"]],
    ["that is empty and not the first", [page([one], "a"), page([], null)], at(one.at, null), ["2026-05-01/1: 1"]],
    ["that is the first and has events", [page([one], null)], at(one.at, null), ["2026-05-01/1: 1"]],
  ])("at a page without an offset %s", async (_, answers, position, lines) => {
    const { result, saved, archived } = await passOver(answers);
    expect(await result).toEqual({ ...position, end: "end", pages: answers.length });
    expect(saved).toEqual([{ ...position, isEnd: true }]);
    expect(await archived()).toEqual(lines);
  });

  it("blank, when the first page is empty and has no offset: no position is saved", async () => {
    const { result, saved, run } = await passOver([page([], null)]);
    expect(await result).toEqual({ ...at(null, null), end: "blank", pages: 0 });
    expect(saved).toEqual([]);
    expect(run.report.pages).toBe(1);
  });

  it("not blank, when the first page is empty and has an offset", async () => {
    const { result, saved } = await passOver([page([], "a")]);
    expect(await result).toEqual({ ...at(null, "a"), end: "end", pages: 1 });
    expect(saved).toHaveLength(1);
  });

  it("where the offset is refused, with what came before it archived and saved", async () => {
    const { result, saved, archived } = await passOver([page([one], "a"), refused]);
    expect(await result).toEqual({ ...at(one.at, "a"), end: "offset-refused", pages: 1 });
    expect(saved).toEqual([{ ...at(one.at, "a"), isEnd: false }]);
    expect(await archived()).toEqual(["2026-05-01/1: 1"]);
  });

  it("where the offset that it began from is refused, with nothing to save", async () => {
    const { result, saved } = await passOver([refused], { offset: "z" });
    expect(await result).toEqual({ ...at(null, null), end: "offset-refused", pages: 0 });
    expect(saved).toEqual([]);
  });

  it("when its turn is over, asked after each page with the place where another would go on, committed and not at its end", async () => {
    const pages = [page([one], "a"), page([two], "b"), page([three], "c"), page([], "d")];
    const asked: [number, Instant | null][] = [];
    const isTurnOver = (count: number, place: Instant | null) => {
      asked.push([count, place]);
      return count === 2;
    };
    const { result, saved } = await passOver(pages, { pass: { isTurnOver } });
    expect(await result).toEqual({ ...at(two.at, "b"), end: "turn", pages: 2 });
    expect(saved).toEqual([{ ...at(two.at, "b"), isEnd: false }]);
    expect(asked).toEqual([
      [1, one.at],
      [2, two.at],
    ]);
  });

  it("at an empty page, or when time is up, also where its turn is over", async () => {
    const isTurnOver = () => true;
    expect(await (await passOver([page([], "a")], { pass: { isTurnOver } })).result).toMatchObject({ end: "end" });
    const stop = new AbortController();
    const stopping: Answer = () => {
      stop.abort();
      return page([two], "b");
    };
    const stopped = await passOver([page([one], "a"), stopping], {
      pass: { isTurnOver: (count) => count > 1 },
      signal: stop.signal,
    });
    expect(await stopped.result).toMatchObject({ end: "stopped" });
  });
});

describe("when time is up", () => {
  it("the page in hand is archived, and the pass is stopped behind it", async () => {
    const stop = new AbortController();
    const last: Answer = () => {
      stop.abort();
      return page([two], "b");
    };
    const { result, saved, archived } = await passOver([page([one], "a"), last], { signal: stop.signal });
    expect(await result).toEqual({ ...at(one.at, "a"), end: "stopped", pages: 1 });
    expect(saved).toHaveLength(1);
    expect(await archived()).toEqual(["2026-05-01/1: 1"]);
  });

  it("while the next page is waited for, what was read is archived", async () => {
    const stop = new AbortController();
    const waiting: Answer = (_, signal) => {
      stop.abort();
      throw signal.reason;
    };
    const { result, saved, archived } = await passOver([page([one], "a"), waiting], { signal: stop.signal });
    expect(await result).toEqual({ ...at(one.at, "a"), end: "stopped", pages: 1 });
    expect(saved).toHaveLength(1);
    expect(await archived()).toEqual(["2026-05-01/1: 1"]);
  });

  it("a word on when to come back is passed on all the same", async () => {
    const stop = new AbortController();
    const later = new ArchiverError("unavailable", "Later.", { advice: "", notBefore: 5 });
    const { result } = await passOver(
      [
        () => {
          stop.abort();
          throw later;
        },
      ],
      { signal: stop.signal },
    );
    await expect(result).rejects.toBe(later);
  });

  it("another failure of the source is not", async () => {
    const stop = new AbortController();
    const broken = new ArchiverError("unavailable", "Broken.", { advice: "" });
    const { result } = await passOver(
      [
        () => {
          stop.abort();
          throw broken;
        },
      ],
      { signal: stop.signal },
    );
    expect(await result).toMatchObject({ end: "stopped" });
  });
});

describe("when something fails", () => {
  it("a source that fails ends the pass with an error of its page, and what was read is archived and saved", async () => {
    const broken = new ArchiverError("unavailable", "Broken.", { advice: "" });
    const { result, saved, archived } = await passOver([page([one], "a"), broken]);
    const failure = await result.catch((error) => error);
    expect(failure).toBeInstanceOf(PageFailure); // of this page: others can perhaps be read
    expect(failure).toMatchObject({ kind: "unavailable", message: "Broken." });
    expect(saved).toHaveLength(1);
    expect(await archived()).toEqual(["2026-05-01/1: 1"]);
  });

  it("an archive that fails ends it, and gives up the request in flight", async () => {
    const signals: AbortSignal[] = [];
    const kept: Answer = (_, signal) => {
      signals.push(signal);
      return page([two], "b");
    };
    const create = () => Promise.reject(new Error("no"));
    const world = await scriptedRun();
    const { result } = await passOver([page([one], "a"), kept, kept], {
      settings: { batchEvents: 1 },
      deps: { archive: { ...world.deps.archive, create } },
    });
    await expect(result).rejects.toThrow("no");
    expect(signals.at(-1)!.aborted).toBe(true);
  });

  it.each<[string, error: Error | null, saved: number]>([
    ["the signal, what was read before is committed", null, 1],
    ["anything else, nothing is, although time is up as well", new Error("no"), 0],
  ])("where a page cannot be sorted out because of %s", async (_, error, commits) => {
    const stop = new AbortController();
    const objects = new Map<string, Buffer>();
    const archive = createMemoryArchive(objects);
    const list: typeof archive.list = (prefix, after) => {
      if (!prefix.includes("2026-05-02")) return archive.list(prefix, after);
      stop.abort();
      throw error ?? stop.signal.reason;
    };
    const pages = [page([one], "a"), page([eventAt("b", "2026-05-02T09:00:00.000Z")], "b"), page([], "c")];
    const { result, saved } = await passOver(pages, { signal: stop.signal, deps: { archive: { ...archive, list } } });
    if (error === null) expect(await result).toEqual({ ...at(one.at, "a"), end: "stopped", pages: 1 });
    else await expect(result).rejects.toBe(error);
    expect([saved.length, objects.size]).toEqual([commits, commits]);
  });

  it("a feed that does not end is an invalid response after the most pages that are read, all archived", async () => {
    const { result, saved, archived } = await passOver([page([one], "a"), page([two], "b"), page([three], "c")], {
      limits: { maxPages: 2 },
    });
    await expect(result).rejects.toMatchObject({
      kind: "invalid-response",
      message: "The source gave 2 pages in one run and did not come to an end.",
      advice: "What was read is archived; the next run goes on. If it persists, the API has changed.",
    });
    expect(saved).toHaveLength(1);
    expect(await archived()).toEqual(["2026-05-01/1: 1 2"]);
  });
});

describe("on the way", () => {
  it("a full batch is committed, and the position behind it saved", async () => {
    const { result, saved, archived } = await passOver([page([one], "a"), page([two], "b"), page([], "c")], {
      settings: { batchEvents: 1 },
    });
    await result;
    expect(saved.map(({ offset, isEnd }) => [offset?.token, isEnd])).toEqual([
      ["a", false],
      ["b", false],
      ["c", true],
    ]);
    expect(await archived()).toEqual(["2026-05-01/1: 1", "2026-05-01/2: 2"]);
  });

  it("every page and every commit is progress", async () => {
    const { result, progressed } = await passOver([page([one], "a"), page([two], "b"), page([], "c")]);
    await result;
    expect(progressed()).toBe(3); // two pages in hand, one commit
  });

  it("what was shown is handed on once it is in the batch, with the position so far, and without conflicts", async () => {
    const shown: [string, Instant | null][] = [];
    const other = eventAt("1", "09:01", { changed: true });
    const { result } = await passOver([page([one, two], "a"), page([other, three], "b"), page([], "c")], {
      pass: { onShown: (events, { newest }) => void shown.push([events.map(({ id }) => id).join(" "), newest]) },
    });
    await result;
    expect(shown).toEqual([
      ["1 2", two.at],
      ["3", three.at],
      ["", three.at],
    ]);
  });

  it.each<[string, string[], string]>([
    [
      "the oldest of the last page, where that is less than a minute before the newest",
      ["09:00:30", "09:01:00"],
      "09:00:30",
    ],
    ["a minute before the newest, where the page is longer", ["08:00:00", "09:01:00"], "09:00:00"],
    ["that, whatever the order", ["09:01:00", "08:00:00"], "09:00:00"],
  ])("going on by time begins at %s", async (_, times, resumeAt) => {
    const events = times.map((time, index) => eventAt(String(index), `2026-05-01T${time}.000Z`));
    const { result } = await passOver([page(events, "a"), page([], "b")]);
    expect(await result).toMatchObject({ newest: "2026-05-01T09:01:00.000Z", resumeAt: `2026-05-01T${resumeAt}.000Z` });
  });

  it("and does not fall back where a later page is older", async () => {
    const { result } = await passOver([page([three], "a"), page([one], "b"), page([], "c")]);
    expect(await result).toMatchObject({ newest: three.at, resumeAt: three.at });
  });

  it("an offset is saved with the window that was asked for", async () => {
    const [startAt, endAt] = [one.at!, three.at!];
    const { result, run } = await passOver([page([two], "a"), page([], "b")], {
      pass: { request: { workspace: "1201", startAt, endAt } },
    });
    expect((await result).offset).toEqual({ token: "b", startAt, endAt, obtainedAt: NOON, newest: two.at });
    expect(run.workspace).toBe("1201");
  });

  it("the newest is so by its time and not by its place, and does not fall", async () => {
    const { result, run } = await passOver([page([three, one], "a"), page([two], "b"), page([], "c")]);
    expect(await result).toMatchObject({ newest: three.at });
    expect(run.report.position).toBe(three.at);
  });

  it("events without a time have no part in it", async () => {
    const { result, archived } = await passOver([page([one, eventAt("odd", "")], "a"), page([], "b")]);
    expect(await result).toMatchObject({ newest: one.at });
    expect(await archived()).toEqual(["2021-10-07/1: odd", "2026-05-01/1: 1"]);
  });

  it("a source without a clock is read on ours, and the clock it had is kept", async () => {
    const { result, run } = await passOver([
      page([one], "a"),
      page([two], "b", { servedAt: null }),
      page([], "c", { servedAt: null }),
    ]);
    expect(await result).toMatchObject({ newest: two.at, offset: { token: "c", obtainedAt: null } });
    expect(run.report.servedAt).toBe(NOON);
  });
});

describe("an event more than a minute ahead of the source's clock", () => {
  const ahead = eventAt("9", "2026-05-01T12:01:00.001Z");
  const justNot = eventAt("8", "2026-05-01T12:01:00.000Z");

  it("is archived and counted, moves no position, and no offset from its page on is saved", async () => {
    const pages = [page([one], "a"), page([two, ahead], "b"), page([three], "c"), page([], "d")];
    const { result, saved, archived, run } = await passOver(pages);
    const { offset } = at(one.at, "a");
    expect(await result).toMatchObject({ newest: three.at, resumeAt: three.at, offset, end: "end" });
    expect(saved.map(({ offset }) => offset?.token)).toEqual(["a"]);
    expect(await archived()).toEqual(["2026-05-01/1: 1 2 9 3"]);
    expect(run.report.ahead).toBe(1);
  });

  it("is one only beyond the minute", async () => {
    const { result, run } = await passOver([page([justNot], "a"), page([], "b")]);
    expect(await result).toMatchObject({ newest: justNot.at, offset: { token: "b" } });
    expect(run.report.ahead).toBe(0);
  });

  it("is judged on our clock where the source has none", async () => {
    const { result, clock, run } = await passOver([
      page([ahead], "a", { servedAt: null }),
      page([], "b", { servedAt: null }),
    ]);
    expect(clock.ms).toBe(Date.parse(NOON));
    expect(await result).toMatchObject({ newest: null, resumeAt: null, offset: null });
    expect(run.report.ahead).toBe(1);
  });
});

describe("a request", () => {
  const runOf = async (pageLimit: number | null = null) => (await scriptedRun([], { settings: { pageLimit } })).run;
  const saved = at(one.at, "z").offset!;

  it("of a window has its ends as far as there are some, and a limit if one is set", async () => {
    expect(pageRequest(await runOf(), { startAt: null, endAt: null })).toEqual({ workspace: "1201" });
    const window = { startAt: one.at, endAt: two.at };
    expect(pageRequest(await runOf(50), window)).toEqual({ workspace: "1201", ...window, limit: 50 });
  });

  it("of an offset has the filters that it was issued for", async () => {
    const request = { workspace: "1201", startAt: one.at, offset: "z" };
    expect(pageRequest(await runOf(), { ...saved, startAt: one.at })).toEqual(request);
  });

  it.each<[string, SavedOffset | null, boolean]>([
    ["as old as offsets live", { ...saved, obtainedAt: shiftInstant(NOON, -defaultLimits.offsetLifeMs) }, true],
    ["older than that", { ...saved, obtainedAt: shiftInstant(NOON, -defaultLimits.offsetLifeMs - 1) }, false],
    ["of unknown age", { ...saved, obtainedAt: null }, false],
    ["that is none", null, false],
  ])("tries an offset %s: %s", async (_, offset, expected) => {
    expect(isFresh(await runOf(), offset)).toBe(expected);
  });
});
