import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NOT_SHOWN, SHOWN_BY_SEALS, verify } from "../../lambda/archive/verify.ts";
import { ArchiverError } from "../../lambda/errors.ts";
import type { Instant } from "../../lambda/event/instant.ts";
import { createStreamingCodec } from "../../lambda/segment/codec.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { createMemoryCheckpoint } from "../fakes/memory-checkpoint.ts";
import { codec, sampleEvent, sampleEvents, sampleLog, WORKSPACE } from "../segment/sample.ts";
import { tries } from "../tries.ts";
import { DAYS, objectsOf, sampleArchive, verifyObjects } from "./sample-archive.ts";

const LAST_DAY = "2026-05-05";

it("a good archive is clean, and told in figures", async () => {
  const { objects } = await sampleArchive();
  const report = await verifyObjects(objects);
  expect(report).toMatchObject({ outcome: "clean", faults: [], faultCount: 0, unread: [] });
  expect(report.workspaces).toEqual([
    {
      workspace: WORKSPACE,
      days: 3,
      empty: [{ from: "2026-05-03", to: "2026-05-03" }],
      firstDay: DAYS[0],
      lastDay: DAYS[2],
      segments: 8,
      events: 26,
      oddEvents: 2,
      storedBytes: [...objects.values()].reduce((sum, bytes) => sum + bytes.length, 0),
      contentBytes: [...objects.values()].reduce((sum, bytes) => sum + gunzipSync(bytes).length, 0),
      oldest: "2026-05-01T00:00:00.000Z",
      newest: "2026-05-04T00:16:41.000Z",
      faultCount: 0,
    },
  ]);
});

it("the oldest and the newest event are so by their time, whichever segment holds them", async () => {
  const segments = await sampleLog([sampleEvents(2, 10), sampleEvents(2, 20), sampleEvents(2, 5)]);
  const { workspaces } = await verifyObjects(objectsOf(segments));
  expect(workspaces).toMatchObject([{ oldest: "2026-05-01T00:00:05.000Z", newest: "2026-05-01T00:00:21.000Z" }]);
});

it("it says what an archive alone cannot show", async () => {
  const { objects } = await sampleArchive();
  expect((await verifyObjects(objects)).notShown).toEqual([...NOT_SHOWN, ...SHOWN_BY_SEALS]);
  for (const invariant of ["I1", "I3", "I5", "I6", "I7", "I8"]) {
    expect([...NOT_SHOWN, ...SHOWN_BY_SEALS].some((text) => text.startsWith(`${invariant}:`))).toBe(true);
  }
});

it("nothing to verify is no success", async () => {
  expect(await verifyObjects(new Map())).toMatchObject({ outcome: "nothing", workspaces: [] });
  const { objects } = await sampleArchive();
  expect(await verifyObjects(objects, { workspace: "999" })).toMatchObject({ outcome: "nothing", workspaces: [] });
  expect(await verifyObjects(objects, { from: "2030-01-01" })).toMatchObject({ outcome: "nothing" });
});

it("workspaces are judged apart: one gid in two of them is no double", async () => {
  const objects = new Map([...(await sampleArchive("1201")).objects, ...(await sampleArchive("77")).objects]);
  const report = await verifyObjects(objects);
  expect(report.outcome).toBe("clean");
  expect(report.workspaces.map(({ workspace, events }) => [workspace, events])).toEqual([
    ["1201", 26],
    ["77", 26],
  ]);
});

