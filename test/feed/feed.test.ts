import { describe, expect, test } from "vitest";
import { createCompany } from "../../feed/company.ts";
import { createFeed } from "../../feed/feed.ts";
import { FEED_TOKEN, FEED_WORKSPACE, type FeedOptions } from "../../feed/options.ts";
import { sampleEventJson } from "../../feed/sample.ts";
import { ask, drainPages, messageOf, NOON_MS } from "./asking.ts";

const DAY_MS = 86_400_000;
const OTHER = "1200000000000002";
const at = (ms: number) => new Date(ms).toISOString();

/** A feed with events of the given gids, one second apart, the first one an hour before noon. */
function scripted(gids: readonly string[], options: FeedOptions = {}) {
  const feed = createFeed({ limits: null, ...options });
  gids.forEach((gid, index) => {
    feed.append(FEED_WORKSPACE, sampleEventJson(gid, at(NOON_MS - 3_600_000 + index * 1_000)));
  });
  return feed;
}

describe("routes and refusals", () => {
  test("1: only GET on the operation's path is served; all else is 404 without a matching route", () => {
    const feed = scripted(["1"]);
    const path = `/api/1.0/workspaces/${FEED_WORKSPACE}/audit_log_events`;
    expect(ask(feed, {}, { path }).status).toBe(200);
    for (const wrong of [
      { path: `/proxy${path}` },
      { path: `${path}/1` },
      { path: "/api/1.0/workspaces//audit_log_events" },
      { path: "/api/1.0/tasks" },
      { path, method: "POST" },
      { path, method: "HEAD" },
    ]) {
      const answer = ask(feed, {}, wrong);
      expect([answer.status, messageOf(answer)]).toEqual([404, "No matching route for request"]);
    }
  });

  test("2: no or an unknown token is 401 with help, one without the scope 403, a small plan 402, a wrong workspace 404 or 400", () => {
    const feed = scripted(["1"], {
      tokens: { [FEED_TOKEN]: "full", narrow: "no-audit-log" },
      workspaces: [{ gid: FEED_WORKSPACE }, { gid: OTHER, plan: "basic" }],
    });
    for (const token of [null, "other", "toString"]) {
      const answer = ask(feed, {}, { token });
      expect(answer.status).toBe(401);
      expect(answer.json.errors).toEqual([{ message: "Not Authorized", help: expect.stringContaining("docs/errors") }]);
    }
    expect(ask(feed, {}, { token: "narrow" }).status).toBe(403);
    expect(ask(feed, {}, { workspace: OTHER }).status).toBe(402);
    const unknown = ask(feed, {}, { workspace: "77" });
    expect([unknown.status, messageOf(unknown)]).toEqual([404, "workspace: Unknown object: 77"]);
    const letters = ask(feed, {}, { workspace: "abc" });
    expect([letters.status, messageOf(letters)]).toEqual([400, "workspace: Not a recognized ID: abc"]);
  });
});

