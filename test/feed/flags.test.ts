import { expect, test } from "vitest";
import { createFeed } from "../../feed/feed.ts";
import { feedFlags, readFeedFlags } from "../../feed/flags.ts";
import { defaultSwitches, FEED_WORKSPACE } from "../../feed/options.ts";

test("without any flag the feed is the default one, with a company of 100,000 events", () => {
  const { options } = readFeedFlags({});
  const { switches } = createFeed(options);
  expect({ ...switches, faults: {} }).toEqual(defaultSwitches);
  expect(options.workspaces?.map(({ gid, company }) => [gid, company?.events])).toEqual([[FEED_WORKSPACE, 100_000]]);
});

test("each flag is described once, and changes something or is refused", () => {
  const names = feedFlags.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, value, description } of feedFlags) {
    expect(description).toMatch(/^[\w].*[^.]$/);
    if (value === null || name === "token" || name === "seed") continue;
    expect(() => readFeedFlags({ [name]: "!" }), name).toThrow(RangeError);
  }
});

test("flags reach the feed", () => {
  const { options, clock } = readFeedFlags({
    workspace: "1,2",
    token: "t",
    events: "10",
    days: "2",
    now: "2026-05-29T12:00:00Z",
    "rate-limit": "0",
    latency: "5-9",
    "fault-rate": "0.5",
    plain: true,
    identity: true,
  });
  const { switches } = createFeed(options);
  expect(switches).toMatchObject({
    tokens: { t: "full" },
    limits: null,
    latencyMs: [5, 9],
    gzip: false,
  });
  expect(switches.faults.rates?.reduce((sum, { rate }) => sum + rate, 0)).toBeCloseTo(0.5);
  expect(options.workspaces?.map(({ gid }) => gid)).toEqual(["1", "2"]);
  expect(Math.abs(clock.now() - Date.parse("2026-05-29T12:00:00Z"))).toBeLessThan(60_000);
});

test("several workspaces have different companies, and the first is the same as when it is alone", () => {
  const digest = (workspace: string, gid: string) =>
    createFeed(readFeedFlags({ workspace, events: "50", days: "1", now: "2026-05-29T12:00:00Z" }).options).digest(gid);
  expect(digest("1,2", "1")).toEqual(digest("1", "1"));
  expect(digest("1,2", "2")).not.toEqual(digest("1,2", "1"));
});
