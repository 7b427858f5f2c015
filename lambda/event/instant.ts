/**
 * Instants as text: `YYYY-MM-DDTHH:mm:ss.fff…Z`, in UTC, with all fraction digits and at least three. Equal instants
 * are equal strings. Digits are never cut: a cut one would make an archived event look new.
 */
export type Instant = string & { readonly __instant: true };

/** The day for events whose `created_at` cannot be read or lies before the log began (2021-10-08). */
export const ODD_DAY = "2021-10-07";
const FIRST_DAY = "2021-10-08";

/** More digits than any clock has; bounds the manifest, which must fit 2 KB. */
const MAX_FRACTION_DIGITS = 64;

const PATTERN = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):?(\d\d))$/;
/** What Asana sends, on any date that surely exists: all but 29 February. Read once an event, so it builds no Date. */
const USUAL =
  /^\d{4}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;
/** `HH:mm:ss.fffZ` */
const TIME_LENGTH = 13;
const MIDNIGHT = "T00:00:00.000Z";
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Reads an ISO 8601 date and time that names its zone. Null: unreadable (no zone, no seconds, no such date). */
export function parseInstant(text: string): Instant | null {
  if (text.length > 40 + MAX_FRACTION_DIGITS) return null;
  if (USUAL.test(text)) return text as Instant;
  const match = PATTERN.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, fraction = "", sign, offsetHours = "0", offsetMinutes = "0"] = match;
  if (fraction.length > MAX_FRACTION_DIGITS || Number(offsetHours) > 23 || Number(offsetMinutes) > 59) return null;
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const localMs = Date.parse(local);
  if (Number.isNaN(localMs) || new Date(localMs).toISOString() !== local) return null;
  const offsetMs = (Number(offsetHours) * 60 + Number(offsetMinutes)) * 60_000;
  const utc = new Date(localMs - (sign === "-" ? -offsetMs : offsetMs)).toISOString();
  if (utc.length !== 24) return null; // before year 0 or after 9999
  return `${utc.slice(0, 19)}.${trimFraction(fraction)}Z` as Instant;
}

function trimFraction(digits: string): string {
  const significant = digits.replace(/0+$/, "");
  return significant.padEnd(3, "0");
}

/** Negative, zero or positive, as for sort. */
export function compareInstants(a: Instant, b: Instant): number {
  if (a === b) return 0;
  if (a.length === b.length) return a < b ? -1 : 1;
  return a.slice(0, -1) < b.slice(0, -1) ? -1 : 1; // without the Z, a shorter fraction sorts before a longer one
}

export function laterInstant(a: Instant | null, b: Instant | null): Instant | null {
  if (a === null) return b;
  if (b === null) return a;
  return compareInstants(a, b) >= 0 ? a : b;
}

/** The UTC day, `YYYY-MM-DD`. */
export const dayOf = (instant: Instant): string => instant.slice(0, 10);

/** The day log an event belongs to. */
export function logDay(instant: Instant | null): string {
  return instant === null || instant < FIRST_DAY ? ODD_DAY : dayOf(instant);
}

/**
 * The day that was read last, and the one that was spelled last. Most instants of a run lie in the same few days, and to
 * read or spell only the time of day takes a third of what a Date for each of them would take.
 */
const read = { day: "", startMs: Number.NaN };
const spelled = { startMs: Number.NaN, dayAndT: "" };

/** Whole milliseconds since 1970; finer digits are cut, so use it for durations and never to distinguish events. */
export function instantToMs(instant: Instant): number {
  const day = dayOf(instant);
  if (day !== read.day) {
    read.day = day;
    read.startMs = Date.parse(day);
  }
  const minutes = twoDigits(instant, 11) * 60 + twoDigits(instant, 14);
  return (
    read.startMs +
    minutes * MINUTE_MS +
    twoDigits(instant, 17) * 1000 +
    twoDigits(instant, 20) * 10 +
    digit(instant, 22)
  );
}

const digit = (text: string, at: number): number => text.charCodeAt(at) - 48;
const twoDigits = (text: string, at: number): number => digit(text, at) * 10 + digit(text, at + 1);

/** Of whole milliseconds; a fraction is cut. Throws RangeError for what no Date can be. */
export function msToInstant(ms: number): Instant {
  const wholeMs = Math.trunc(ms);
  const startMs = Math.floor(wholeMs / DAY_MS) * DAY_MS;
  if (startMs !== spelled.startMs) {
    spelled.dayAndT = new Date(startMs).toISOString().slice(0, -TIME_LENGTH);
    spelled.startMs = startMs;
  }
  const restMs = wholeMs - startMs;
  const seconds = Math.floor(restMs / 1000);
  const minutes = Math.floor(seconds / 60);
  const [hour, minute, second] = [
    padded(Math.floor(minutes / 60), 2),
    padded(minutes % 60, 2),
    padded(seconds % 60, 2),
  ];
  return `${spelled.dayAndT}${hour}:${minute}:${second}.${padded(restMs % 1000, 3)}Z` as Instant;
}

const padded = (number: number, length: number): string => String(number).padStart(length, "0");

/** The instant `ms` later (or earlier), cut to the millisecond: at or before the exact one. */
export const shiftInstant = (instant: Instant, ms: number): Instant => msToInstant(instantToMs(instant) + ms);

export const startOfDay = (day: string): Instant => `${day}${MIDNIGHT}` as Instant;

export const isStartOfDay = (instant: Instant): boolean => instant.endsWith(MIDNIGHT);

/** The day `days` after `day` (before it, if negative). */
export const shiftDay = (day: string, days: number): string => dayOf(shiftInstant(startOfDay(day), days * DAY_MS));
