/** One window to its end, however often the source cuts it short; several side by side, and which failure is told. */
import { describe, expect, it } from "vitest";
import { archiveWindow, archiveWindows, type Window } from "../../lambda/drain/windows.ts";
import { ArchiverError, type ErrorKind } from "../../lambda/errors.ts";
import type { Instant } from "../../lambda/event/instant.ts";
import type { OffsetRefused, Page, PageRequest } from "../../lambda/ports.ts";
import { WORKSPACE } from "../segment/sample.ts";
import { type Answer, eventAt, NEVER, page, scriptedRun } from "./scripted-run.ts";

const at = (hour: string) => `2026-05-01T${hour}:00.000Z` as Instant;
const MORNING: Window = { startAt: at("06:00"), endAt: at("12:00") };
const [a, b, c] = [eventAt("a", "07:00"), eventAt("b", "08:00"), eventAt("c", "09:00")];
const refused: OffsetRefused = { kind: "offset-refused", reason: "expired" };
const asking = (startAt: Instant | null, offset?: string): PageRequest => ({
  workspace: WORKSPACE,
  ...(startAt !== null && { startAt }),
  endAt: MORNING.endAt,
  ...(offset !== undefined && { offset }),
});

describe("a window", () => {
  const reading = async (answers: readonly Answer[], window = MORNING, first?: Page) => {
    const world = await scriptedRun(answers);
    return { ...world, result: archiveWindow(world.run, window, NEVER, first) };
  };

  it("is read to an empty page, and its newest event told", async () => {
    const { result, asked, archived } = await reading([page([a], "1"), page([b], "2"), page([], "3")]);
    expect(await result).toEqual({ newest: b.at });
    expect(asked).toEqual([asking(MORNING.startAt), asking(MORNING.startAt, "1"), asking(MORNING.startAt, "2")]);
    expect(await archived()).toEqual(["2026-05-01/1: a b"]);
  });

  it("is not asked for its first page again, if that was read already", async () => {
    const { result, asked, archived } = await reading([page([b], null), page([b], null)], MORNING, page([a], "1"));
    expect(await result).toEqual({ newest: b.at });
    expect(asked).toEqual([asking(MORNING.startAt, "1"), asking(b.at)]);
    expect(await archived()).toEqual(["2026-05-01/1: a b"]);
  });

  it("that is cut short is read on from its newest event, until it is cut short at the same place", async () => {
    const { result, asked, archived } = await reading([page([a], null), page([a, b], null), page([b], null)]);
    expect(await result).toEqual({ newest: b.at });
    expect(asked).toEqual([asking(MORNING.startAt), asking(a.at), asking(b.at)]);
    expect(await archived()).toEqual(["2026-05-01/1: a", "2026-05-01/2: b"]);
  });

  it("that is cut short where no event had a readable time yet is read from its start again", async () => {
    const odd = eventAt("odd", "");
    const { result, asked, archived } = await reading([page([odd], null), page([odd, b], "1"), page([], "2")]);
    expect(await result).toEqual({ newest: b.at });
    expect(asked).toEqual([asking(MORNING.startAt), asking(MORNING.startAt), asking(MORNING.startAt, "1")]);
    expect(await archived()).toEqual(["2021-10-07/1: odd", "2026-05-01/1: b"]);
  });

  it("that holds events without a readable time only is done when it is cut short there twice", async () => {
    const odd = eventAt("odd", "");
    const { result, archived } = await reading([page([odd], null), page([odd], null)]);
    expect(await result).toEqual({ newest: null });
    expect(await archived()).toEqual(["2021-10-07/1: odd"]);
  });

  it("whose offset is refused is read on from its newest event", async () => {
    const { result, asked } = await reading([page([a], "1"), refused, page([a, b], "2"), page([], "3")]);
    expect(await result).toEqual({ newest: b.at });
    expect(asked.map(({ startAt }) => startAt)).toEqual([MORNING.startAt, MORNING.startAt, a.at, a.at]);
  });

  it("whose offset is refused three times without getting further is given up, and only then", async () => {
    const stuck = [page([a], "1"), refused];
    const { result, asked, archived } = await reading([...stuck, ...stuck, ...stuck, ...stuck]);
    await expect(result).rejects.toMatchObject({
      kind: "unavailable",
      message: "The source refused its own offsets 3 times at one place.",
      advice: "What was read is archived; the next run goes on.",
    });
    expect(asked.length).toBe(8);
    expect(await archived()).toEqual(["2026-05-01/1: a"]);
    const twice = await reading([
      ...stuck,
      ...stuck,
      ...stuck,
      page([a, b], "2"),
      refused,
      page([b], "3"),
      page([], "4"),
    ]);
    expect(await twice.result).toEqual({ newest: b.at });
  });

  it("without a start is one that got further at its first event", async () => {
    const stuck = [page([a], "1"), refused];
    const { result, asked } = await reading([...stuck, ...stuck, ...stuck, ...stuck], { ...MORNING, startAt: null });
    await expect(result).rejects.toMatchObject({ kind: "unavailable" });
    expect(asked.length).toBe(8);
    expect(asked[0]).toEqual(asking(null));
  });

  it("is stopped when time is up, with what was read archived", async () => {
    const stop = new AbortController();
    const stopping = () => {
      stop.abort();
      return page([a], "1");
    };
    const { run, archived } = await scriptedRun([stopping, page([b], "2")]);
    expect(await archiveWindow(run, MORNING, stop.signal)).toBe("stopped");
    expect(await archived()).toEqual(["2026-05-01/1: a"]);
  });
});

