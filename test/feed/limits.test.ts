import { describe, expect, test } from "vitest";
import { createFeed } from "../../feed/feed.ts";
import type { RateLimits } from "../../feed/limits.ts";
import { FEED_TOKEN, FEED_WORKSPACE, type FeedOptions } from "../../feed/options.ts";
import { sampleEventJson } from "../../feed/sample.ts";
import { ask, messageOf, NOON_MS } from "./asking.ts";

function limited(limits: RateLimits, options: FeedOptions = {}) {
  const feed = createFeed({ limits, ...options });
  feed.append(FEED_WORKSPACE, sampleEventJson("1", new Date(NOON_MS - 1_000).toISOString()));
  return feed;
}

describe("12: the rate limiter", () => {
  test("gives the minute's quota in portions, and says in whole seconds when to come back", () => {
    const feed = limited({ perMinute: 60, tickMs: 5_000 });
    const statuses = Array.from({ length: 6 }, () => ask(feed).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
    const refused = ask(feed);
    expect(messageOf(refused)).toContain("exceeded your rate limit");
    expect(refused.headers["retry-after"]).toBe("3");
    expect(ask(feed, {}, { nowMs: NOON_MS + 3_000 }).status).toBe(200);
  });

  test("lets as many through in a minute as the quota says", () => {
    const feed = limited({ perMinute: 1_500 });
    let allowed = 0;
    for (let ms = 0; ms < 600_000; ms += 41) if (ask(feed, {}, { nowMs: NOON_MS + ms }).status === 200) allowed++;
    expect(allowed / 10).toBeLessThanOrEqual(1_500);
    expect(allowed / 10).toBeGreaterThan(1_400);
  });

  test("counts refused requests, so hammering makes it worse", () => {
    const feed = limited({ perMinute: 60, tickMs: 1_000 });
    const waits = Array.from({ length: 5 }, () => ask(feed).headers["retry-after"]);
    expect(waits).toEqual([undefined, "2", "3", "4", "5"]);
  });

  test("counts by access token, whatever the workspace, and not those it does not know", () => {
    const feed = limited({ perMinute: 60, tickMs: 1_000 }, { tokens: { [FEED_TOKEN]: "full", second: "full" } });
    for (let request = 0; request < 5; request++) expect(ask(feed, {}, { token: "unknown" }).status).toBe(401);
    expect([ask(feed).status, ask(feed, {}, { workspace: "77" }).status]).toEqual([200, 429]);
    expect(ask(feed, {}, { token: "second" }).status).toBe(200);
  });

  test("refuses more than 50 GETs in flight, until one of them is through", () => {
    const feed = limited({ inFlight: 50 }, { latencyMs: 800 });
    for (let request = 0; request < 50; request++) expect(ask(feed).status).toBe(200);
    const refused = ask(feed);
    expect([refused.status, refused.headers["retry-after"]]).toEqual([429, "1"]);
    expect(ask(feed, {}, { nowMs: NOON_MS + 800 }).status).toBe(200);
  });

  test("never tells what is left of a quota", () => {
    const feed = limited({ perMinute: 60, tickMs: 1_000 });
    for (const answer of [ask(feed), ask(feed)]) {
      expect(Object.keys(answer.headers).filter((name) => /limit|remaining/i.test(name))).toEqual([]);
    }
  });
});
