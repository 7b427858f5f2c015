import { describe, expect, it } from "vitest";
import {
  backoffMs,
  MAX_BACKOFF_MS,
  MAX_NAMED_WAIT_MS,
  parseHttpDate,
  parseRetryAfter,
  retryDelay,
} from "../../lambda/source/retry.ts";

const nowMs = Date.parse("2026-05-01T09:00:00Z");

describe("Retry-After", () => {
  it.each([
    ["whole seconds", "30", 30_000],
    ["decimal seconds", "1.5", 1_500],
    ["decimal seconds without a whole part", ".25", 250],
    ["parts of a millisecond, rounded up", "0.0001", 1],
    ["zero", "0", 0],
    ["a negative number: the time has passed", "-5", 0],
    ["with a plus and spaces around", " +2 ", 2_000],
    ["an HTTP date", "Fri, 01 May 2026 09:01:40 GMT", 100_000],
    ["an HTTP date that has passed", "Fri, 01 May 2026 08:00:00 GMT", 0],
    ["a huge number", "1000000000", MAX_NAMED_WAIT_MS],
    ["a number beyond all numbers", "9".repeat(400), MAX_NAMED_WAIT_MS],
    ["a far date", "Fri, 31 Dec 9999 23:59:59 GMT", MAX_NAMED_WAIT_MS],
  ])("is understood as %s", (_, header, delayMs) => {
    expect(parseRetryAfter(header, nowMs)).toBe(delayMs);
  });

  it.each([
    ["missing", undefined],
    ["empty", ""],
    ["words", "soon"],
    ["two values", "5, 10"],
    ["an exponent", "1e3"],
    ["hexadecimal", "0x10"],
    ["Infinity", "Infinity"],
    ["a unit", "5s"],
    ["a date of another form", "2026-05-01T09:01:40Z"],
    ["a date without a zone", "Fri, 01 May 2026 09:01:40"],
    ["a date that does not exist", "Fri, 45 May 2026 09:01:40 GMT"],
  ])("says nothing when it is %s", (_, header) => {
    expect(parseRetryAfter(header, nowMs)).toBeNull();
  });

  it("is waited out with half a second more and nothing random", () => {
    for (const random of [0, 0.5, 0.999]) {
      expect(retryDelay(3, "2", nowMs, random)).toEqual({ delayMs: 2_500, named: true });
    }
    expect(retryDelay(1, "0", nowMs, 0.5)).toEqual({ delayMs: 500, named: true });
  });
});

describe("without a word from the source", () => {
  it("the wait is a random part of a limit that doubles with each attempt up to its maximum", () => {
    expect([1, 2, 3, 4, 5, 6, 7, 50, 5_000].map((attempt) => backoffMs(attempt, 1))).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000,
    ]);
    expect(backoffMs(3, 0)).toBe(0);
    expect(backoffMs(3, 0.25)).toBe(1_000);
    expect(retryDelay(2, "nonsense", nowMs, 0.5)).toEqual({ delayMs: 1_000, named: false });
    expect(retryDelay(9, undefined, nowMs, 1)).toEqual({ delayMs: MAX_BACKOFF_MS, named: false });
  });
});

describe("an HTTP date", () => {
  it("an HTTP date is a time", () => {
    expect(parseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT")).toBe(Date.UTC(1994, 10, 6, 8, 49, 37));
  });

  it.each([
    undefined,
    "",
    "1994-11-06T08:49:37Z",
    "Sunday, 06-Nov-94 08:49:37 GMT",
    "Sun Nov  6 08:49:37 1994",
    "Sun, 6 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 94 08:49:37 GMT",
    "Sun, 06 Nov 1994 08:49:37 UTC",
    "Sun, 06 Nov 1994 08:49:37 +0000",
    "Sun, 06 Nov 1994 08:49 GMT",
    "xSun, 06 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 08:49:37 GMT (x)",
    "Sun, 06 Foo 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 25:49:37 GMT",
  ])("%j is none", (text) => {
    expect(parseHttpDate(text)).toBeNull();
  });
});
