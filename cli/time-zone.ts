/** Wall clocks and moments, by the time zones that the engine knows. Nothing here reads a clock. */
import { InvalidArgumentError } from "commander";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../lambda/event/instant.ts";

export const UTC = "UTC";

export function readTimeZone(text: string): string {
  try {
    new Intl.DateTimeFormat("en", { timeZone: text });
    return text;
  } catch {
    throw new InvalidArgumentError("Give a time zone by its IANA name, for example Europe/Berlin, or UTC.");
  }
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const fields = { year: "numeric", month: "2-digit", day: "2-digit" } as const;
  const time = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" } as const;
  const made = new Intl.DateTimeFormat("en-US", { timeZone: zone, calendar: "gregory", ...fields, ...time });
  formats.set(zone, made);
  return made;
}

/** What the clock shows, as if that were UTC, less the moment itself. */
function offsetMs(zone: string, ms: number): number {
  if (zone === UTC) return 0;
  const parts = Object.fromEntries(
    formatOf(zone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year, month, day, hour, minute, second } = parts as Record<string, number>;
  // Date.UTC takes the years 0 to 99 for those from 1900 on.
  const shownMs = new Date(Date.UTC(2000, month! - 1, day!, hour!, minute!, second!)).setUTCFullYear(year!);
  return shownMs - Math.floor(ms / 1000) * 1000;
}

/**
 * The moments at which the clock shows this, which is given as if it were UTC: usually one, two where the clock was set
 * back over it, and none where it was set forward over it. `skipped` is then the moment at which that was done.
 */
export function momentsAt(
  zone: string,
  wallMs: number,
): { readonly moments: readonly number[]; readonly skipped: number } {
  const offsets = [offsetMs(zone, wallMs - DAY_MS), offsetMs(zone, wallMs + DAY_MS)] as const;
  const moments = [...new Set(offsets)]
    .map((offset) => wallMs - offset)
    .filter((ms) => ms + offsetMs(zone, ms) === wallMs);
  return { moments: moments.sort((a, b) => a - b), skipped: wallMs - offsets[0] };
}

/** `YYYY-MM-DD`: what the calendar shows then. */
export const dayIn = (zone: string, ms: number): string => new Date(ms + offsetMs(zone, ms)).toISOString().slice(0, 10);

/** `YYYY-MM-DD HH:mm:ss+02:00`, from a moment without a fraction of a second. */
export function formatIn(zone: string, ms: number): string {
  const offset = offsetMs(zone, ms);
  const wall = new Date(ms + offset).toISOString().slice(0, 19).replace("T", " ");
  return wall + formatOffset(offset);
}

function formatOffset(offset: number): string {
  const two = (number: number) => String(Math.floor(number)).padStart(2, "0");
  const size = Math.abs(offset);
  return `${offset < 0 ? "-" : "+"}${two(size / HOUR_MS)}:${two((size % HOUR_MS) / MINUTE_MS)}`;
}