describe("a range", () => {
  it.each([
    [{ from: DAYS[1] }, [DAYS[1], DAYS[2]]],
    [{ to: DAYS[1] }, [DAYS[0], DAYS[0]]],
    [{ from: DAYS[1], to: DAYS[2] }, [DAYS[1], DAYS[1]]],
    [{ workspace: WORKSPACE, from: DAYS[1] }, [DAYS[1], DAYS[2]]],
    [{ workspace: WORKSPACE, to: DAYS[1] }, [DAYS[0], DAYS[0]]],
    [{ workspace: WORKSPACE, from: DAYS[1], to: DAYS[2] }, [DAYS[1], DAYS[1]]],
  ])("%j is from its first day to before its end", async (range, [firstDay, lastDay]) => {
    const { objects } = await sampleArchive();
    const { workspaces } = await verifyObjects(objects, range);
    expect(workspaces).toMatchObject([{ firstDay, lastDay }]);
  });

  it.each([
    [{ from: "2026-04-29" }, ["2026-04-29 2026-04-30", "2026-05-03 2026-05-03"]],
    [{ to: "2026-05-08" }, ["2026-05-03 2026-05-03", "2026-05-05 2026-05-07"]],
    [{ from: DAYS[0], to: "2026-05-03" }, []],
  ])("%j has empty days up to its ends", async (range, empty) => {
    const { workspaces } = await verifyObjects((await sampleArchive()).objects, range);
    expect(workspaces[0]!.empty.map(({ from, to }) => `${from} ${to}`)).toEqual(empty);
  });

  it("hides faults outside of it, and shows those in it", async () => {
    const { objects, logs } = await sampleArchive();
    objects.delete(logs[0]![1]!.key);
    expect(await verifyObjects(objects, { from: DAYS[1] })).toMatchObject({ outcome: "clean" });
    expect(await verifyObjects(objects, { to: DAYS[1] })).toMatchObject({ outcome: "faulty" });
  });

  it("hides what lies beside the segments of other days", async () => {
    const { objects } = await sampleArchive();
    for (const day of [DAYS[0], DAYS[2]]) objects.set(`events/workspace=1201/dt=${day}/notes.txt`, Buffer.alloc(1));
    const range = { workspace: WORKSPACE, from: DAYS[1], to: DAYS[2] };
    expect(await verifyObjects(objects, range)).toMatchObject({ outcome: "clean" });
    expect(await verifyObjects(objects, { workspace: WORKSPACE })).toMatchObject({ faultCount: 2 });
  });

  it("of one workspace is listed without reading the others", async () => {
    const objects = new Map([...(await sampleArchive("1201")).objects, ...(await sampleArchive("77")).objects]);
    const read: string[] = [];
    const archive = createMemoryArchive(objects);
    const get = (key: string) => {
      read.push(key);
      return archive.get(key);
    };
    await verify({ archive: { ...archive, get }, codec }, { workspace: "77", from: DAYS[1], to: DAYS[2] });
    expect(read).toEqual([`events/workspace=77/dt=${DAYS[1]}/000001.ndjson.gz`]);
  });
});