describe("windows side by side", () => {
  const hours: Window[] = ["06:00", "07:00", "08:00", "09:00"].map((hour, index, all) => ({
    startAt: at(hour),
    endAt: at(all[index + 1] ?? "10:00"),
  }));
  const eventOf: Readonly<Record<string, Page>> = {
    [at("06:00")]: page([], "none"),
    [at("07:00")]: page([a], "1"),
    [at("08:00")]: page([b], "1"),
    [at("09:00")]: page([c], "1"),
  };
  /** Answers each window by its start, with one event at most; `before` may wait, stop or fail. */
  const reading = async (windows: number, before: (startAt: Instant) => void | Promise<void> = () => undefined) => {
    const begun: Instant[] = [];
    const source = {
      page: async ({ startAt, offset }: PageRequest) => {
        if (offset !== undefined) return page([], "end");
        begun.push(startAt!);
        await before(startAt!);
        return eventOf[startAt!]!;
      },
    };
    const told: (Instant | null)[] = [];
    const { run, archived } = await scriptedRun([], { limits: { windows }, deps: { source } });
    const read = (signal = NEVER) => archiveWindows(run, hours, async (newest) => void told.push(newest), signal);
    return { read, told, begun, archived };
  };

  it("tell how far all is read after each, when there is one reader", async () => {
    const { read, told, begun } = await reading(1);
    expect(await read()).toBe(true);
    expect(begun).toEqual(hours.map(({ startAt }) => startAt));
    expect(told).toEqual([null, a.at, b.at, c.at]);
  });

  it("tell nothing while one before them is not done, and then of all at once", async () => {
    const gate = Promise.withResolvers<void>();
    const { read, told, begun } = await reading(2, async (startAt) => {
      if (startAt === at("09:00")) gate.resolve();
      if (startAt === at("06:00")) await gate.promise;
    });
    expect(await read()).toBe(true);
    expect(begun.length).toBe(4);
    expect(told[0]).toBe(b.at);
    expect(told.at(-1)).toBe(c.at);
    expect(told.length).toBe(2);
  });

  it("are begun no more once time is up, and are not done then", async () => {
    const stop = new AbortController();
    const { read, told, begun, archived } = await reading(1, (startAt) => {
      if (startAt === at("07:00")) stop.abort();
    });
    expect(await read(stop.signal)).toBe(false);
    expect(begun).toEqual([at("06:00"), at("07:00")]);
    expect(told).toEqual([null]);
    expect(await archived()).toEqual(["2026-05-01/1: a"]);
  });

  it("are begun no more once one has failed, and its failure is told", async () => {
    const failure = new Error("power cut");
    const gate = Promise.withResolvers<void>();
    const { read, begun } = await reading(2, async (startAt) => {
      if (startAt === at("06:00")) throw failure;
      await gate.promise;
    });
    const done = read();
    await expect(Promise.race([done, new Promise((resolve) => setImmediate(resolve))])).resolves.toBeUndefined();
    gate.resolve();
    await expect(done).rejects.toBe(failure);
    expect(begun).toEqual([at("06:00"), at("07:00")]);
  });

  const errorOf = (kind: ErrorKind | "plain") =>
    kind === "plain" ? new Error("plain") : new ArchiverError(kind, kind, { advice: "" });
  it.each<[ErrorKind | "plain", ErrorKind | "plain", number]>([
    ["unavailable", "halted", 1],
    ["refused", "halted", 1],
    ["halted", "refused", 0],
    ["refused", "misconfigured", 1],
    ["plain", "refused", 1],
    ["plain", "misconfigured", 1],
    ["refused", "plain", 0],
    ["plain", "unavailable", 0],
    ["unavailable", "plain", 0],
  ])("that fail as %s and %s at once tell the one that needs somebody, a halt before all", async (one, other, told) => {
    const failures = [errorOf(one), errorOf(other)];
    const gate = Promise.withResolvers<void>();
    const { read } = await reading(2, async (startAt) => {
      if (startAt === at("07:00")) gate.resolve();
      await gate.promise;
      throw failures[startAt === at("06:00") ? 0 : 1];
    });
    await expect(read()).rejects.toBe(failures[told]);
  });
});
