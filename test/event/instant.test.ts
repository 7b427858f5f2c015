import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEvent } from "../../lambda/event/event.ts";
import {
  compareInstants,
  DAY_MS,
  dayOf,
  type Instant,
  instantToMs,
  laterInstant,
  logDay,
  msToInstant,
  ODD_DAY,
  parseInstant,
  shiftDay,
  shiftInstant,
  startOfDay,
} from "../../lambda/event/instant.ts";
import { tries } from "../tries.ts";

const at = (text: string): Instant => text as Instant;
const NINE = at("2026-05-01T09:00:00.000Z");
const TEN = at("2026-05-01T10:00:00.000Z");

/** Milliseconds and three finer digits, as one number and as text. */
const exact = fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 999 })).map(([ms, finer]) => ({
  value: ms * 1000 + finer,
  instant: parseInstant(`2026-05-01T09:00:00.00${ms}${String(finer).padStart(3, "0")}Z`)!,
}));

describe("instants compare", () => {
  it("as the times they are, however many digits they have", () => {
    fc.assert(
      fc.property(exact, exact, (a, b) => {
        expect(Math.sign(compareInstants(a.instant, b.instant))).toBe(Math.sign(a.value - b.value));
      }),
      tries(1000),
    );
  });

  it("by value and not by length", () => {
    expect(compareInstants(NINE, TEN)).toBeLessThan(0);
    expect(compareInstants(TEN, NINE)).toBeGreaterThan(0);
    expect(compareInstants(NINE, NINE)).toBe(0);
    expect(compareInstants(at("2026-05-01T09:00:00.0001Z"), NINE)).toBeGreaterThan(0);
    expect(compareInstants(NINE, at("2026-05-01T09:00:00.0001Z"))).toBeLessThan(0);
    expect(compareInstants(at("2026-05-01T09:00:00.0001Z"), TEN)).toBeLessThan(0);
  });
});

it("the later of two is told; nothing is earlier than anything", () => {
  expect(laterInstant(NINE, TEN)).toBe(TEN);
  expect(laterInstant(TEN, NINE)).toBe(TEN);
  expect(laterInstant(NINE, NINE)).toBe(NINE);
  expect(laterInstant(null, NINE)).toBe(NINE);
  expect(laterInstant(NINE, null)).toBe(NINE);
  expect(laterInstant(null, null)).toBeNull();
});

it("an event's day log is its UTC day from 2021-10-08 on, and the odd day before", () => {
  expect(logDay(NINE)).toBe("2026-05-01");
  expect(logDay(at("2021-10-08T00:00:00.000Z"))).toBe("2021-10-08");
  expect(logDay(at("2021-10-07T23:59:59.999Z"))).toBe(ODD_DAY);
  expect(logDay(null)).toBe(ODD_DAY);
  expect(ODD_DAY).toBe("2021-10-07");
});

it("milliseconds and instants are each other's inverse, and finer digits are cut", () => {
  expect(msToInstant(0)).toBe("1970-01-01T00:00:00.000Z");
  expect(instantToMs(NINE)).toBe(Date.UTC(2026, 4, 1, 9));
  expect(instantToMs(at("2026-05-01T09:00:00.0019Z"))).toBe(Date.UTC(2026, 4, 1, 9) + 1);
  expect(msToInstant(instantToMs(TEN))).toBe(TEN);
});

it("milliseconds are spelled and read as dates are, on whatever day after whatever other", () => {
  const border = fc.constantFrom(-DAY_MS, -1, 0, 1, DAY_MS - 1, DAY_MS);
  const dates = fc.date({ min: new Date("0000-01-01"), max: new Date("9999-12-30"), noInvalidDate: true });
  const day = dates.map((date) => Math.floor(date.getTime() / DAY_MS) * DAY_MS);
  const moments = fc.oneof(
    dates.map((date) => date.getTime()),
    fc.tuple(day, border).map(([startMs, ms]) => Math.max(startMs + ms, Date.parse("0000-01-01"))),
  );
  fc.assert(
    fc.property(fc.array(moments, { minLength: 1, maxLength: 4 }), (times) => {
      for (const ms of times) {
        const spelled = new Date(ms).toISOString();
        expect(msToInstant(ms)).toBe(spelled);
        expect(instantToMs(at(spelled))).toBe(ms);
        expect(instantToMs(at(`${spelled.slice(0, -1)}999Z`))).toBe(ms);
      }
    }),
    tries(300),
  );
  expect(msToInstant(1.9)).toBe("1970-01-01T00:00:00.001Z");
  expect(msToInstant(-1.9)).toBe("1969-12-31T23:59:59.999Z");
  expect(() => msToInstant(Number.NaN)).toThrow(RangeError);
  expect(() => msToInstant(Number.POSITIVE_INFINITY)).toThrow(RangeError);
});

