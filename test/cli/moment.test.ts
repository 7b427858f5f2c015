import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkMoment, readMoment } from "../../cli/moment.ts";
import { readWindow } from "../../cli/options.ts";
import { dayIn, formatIn, momentsAt, readTimeZone } from "../../cli/time-zone.ts";
import type { Instant } from "../../lambda/event/instant.ts";
import { tries } from "../tries.ts";

const NOW = "2026-11-27T10:15:30.500Z" as Instant;
const BERLIN = { zone: "Europe/Berlin", now: NOW };

describe("a moment", () => {
  it.each([
    ["2026-11-27", "2026-11-27T00:00:00.000Z", "2026-11-26T23:00:00.000Z"],
    ["2026-07-01", "2026-07-01T00:00:00.000Z", "2026-06-30T22:00:00.000Z"],
    ["2026-03", "2026-03-01T00:00:00.000Z", "2026-02-28T23:00:00.000Z"],
    ["2026-11-27 14:30", "2026-11-27T14:30:00.000Z", "2026-11-27T13:30:00.000Z"],
    ["2026-11-27T14:30", "2026-11-27T14:30:00.000Z", "2026-11-27T13:30:00.000Z"],
    ["2026-11-27 14:30:05.1234567", "2026-11-27T14:30:05.1234567Z", "2026-11-27T13:30:05.1234567Z"],
    ["2026-11-27T14:30Z", "2026-11-27T14:30:00.000Z", "2026-11-27T14:30:00.000Z"],
    ["2026-11-27 14:30-05:30", "2026-11-27T20:00:00.000Z", "2026-11-27T20:00:00.000Z"],
    ["7d", "2026-11-20T10:15:30.500Z", "2026-11-20T10:15:30.500Z"],
    ["24h", "2026-11-26T10:15:30.500Z", "2026-11-26T10:15:30.500Z"],
    ["90m", "2026-11-27T08:45:30.500Z", "2026-11-27T08:45:30.500Z"],
    ["today", "2026-11-27T00:00:00.000Z", "2026-11-26T23:00:00.000Z"],
    ["yesterday", "2026-11-26T00:00:00.000Z", "2026-11-25T23:00:00.000Z"],
    ["0050-06-01 10:00", "0050-06-01T10:00:00.000Z", "0050-06-01T09:06:32.000Z"],
  ])("%s is %s, and %s in Berlin if it names no zone", (text, utc, berlin) => {
    expect(readMoment(text, { zone: "UTC", now: NOW })).toBe(utc);
    expect(readMoment(text, BERLIN)).toBe(berlin);
    expect(checkMoment(text)).toBe(text);
  });

  it.each([
    "",
    "May",
    "2026",
    "2026-13",
    "2026-02-30",
    "2026-11-27 25:00",
    "2026-11-27 14",
    "14:30",
    "7",
    "7w",
    "-7d",
    "9999999d",
    "9999-12-31",
    "2026-11-27 14:30 CET",
    "' OR 1=1",
  ])("%j is refused, and the error lists what is accepted", (text) => {
    const accepted =
      /a day \(2026-11-27\), a month \(2026-11\), a time .* a time back \(7d, 24h, 30m\), today or yesterday/;
    expect(() => readMoment(text, BERLIN)).toThrow(
      expect.objectContaining({ advice: expect.stringMatching(accepted) }),
    );
    expect(() => checkMoment(text)).toThrow(accepted);
  });

  it("that counts back needs something to count back from", () => {
    expect(() => readMoment("7d", { zone: "UTC", now: null })).toThrow("counts back from the end of an archive");
  });

  it("counted from the end of a day, today is that day", () => {
    const now = "2026-11-27T00:00:00.000Z" as Instant;
    expect(readMoment("today", { zone: "UTC", now })).toBe("2026-11-26T00:00:00.000Z");
    expect(readMoment("yesterday", { zone: "UTC", now })).toBe("2026-11-25T00:00:00.000Z");
  });
});

