import { expect, it } from "vitest";
import { isCount, isDay, isGid, isLogDay, parseCount } from "../../lambda/event/parse.ts";

it.each(["1", "1201234567890123", "9".repeat(20)])("%j is a gid", (text) => {
  expect(isGid(text)).toBe(true);
});

it.each(["", "0", "01201", "-1", "12a", "1201\n", " 1201", "1".repeat(21), 1201, null, undefined])(
  "%j is no gid",
  (value) => {
    expect(isGid(value)).toBe(false);
  },
);

it.each(["2026-05-01", "2028-02-29", "1970-01-01", "2021-10-06"])("%s is a day", (text) => {
  expect(isDay(text)).toBe(true);
});

it.each([
  "",
  "2026-5-1",
  "2025-99-99",
  "2026-02-31",
  "2026-02-29",
  "2026-05-01T",
  "12026-05-01",
  "2026-05-01\n",
  20260501,
  null,
])("%j is no day", (value) => {
  expect(isDay(value)).toBe(false);
  expect(isLogDay(value)).toBe(false);
});

it("the odd day has a log, the days before it have none", () => {
  expect(isLogDay("2021-10-07")).toBe(true);
  expect(isLogDay("2021-10-06")).toBe(false);
});

it.each<[value: unknown, least: number, most: number]>([
  [-1, 0, 9],
  [0, 1, 9],
  [10, 0, 9],
  [0.5, 0, 9],
  [2 ** 53, 0, 2 ** 60],
  [Number.NaN, 0, 9],
  ["1", 0, 9],
  [null, 0, 9],
])("%j is no count from %d to %d", (value, least, most) => {
  expect(isCount(value, least, most)).toBe(false);
});

it("a count includes its least and its most", () => {
  expect([0, 9].every((value) => isCount(value, 0, 9))).toBe(true);
});

it.each([
  ["0", 0],
  ["1000", 1000],
  ["9".repeat(15), 999_999_999_999_999],
  ["9".repeat(16), null],
  ["", null],
  ["-1", null],
  ["1.5", null],
  ["1e3", null],
  [" 1", null],
])("%j read as a count is %j", (text, count) => {
  expect(parseCount(text)).toBe(count);
});