it("progress is told after each segment, up to the totals of the listing", async () => {
  const { objects } = await sampleArchive();
  const seen: { segments: number; storedBytes: number; events: number }[] = [];
  await verifyObjects(objects, { onProgress: (progress) => seen.push({ ...progress }) });
  expect(seen.map(({ segments }) => segments)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  const totalBytes = [...objects.values()].reduce((sum, bytes) => sum + bytes.length, 0);
  const all = { segments: 8, totalSegments: 8, storedBytes: totalBytes, totalBytes, events: 26, faults: 0 };
  expect(seen.at(-1)).toEqual(all);
});

it("it stops when it is told to, with the reason given", async () => {
  const { objects } = await sampleArchive();
  const deps = { archive: createMemoryArchive(objects), codec };
  const controller = new AbortController();
  const reason = new Error("enough");
  const onProgress = () => controller.abort(reason);
  await expect(verify(deps, { onProgress }, controller.signal)).rejects.toBe(reason);
});

describe("a checkpoint that cannot be read", () => {
  const reading = async (error: Error) => {
    const checkpoints = { ...createMemoryCheckpoint(), read: () => Promise.reject(error) };
    const { objects } = await sampleArchive();
    return verify({ archive: createMemoryArchive(objects), codec, checkpoints }, {});
  };

  it("claims nothing, and is told as unread", async () => {
    expect(await reading(new ArchiverError("unavailable", "The store is busy.", { advice: "" }))).toMatchObject({
      outcome: "unread",
      faults: [],
      unread: [{ key: "checkpoint of workspace 1201", message: "The store is busy." }],
      workspaces: [{ segments: 8 }],
    });
  });

  it("for a reason that nobody has thought of ends it", async () => {
    const error = new Error("bug");
    await expect(reading(error)).rejects.toBe(error);
  });
});

it("segments are read once, and again only those of days with an event that is there twice", async () => {
  const { objects } = await sampleArchive();
  const twice = await sampleLog([
    [sampleEvent("a", `${LAST_DAY}T00:00:00Z`)],
    [sampleEvent("a", `${LAST_DAY}T00:00:01Z`)],
  ]);
  for (const [objectsToRead, again] of [
    [objects, []],
    [new Map([...objects, ...objectsOf(twice)]), twice.map(({ key }) => key)],
  ] as const) {
    const read: string[] = [];
    const archive = createMemoryArchive(objectsToRead);
    const get = (key: string) => {
      read.push(key);
      return archive.get(key);
    };
    await verify({ archive: { ...archive, get }, codec }, { logsAtOnce: 1 });
    expect(read).toEqual([...[...objectsToRead.keys()].sort(), ...again]);
  }
});

it("all doubles are counted, and the first ones of a day listed", async () => {
  const events = sampleEvents(30);
  const report = await verifyObjects(objectsOf(await sampleLog([events, events])), { maxFaultsPerLog: 5 });
  expect(report).toMatchObject({ outcome: "faulty", faultCount: 30, workspaces: [{ faultCount: 30 }] });
  expect(report.faults.length).toBe(5);
});

it("the codec that works off the thread judges the same", async () => {
  const { objects } = await sampleArchive();
  const deps = { archive: createMemoryArchive(objects), codec: createStreamingCodec() };
  expect(await verify(deps, {})).toEqual(await verifyObjects(objects));
});

it("no good archive raises an alarm", async () => {
  const days = ["2021-10-08", "2026-05-01", "2026-05-02", "9999-12-31"];
  const times = fc.oneof(
    fc.integer({ min: 0, max: 20 }).map((second) => `T00:00:${String(second).padStart(2, "0")}Z`), // many ties
    fc.stringMatching(/^T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{1,9}Z$/),
  );
  const batch = fc.array(fc.tuple(times, fc.string()), { minLength: 1, maxLength: 6 });
  const archives = fc.array(
    fc.record({
      workspace: fc.constantFrom("1", "1201"),
      day: fc.constantFrom(...days),
      batches: fc.array(batch, { maxLength: 5 }),
    }),
    { minLength: 1, maxLength: 4 },
  );
  await fc.assert(
    fc.asyncProperty(archives, async (logs) => {
      let gid = 0;
      const segments = [];
      for (const { workspace, day, batches } of new Map(logs.map((log) => [log.workspace + log.day, log])).values()) {
        const events = batches.map((times) =>
          times.map(([time, name]) => sampleEvent(String(gid++), day + time, { name })),
        );
        segments.push(...(await sampleLog(events, { workspace })));
      }
      const report = await verifyObjects(objectsOf(segments));
      expect(report.faults).toEqual([]);
      expect(report.outcome).toBe(segments.length === 0 ? "nothing" : "clean");
      expect(report.workspaces.reduce((sum, { events }) => sum + events, 0)).toBe(gid);
    }),
    tries(50),
  );
});

it("a log is judged with many events at one instant, more than a checkpoint would keep", async () => {
  const at = `${DAYS[0]}T12:00:00.000Z` as Instant;
  const events = Array.from({ length: 3000 }, (_, index) => sampleEvent(`tie${index}`, at));
  const segments = await sampleLog([events, sampleEvents(3)]);
  expect(await verifyObjects(objectsOf(segments))).toMatchObject({ outcome: "clean", workspaces: [{ events: 3003 }] });
});
