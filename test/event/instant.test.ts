import fc from "fast-check";
import { expect, it } from "vitest";
import { createEvent } from "../../lambda/event/event.ts";
import { compareInstants, type Instant, logDay, ODD_DAY, parseInstant, shiftDay } from "../../lambda/event/instant.ts";

it.each([
  ["2026-05-01T09:00:00.123Z", "2026-05-01T09:00:00.123Z"],
  ["2026-05-01 09:00:00Z", "2026-05-01T09:00:00.000Z"],
  ["2026-05-01T09:00:00.1Z", "2026-05-01T09:00:00.100Z"],
  ["2026-05-01T09:00:00.1234567Z", "2026-05-01T09:00:00.1234567Z"],
  ["2026-05-01T09:00:00.1230000Z", "2026-05-01T09:00:00.123Z"],
  ["2026-05-01T00:30:00+01:00", "2026-04-30T23:30:00.000Z"],
  ["2026-12-31T23:30:00.5-0100", "2027-01-01T00:30:00.500Z"],
  ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"],
])("%s is read as %s", (text, instant) => {
  expect(parseInstant(text)).toBe(instant);
});

it.each([
  "2026-05-01T09:00:00.123", // no zone
  "2026-05-01T09:00Z", // no seconds
  "2026-05-01",
  "1777626000000",
  "yesterday",
  "",
  "2026-02-30T09:00:00.000Z",
  "2026-05-01T24:00:00Z",
  "2026-05-01T09:00:60Z",
  "2026-13-01T09:00:00Z",
  "12026-05-01T09:00:00Z",
  "9999-12-31T23:59:59-01:00", // year 10000
  "0000-01-01T00:00:00+01:00", // year -1
  "2026-05-01T09:00:00+24:00",
  `2026-05-01T09:00:00.${"1".repeat(65)}Z`,
  " 2026-05-01T09:00:00Z",
  "2026-05-01T09:00:00Z\n",
])("%j is unreadable", (text) => {
  expect(parseInstant(text)).toBeNull();
});

it("a longer fraction sorts after the shorter one it begins with, and before the next millisecond", () => {
  const sorted = ["2026-05-01T09:00:00.123Z", "2026-05-01T09:00:00.1231Z", "2026-05-01T09:00:00.124Z"] as Instant[];
  expect([...sorted].reverse().sort(compareInstants)).toEqual(sorted);
});

it("reading a spelled instant again always gives the same text", () => {
  const digits = fc.stringMatching(/^\d{1,12}$/);
  const date = fc.date({ min: new Date("2000-01-01"), max: new Date("2099-12-31"), noInvalidDate: true });
  fc.assert(
    fc.property(date, digits, (when, fraction) => {
      const instant = parseInstant(`${when.toISOString().slice(0, 19)}.${fraction}Z`);
      expect(instant).not.toBeNull();
      expect(parseInstant(instant!)).toBe(instant);
    }),
  );
});

it("events without a readable time, or from before the log began, go to the odd day", () => {
  const line = Buffer.from("{}");
  expect(createEvent("1", null, line)).toMatchObject({ day: ODD_DAY, at: null });
  expect(createEvent("1", "2021-10-07T23:59:59.999Z", line)).toMatchObject({ day: ODD_DAY, at: null });
  expect(createEvent("1", "1970-01-01T00:00:00.000Z", line)).toMatchObject({ day: ODD_DAY, at: null });
  expect(createEvent("1", "2021-10-08T00:00:00.000Z", line)).toMatchObject({ day: "2021-10-08" });
  expect(logDay(null)).toBe(ODD_DAY);
});

it("an event without a gid is known by the hash of its bytes", () => {
  const line = Buffer.from('{"a":1}');
  const id = "sha256:015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862";
  expect(createEvent(null, null, line).id).toBe(id);
  expect(createEvent("", null, line).id).toBe(id);
  expect(createEvent("12", null, line).id).toBe("12");
});

it("days go over months and leap years", () => {
  expect(shiftDay("2028-02-28", 1)).toBe("2028-02-29");
  expect(shiftDay("2026-03-01", -1)).toBe("2026-02-28");
});
