import fc from "fast-check";
import { expect, it } from "vitest";
import { dayPrefix, parseSegmentKey, segmentKey, workspacePrefix } from "../../lambda/segment/key.ts";

const places = fc.record({
  workspace: fc.stringMatching(/^[1-9]\d{0,19}$/),
  day: fc
    .date({ min: new Date("2021-10-07"), max: new Date("9999-12-31"), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10)),
  number: fc.integer({ min: 1, max: 999_999 }),
});

it("a key and its parse are inverse", () => {
  fc.assert(
    fc.property(places, ({ workspace, day, number }) => {
      const key = segmentKey(workspace, day, number);
      expect(parseSegmentKey(key)).toEqual({ workspace, day, number });
      expect(key.startsWith(dayPrefix(workspace, day))).toBe(true);
      expect(key.startsWith(workspacePrefix(workspace))).toBe(true);
    }),
  );
});

it("key order is number order", () => {
  fc.assert(
    fc.property(places, fc.integer({ min: 1, max: 999_999 }), ({ workspace, day, number }, other) => {
      const [a, b] = [segmentKey(workspace, day, number), segmentKey(workspace, day, other)];
      expect(a < b).toBe(number < other);
    }),
  );
});

it.each([
  "events/workspace=1201/dt=2026-05-01/000001.ndjson",
  "events/workspace=1201/dt=2026-05-01/1.ndjson.gz",
  "events/workspace=1201/dt=2026-05-01/000000.ndjson.gz",
  "events/workspace=1201/dt=2026-05-01/0000001.ndjson.gz",
  "events/workspace=1201/dt=2026-05-01/000001.ndjson.gz\n",
  "events/workspace=1201/dt=2026-05-01//000001.ndjson.gz",
  "events/workspace=1201/dt=2026-05-01/x/000001.ndjson.gz",
  "events/workspace=1201/dt=2026-02-30/000001.ndjson.gz",
  "events/workspace=1201/dt=2021-10-06/000001.ndjson.gz",
  "events/workspace=1201/dt=1970-01-01/000001.ndjson.gz",
  "events/workspace=12a/dt=2026-05-01/000001.ndjson.gz",
  "events/workspace=/dt=2026-05-01/000001.ndjson.gz",
  "events/workspace=01201/dt=2026-05-01/000001.ndjson.gz",
  "events/workspace=../dt=2026-05-01/000001.ndjson.gz",
  "/events/workspace=1201/dt=2026-05-01/000001.ndjson.gz",
  "seals/workspace=1201/000001.txt",
  "",
])("%j is no segment's key", (key) => {
  expect(parseSegmentKey(key)).toBeNull();
});

it("no text but a segment's key parses: what parses is made again exactly", () => {
  const texts = fc.oneof(
    fc.string(),
    fc.stringMatching(/^events\/workspace=\d+\/dt=\d{4}-\d\d-\d\d\/\d{6}.ndjson.gz$/),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const place = parseSegmentKey(text);
      if (place) expect(segmentKey(place.workspace, place.day, place.number)).toBe(text);
    }),
  );
});

it.each([
  ["12a", "2026-05-01", 1],
  ["", "2026-05-01", 1],
  ["../1201", "2026-05-01", 1],
  ["1201", "2026-02-29", 1],
  ["1201", "2026-5-1", 1],
  ["1201", "2021-10-06", 1],
  ["1201", "2026-05-01", 0],
  ["1201", "2026-05-01", 1.5],
  ["1201", "2026-05-01", 1_000_000],
])("workspace %j, day %j, number %j make no key", (workspace, day, number) => {
  expect(() => segmentKey(workspace, day, number)).toThrow();
});
