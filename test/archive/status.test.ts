import { describe, expect, it } from "vitest";
import { status } from "../../lambda/archive/status.ts";
import { ArchiverError } from "../../lambda/errors.ts";
import type { Instant } from "../../lambda/event/instant.ts";
import type { ArchiveStore, ByteRange, CheckpointState, Span } from "../../lambda/ports.ts";
import { MANIFEST_RANGE } from "../../lambda/segment/reader.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { createMemoryCheckpoint } from "../fakes/memory-checkpoint.ts";
import { sampleEvent, sampleEvents, sampleLog, WORKSPACE } from "../segment/sample.ts";
import { DAYS, hintOf, keyOf, type Objects, objectsOf, sampleArchive, stateOf } from "./sample-archive.ts";

const NOW = "2026-05-10T00:00:00.000Z";
const instant = (text: string) => text as Instant;

const unread = (from: string | null): Span => ({
  purpose: "new",
  from: from === null ? null : instant(from),
  until: instant("2026-05-08T00:00:00.000Z"),
  dueAt: instant("2026-05-09T00:00:00.000Z"),
  doubtedAt: null,
  failedRuns: 0,
  offset: null,
});

async function statusOf(objects: Objects, now = NOW, state: CheckpointState | null = null, range = {}) {
  const checkpoints = createMemoryCheckpoint();
  if (state !== null) await checkpoints.move(WORKSPACE, state, null);
  return await status(
    { archive: createMemoryArchive(objects), checkpoints, clock: { now: () => Date.parse(now) } },
    range,
  );
}

it("tells what each workspace holds, by its manifests", async () => {
  const objects = new Map([...(await sampleArchive()).objects, ...(await sampleArchive("77")).objects]);
  const report = await statusOf(objects);
  expect(report).toMatchObject({ at: NOW, faults: [], unread: [] });
  expect(report.workspaces.map(({ workspace }) => workspace)).toEqual(["1201", "77"]);
  const { logs, odd, ...figures } = report.workspaces[0]!;
  const own = [...objects].filter(([key]) => key.includes("1201"));
  expect(figures).toEqual({
    workspace: WORKSPACE,
    days: 3,
    firstDay: DAYS[0],
    lastDay: DAYS[2],
    segments: 8,
    events: 26,
    storedBytes: own.reduce((sum, [, bytes]) => sum + bytes.length, 0),
    newest: "2026-05-04T00:16:41.000Z",
    newestAgeMs: Date.parse(NOW) - Date.parse("2026-05-04T00:16:41.000Z"),
    watermark: null,
    spans: null,
    daysLeft: 84,
    quietDays: 1,
    quiet: [{ from: "2026-05-03", to: "2026-05-03" }],
    unasked: [{ from: "2026-05-03", to: "2026-05-03" }],
    ahead: [],
    missing: [],
    expired: [],
  });
  expect(odd).toMatchObject({ day: "2021-10-07", events: 2, segments: 1, newest: null });
  expect(logs.map(({ day, events, segments }) => [day, events, segments])).toEqual([
    [DAYS[0], 14, 4],
    [DAYS[1], 6, 1],
    [DAYS[2], 4, 2],
  ]);
});

it("costs one listing, and one short read a day log", async () => {
  const { objects } = await sampleArchive();
  const archive = createMemoryArchive(objects);
  const calls: string[] = [];
  const counting: ArchiveStore = {
    ...archive,
    list: (prefix, after) => {
      calls.push(`list ${prefix}`);
      return archive.list(prefix, after);
    },
    get: (key, range?: ByteRange) => {
      calls.push(`get ${key} ${range?.end}`);
      return archive.get(key, range);
    },
  };
  await status({ archive: counting, clock: { now: () => 0 } }, {});
  const { end } = MANIFEST_RANGE;
  expect(calls).toEqual([
    "list events/",
    `get ${keyOf(1, "2021-10-07")} ${end}`,
    `get ${keyOf(4)} ${end}`,
    `get ${keyOf(1, DAYS[1])} ${end}`,
    `get ${keyOf(2, DAYS[2])} ${end}`,
  ]);
});

it("a range has only its days, and a workspace only its own", async () => {
  const { objects } = await sampleArchive();
  const { workspaces } = await statusOf(objects, NOW, null, { workspace: WORKSPACE, from: DAYS[1], to: DAYS[2] });
  expect(workspaces).toMatchObject([{ firstDay: DAYS[1], lastDay: DAYS[1], events: 6, odd: null }]);
  expect((await statusOf(objects, NOW, null, { workspace: "999" })).workspaces).toEqual([]);
});

