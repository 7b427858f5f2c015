/** The one spelling of a gid, a day and a count, for everything that reads them from text or JSON. */
import { ODD_DAY, parseInstant, startOfDay } from "./instant.ts";

/** Asana's id of a workspace, a person or a thing: a positive number that may be larger than 2^53. */
export const GID = /^[1-9]\d{0,19}$/;

export const isGid = (value: unknown): value is string => typeof value === "string" && GID.test(value);

const DAY = /^\d{4}-\d\d-\d\d$/;

/** A date that exists, as `YYYY-MM-DD`. */
export const isDay = (value: unknown): value is string =>
  typeof value === "string" && DAY.test(value) && parseInstant(startOfDay(value)) !== null;

/** A date that exists and can have a log: the odd day or later. */
export const isLogDay = (value: unknown): value is string => isDay(value) && value >= ODD_DAY;

export const isCount = (value: unknown, least = 0, most = Number.MAX_SAFE_INTEGER): value is number =>
  Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;

/** Up to 15 digits, so that the number is exact. Null for anything else. */
export const parseCount = (text: string): number | null => (/^\d{1,15}$/.test(text) ? Number(text) : null);
