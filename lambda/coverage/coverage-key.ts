import { isCount, isGid, isLogDay } from "../event/parse.ts";

export const COVERAGE_PREFIX = "coverage/";

const KEY = /^coverage\/workspace=([^/]+)\/dt=([^/]+)\/(\d{6})\.json$/;
const MAX_NUMBER = 999_999;

/** The place of a coverage entry: which look at which day it tells of. */
export interface CoveragePlace {
  readonly workspace: string;
  readonly day: string;
  /** 1 for the first entry of the day. */
  readonly number: number;
}

export const isEntryNumber = (value: unknown): value is number => isCount(value, 1, MAX_NUMBER);

export function workspaceCoveragePrefix(workspace: string): string {
  if (!isGid(workspace)) throw new Error(`not a workspace gid: ${JSON.stringify(workspace)}`);
  return `${COVERAGE_PREFIX}workspace=${workspace}/`;
}

export function dayCoveragePrefix(workspace: string, day: string): string {
  if (!isLogDay(day)) throw new Error(`not a log day: ${JSON.stringify(day)}`);
  return `${workspaceCoveragePrefix(workspace)}dt=${day}/`;
}

/** Six digits, so that key order is number order. */
export function coverageKey({ workspace, day, number }: CoveragePlace): string {
  if (!isEntryNumber(number)) throw new Error(`not an entry's number: ${number}`);
  return `${dayCoveragePrefix(workspace, day)}${String(number).padStart(6, "0")}.json`;
}

/** The exact inverse: null for every text that `coverageKey` cannot give. */
export function parseCoverageKey(key: string): CoveragePlace | null {
  const match = KEY.exec(key);
  if (match === null) return null;
  const place = { workspace: match[1]!, day: match[2]!, number: Number(match[3]) };
  return isGid(place.workspace) && isLogDay(place.day) && isEntryNumber(place.number) ? place : null;
}