describe("the log", () => {
  test("3: an event shows from its visible-at time on, which may be late and out of order; a cursor past it misses it", () => {
    const feed = scripted(["1", "2"]);
    const { offset } = ask(feed);
    feed.append(FEED_WORKSPACE, sampleEventJson("3", at(NOON_MS - 1_800_000)), NOON_MS + 5_000);
    feed.append(FEED_WORKSPACE, sampleEventJson("9", at(NOON_MS)), NOON_MS + 1_000);
    expect(ask(feed).gids).toEqual(["1", "2"]);
    const early = ask(feed, { offset: offset ?? "" }, { nowMs: NOON_MS + 1_000 });
    expect(early.gids).toEqual(["9"]);
    expect(ask(feed, { offset: early.offset ?? "" }, { nowMs: NOON_MS + 5_000 }).gids).toEqual([]);
    expect(ask(feed, {}, { nowMs: NOON_MS + 5_000 }).gids).toEqual(["1", "2", "3", "9"]);
  });

  test("3: each workspace has its own log", () => {
    const feed = scripted(["1"], { workspaces: [{ gid: FEED_WORKSPACE }, { gid: OTHER }] });
    feed.append(OTHER, sampleEventJson("2", at(NOON_MS)));
    expect([ask(feed).gids, ask(feed, {}, { workspace: OTHER }).gids]).toEqual([["1"], ["2"]]);
  });

  test("4: events come by created_at, ties by gid; start_at is inclusive, end_at exclusive, in any zone", () => {
    const feed = createFeed();
    for (const [gid, second] of [
      ["10", 2],
      ["9", 2],
      ["5", 3],
      ["7", 1],
    ] as const) {
      feed.append(FEED_WORKSPACE, sampleEventJson(gid, `2026-05-29T11:00:0${second}.000Z`));
    }
    expect(ask(feed).gids).toEqual(["7", "9", "10", "5"]);
    expect(ask(feed, { start_at: "2026-05-29T11:00:02Z" }).gids).toEqual(["9", "10", "5"]);
    expect(ask(feed, { end_at: "2026-05-29T11:00:02.000Z" }).gids).toEqual(["7"]);
    expect(ask(feed, { start_at: "2026-05-29T13:00:02+02:00", end_at: "2026-05-29T13:00:03+02:00" }).gids).toEqual([
      "9",
      "10",
    ]);
    for (const start_at of ["yesterday", "2026-05-29", "2026-05-29T11:00:02", ""]) {
      expect(ask(feed, { start_at }).status).toBe(400);
    }
  });

  test("4: the other four filters choose by exact value, in any combination; actor_type is closed", () => {
    const feed = scripted([]);
    const append = (gid: string, more: object) =>
      feed.append(FEED_WORKSPACE, sampleEventJson(gid, at(NOON_MS - 1_000), more));
    append("1", { actor: { actor_type: "asana" } });
    append("2", { event_type: "user_logged_out" });
    append("3", { actor: { actor_type: "user", gid: "42" }, details: { event_type: "user_logged_out" } });
    append("4", { resource: { resource_type: "task", gid: "42" } });
    expect(ask(feed, { event_type: "user_logged_out" }).gids).toEqual(["2"]);
    expect(ask(feed, { actor_type: "asana" }).gids).toEqual(["1"]);
    expect(ask(feed, { actor_gid: "42" }).gids).toEqual(["3"]);
    expect(ask(feed, { resource_gid: "42" }).gids).toEqual(["4"]);
    expect(ask(feed, { event_type: "task_deleted", actor_type: "user" }).gids).toEqual(["3", "4"]);
    expect(ask(feed, { actor_type: "robot" }).status).toBe(400);
    expect(ask(feed, { actor_type: "user", actor_gid: "42" }).gids).toEqual(["3"]);
    expect(ask(feed, { actor_type: "asana", actor_gid: "42" }).gids).toEqual([]);
  });

  test("5: events older than 90 days are gone, by the feed's clock, and so is all before 2021-10-08", () => {
    const feed = createFeed({ limits: null });
    feed.append(FEED_WORKSPACE, sampleEventJson("1", at(NOON_MS - 90 * DAY_MS)));
    feed.append(FEED_WORKSPACE, sampleEventJson("2", at(NOON_MS - 90 * DAY_MS + 1)));
    const start_at = "2020-01-01T00:00:00Z";
    expect(ask(feed, { start_at }).gids).toEqual(["1", "2"]);
    expect(ask(feed, { start_at }, { nowMs: NOON_MS + 1 }).gids).toEqual(["2"]);
    const first = Date.parse("2021-10-08T00:00:00Z");
    feed.append(FEED_WORKSPACE, sampleEventJson("3", at(first - 1)));
    feed.append(FEED_WORKSPACE, sampleEventJson("4", at(first)));
    expect(ask(feed, {}, { nowMs: first + DAY_MS }).gids).toEqual(["4"]);
  });
});

