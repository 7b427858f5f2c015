/** One pass over the source's pages: where it ends, what is archived by then, and which position it tells. */
import { describe, expect, it } from "vitest";
import { archivePass, type Position } from "../../lambda/drain/pass.ts";
import { ArchiverError } from "../../lambda/errors.ts";
import { type Answer, eventAt, NEVER, page, scriptedRun } from "./scripted-run.ts";

const [one, two, three] = [eventAt("1", "09:01"), eventAt("2", "09:02"), eventAt("3", "09:03")];
const NOON = "2026-05-01T12:00:00.000Z";

async function passOver(
  answers: readonly Answer[],
  options: Parameters<typeof scriptedRun>[1] & {
    signal?: AbortSignal;
    offset?: string;
    first?: ReturnType<typeof page>;
  } = {},
) {
  const world = await scriptedRun(answers, options);
  const told: Position[] = [];
  const result = archivePass(
    world.run,
    {
      request: { workspace: world.run.workspace, ...(options.offset && { offset: options.offset }) },
      batchBytes: world.run.settings.batchMiB * 1024 * 1024,
      onCommitted: async (position) => void told.push(position),
      ...(options.first && { first: options.first }),
    },
    options.signal ?? NEVER,
  );
  return { ...world, told, result };
}

describe("a pass ends", () => {
  it("at an empty page, with all archived and the position told once", async () => {
    const { result, told, archived, run, asked } = await passOver([
      page([one], "a"),
      page([two, three], "b"),
      page([], "c"),
    ]);
    const position = { newest: three.at, offset: "c", servedAt: NOON };
    expect(await result).toEqual({ ...position, end: "end" });
    expect(told).toEqual([position]);
    expect(await archived()).toEqual(["2026-05-01/1: 1 2 3"]);
    expect(run.report).toMatchObject({ pages: 3, events: 3, archived: 3, servedAt: NOON, position: three.at });
    expect(asked.map(({ offset }) => offset)).toEqual([undefined, "a", "b"]);
  });

  it("cut, at a page without an offset", async () => {
    const { result, told, archived } = await passOver([page([one], "a"), page([two], null)]);
    expect(await result).toEqual({ newest: two.at, offset: null, servedAt: NOON, end: "cut" });
    expect(told).toHaveLength(1);
    expect(await archived()).toEqual(["2026-05-01/1: 1 2"]);
  });

  it("cut, at an empty page without an offset that is not the first", async () => {
    const { result, archived } = await passOver([page([one], "a"), page([], null)]);
    expect(await result).toMatchObject({ end: "cut", newest: one.at });
    expect(await archived()).toHaveLength(1);
  });

  it("blank, when the first page is empty and has no offset: no position is told", async () => {
    const { result, told, run } = await passOver([page([], null)]);
    expect(await result).toEqual({ newest: null, offset: null, servedAt: null, end: "blank" });
    expect(told).toEqual([]);
    expect(run.report.pages).toBe(1);
  });

  it("not blank, when the first page is empty and has an offset", async () => {
    const { result, told } = await passOver([page([], "a")]);
    expect(await result).toEqual({ newest: null, offset: "a", servedAt: NOON, end: "end" });
    expect(told).toHaveLength(1);
  });

  it("not blank, when the first page has events and no offset", async () => {
    expect(await (await passOver([page([one], null)])).result).toMatchObject({ end: "cut" });
  });

  it("where the offset is refused, with what came before it archived and told", async () => {
    const refused = { kind: "offset-refused", reason: "expired" } as const;
    const { result, told, archived } = await passOver([page([one], "a"), refused]);
    expect(await result).toEqual({ newest: one.at, offset: "a", servedAt: NOON, end: "offset-refused" });
    expect(told).toHaveLength(1);
    expect(await archived()).toEqual(["2026-05-01/1: 1"]);
  });

  it("where its own offset is refused, at the position it began from, with nothing to tell", async () => {
    const { result, told } = await passOver([{ kind: "offset-refused", reason: "invalid" }], { offset: "z" });
    expect(await result).toEqual({ newest: null, offset: "z", servedAt: null, end: "offset-refused" });
    expect(told).toEqual([]);
  });

  it("with a first page that is in hand, without asking for it", async () => {
    const { result, asked } = await passOver([page([], "b")], { first: page([one], "a") });
    expect(await result).toMatchObject({ end: "end", newest: one.at });
    expect(asked).toHaveLength(1);
  });
});

