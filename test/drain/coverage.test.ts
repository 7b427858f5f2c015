/** Protocol: "Coverage". Which entries rescans leave of the days that they read, and what those say. */
import { describe, expect, it } from "vitest";
import { coverageKey, parseCoverageKey } from "../../lambda/coverage/coverage-key.ts";
import { type CoverageEntry, entryHash, parseEntry } from "../../lambda/coverage/entry.ts";
import { emptyCheckpoint } from "../../lambda/drain/checkpoint.ts";
import { ArchiverError } from "../../lambda/errors.ts";
import { DAY_MS, HOUR_MS, type Instant, shiftDay } from "../../lambda/event/instant.ts";
import type { CheckpointState, EventSource } from "../../lambda/ports.ts";
import { readHeader } from "../../lambda/segment/reader.ts";
import { createWorld, WORKSPACE, type World } from "./world.ts";

const at = (text: string) => text as Instant;
const DUE = { kind: "due" } as const;
const YESTERDAY = "2026-04-30";
const dayOfMay = (day: string) => ({
  kind: "window" as const,
  startAt: at(`${day}T00:00:00.000Z`),
  endAt: at(`${shiftDay(day, 1)}T00:00:00.000Z`),
});

/** Noon of 1 May. All that was due was done, but for yesterday, with events at ten and at eleven o'clock. */
async function worldWithYesterday(more: Partial<CheckpointState> = {}): Promise<World> {
  const world = createWorld();
  const scheduled = {
    recentUntil: at("2026-05-01T11:00:00.000Z"),
    settledThrough: "2026-04-29",
    agedThrough: "2026-02-10",
  };
  await world.checkpoints.move(WORKSPACE, { ...emptyCheckpoint, scheduled, ...more }, null);
  world.emit(`${YESTERDAY}T10:00:00.000Z`);
  world.emit(`${YESTERDAY}T11:00:00.000Z`);
  await world.drain();
  return world;
}

/** By number. */
async function entries({ archive }: World, day = YESTERDAY): Promise<CoverageEntry[]> {
  const found: CoverageEntry[] = [];
  for await (const { key } of archive.list(`coverage/workspace=${WORKSPACE}/dt=${day}/`)) {
    found.push(parseEntry((await archive.get(key))!));
  }
  return found;
}

const rescanAnHourLater = async (world: World, other: Parameters<World["rescan"]>[1] = {}) => {
  await world.pass(HOUR_MS);
  return await world.rescan(DUE, other);
};

/** The source, less what has this gid. */
function without(world: World, gid: string): EventSource {
  const { source } = world.deps();
  return {
    page: async (request, signal) => {
      const page = await source.page(request, signal);
      return page.kind === "page" ? { ...page, events: page.events.filter(({ id }) => id !== gid) } : page;
    },
  };
}

const failing = (error: Error): EventSource => ({ page: () => Promise.reject(error) });
const refused = () =>
  failing(new ArchiverError("refused", "no such token", { advice: "Look at the token.", status: 401 }));

