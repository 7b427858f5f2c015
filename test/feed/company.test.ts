import { serialize } from "node:v8";
import { describe, expect, test } from "vitest";
import { type CompanyOptions, createCompany, eventsOf, type LoggedEvent } from "../../feed/company.ts";
import { EVENT_TYPES } from "../../feed/details.ts";
import { createFeed } from "../../feed/feed.ts";
import { noOddities, usualOddities } from "../../feed/oddities.ts";
import { FEED_WORKSPACE } from "../../feed/options.ts";
import { drainPages, NOON_MS } from "./asking.ts";

const DAY_MS = 86_400_000;
const quarter: CompanyOptions = { seed: 7, fromMs: NOON_MS - 89 * DAY_MS, toMs: NOON_MS, events: 40_000 };
const textOf = (event: LoggedEvent) => event.line.toString();
// biome-ignore lint/suspicious/noExplicitAny: any member of any event.
const parse = (event: LoggedEvent): any => JSON.parse(textOf(event));
const all = [...eventsOf(createCompany(quarter))];

describe("15: events look like a real company's", () => {
  test("all 131 known types occur, with their wire category and resource types, and one that nobody knows", () => {
    const seen = new Map(all.map((event) => [parse(event).event_type, event]));
    expect(EVENT_TYPES.size).toBe(131);
    expect([...EVENT_TYPES.keys()].filter((type) => !seen.has(type))).toEqual([]);
    for (const event of all.map(parse)) {
      const facts = EVENT_TYPES.get(event.event_type);
      expect(event.event_category).toBe(facts?.category ?? "telepathy");
    }
    expect(seen.has("workspace_telepathy_enabled")).toBe(true);
    expect(seen.size).toBe(132);
  });

  test("each event says its own gid and created_at, in order, with no gid twice", () => {
    let before = { atMs: 0, gid: "" };
    for (const event of all) {
      const { gid, created_at } = parse(event);
      expect([gid, Date.parse(created_at)]).toEqual([event.gid, event.atMs]);
      expect(event.atMs > before.atMs || (event.atMs === before.atMs && event.gid > before.gid)).toBe(true);
      before = event;
    }
    expect(new Set(all.map(({ gid }) => gid)).size).toBe(40_000);
  });

  test("people work on weekdays, by day, and machines at all hours", () => {
    const hours = new Map<number, number>();
    let weekend = 0;
    for (const { atMs } of all) {
      const time = new Date(atMs);
      hours.set(time.getUTCHours(), (hours.get(time.getUTCHours()) ?? 0) + 1);
      if (time.getUTCDay() % 6 === 0) weekend++;
    }
    expect(weekend).toBeLessThan(40_000 / 7);
    expect([...hours.values()]).toHaveLength(24);
    expect(Math.max(...hours.values())).toBeGreaterThan(3 * Math.min(...hours.values()));
  });

  test("one event in a thousand is late, by up to 30 minutes; both are options", () => {
    const late = all.filter(({ atMs, visibleAtMs }) => visibleAtMs > atMs);
    expect(late.length).toBeGreaterThan(15);
    expect(late.length).toBeLessThan(85);
    expect(Math.max(...late.map(({ atMs, visibleAtMs }) => visibleAtMs - atMs))).toBeLessThanOrEqual(30 * 60_000);
    const others = eventsOf(createCompany({ ...quarter, events: 500, lateRate: 1, lateMaxMs: 50 }));
    expect(Math.max(...[...others].map(({ atMs, visibleAtMs }) => visibleAtMs - atMs))).toBeLessThanOrEqual(50);
  });

  test.each([
    ["a user as actor without gid", /"actor":\{"actor_type":"user","name":"[^"]*"\}/],
    ["resource.name null", /"resource":\{[^}]*"name":null\}/],
    ["empty details", /"details":\{\}/],
    ["details with arrays, nested objects and spelled-out numbers", /"details":\{"changed":\[.*"nested":\{.*1\.50e\+2/],
    ["on_behalf_of_user_id above 2^53", /"on_behalf_of_user_id":9007199254740993/],
    ["characters beyond the BMP, U+2028 and escaped control characters", /𝔘.*\u2028.*\\u0001/s],
    ["a saml_response of 50 KB", /"saml_response":"[\w+/]{50000}"/],
    ["a lone surrogate escape", /\\ud83d"/],
    ["an external administrator with nothing but its type", /"actor":\{"actor_type":"external_administrator"\}/],
    ["an IPv6 address", /"client_ip_address":"2001:db8:/],
  ])("there is %s", (_, pattern) => {
    expect(all.some((event) => pattern.test(textOf(event)))).toBe(true);
  });

  test("each rate of oddities is an option, and none leaves only known types and usual sizes", () => {
    const plain = [...eventsOf(createCompany({ ...quarter, events: 5_000, oddities: noOddities }))];
    expect(plain.every((event) => EVENT_TYPES.has(parse(event).event_type) && event.line.length < 2_000)).toBe(true);
    const odd = createCompany({ ...quarter, events: 1_000, burstsPerDay: 0, oddities: { ...noOddities, nullName: 1 } });
    expect([...eventsOf(odd)].every((event) => parse(event).resource.name === null)).toBe(true);
    expect(Object.values(usualOddities).every((rate) => rate > 0)).toBe(true);
  });
});

test("16: bursts put hundreds of events into one millisecond, and a page border inside one loses nothing", () => {
  const sizes = new Map<number, number>();
  for (const { atMs } of all) sizes.set(atMs, (sizes.get(atMs) ?? 0) + 1);
  const [burstMs, size] = [...sizes].reduce((most, entry) => (entry[1] > most[1] ? entry : most));
  expect(size).toBeGreaterThan(150);
  const feed = createFeed({ limits: null, workspaces: [{ gid: FEED_WORKSPACE, company: createCompany(quarter) }] });
  const start_at = new Date(burstMs - 600_000).toISOString();
  const end_at = new Date(burstMs + 600_000).toISOString();
  const pages = drainPages(feed, { start_at, end_at, limit: 100 }, { nowMs: NOON_MS + DAY_MS });
  const wanted = all.filter(({ atMs }) => Math.abs(atMs - burstMs) < 600_000).map(({ gid }) => gid);
  expect(pages.flat()).toEqual(wanted);
});

test("20: same seed, same bytes, in whatever order the hours are made; another seed, other bytes", () => {
  const week = { ...quarter, fromMs: NOON_MS - 7 * DAY_MS, events: 3_000 };
  const forwards = createCompany(week);
  const backwards = createCompany(week);
  const numbers = Array.from({ length: forwards.tables }, (_, index) => index);
  const made = new Map(numbers.toReversed().map((index) => [index, backwards.table(index)]));
  for (const index of numbers) expect(serialize(made.get(index)).equals(serialize(forwards.table(index)))).toBe(true);
  const other = createCompany({ ...week, seed: 8 });
  expect([...eventsOf(other)].map(textOf)).not.toEqual([...eventsOf(forwards)].map(textOf));
});

test("a company has exactly as many events as asked for, all inside its span, at whatever size", () => {
  for (const events of [0, 1, 23, 5_000]) {
    const fromMs = NOON_MS - 3 * DAY_MS + 1_234_567;
    const made = [...eventsOf(createCompany({ seed: 1, people: 1, fromMs, toMs: NOON_MS - 999, events }))];
    expect(made).toHaveLength(events);
    expect(made.every(({ atMs }) => atMs >= fromMs && atMs < NOON_MS - 999)).toBe(true);
  }
  expect(createCompany({ seed: 1, fromMs: NOON_MS - 2 * DAY_MS, toMs: NOON_MS, eventsPerDay: 300 }).events).toBe(600);
  expect(() => createCompany({ seed: 1, fromMs: NOON_MS, toMs: NOON_MS })).toThrow(
    "toMs of a company must be after fromMs",
  );
});
