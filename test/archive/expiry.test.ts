/** What a bucket's lifecycle removes is no damage, where the setting says so; everything else still is. */
import { describe, expect, it } from "vitest";
import { judgeBehind, judgeNext, mayBeExpired } from "../../lambda/archive/invariants.ts";
import { status } from "../../lambda/archive/status.ts";
import type { Instant } from "../../lambda/event/instant.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { WORKSPACE } from "../segment/sample.ts";
import {
  DAYS,
  describeViolation,
  hintOf,
  keyOf,
  type Objects,
  sampleArchive,
  stateOf,
  verifyObjects,
} from "./sample-archive.ts";

const [DAY, NEXT_DAY, LAST_DAY] = DAYS;
const { logs, objects: good } = await sampleArchive();
const without = (...keys: readonly string[]): Objects => new Map([...good].filter(([key]) => !keys.includes(key)));

/** On `DAY` and 101 days, 100 days of expiry have passed for `DAY` alone, and for the odd day. */
const today = "2026-08-10";
const expired = { mayBeExpired: (day: string) => mayBeExpired(day, 100, today) };
const faultsOf = async (objects: Objects, state: Parameters<typeof verifyObjects>[2] = null, options = expired) =>
  (await verifyObjects(objects, options, state)).faults.map(describeViolation);

describe("what may be expired", () => {
  it.each([
    ["2026-05-01", 100, "2026-08-10", true],
    ["2026-05-01", 100, "2026-08-09", false],
    ["2026-05-01", null, "2036-08-10", false],
    ["2021-10-07", 100, "2026-08-10", true],
    ["9999-12-31", 36_500, "2026-08-10", false],
    ["2026-05-01", 100, "1970-01-01", false],
    ["2026-05-01", 100, "no day", false],
  ])("%s with %j days on %s: %j", (day, expireAfterDays, nowDay, expected) => {
    expect(mayBeExpired(day, expireAfterDays, nowDay)).toBe(expected);
  });
});

describe("the front of a log", () => {
  it.each([[[1]], [[1, 2]], [[1, 2, 3]]])(
    "expired up to %j is no fault, and its first manifest is believed",
    async (gone) => {
      const objects = without(...gone.map((number) => keyOf(number)));
      expect(await faultsOf(objects)).toEqual([]);
      const missing = gone.length === 1 ? "is missing" : `is missing, as are all up to number ${gone.length}`;
      expect((await verifyObjects(objects)).faults.map(describeViolation)).toEqual([`I3 ${DAY}/000001 ${missing}`]);
    },
  );

  it("is a fault of a day that is too young", async () => {
    expect(await faultsOf(without(keyOf(1, LAST_DAY)))).toEqual([`I3 ${LAST_DAY}/000001 is missing`]);
  });

  it("excuses no gap behind it", async () => {
    expect(await faultsOf(without(keyOf(2)))).toEqual([`I3 ${DAY}/000002 is missing`]);
    expect(await faultsOf(without(keyOf(1), keyOf(3)))).toEqual([`I3 ${DAY}/000003 is missing`]);
  });

  it("excuses no segment that says that it is the first", () => {
    const { key, manifest, manifestHash } = logs[0]![2]!;
    const read = { manifest: { ...manifest, previous: null }, manifestHash };
    expect(judgeNext(null, { key, number: 3, read }, true).map(describeViolation)).toEqual([
      `I3 ${DAY}/000003 names no previous segment`,
    ]);
  });
});

describe("a checkpoint", () => {
  const known = hintOf(logs[0]![1]!);
  const watermark = logs[0]![3]!.manifest.logNewest;
  const wholeLog = logs[0]!.map(({ key }) => key);

  it("may know a segment that is expired, and a watermark in a log that is", async () => {
    expect(await faultsOf(without(keyOf(1), keyOf(2)), stateOf({ [DAY]: known }, watermark))).toEqual([]);
    expect(await faultsOf(without(...wholeLog), stateOf({ [DAY]: known }, watermark))).toEqual([]);
  });

  it("may not know what is gone from the end, from a younger day, or without an expiry", async () => {
    const last = hintOf(logs[0]![3]!);
    expect(await faultsOf(without(keyOf(4)), stateOf({ [DAY]: last }, watermark))).toEqual([
      `I4 ${DAY}/000004 is in the checkpoint but does not exist`,
      expect.stringMatching(/^I4 .*the checkpoint's watermark is/),
    ]);
    const young = stateOf({ [NEXT_DAY]: hintOf(logs[1]![0]!) }, logs[1]![0]!.manifest.logNewest);
    expect(await faultsOf(without(keyOf(1, NEXT_DAY)), young)).toHaveLength(2);
    const never = { mayBeExpired: () => false };
    expect(await faultsOf(without(...wholeLog), stateOf({ [DAY]: known }, watermark), never)).toHaveLength(2);
  });

  it("is judged of a log whose first number is not given as if all of it were there", () => {
    const log = { logNewest: watermark as Instant, hinted: null };
    const claim = { hints: { [DAY]: known }, watermark: null };
    expect(judgeBehind(WORKSPACE, claim, new Map([[DAY, log]]), () => true)).toHaveLength(1);
    expect(judgeBehind(WORKSPACE, claim, new Map([[DAY, { ...log, firstNumber: 2 }]]), () => true)).toHaveLength(1);
    expect(judgeBehind(WORKSPACE, claim, new Map([[DAY, { ...log, firstNumber: 3 }]]), () => true)).toEqual([]);
  });
});

describe("status", () => {
  const statusOf = (objects: Objects, options: { mayBeExpired?: (day: string) => boolean }) =>
    status({ archive: createMemoryArchive(objects), clock: { now: () => Date.parse(today) } }, options);

  it("names days whose front is expired, and calls nothing of them missing", async () => {
    const objects = without(keyOf(1), keyOf(2));
    const { faults, workspaces } = await statusOf(objects, expired);
    expect(faults).toEqual([]);
    expect(workspaces).toMatchObject([
      { missing: [], expired: [DAY], logs: [{ expiredSegments: 2, hasGap: false }, {}, {}] },
    ]);
    const unset = await statusOf(objects, {});
    expect(unset.workspaces).toMatchObject([{ missing: [DAY], expired: [] }]);
  });

  it("calls no day quiet that may be expired as a whole", async () => {
    const objects = without(keyOf(1, NEXT_DAY));
    expect((await statusOf(objects, expired)).workspaces).toMatchObject([{ quietDays: 2 }]);
    const later = { mayBeExpired: (day: string) => mayBeExpired(day, 100, "2026-08-11") };
    expect((await statusOf(objects, later)).workspaces).toMatchObject([
      { quietDays: 1, quiet: [{ from: "2026-05-03", to: "2026-05-03" }] },
    ]);
  });
});