describe("days left before the source deletes what is not archived", () => {
  it.each([
    ["2026-05-10T00:00:00.000Z", "2026-05-09T00:00:00.000Z", 89],
    ["2026-05-10T00:00:00.000Z", "2026-05-09T21:36:00.000Z", 89.9],
    ["2026-05-10T00:00:00.000Z", "2026-05-09T21:35:59.999Z", 89.8],
    ["2026-08-07T00:00:00.000Z", "2026-05-09T00:00:00.000Z", 0],
    ["2026-12-01T00:00:00.000Z", "2026-05-09T00:00:00.000Z", 0],
    ["2026-05-08T23:59:00.000Z", "2026-05-09T00:00:00.000Z", 90],
  ])("at %s with the watermark at %s: %d", async (now, watermark, daysLeft) => {
    const { objects } = await sampleArchive();
    expect((await statusOf(objects, now, stateOf({}, watermark))).workspaces[0]).toMatchObject({ watermark, daysLeft });
  });

  it.each<[from: string | null, daysLeft: number]>([
    ["2026-05-01T00:00:00.000Z", 81],
    [null, 0], // it begins with what the source deletes next
  ])("are counted from where the oldest span begins that was never read: %s", async (from, daysLeft) => {
    const spans = [unread("2026-05-03T00:00:00.000Z"), unread(from)];
    const state = { ...stateOf({}, "2026-05-09T00:00:00.000Z"), spans };
    expect((await statusOf((await sampleArchive()).objects, NOW, state)).workspaces[0]).toMatchObject({ daysLeft });
  });

  it("without a checkpoint they follow the newest event that is not ahead of the clock", async () => {
    const ahead = await sampleLog([[sampleEvent("ahead", "9999-12-31T23:59:59Z")]]);
    const objects = new Map([...(await sampleArchive()).objects, ...objectsOf(ahead)]);
    const { workspaces } = await statusOf(objects);
    expect(workspaces[0]).toMatchObject({ daysLeft: 84, newest: "9999-12-31T23:59:59.000Z", newestAgeMs: null });
    expect(workspaces[0]).toMatchObject({ ahead: ["9999-12-31"], quietDays: 1 });
    expect(workspaces[0]!.quiet).toEqual([{ from: "2026-05-03", to: "2026-05-03" }]);
  });

  it("an event of this very instant is not ahead", async () => {
    const objects = objectsOf(await sampleLog([sampleEvents(1)]));
    expect((await statusOf(objects, `${DAYS[0]}T00:00:00.000Z`)).workspaces[0]).toMatchObject({
      daysLeft: 90,
      newestAgeMs: 0,
    });
  });

  it("are not known of an archive without a dated event", async () => {
    const objects = objectsOf(await sampleLog([[sampleEvent("odd", "yesterday")]]));
    const [workspace] = (await statusOf(objects)).workspaces;
    expect(workspace).toMatchObject({ daysLeft: null, newest: null, days: 0, firstDay: null });
  });

  it("are told of a workspace that has a checkpoint and no archive, if it is asked for", async () => {
    const { workspaces } = await statusOf(new Map(), NOW, stateOf({}, "2026-05-09T00:00:00.000Z"), {
      workspace: WORKSPACE,
    });
    expect(workspaces).toMatchObject([{ workspace: WORKSPACE, segments: 0, daysLeft: 89 }]);
  });
});

it.each<[rule: string, span: Span, quietDays: number]>([
  ["in such a span", unread(null), 0],
  ["that end in such a span", unread("2026-05-03T23:59:59.999Z"), 0],
  ["before a span that is", unread("2026-05-04T00:00:00.000Z"), 1],
  ["in a span in doubt", { ...unread(null), doubtedAt: instant("2026-05-09T00:00:00.000Z") }, 1],
  ["in a span that is read again", { ...unread(null), purpose: "settled" }, 1],
])(
  "days without a log are quiet unless they are still to be read for the first time: %s",
  async (_, span, quietDays) => {
    const state = { ...stateOf({}, "2026-05-09T00:00:00.000Z"), spans: [span] };
    const { workspaces } = await statusOf((await sampleArchive()).objects, NOW, state);
    expect(workspaces[0]?.quietDays).toBe(quietDays);
  },
);

describe("a day without a log was looked at by a drain", () => {
  const gap = { from: "2026-05-03", to: "2026-05-03" };
  const lost = {
    purpose: "new",
    from: null,
    until: instant("2026-05-03T10:00:00.000Z"),
    notedAt: instant(NOW),
  } as const;
  it.each<[rule: string, state: CheckpointState | null, unasked: unknown]>([
    ["not if there is no checkpoint", null, [gap]],
    ["not if only windows were drained", stateOf({}), [gap]],
    ["if the watermark is behind it", stateOf({}, "2026-05-09T00:00:00.000Z"), []],
    ["not if the watermark is before it", stateOf({}, "2026-05-02T00:00:00.000Z"), [gap]],
    ["not if it was lost", { ...stateOf({}, "2026-05-09T00:00:00.000Z"), lost: [lost] }, [gap]],
  ])("%s", async (_, state, unasked) => {
    const { workspaces } = await statusOf((await sampleArchive()).objects, NOW, state);
    expect(workspaces[0]).toMatchObject({ quiet: [gap], unasked });
  });
});

