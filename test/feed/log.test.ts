import fc from "fast-check";
import { expect, test } from "vitest";
import { createCompany, eventsOf } from "../../feed/company.ts";
import { createFeed } from "../../feed/feed.ts";
import { compareGids, createEventLog, type StreamPosition } from "../../feed/log.ts";
import { FEED_WORKSPACE } from "../../feed/options.ts";
import { sampleEventJson } from "../../feed/sample.ts";
import { cacheTables } from "../../feed/table.ts";
import { tries } from "../tries.ts";
import { NOON_MS } from "./asking.ts";

const HOUR_MS = 3_600_000;
const fromMs = NOON_MS - 6 * HOUR_MS;
const company = createCompany({ seed: 3, fromMs, toMs: NOON_MS, events: 300, lateRate: 0.1 });
const generated = [...eventsOf(company)];

test("reading by any pages gives what a plain sort and filter of all events gives", () => {
  const added = fc.record({
    offsetMs: fc.integer({ min: 0, max: 7 * HOUR_MS }),
    gid: fc.integer({ min: 1, max: 9_999_999 }),
    delayMs: fc.constantFrom(0, 0, 1_000, HOUR_MS),
  });
  const query = fc.record({
    from: fc.integer({ min: 0, max: 6 * HOUR_MS }),
    span: fc.integer({ min: 0, max: 7 * HOUR_MS }),
    now: fc.integer({ min: 0, max: 8 * HOUR_MS }),
    limit: fc.integer({ min: 1, max: 120 }),
  });
  fc.assert(
    fc.property(
      fc.uniqueArray(added, { maxLength: 40, selector: ({ gid }) => gid }),
      query,
      (events, { from, span, now, limit }) => {
        const log = createEventLog(company);
        const appended = events.map(({ offsetMs, gid, delayMs }) => {
          const atMs = fromMs + offsetMs;
          return {
            atMs,
            gid: String(gid),
            visibleAtMs: atMs + delayMs,
            line: Buffer.from(sampleEventJson(String(gid), new Date(atMs).toISOString())),
          };
        });
        for (const event of appended) log.append(event);
        const nowMs = fromMs + now;
        const bounds = { fromMs: fromMs + from, toMs: fromMs + from + span };
        const sorted = [...generated, ...appended].sort((a, b) => a.atMs - b.atMs || compareGids(a.gid, b.gid));
        const wanted = sorted.filter(
          (event) => event.visibleAtMs <= nowMs && event.atMs >= bounds.fromMs && event.atMs < bounds.toMs,
        );

        const lines: string[] = [];
        for (let after: StreamPosition | null = null; ; ) {
          const page = log.read({ after, ...bounds, limit, nowMs, matches: null });
          if (page.count === 0) break;
          expect(page.count).toBeLessThanOrEqual(limit);
          lines.push(...JSON.parse(`[${page.parts.join(",")}]`).map((event: { gid: string }) => event.gid));
          after = page.last;
        }
        expect(lines).toEqual(wanted.map(({ gid }) => gid));
        expect([...log.events()].map(({ gid }) => gid)).toEqual(sorted.map(({ gid }) => gid));
      },
    ),
    tries(200, 1),
  );
});

test("a cache that holds one table gives the same bytes as one that holds all", () => {
  const small = createFeed({ workspaces: [{ gid: FEED_WORKSPACE, company }], cacheBytes: 1 });
  const large = createFeed({ workspaces: [{ gid: FEED_WORKSPACE, company }] });
  large.warm();
  expect(small.digest(FEED_WORKSPACE)).toEqual(large.digest(FEED_WORKSPACE));
  const cached = cacheTables(company, 1);
  expect(cached.table(0)).toBe(cached.table(0));
  const first = cached.table(0);
  cached.table(1);
  expect(cached.table(0)).not.toBe(first);
});

test("the truth can be cut to a span and to what was visible by a time, and its digest forgets the order only", () => {
  const feed = createFeed();
  const lines = ["2", "1", "3"].map((gid, index) => sampleEventJson(gid, new Date(NOON_MS + index).toISOString()));
  for (const line of lines) feed.append(FEED_WORKSPACE, line);
  feed.append(FEED_WORKSPACE, sampleEventJson("4", new Date(NOON_MS + 1).toISOString()), NOON_MS + 50);
  const gids = (range: object) => [...feed.lines(FEED_WORKSPACE, range)].map(({ gid }) => gid);
  expect(gids({})).toEqual(["2", "1", "4", "3"]);
  expect(gids({ fromMs: NOON_MS + 1, toMs: NOON_MS + 2 })).toEqual(["1", "4"]);
  expect(gids({ visibleByMs: NOON_MS + 49 })).toEqual(["2", "1", "3"]);

  const reversed = createFeed();
  for (const line of lines.toReversed()) reversed.append(FEED_WORKSPACE, line, undefined, NOON_MS);
  const whole = feed.digest(FEED_WORKSPACE, { visibleByMs: NOON_MS + 49 });
  expect(reversed.digest(FEED_WORKSPACE)).toEqual(whole);
  reversed.append(FEED_WORKSPACE, lines[0]!);
  reversed.append(FEED_WORKSPACE, lines[0]!);
  expect(reversed.digest(FEED_WORKSPACE).sum).not.toBe(whole.sum);
});

test("an appended event keeps its exact bytes, and one without a readable place needs a time", () => {
  const feed = createFeed();
  const odd = '{"gid":"1","created_at":"once upon a time" ,"n":1.0}';
  expect(() => feed.append(FEED_WORKSPACE, odd)).toThrow("needs atMs or visibleAtMs");
  feed.append(FEED_WORKSPACE, odd, NOON_MS);
  feed.append(FEED_WORKSPACE, "{}", NOON_MS);
  feed.append(FEED_WORKSPACE, "{}", NOON_MS);
  expect([...feed.lines(FEED_WORKSPACE)].map(({ line }) => line.toString())).toEqual([odd, "{}", "{}"]);
});