describe("a settled day", () => {
  it("has an entry once its last part is believed, and not before", async () => {
    const world = await worldWithYesterday();
    await world.rescan(DUE);
    expect(await entries(world)).toEqual([]); // behind the last event there is silence, which is doubted
    await rescanAnHourLater(world);
    const [entry, ...others] = await entries(world);
    expect(others).toEqual([]);
    const key = `events/workspace=${WORKSPACE}/dt=${YESTERDAY}/000001.ndjson.gz`;
    expect(entry).toEqual({
      ...{ format: 1, workspace: WORKSPACE, day: YESTERDAY, number: 1, prev: null, purpose: "settled" },
      ...{ run: "run-3", writer: "0.1.0", complete: true, reason: null, unread: [] },
      ...{ began: "2026-05-01T12:00:00.000Z", ended: "2026-05-01T13:00:00.000Z", requests: expect.any(Number) },
      ...{ seen: 2, had: 2, added: 0, gone: 0, goneIds: [], conflicts: 0, odd: 0 },
      ...{ segments: 1, manifest: readHeader((await world.archive.get(key))!).manifestHash },
    });
    expect(entry?.requests).toBeGreaterThan(2);
    expect((await world.checkpoint())?.state.surveys).toEqual([]);
  });

  it("has no other entry for reading on: drains and the recent hour leave none", async () => {
    const world = await worldWithYesterday();
    await world.rescan(DUE);
    await rescanAnHourLater(world);
    await rescanAnHourLater(world);
    await world.drain();
    expect((await world.keys()).filter((key) => parseCoverageKey(key) !== null)).toHaveLength(1);
  });

  it("that was quiet has an entry like any other", async () => {
    const world = await worldWithYesterday();
    await world.pass(DAY_MS);
    await world.rescan(DUE);
    await rescanAnHourLater(world);
    const quiet = { complete: true, seen: 0, had: 0, added: 0, segments: 0, manifest: null };
    expect(await entries(world, "2026-05-01")).toEqual([expect.objectContaining(quiet)]);
  });

  it("says what came late: it is added, and was not had", async () => {
    const world = await worldWithYesterday();
    world.emit(`${YESTERDAY}T10:30:00.000Z`, { visibleAt: "2026-05-01T12:00:00.000Z" });
    await world.rescan(DUE);
    await rescanAnHourLater(world);
    expect(await entries(world)).toMatchObject([{ seen: 3, had: 2, added: 1, segments: 2 }]);
  });

  it("says what is gone, with its ids, once that is believed", async () => {
    const world = await worldWithYesterday();
    await world.rescan(DUE, { source: without(world, "1001") });
    const report = await rescanAnHourLater(world, { source: without(world, "1001") });
    expect(report).toMatchObject({ gone: 1 });
    await rescanAnHourLater(world, { source: without(world, "1001") }); // until the silence behind it is believed as well
    expect(await entries(world)).toMatchObject([
      { complete: true, seen: 1, had: 1, added: 0, gone: 1, goneIds: ["1001"] },
    ]);
    expect(world.said.map(({ message }) => message)).toContain(
      "archived events are gone from the source; the archive keeps them",
    );
  });

  it("says how many events have another content than those archived", async () => {
    const world = await worldWithYesterday();
    world.emit(`${YESTERDAY}T10:00:00.000Z`, { gid: "1001", extra: { more: 1 } });
    await world.rescan(DUE);
    await rescanAnHourLater(world);
    expect(await entries(world)).toMatchObject([{ complete: true, seen: 2, gone: 0, conflicts: 1 }]);
  });

  it("says how many events without a time that can be read it archived", async () => {
    const world = await worldWithYesterday();
    const { source } = world.deps();
    const odd: EventSource = {
      page: async (request, signal) => {
        const page = await source.page(request, signal);
        if (page.kind !== "page") return page;
        return {
          ...page,
          events: page.events.map((event) =>
            event.id === "1002"
              ? { ...event, id: "7", at: null, day: "2021-10-07", line: Buffer.from('{"gid":"7"}') }
              : event,
          ),
        };
      },
    };
    await world.rescan(DUE, { source: odd });
    await rescanAnHourLater(world);
    await rescanAnHourLater(world);
    expect(await entries(world)).toMatchObject([{ complete: true, odd: 1 }]);
  });

  it("is looked at once more before the source forgets it, and the second entry names the hash of the first", async () => {
    const world = await worldWithYesterday();
    await world.rescan(DUE);
    await rescanAnHourLater(world);
    await world.pass(80 * DAY_MS);
    await world.rescan(DUE);
    await rescanAnHourLater(world);
    const [first, second, ...others] = await entries(world);
    expect(others).toEqual([]);
    expect(second).toMatchObject({ number: 2, purpose: "aged", complete: true, seen: 2 });
    const bytes = await world.archive.get(coverageKey(first!));
    expect(second?.prev).toBe(entryHash(bytes!));
  });

  it("has one entry, though the checkpoint that knew of it was lost", async () => {
    const world = await worldWithYesterday();
    await world.rescan(DUE);
    const before = (await world.checkpoint())!;
    await rescanAnHourLater(world);
    const after = (await world.checkpoint())!;
    const stale = { ...after.state, spans: before.state.spans, surveys: before.state.surveys };
    await world.checkpoints.move(WORKSPACE, stale, after.version);
    await world.rescan(DUE);
    expect(await entries(world)).toHaveLength(1);
    expect((await world.checkpoint())?.state.surveys).toEqual([]);
  });

  it("has its entry from the next run, where the archive did not take it from this one, which fails", async () => {
    const world = await worldWithYesterday();
    await world.rescan(DUE);
    await world.pass(HOUR_MS);
    const archive = {
      ...world.archive,
      create: async (key: string, bytes: Uint8Array) =>
        parseCoverageKey(key) === null ? await world.archive.create(key, bytes) : ("unknown" as const),
    };
    await expect(world.rescan(DUE, { archive })).rejects.toMatchObject({ kind: "unavailable" });
    expect((await world.checkpoint())?.state.surveys).toMatchObject([{ day: YESTERDAY, seen: 2 }]);
    await world.rescan(DUE);
    expect(await entries(world)).toMatchObject([{ complete: true, seen: 2, ended: "2026-05-01T13:00:00.000Z" }]);
  });

  it("is counted once, however many runs it takes and wherever they end", async () => {
    const world = createWorld({ settings: { pageLimit: 2, batchEvents: 2 }, limits: null });
    const scheduled = {
      recentUntil: at("2026-05-01T11:00:00.000Z"),
      settledThrough: "2026-04-29",
      agedThrough: "2026-02-10",
    };
    await world.checkpoints.move(WORKSPACE, { ...emptyCheckpoint, scheduled }, null);
    for (let minute = 10; minute < 40; minute += 1) world.emit(`${YESTERDAY}T10:${minute}:00.000Z`);
    await world.drain();
    for (let runs = 0; runs < 12; runs += 1) {
      let pages = 0;
      const { source } = world.deps();
      const dying: EventSource = {
        page: async (request, signal) => {
          pages += 1;
          if (pages > 5) throw new ArchiverError("unavailable", "away", { advice: "-" });
          return await source.page(request, signal);
        },
      };
      await world.rescan(DUE, { source: dying }).catch(() => undefined);
      await world.pass(10 * 60_000);
    }
    for (let runs = 0; runs < 3; runs += 1) await rescanAnHourLater(world);
    expect((await entries(world)).at(-1)).toMatchObject({ complete: true, seen: 30, had: 30, added: 0, gone: 0 });
  });
});