describe("pages", () => {
  test("6: limit is 1 to 100, absent means 1,000, anything else is 400; both are switches", () => {
    const feed = scripted(Array.from({ length: 1_100 }, (_, index) => String(index + 1)));
    expect([ask(feed).gids.length, ask(feed, { limit: 100 }).gids.length, ask(feed, { limit: 1 }).gids.length]).toEqual(
      [1_000, 100, 1],
    );
    for (const limit of [0, -1, 101, 1_000, "ten", "1.5", "", "1e1"]) expect(ask(feed, { limit }).status).toBe(400);
    feed.change({ maxLimit: 1_000, defaultLimit: 50 });
    expect([ask(feed).gids.length, ask(feed, { limit: 1_000 }).gids.length]).toEqual([50, 1_000]);
  });

  test("7: next_page is null only while no retained event matches; later it is there on empty pages too", () => {
    const feed = createFeed({ limits: null });
    expect(ask(feed).json).toEqual({ data: [], next_page: null });
    feed.append(FEED_WORKSPACE, sampleEventJson("1", at(NOON_MS - 1_000)));
    const page = ask(feed);
    const empty = ask(feed, { offset: page.offset ?? "" });
    expect([empty.gids, empty.offset]).toEqual([[], expect.any(String)]);
    const closed = { start_at: at(NOON_MS - 2_000), end_at: at(NOON_MS) };
    expect(ask(feed, { ...closed, offset: ask(feed, closed).offset ?? "" }).offset).toEqual(expect.any(String));
    expect(ask(feed, { end_at: at(NOON_MS - 2_000) }).json).toEqual({ data: [], next_page: null });
    expect(ask(feed, { start_at: at(NOON_MS), end_at: at(NOON_MS - 2_000) }).offset).toBeNull();
    expect(ask(feed, { offset: empty.offset ?? "" }, { nowMs: NOON_MS + 60_000 }).offset).not.toBeNull();
    feed.change({ offsetLifeMs: 200 * DAY_MS });
    const { offset } = ask(feed);
    expect(ask(feed, { offset: offset ?? "" }, { nowMs: NOON_MS + 91 * DAY_MS }).offset).toBeNull();
  });

  test("8: every answer has a new token of three segments with iat and exp, 150 to 250 characters", () => {
    const feed = scripted(["1", "2"]);
    const window = { start_at: at(NOON_MS - DAY_MS), end_at: at(NOON_MS) };
    const tokens = [ask(feed).offset, ask(feed).offset, ask(feed, window).offset].map((offset) => offset ?? "");
    tokens.push(ask(feed, { offset: tokens[0] ?? "" }).offset ?? "");
    tokens.push(ask(feed, { offset: tokens[0] ?? "" }).offset ?? "");
    expect(new Set(tokens).size).toBe(5);
    for (const token of tokens) {
      expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
      expect(token.length).toBeGreaterThanOrEqual(150);
      expect(token.length).toBeLessThanOrEqual(250);
      const [header, payload] = token.split(".").map((part) => Buffer.from(part, "base64url").toString());
      expect(JSON.parse(header ?? "")).toEqual({ typ: "JWT", alg: "HS256" });
      expect(JSON.parse(payload ?? "")).toMatchObject({ iat: NOON_MS / 1000, exp: NOON_MS / 1000 + 900 });
    }
  });

  test("8: an offset can be used again, and gives the same events and what came since", () => {
    const feed = scripted(["1", "2", "3"]);
    const offset = ask(feed, { limit: 1 }).offset ?? "";
    expect(ask(feed, { offset }).gids).toEqual(["2", "3"]);
    feed.append(FEED_WORKSPACE, sampleEventJson("4", at(NOON_MS)));
    expect(ask(feed, { offset }).gids).toEqual(["2", "3", "4"]);
  });

  test("9: tokens expire after 900 s of the feed's clock; foreign, damaged and empty ones are invalid", () => {
    const feed = scripted(["1", "2"], { workspaces: [{ gid: FEED_WORKSPACE }, { gid: OTHER }] });
    const offset = ask(feed, { limit: 1 }).offset ?? "";
    expect(ask(feed, { offset }, { nowMs: NOON_MS + 899_000 }).gids).toEqual(["2"]);
    const expired = ask(feed, { offset }, { nowMs: NOON_MS + 900_000 });
    expect([expired.status, messageOf(expired)]).toEqual([400, "offset: Your pagination token has expired."]);
    const foreign = ask(scripted(["1", "2"], { seed: "other" }), { limit: 1 }).offset ?? "";
    for (const [wrong, workspace] of [
      ["", FEED_WORKSPACE],
      ["x", FEED_WORKSPACE],
      [offset.slice(0, -1), FEED_WORKSPACE],
      [`${offset.slice(0, 60)}AAAA${offset.slice(64)}`, FEED_WORKSPACE],
      [foreign, FEED_WORKSPACE],
      [offset, OTHER],
    ] as const) {
      const answer = ask(feed, { offset: wrong }, { workspace });
      expect([answer.status, messageOf(answer)]).toEqual([400, "offset: Your pagination token is invalid."]);
    }
  });

  test("10: an offset works with its filters or without any; other filters are ignored, or refused by switch", () => {
    const feed = scripted(["1", "2", "3"]);
    const filters = { end_at: at(NOON_MS - 3_600_000 + 2_000), event_type: "task_deleted" };
    const offset = ask(feed, { ...filters, limit: 1 }).offset ?? "";
    expect(ask(feed, { ...filters, offset }).gids).toEqual(["2"]);
    expect(ask(feed, { offset }).gids).toEqual(["2"]);
    expect(ask(feed, { offset, event_type: "user_logged_out" }).gids).toEqual(["2"]);
    feed.change({ filterMismatch: "refuse" });
    expect(ask(feed, { offset }).gids).toEqual(["2"]);
    expect(messageOf(ask(feed, { offset, event_type: "user_logged_out" }))).toBe(
      "offset: Your pagination token is invalid.",
    );
  });

  test("11: path and uri repeat the query with the new offset, limit only when sent", () => {
    const feed = scripted(["1", "2"]);
    const next = (query: Record<string, string | number>) => ask(feed, query).json.next_page;
    const plain = next({});
    expect(plain.path).toBe(`/workspaces/${FEED_WORKSPACE}/audit_log_events?offset=${plain.offset}`);
    expect(plain.uri).toBe(`https://app.asana.com/api/1.0${plain.path}`);
    const filtered = next({ limit: 1, event_type: "task_deleted", offset: ask(feed, { limit: 1 }).offset ?? "" });
    expect(filtered.path).toContain(`?limit=1&event_type=task_deleted&offset=${filtered.offset}`);
  });

  test("17: pages may be short with more to come", () => {
    const gids = Array.from({ length: 200 }, (_, index) => String(index + 1));
    const feed = scripted(gids, { shortPageRate: 1 });
    const pages = drainPages(feed, { limit: 20 });
    expect(pages.flat()).toEqual(gids);
    expect(pages.every((page) => page.length < 20)).toBe(true);
  });

  test("18: a long drain may be cut off by a 400, while windows go on", () => {
    const feed = scripted(["1", "2", "3", "4", "5"], { truncateAfter: 4 });
    const first = ask(feed, { limit: 2 });
    const second = ask(feed, { limit: 2, offset: first.offset ?? "" });
    expect(second.gids).toEqual(["3", "4"]);
    const cut = ask(feed, { limit: 2, offset: second.offset ?? "" });
    expect([cut.status, messageOf(cut)]).toEqual([400, expect.stringContaining("truncated")]);
    expect(messageOf(cut)).not.toContain("pagination token");
    expect(ask(feed, { limit: 2, start_at: at(NOON_MS - 3_600_000 + 4_000) }).gids).toEqual(["5"]);
  });
});

