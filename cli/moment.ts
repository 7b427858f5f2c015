/** The one reader of moments and days that somebody gives, for every command. */
import { InvalidArgumentError } from "commander";
import { ArchiverError } from "../lambda/errors.ts";
import { DAY_MS, type Instant, instantToMs, msToInstant, parseInstant } from "../lambda/event/instant.ts";
import { isDay } from "../lambda/event/parse.ts";
import { MAX_DURATION_MS, UNITS_MS } from "./arguments.ts";
import { misused } from "./exit.ts";
import { dayIn, formatIn, momentsAt, UTC } from "./time-zone.ts";

export interface MomentContext {
  /** Of days, and of times that name none. */
  readonly zone: string;
  /** What `7d` counts back from; null where nobody knows it. `today` is the day that ends with it, or holds it. */
  readonly now: Instant | null;
}

export const ACCEPTED =
  "a day (2026-11-27), a month (2026-11), a time (2026-11-27 14:30, or with a zone 2026-11-27T14:30Z), " +
  "a time back (7d, 24h, 30m), today or yesterday";

/** Exclusive, so that every accepted day has a following one. */
const END_OF_TIME = "9999";

const BACK = /^(\d{1,6})([smhd])$/;
const WALL = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?(\.\d+)?(Z|[+-]\d\d:?\d\d)?$/;

export const isRelative = (text: string): boolean => BACK.test(text) || text === "today" || text === "yesterday";

/**
 * A day or a month stands for its first moment. Null for what is no time. Throws ArchiverError `misconfigured` for a time
 * that the clocks of the zone skipped or showed twice: which one is meant, only whoever asks can know.
 */
export function findMoment(text: string, { zone, now }: MomentContext): Instant | null {
  const moment = isRelative(text) ? relative(text, zone, now) : absolute(text, zone);
  return moment === null || moment >= END_OF_TIME ? null : moment;
}

/** The same, and throws for what is no time. */
export function readMoment(text: string, context: MomentContext): Instant {
  const moment = findMoment(text, context);
  if (moment === null) throw misused(`${JSON.stringify(text)} is no time.`, `Give ${ACCEPTED}.`);
  return moment;
}

/** For an option: refuses what cannot be read whatever the zone is and whenever it is. */
export function checkMoment(text: string): string {
  try {
    readMoment(text, { zone: UTC, now: msToInstant(0) });
    return text;
  } catch (error) {
    throw error instanceof ArchiverError ? new InvalidArgumentError(error.advice) : error;
  }
}

function relative(text: string, zone: string, now: Instant | null): Instant | null {
  if (now === null) {
    throw misused(
      `${JSON.stringify(text)} counts back from the end of an archive, and there is none.`,
      "Give a day, for example 2026-11-27, or --archive.",
    );
  }
  const nowMs = instantToMs(now);
  const [, count, unit] = BACK.exec(text) ?? [];
  if (count !== undefined) {
    const ms = Number(count) * UNITS_MS[unit!]!;
    return ms > MAX_DURATION_MS ? null : msToInstant(nowMs - ms);
  }
  const today = Date.parse(dayIn(zone, nowMs - 1));
  return startOf(zone, text === "today" ? today : today - DAY_MS);
}

function absolute(text: string, zone: string): Instant | null {
  const day = /^\d{4}-\d\d$/.test(text) ? `${text}-01` : text;
  if (isDay(day)) return startOf(zone, Date.parse(day));
  const [, date, minutes, seconds = ":00", fraction = "", offset] = WALL.exec(text) ?? [];
  if (date === undefined) return null;
  const wall = parseInstant(`${date}T${minutes}${seconds}${fraction}Z`);
  if (offset !== undefined || wall === null || zone === UTC) {
    return parseInstant(`${date}T${minutes}${seconds}${fraction}${offset ?? "Z"}`);
  }
  const second = `${wall.slice(0, 19)}Z`;
  const { moments, skipped } = momentsAt(zone, Date.parse(second));
  if (moments.length === 1) return parseInstant(msToInstant(moments[0]!).slice(0, 19) + wall.slice(19));
  throw moments.length === 0
    ? misused(
        `${JSON.stringify(text)} does not exist in ${zone}: the clocks skipped it.`,
        `Give a time before or after it, or one with an offset, such as ${spelt(zone, skipped)}.`,
      )
    : misused(
        `${JSON.stringify(text)} happened twice in ${zone}, because the clocks were set back.`,
        `Give one of ${moments.map((ms) => spelt(zone, ms)).join(" and ")}.`,
      );
}

const spelt = (zone: string, ms: number): string => formatIn(zone, ms).replace(" ", "T");

/** The first moment of a day: also where the clocks skipped midnight, or showed it twice. */
function startOf(zone: string, midnightMs: number): Instant {
  const { moments, skipped } = momentsAt(zone, midnightMs);
  return msToInstant(moments[0] ?? skipped);
}