describe("the days that the source still keeps when an archive begins", () => {
  it("all have an entry, but the oldest are not complete: the source may have forgotten some of them", async () => {
    const world = createWorld();
    world.emit("2026-05-01T09:00:00.000Z");
    await world.drain();
    await world.rescan(DUE);
    await rescanAnHourLater(world);
    const keys = (await world.keys()).flatMap((key) => parseCoverageKey(key) ?? []);
    expect(keys.map(({ day }) => day)).toEqual(Array.from({ length: 90 }, (_, index) => shiftDay("2026-01-31", index)));
    const incomplete = [];
    for (const { day } of keys) incomplete.push(...(await entries(world, day)).filter(({ complete }) => !complete));
    expect(incomplete).toMatchObject([
      {
        day: "2026-01-31",
        reason: "source-forgot",
        unread: [["2026-01-31T00:00:00.000Z", "2026-02-01T00:00:00.000Z"]],
      },
      {
        day: "2026-02-01",
        reason: "source-forgot",
        unread: [["2026-02-01T00:00:00.000Z", "2026-02-01T13:00:00.000Z"]],
      },
    ]);
  });
});

describe("an attempt that failed", () => {
  it("leaves an entry for each day that it should have read, with what is unread: once, until something changes", async () => {
    const world = await worldWithYesterday();
    for (let hours = 0; hours < 40; hours += 10) {
      await expect(world.rescan(DUE, { source: refused() })).rejects.toMatchObject({ kind: "refused" });
      await world.pass(10 * HOUR_MS);
    }
    const unread = [[`${YESTERDAY}T00:00:00.000Z`, "2026-05-01T00:00:00.000Z"]];
    expect(await entries(world)).toMatchObject([
      { number: 1, complete: false, reason: "source-refused", unread, seen: 0, segments: 1 },
    ]);
    expect(await entries(world, "2026-05-01")).toMatchObject([{ complete: false, reason: "source-refused" }]);
  });

  it("is made good by a later one, whose entry follows it", async () => {
    const world = await worldWithYesterday();
    await world.rescan(DUE, { source: refused() }).catch(() => undefined);
    await world.rescan(DUE);
    await rescanAnHourLater(world);
    expect(await entries(world)).toMatchObject([{ complete: false }, { number: 2, complete: true, seen: 2 }]);
  });

  it("leaves none where nothing may be written: archive and checkpoint contradict each other", async () => {
    const world = await worldWithYesterday();
    const state = (await world.checkpoint())!;
    const hints = Object.fromEntries(
      Object.entries(state.state.hints).map(([day, hint]) => [day, { ...hint, number: 9, sizeBytes: 1 }]),
    );
    await world.checkpoints.move(WORKSPACE, { ...state.state, hints }, state.version);
    await expect(world.rescan(DUE)).rejects.toMatchObject({ kind: "halted" });
    expect(await entries(world)).toEqual([]);
  });

  it("that was over before the source forgot the day is closed as incomplete then, with what was not read", async () => {
    const world = await worldWithYesterday();
    const { source } = world.deps();
    const half: EventSource = {
      page: async (request, signal) => {
        if (request.startAt !== undefined && request.startAt < "2026-05-01" && request.limit !== 1) {
          throw new ArchiverError("invalid-response", "no page", { advice: "-" });
        }
        return await source.page(request, signal);
      },
    };
    for (let runs = 0; runs < 3; runs += 1) await world.rescan(DUE, { source: half }).catch(() => undefined);
    await world.pass(92 * DAY_MS);
    await world.rescan(DUE).catch(() => undefined);
    expect((await entries(world)).at(-1)).toMatchObject({ complete: false, reason: "source-forgot" });
    expect((await world.checkpoint())?.state.surveys.filter(({ day }) => day === YESTERDAY)).toEqual([]);
  });
});

