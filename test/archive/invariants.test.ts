import { describe, expect, it } from "vitest";
import { judgeBehind, judgeLog, judgeOnce, type LogSegment, type Occurrence } from "../../lambda/archive/invariants.ts";
import { INVARIANTS, type Violation, violation } from "../../lambda/archive/violation.ts";
import type { Instant } from "../../lambda/event/instant.ts";
import type { LogEnd } from "../../lambda/ports.ts";
import { sampleEvents, sampleLog } from "../segment/sample.ts";
import { keyOf } from "./sample-archive.ts";

const say = ({ invariant, key, line, message }: Violation) => `${invariant} ${key}${line ? `:${line}` : ""} ${message}`;

it("every invariant has a name that begins its text", () => {
  expect(Object.entries(INVARIANTS).map(([id, text]) => `${id} ${text.split(":")[0]}`)).toEqual([
    "I1 complete",
    "I2 once",
    "I3 gapless",
    "I4 behind",
    "I5 immutable",
    "I6 placed",
    "I7 verbatim",
    "I8 progress",
    "I9 chained",
    "I10 sealed",
    "I11 looked",
  ]);
});

it("I2 once: the first line of an event is its place, each further one is a fault", () => {
  const first = new Map<string, Occurrence>();
  expect(judgeOnce(first, { id: "a", key: "k1", line: 1 })).toEqual([]);
  expect(judgeOnce(first, { id: "b", key: "k1", line: 2 })).toEqual([]);
  expect(judgeOnce(first, { id: "a", key: "k2", line: 7 }).map(say)).toEqual([
    "I2 k2:7 event a is also in line 1 of k1",
  ]);
  expect(judgeOnce(first, { id: "a", key: "k3", line: 1 }).map(say)).toEqual([
    "I2 k3:1 event a is also in line 1 of k1",
  ]);
});

describe("I3 gapless", () => {
  it("a log as the writer makes it has no fault; without any of its segments but the last it has one", async () => {
    const segments = await sampleLog([sampleEvents(2), sampleEvents(2, 10), sampleEvents(2, 5), sampleEvents(1, 30)]);
    const log: LogSegment[] = segments.map(({ key, manifest, manifestHash }) => ({
      key,
      number: manifest.number,
      read: { manifest, manifestHash },
    }));
    expect(judgeLog(log)).toEqual([]);
    for (const index of [0, 1, 2]) {
      expect(judgeLog(log.toSpliced(index, 1)).map(say)).toEqual([`I3 ${keyOf(index + 1)} is missing`]);
    }
    expect(judgeLog(log.slice(0, 3))).toEqual([]);
  });

  it("after a segment that cannot be read the next is not accused", async () => {
    const [first, second] = await sampleLog([sampleEvents(2), sampleEvents(2, 10)]);
    const read = { manifest: second!.manifest, manifestHash: second!.manifestHash };
    expect(
      judgeLog([
        { key: first!.key, number: 1, read: null },
        { key: second!.key, number: 2, read },
      ]),
    ).toEqual([]);
  });
});

describe("I4 behind", () => {
  const at = "2026-05-01T12:00:00.000Z" as Instant;
  const archived: LogEnd = {
    number: 2,
    manifestHash: "a".repeat(64),
    logCount: 7,
    logNewest: at,
    recentIds: null,
    idsAtNewest: ["x", "y"],
    sizeBytes: 500,
  };
  const judged = (hint: LogEnd, hinted: LogEnd | null = archived, day = "2026-05-01") =>
    judgeBehind("1201", { hints: { [day]: hint }, watermark: null }, new Map([[day, { logNewest: at, hinted }]])).map(
      say,
    );

  it.each<[string, Partial<LogEnd>]>([
    ["is the same", {}],
    ["has its ids in another order", { idsAtNewest: ["y", "x"] }],
    ["tells no ids", { idsAtNewest: null }],
    ["tells no size", { sizeBytes: null }],
  ])("a segment that %s is the one that the checkpoint knows", (_, change) => {
    expect(judged({ ...archived, ...change })).toEqual([]);
    expect(judged(archived, { ...archived, ...change })).toEqual([]);
  });

  it.each<[string, Partial<LogEnd>]>([
    ["manifest", { manifestHash: "b".repeat(64) }],
    ["count", { logCount: 8 }],
    ["newest event", { logNewest: null }],
    ["size", { sizeBytes: 501 }],
    ["ids at its newest instant, one more", { idsAtNewest: ["x", "y", "z"] }],
    ["ids at its newest instant, one less", { idsAtNewest: ["x"] }],
  ])("a segment with another %s is not", (_, change) => {
    const message = `I4 ${keyOf(2)} is not the segment that the checkpoint names`;
    expect(judged({ ...archived, ...change })).toEqual([message]);
    expect(judged(archived, { ...archived, ...change })).toEqual([message]);
  });

  it("a claim that can be of no segment is named by its day", () => {
    const message = "is in the checkpoint but does not exist";
    expect(judged(archived, null)).toEqual([`I4 ${keyOf(2)} ${message}`]);
    expect(judged({ ...archived, number: 0 }, null)).toEqual([`I4 2026-05-01 ${message}`]);
    expect(judged(archived, null, "2026-02-30")).toEqual([`I4 2026-02-30 ${message}`]);
  });
});

it("nothing in a fault can steer a terminal, and none is long", () => {
  const { key, message } = violation("I2", "events/\u001b[2J\u0007\u202e\nx", `event \u009b31m${"x".repeat(1e6)} is`);
  for (const text of [key, message]) {
    expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(text.length).toBeLessThanOrEqual(400);
  }
});