describe("where clocks are set", () => {
  it("a time that they skip is refused, and the error gives one that exists", () => {
    expect(() => readMoment("2026-03-29 02:30", BERLIN)).toThrow(
      expect.objectContaining({
        message: '"2026-03-29 02:30" does not exist in Europe/Berlin: the clocks skipped it.',
        advice: "Give a time before or after it, or one with an offset, such as 2026-03-29T03:30:00+02:00.",
      }),
    );
  });

  it("a time that they show twice is refused, and the error gives both", () => {
    expect(() => readMoment("2026-10-25 02:30", BERLIN)).toThrow(
      expect.objectContaining({
        message: '"2026-10-25 02:30" happened twice in Europe/Berlin, because the clocks were set back.',
        advice: "Give one of 2026-10-25T02:30:00+02:00 and 2026-10-25T02:30:00+01:00.",
      }),
    );
    expect(readMoment("2026-10-25T02:30:00+02:00", BERLIN)).toBe("2026-10-25T00:30:00.000Z");
    expect(readMoment("2026-10-25T02:30:00+01:00", BERLIN)).toBe("2026-10-25T01:30:00.000Z");
  });

  it.each([
    ["2026-03-29 01:59:59", "2026-03-29T00:59:59.000Z"],
    ["2026-03-29 03:00", "2026-03-29T01:00:00.000Z"],
    ["2026-10-25 01:59:59", "2026-10-24T23:59:59.000Z"],
    ["2026-10-25 03:00", "2026-10-25T02:00:00.000Z"],
  ])("%s, beside it, is %s", (text, instant) => {
    expect(readMoment(text, BERLIN)).toBe(instant);
  });

  it.each([
    ["skipped", "Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00.000Z"],
    ["shown twice", "America/Havana", "2026-11-01", "2026-11-01T04:00:00.000Z"],
  ])("a day whose midnight is %s (%s) begins with its first moment", (_, zone, day, instant) => {
    expect(readMoment(day, { zone, now: NOW })).toBe(instant);
    const ms = Date.parse(instant);
    expect([dayIn(zone, ms - 1000) < day, dayIn(zone, ms)]).toEqual([true, day]);
  });

  it("a day is as long as its clock says: 23 and 25 hours", () => {
    const lengthOf = (day: string, next: string) =>
      (Date.parse(readMoment(next, BERLIN)) - Date.parse(readMoment(day, BERLIN))) / 3_600_000;
    expect([lengthOf("2026-03-29", "2026-03-30"), lengthOf("2026-10-25", "2026-10-26")]).toEqual([23, 25]);
  });

  it("what is shown of a moment is read back as that moment, in every zone", () => {
    const zones = Intl.supportedValuesOf("timeZone");
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: Date.parse("2021-10-08") / 1000, max: Date.parse("2036-01-01") / 1000 }),
        (zone, seconds) => {
          const ms = seconds * 1000;
          const shown = formatIn(zone, ms);
          expect(Date.parse(readMoment(shown, { zone: "UTC", now: null }))).toBe(ms);
          expect(momentsAt(zone, Date.parse(`${shown.slice(0, 19).replace(" ", "T")}Z`)).moments).toContain(ms);
        },
      ),
      tries(500, 1),
    );
  });
});

describe("a window", () => {
  const clock = { now: () => Date.parse(NOW) };

  it("counts back from the clock, and reads days in its time zone", () => {
    expect(readWindow({ since: "24h", until: "today", tz: "Asia/Tokyo" }, clock)).toEqual({
      startAt: "2026-11-26T10:15:30.500Z",
      endAt: "2026-11-26T15:00:00.000Z",
    });
    expect(readWindow({ until: "2026-11" }, clock)).toEqual({ startAt: null, endAt: "2026-11-01T00:00:00.000Z" });
    expect(readWindow({ tz: "Asia/Tokyo" }, clock)).toBeNull();
  });

  it("that is empty or inverted is refused", () => {
    for (const until of ["2026-11-27", "2026-11-26", "8d"]) {
      expect(() => readWindow({ since: "2026-11-27", until }, clock)).toThrow("--since is not before --until.");
    }
  });

  it("has a time zone of the IANA list, or is refused", () => {
    expect(readTimeZone("America/St_Johns")).toBe("America/St_Johns");
    for (const zone of ["", "Mars/Olympus", "Berlin"]) expect(() => readTimeZone(zone)).toThrow("Europe/Berlin");
  });
});
