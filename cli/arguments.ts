/** Readers of option values. Each refuses an invalid value with one sentence that says what is allowed. */
import { InvalidArgumentError, Option } from "commander";
import { isCount, isDay, isGid, parseCount } from "../lambda/event/parse.ts";
import { parseBaseUrl } from "../lambda/source/base-url.ts";

/** For an option that may be given several times, and whose values are read later. */
export const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Collects workspace gids, because the flag may be repeated. */
export function collectGid(text: string, before: readonly string[] = []): string[] {
  const gid = readGid(text);
  return before.includes(gid) ? [...before] : [...before, gid];
}

export function readGid(text: string): string {
  if (isGid(text)) return text;
  throw new InvalidArgumentError("A gid consists of digits and does not begin with 0, for example 1201234567890123.");
}

/** Exclusive, so that every accepted date has a following day. */
const END_OF_TIME = "9999";

export function readDay(text: string): string {
  if (isDay(text) && text < END_OF_TIME) return text;
  throw new InvalidArgumentError("Give a date, for example 2026-05-01.");
}

/** Ten years: longer than any useful look back, and short enough never to reach the year 0. */
export const MAX_DURATION_MS = 3650 * 86_400_000;

export const UNITS_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export function readDurationMs(text: string): number {
  const match = /^(\d{1,6})([smhd])$/.exec(text);
  const ms = match === null ? 0 : Number(match[1]) * (UNITS_MS[match[2]!] ?? 0);
  if (ms > 0 && ms <= MAX_DURATION_MS) return ms;
  throw new InvalidArgumentError("Give a number and a unit (s, m, h or d), for example 10m or 1h; at most 3650d.");
}

/** `--every`, where it has a default: that of the stack. */
export const everyOption = (description: string): Option =>
  new Option("--every <duration>", description).argParser(readDurationMs).default(600_000, "10m");

export const readInteger =
  (least: number, most: number) =>
  (text: string): number => {
    const value = parseCount(text);
    if (isCount(value, least, most)) return value;
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
  };

/** The name of a file to be made. */
export function readNewFile(text: string): string {
  if (text !== "-") return text;
  throw new InvalidArgumentError("Leave it out to print to standard output; ./- is a file of that name.");
}

/** The base URL of the API. */
export function readSourceUrl(text: string): string {
  try {
    return parseBaseUrl(text).href;
  } catch {
    throw new InvalidArgumentError(
      "Give an https URL without user, query or fragment; http is accepted for loopback addresses only.",
    );
  }
}