it("a day that the checkpoint remembers, and of which nothing is here, is a fault", async () => {
  const { objects, logs } = await sampleArchive();
  const hints = { [DAYS[1]]: hintOf(logs[1]!.at(-1)!) };
  expect((await statusOf(objects, NOW, stateOf(hints))).faults).toEqual([]);
  objects.delete(keyOf(1, DAYS[1]));
  const { faults } = await statusOf(objects, NOW, stateOf(hints));
  const key = keyOf(1, DAYS[1]);
  expect(faults).toEqual([{ invariant: "I4", key, message: "is in the checkpoint but does not exist" }]);
  expect((await statusOf(objects, NOW, stateOf(hints), { from: DAYS[2] })).faults).toEqual([]);
});

it("a number missing from a log is told apart from a quiet day", async () => {
  const { objects } = await sampleArchive();
  objects.delete(keyOf(2));
  const { workspaces, faults } = await statusOf(objects);
  expect(workspaces[0]).toMatchObject({ missing: [DAYS[0]], quietDays: 1 });
  expect(faults).toMatchObject([{ invariant: "I3", key: keyOf(2), message: "is missing" }]);
});

it("what it cannot read it tells, and goes on", async () => {
  const { objects } = await sampleArchive();
  objects.set(keyOf(1, DAYS[1]), Buffer.from("garbage"));
  objects.set("events/notes.txt", Buffer.alloc(1));
  objects.set(keyOf(1, "2026-05-03"), objects.get(keyOf(2, DAYS[2]))!);
  const { workspaces, faults } = await statusOf(objects);
  expect(workspaces[0]).toMatchObject({ days: 4, segments: 9 });
  expect(workspaces[0]!.logs.find(({ day }) => day === DAYS[1])).toMatchObject({
    events: null,
    newest: null,
    segments: 1,
  });
  expect(faults.map(({ invariant, message }) => `${invariant} ${message}`)).toEqual([
    "I6 is not a segment, but queries would read it as one",
    "I5 it ends inside the gzip header",
    "I6 was written for day 2026-05-04",
    "I3 was written as number 2",
  ]);
});

describe("a last segment", () => {
  const answering = async (get: ArchiveStore["get"]) => {
    const { objects } = await sampleArchive();
    const archive = createMemoryArchive(objects);
    const failing: ArchiveStore = {
      ...archive,
      get: (key, range) => (key === keyOf(4) ? get(key, range) : archive.get(key, range)),
    };
    return await status({ archive: failing, clock: { now: () => Date.parse(NOW) } }, {});
  };

  it("that was listed but is gone is a fault, and its log is told as far as it was listed", async () => {
    const { workspaces, faults, unread } = await answering(async () => null);
    expect(faults).toEqual([{ invariant: "I5", key: keyOf(4), message: "was listed but is gone" }]);
    expect(unread).toEqual([]);
    expect(workspaces[0]!.logs[0]).toMatchObject({ day: DAYS[0], segments: 4, events: null, newest: null });
  });

  it("that the store does not give is told as unread, and is no fault", async () => {
    const { workspaces, faults, unread } = await answering(async () => {
      throw new ArchiverError("unavailable", "The store is busy.", { advice: "" });
    });
    expect(unread).toEqual([{ key: keyOf(4), message: "The store is busy." }]);
    expect(faults).toEqual([]);
    expect(workspaces[0]!.logs[0]).toMatchObject({ segments: 4, events: null, newest: null, faults: [] });
  });

  it.each([
    ["that the store refuses to give", new ArchiverError("misconfigured", "Access denied.", { advice: "" })],
    ["at which something else goes wrong", new Error("bug")],
  ])("%s ends it", async (_, error) => {
    await expect(answering(() => Promise.reject(error))).rejects.toBe(error);
  });
});

it("an empty archive has no workspaces", async () => {
  expect(await statusOf(new Map())).toEqual({
    at: NOW,
    workspaces: [],
    faults: [],
    unread: [],
    unlistedVersions: null,
  });
});

it("sizes and counts grow with the segments, not with what is read", async () => {
  const [first, second] = await sampleLog([sampleEvents(3), sampleEvents(4, 10)]);
  const one = (await statusOf(objectsOf([first!]))).workspaces[0]!;
  const both = (await statusOf(objectsOf([first!, second!]))).workspaces[0]!;
  expect([one.events, both.events]).toEqual([3, 7]);
  expect(both.storedBytes - one.storedBytes).toBe(second!.bytes.length);
});
