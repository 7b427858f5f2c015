import fc from "fast-check";
import { expect, it } from "vitest";
import {
  COVERAGE_PREFIX,
  coverageKey,
  dayCoveragePrefix,
  parseCoverageKey,
  workspaceCoveragePrefix,
} from "../../lambda/coverage/coverage-key.ts";

const places = fc.record({
  workspace: fc.stringMatching(/^[1-9]\d{0,19}$/),
  day: fc
    .date({ min: new Date("2021-10-07"), max: new Date("9999-12-31"), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10)),
  number: fc.integer({ min: 1, max: 999_999 }),
});

it("a coverage key and its parse are inverse", () => {
  fc.assert(
    fc.property(places, (place) => {
      const key = coverageKey(place);
      expect(parseCoverageKey(key)).toEqual(place);
      expect(key.startsWith(dayCoveragePrefix(place.workspace, place.day))).toBe(true);
      expect(key.startsWith(workspaceCoveragePrefix(place.workspace))).toBe(true);
      expect(key.startsWith(COVERAGE_PREFIX)).toBe(true);
    }),
  );
});

it("coverage key order is number order", () => {
  fc.assert(
    fc.property(places, fc.integer({ min: 1, max: 999_999 }), (place, other) => {
      expect(coverageKey(place) < coverageKey({ ...place, number: other })).toBe(place.number < other);
    }),
  );
});

it.each([
  "coverage/workspace=1201/dt=2026-05-01/000001.json.gz",
  "coverage/workspace=1201/dt=2026-05-01/1.json",
  "coverage/workspace=1201/dt=2026-05-01/000000.json",
  "coverage/workspace=1201/dt=2026-05-01/0000001.json",
  "coverage/workspace=1201/dt=2026-05-01/000001.json\n",
  "coverage/workspace=1201/dt=2026-05-01//000001.json",
  "coverage/workspace=1201/dt=2026-05-01/x/000001.json",
  "coverage/workspace=1201/dt=2026-02-30/000001.json",
  "coverage/workspace=1201/dt=2021-10-06/000001.json",
  "coverage/workspace=12a/dt=2026-05-01/000001.json",
  "coverage/workspace=/dt=2026-05-01/000001.json",
  "coverage/workspace=01201/dt=2026-05-01/000001.json",
  "coverage/workspace=../dt=2026-05-01/000001.json",
  "/coverage/workspace=1201/dt=2026-05-01/000001.json",
  "events/workspace=1201/dt=2026-05-01/000001.ndjson.gz",
  "",
])("%j is no entry's key", (key) => {
  expect(parseCoverageKey(key)).toBeNull();
});

it.each([
  ["12a", "2026-05-01", 1],
  ["", "2026-05-01", 1],
  ["../1201", "2026-05-01", 1],
  ["1201", "2026-02-29", 1],
  ["1201", "2021-10-06", 1],
  ["1201", "2026-05-01", 0],
  ["1201", "2026-05-01", 1.5],
  ["1201", "2026-05-01", 1_000_000],
])("workspace %j, day %j, number %j make no entry's key", (workspace, day, number) => {
  expect(() => coverageKey({ workspace, day, number })).toThrow();
});