describe("when time is up", () => {
  it("the page in hand is archived, and the pass is stopped behind it", async () => {
    const stop = new AbortController();
    const last: Answer = () => {
      stop.abort();
      return page([two], "b");
    };
    const { result, told, archived } = await passOver([page([one], "a"), last], { signal: stop.signal });
    expect(await result).toEqual({ newest: one.at, offset: "a", servedAt: NOON, end: "stopped" });
    expect(told).toHaveLength(1);
    expect(await archived()).toEqual(["2026-05-01/1: 1"]);
  });

  it("while the next page is waited for, what was read is archived", async () => {
    const stop = new AbortController();
    const waiting: Answer = (_, signal) => {
      stop.abort();
      throw signal.reason;
    };
    const { result, told, archived } = await passOver([page([one], "a"), waiting], { signal: stop.signal });
    expect(await result).toEqual({ newest: one.at, offset: "a", servedAt: NOON, end: "stopped" });
    expect(told).toHaveLength(1);
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
  it("a source that fails ends the pass with its error, and what was read is archived and told", async () => {
    const broken = new ArchiverError("unavailable", "Broken.", { advice: "" });
    const { result, told, archived } = await passOver([page([one], "a"), broken]);
    await expect(result).rejects.toBe(broken);
    expect(told).toHaveLength(1);
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

  it("a feed that does not end is an invalid response after the most pages that are read, all archived", async () => {
    const { result, told, archived } = await passOver([page([one], "a"), page([two], "b"), page([three], "c")], {
      limits: { maxPages: 2 },
    });
    await expect(result).rejects.toMatchObject({
      kind: "invalid-response",
      message: "The source gave 2 pages in one run and did not come to an end.",
      advice: "What was read is archived; the next run goes on. If it lasts, the API has changed.",
    });
    expect(told).toHaveLength(1);
    expect(await archived()).toEqual(["2026-05-01/1: 1 2"]);
  });
});

describe("on the way", () => {
  it("a full batch is committed, and the position behind it told", async () => {
    const { result, told, archived } = await passOver([page([one], "a"), page([two], "b"), page([], "c")], {
      settings: { batchEvents: 1 },
    });
    await result;
    expect(told.map(({ offset }) => offset)).toEqual(["a", "b", "c"]);
    expect(await archived()).toEqual(["2026-05-01/1: 1", "2026-05-01/2: 2"]);
  });

  it("every page is told as progress", async () => {
    const { result, progressed } = await passOver([page([one], "a"), page([two], "b"), page([], "c")]);
    await result;
    expect(progressed()).toBe(3); // two pages in hand, one commit
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
    expect(await result).toMatchObject({ servedAt: NOON, newest: two.at });
    expect(run.report.servedAt).toBe(NOON);
  });
});

describe("an event more than a minute ahead of the source's clock", () => {
  const ahead = eventAt("9", "2026-05-01T12:01:00.001Z");
  const justNot = eventAt("8", "2026-05-01T12:01:00.000Z");

  it("is archived and counted, moves no position, and no offset from its page on is told", async () => {
    const { result, told, archived, run } = await passOver([
      page([one], "a"),
      page([two, ahead], "b"),
      page([three], "c"),
      page([], "d"),
    ]);
    expect(await result).toMatchObject({ newest: three.at, offset: "a", end: "end" });
    expect(told.map(({ offset }) => offset)).toEqual(["a"]);
    expect(await archived()).toEqual(["2026-05-01/1: 1 2 9 3"]);
    expect(run.report.ahead).toBe(1);
  });

  it("is one only beyond the minute", async () => {
    const { result, run } = await passOver([page([justNot], "a"), page([], "b")]);
    expect(await result).toMatchObject({ newest: justNot.at, offset: "b" });
    expect(run.report.ahead).toBe(0);
  });

  it("is judged on our clock where the source tells none", async () => {
    const { result, clock, run } = await passOver([
      page([ahead], "a", { servedAt: null }),
      page([], "b", { servedAt: null }),
    ]);
    expect(clock.ms).toBe(Date.parse(NOON));
    expect(await result).toMatchObject({ newest: null, offset: null });
    expect(run.report.ahead).toBe(1);
  });
});
