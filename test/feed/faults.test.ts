import { describe, expect, test } from "vitest";
import { type FeedFault, passingFaultRates } from "../../feed/faults.ts";
import { createFeed } from "../../feed/feed.ts";
import { FEED_TOKEN, FEED_WORKSPACE } from "../../feed/options.ts";
import { sampleEventJson } from "../../feed/sample.ts";
import { feedTransport } from "../../feed/transport.ts";
import { createJumpingClock } from "../fakes/clock.ts";
import { NEVER } from "../fakes/run.ts";
import { ask, NOON_MS } from "./asking.ts";

function failing(fault: FeedFault) {
  const feed = createFeed({ faults: { script: [{ request: 2, fault }] } });
  for (let gid = 1; gid <= 9; gid++) {
    feed.append(FEED_WORKSPACE, sampleEventJson(String(gid), new Date(NOON_MS - 9_000 + gid).toISOString()));
  }
  return feed;
}

/** The answer to the second request, the one that goes wrong; the first and the third must be right. */
function second(fault: FeedFault) {
  const feed = failing(fault);
  const answers = [ask(feed, { limit: 4 }), ask(feed, { limit: 4 }), ask(feed, { limit: 4 })];
  expect([answers[0]?.gids.length, answers[2]?.gids.length]).toEqual([4, 4]);
  return answers[1]!;
}

describe("13: a scripted fault hits the request it names, and no other", () => {
  test("500 with and without the phrase for support", () => {
    expect(second({ kind: "server-error" }).json.errors[0]).toEqual({
      message: "Server Error",
      phrase: expect.any(String),
    });
    const bare = second({ kind: "server-error", phrase: false });
    expect([bare.status, bare.json.errors]).toEqual([500, [{ message: "Server Error" }]]);
  });

  test("502, 503 and 504 with a JSON, an HTML or an empty body, and any other status", () => {
    for (const status of [502, 503, 504]) {
      expect(second({ kind: "status", status, body: "json" }).json.errors).toHaveLength(1);
      const html = second({ kind: "status", status });
      expect([html.status, html.headers["content-type"], html.body.toString()]).toEqual([
        status,
        "text/html",
        expect.stringContaining("<html>"),
      ]);
      expect(second({ kind: "status", status, body: "empty" }).body).toHaveLength(0);
    }
    const refused = second({ kind: "status", status: 451, body: "json", message: "Not here" });
    expect([refused.status, refused.json.errors[0].message]).toEqual([451, "Not here"]);
  });

  test("200 with invalid JSON, with a broken element, with data missing or null, with an errors envelope", () => {
    const broken = second({ kind: "broken-json" });
    expect([broken.status, broken.json]).toEqual([200, null]);
    expect(second({ kind: "broken-event" }).json.data).toContain(7);
    expect(Object.keys(second({ kind: "no-data" }).json)).toEqual(["next_page"]);
    expect(second({ kind: "null-data" }).json).toEqual({ data: null, next_page: expect.any(Object) });
    const envelope = second({ kind: "errors-envelope" });
    expect([envelope.status, Object.keys(envelope.json)]).toEqual([200, ["errors"]]);
  });

  test("a redirect, a sign-in page, a 429 with any Retry-After", () => {
    expect(second({ kind: "redirect" })).toMatchObject({
      status: 302,
      headers: { location: expect.stringContaining("attacker") },
    });
    expect(second({ kind: "text" })).toMatchObject({ status: 200, headers: { "content-type": "text/html" } });
    expect(second({ kind: "rate-limited", retryAfter: "soon" })).toMatchObject({
      status: 429,
      headers: { "retry-after": "soon" },
    });
    expect(second({ kind: "rate-limited", retryAfter: null }).headers).not.toHaveProperty("retry-after");
  });

  test.each(["expired", "invalid"] as const)("an offset refused as %s although it is good", (reason) => {
    const feed = failing({ kind: "refuse-offset", reason });
    const offset = ask(feed, { limit: 4 }).offset ?? "";
    expect(ask(feed, { offset }).json.errors[0].message).toContain(reason);
    expect(ask(feed, { offset }).gids).toHaveLength(5);
  });

  test.each([
    [{ kind: "reset" }, "reset", 0],
    [{ kind: "cut" }, "truncated", 0],
    [{ kind: "stall", ms: 10_000 }, "reset", 10_000],
    [{ kind: "stall" }, "timeout", 60_000],
  ] as const)("%j reaches a client without sockets as %s, in virtual time", async (fault, name, spentMs) => {
    const feed = failing(fault);
    const clock = createJumpingClock(NOON_MS);
    const send = sender(feed, clock);
    await send();
    await expect(send()).rejects.toMatchObject({ name: "TransportError", fault: name });
    expect(clock.now() - NOON_MS).toBe(spentMs);
    expect((await send()).status).toBe(200);
  });

  test("a cut that looks complete reaches a client without sockets as a body that is too short", async () => {
    const send = sender(failing({ kind: "cut", clean: true }), createJumpingClock(NOON_MS));
    const whole = await send();
    expect((await send()).body.length).toBe(Math.floor(whole.body.length / 2));
  });
});

test("13: faults by rate hit that share of requests, the same ones for the same seed, and stop when switched off", () => {
  const hits = (seed: string) => {
    const feed = createFeed({ seed, limits: null, faults: passingFaultRates(0.2) });
    for (let request = 0; request < 1_000; request++) ask(feed);
    const numbers = feed.requests.filter(({ fault }) => fault !== null).map(({ number }) => number);
    feed.change({ faults: {} });
    ask(feed);
    expect(feed.requests.at(-1)?.fault).toBeNull();
    return numbers;
  };
  expect(hits("a").length).toBeGreaterThan(150);
  expect(hits("a").length).toBeLessThan(250);
  expect(hits("a")).toEqual(hits("a"));
  expect(hits("a")).not.toEqual(hits("b"));
});

test("a client without sockets sees the feed's clock, joined headers, and its own abort", async () => {
  const clock = createJumpingClock(NOON_MS);
  const feed = createFeed({ latencyMs: 300 });
  const transport = feedTransport(feed, clock, { skewMs: 60_000 });
  const url = new URL(`https://app.asana.com/api/1.0/workspaces/${FEED_WORKSPACE}/audit_log_events`);
  const abort = new AbortController();
  const answer = await transport({ url, headers: { authorization: `Bearer ${FEED_TOKEN}` } }, abort.signal);
  expect(answer.headers["date"]).toBe("Fri, 29 May 2026 12:01:00 GMT");
  expect(answer.headers["asana-change"]?.split("name=")).toHaveLength(4);
  const waiting = transport({ url, headers: {} }, abort.signal);
  abort.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
});

function sender(feed: ReturnType<typeof createFeed>, clock: ReturnType<typeof createJumpingClock>) {
  const transport = feedTransport(feed, clock);
  const url = new URL(`https://app.asana.com/api/1.0/workspaces/${FEED_WORKSPACE}/audit_log_events`);
  return () => transport({ url, headers: { authorization: `Bearer ${FEED_TOKEN}` } }, NEVER);
}