it("instants and days shift both ways", () => {
  expect(shiftInstant(NINE, 3_600_000)).toBe(TEN);
  expect(shiftInstant(at("2026-05-01T10:00:00.0009Z"), -3_600_000)).toBe(NINE);
  expect(DAY_MS).toBe(86_400_000);
  expect(dayOf(NINE)).toBe("2026-05-01");
  expect(startOfDay("2026-05-01")).toBe("2026-05-01T00:00:00.000Z");
  expect(shiftDay("2026-05-01", 1)).toBe("2026-05-02");
  expect(shiftDay("2026-05-01", -1)).toBe("2026-04-30");
  expect(shiftDay("2028-02-28", 1)).toBe("2028-02-29");
  expect(shiftDay("2026-03-01", -1)).toBe("2026-02-28");
});

describe("at the border of what can be read", () => {
  const read = (text: string) => parseInstant(text);

  it("64 fraction digits are, 65 are not", () => {
    expect(read(`2026-05-01T09:00:00.${"1".repeat(64)}Z`)).toBe(`2026-05-01T09:00:00.${"1".repeat(64)}Z`);
    expect(read(`2026-05-01T09:00:00.${"1".repeat(64)}+00:00`)).not.toBeNull();
    expect(read(`2026-05-01T09:00:00.${"1".repeat(65)}Z`)).toBeNull();
  });

  it("an offset of 23:59 is, one of 24 hours or 60 minutes is not", () => {
    expect(read("2026-05-01T09:00:00+23:59")).toBe("2026-04-30T09:01:00.000Z");
    expect(read("2026-05-01T09:00:00-23:59")).toBe("2026-05-02T08:59:00.000Z");
    expect(read("2026-05-01T09:00:00+24:00")).toBeNull();
    expect(read("2026-05-01T09:00:00+00:60")).toBeNull();
    expect(read("2026-05-01T09:00:00-0130")).toBe("2026-05-01T10:30:00.000Z");
  });

  it("years 0 to 9999 of UTC are, others are not", () => {
    expect(read("9999-12-31T23:59:59Z")).toBe("9999-12-31T23:59:59.000Z");
    expect(read("9999-12-31T23:59:59-00:01")).toBeNull();
    expect(read("0000-01-01T00:00:00Z")).toBe("0000-01-01T00:00:00.000Z");
    expect(read("0000-01-01T00:00:00+00:01")).toBeNull();
  });

  it.each([
    "2026-02-29T09:00:00.000Z",
    "2026-02-30T09:00:00.000Z",
    "2026-04-31T09:00:00.000Z",
    "2026-13-01T09:00:00.000Z",
    "2026-00-01T09:00:00.000Z",
    "2026-05-00T09:00:00.000Z",
    "2026-05-32T09:00:00.000Z",
    "2026-05-01T24:00:00.000Z",
    "2026-05-01T09:60:00.000Z",
    "2026-05-01T09:00:60.000Z",
    "x2026-05-01T09:00:00.000Z",
    "2026-05-01T09:00:00.000Zx",
    "2026-05-01T09:00:00.Z",
    "2026-05-01X09:00:00.000Z",
    "2026-05-01T09:00:00",
    "2026-05-01T09:00Z",
    "2026-5-01T09:00:00Z",
    "",
    "2026-05-01",
    "1777626000000",
    "yesterday",
    "12026-05-01T09:00:00Z",
    " 2026-05-01T09:00:00Z",
    "2026-05-01T09:00:00Z\n",
  ])("%j is not", (text) => {
    expect(read(text)).toBeNull();
  });

  it("every minute of every day that a calendar has is, and reads as itself", () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true }),
        (date) => {
          expect(read(date.toISOString())).toBe(date.toISOString());
        },
      ),
      tries(1000),
    );
    for (let day = "2027-12-31"; day < "2029-01-02"; day = shiftDay(day, 1)) {
      expect(read(`${day}T23:59:59.999Z`)).toBe(`${day}T23:59:59.999Z`);
    }
  });

  it("trailing zeros of a fraction are not kept beyond three digits", () => {
    expect(read("2026-05-01T09:00:00.120000Z")).toBe("2026-05-01T09:00:00.120Z");
    expect(read("2026-05-01T09:00:00.100100Z")).toBe("2026-05-01T09:00:00.1001Z");
    expect(read("2026-05-01 09:00:00.1Z")).toBe("2026-05-01T09:00:00.100Z");
  });
});

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
});

it("an event without a gid is known by the hash of its bytes", () => {
  const line = Buffer.from('{"a":1}');
  const id = "sha256:015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862";
  expect(createEvent(null, null, line).id).toBe(id);
  expect(createEvent("", null, line).id).toBe(id);
  expect(createEvent("12", null, line).id).toBe("12");
});