test("19: the request log has times, parameters and answers", () => {
  const feed = scripted(["1", "2"], { limits: { perMinute: 60, tickMs: 2_000 }, latencyMs: 400 });
  const offset = ask(feed, { limit: 1 }).offset ?? "";
  ask(feed, { offset }, { nowMs: NOON_MS + 100 });
  ask(feed, { offset }, { nowMs: NOON_MS + 200 });
  ask(feed, {}, { nowMs: NOON_MS + 700 });
  expect(feed.requests.map(({ status }) => status)).toEqual([200, 200, 429, 429]);
  const times = { atMs: NOON_MS, endsAtMs: NOON_MS + 400 };
  expect(feed.requests[0]).toMatchObject({ number: 1, ...times, query: { limit: "1" }, events: 1 });
});

test("20: same seed, same requests, same clock: same bytes; another seed: others", () => {
  const run = (seed: string) => {
    const company = createCompany({ seed, fromMs: NOON_MS - 2 * DAY_MS, toMs: NOON_MS, events: 500 });
    const faults = { rates: [{ fault: { kind: "reset" }, rate: 0.3 }] } as const;
    const feed = createFeed({
      seed,
      workspaces: [{ gid: FEED_WORKSPACE, company }],
      faults,
      latencyMs: [1, 900],
      shortPageRate: 0.5,
    });
    let offset: string | null = null;
    const seen = [];
    for (let request = 0; request < 20; request++) {
      const answer = ask(feed, offset === null ? { limit: 50 } : { limit: 50, offset });
      seen.push([answer.status, answer.body.toString(), answer.headers, answer.latencyMs, answer.wire]);
      offset = answer.offset;
    }
    return seen;
  };
  expect(run("a")).toEqual(run("a"));
  expect(run("a")).not.toEqual(run("b"));
});