describe("a day that somebody asked for", () => {
  it("has an entry of its own", async () => {
    const world = await worldWithYesterday();
    await world.rescan(dayOfMay(YESTERDAY));
    expect(await entries(world)).toMatchObject([
      { purpose: "asked", complete: true, seen: 2, had: 2, began: "2026-05-01T12:00:00.000Z", segments: 1 },
    ]);
    await world.rescan(dayOfMay(YESTERDAY));
    expect(await entries(world)).toHaveLength(1); // the same moment: the same look
    await world.pass(60_000);
    await world.rescan(dayOfMay(YESTERDAY));
    expect(await entries(world)).toHaveLength(2);
  });

  it("has none where it is not settled, or was read in part", async () => {
    const world = await worldWithYesterday();
    await world.rescan(dayOfMay("2026-05-01"));
    await world.rescan({ ...dayOfMay(YESTERDAY), startAt: at(`${YESTERDAY}T00:00:00.001Z`) });
    await world.rescan({ kind: "last", ms: 20 * HOUR_MS });
    expect((await world.keys()).filter((key) => key.startsWith("coverage/"))).toEqual([]);
  });

  it("has one among those of a longer window, whole days only", async () => {
    const world = await worldWithYesterday();
    await world.rescan({ kind: "last", ms: 72 * HOUR_MS });
    const days = (await world.keys()).flatMap((key) => parseCoverageKey(key)?.day ?? []);
    expect(days).toEqual(["2026-04-29", "2026-04-30"]);
  });

  it("has none where its end was not read", async () => {
    const world = await worldWithYesterday();
    await world.rescan(dayOfMay(YESTERDAY), { source: refused() }).catch(() => undefined);
    expect(await entries(world)).toEqual([]);
  });
});

it("what a clock that was ahead has begun leaves no entry: its day may still be going on", async () => {
  const ahead = { ...emptyCheckpoint, watermark: at("2026-05-01T11:00:00.000Z") };
  const began = at("2026-06-10T07:00:00.000Z");
  const counts = { requests: 1, seen: 0, added: 0, gone: 0, goneIds: [], conflicts: 0, odd: 0, unread: [] };
  const survey = { day: "2026-06-09", purpose: "settled", began, ended: began, ...counts } as const;
  const world = await worldWithYesterday({ ...ahead, surveys: [survey] });
  await world.rescan(DUE);
  expect(await entries(world, "2026-06-09")).toEqual([]);
  expect((await world.checkpoint())?.state.surveys.map(({ day }) => day)).not.toContain("2026-06-09");
});
