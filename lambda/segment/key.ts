import { ODD_DAY, startOfDay } from "../instant.ts";

export const EVENTS_PREFIX = "events/";

const WORKSPACE = /^\d{1,32}$/;
const DAY = /^\d{4}-\d\d-\d\d$/;
const KEY = /^events\/workspace=(\d{1,32})\/dt=(\d{4}-\d\d-\d\d)\/(\d{6})\.ndjson\.gz$/;
const MAX_NUMBER = 999_999;

/** The place of a segment: a function of its events and of how many segments the day log had. */
export interface SegmentPlace {
  readonly workspace: string;
  readonly day: string;
  /** 1 for the first of the day log. */
  readonly number: number;
}

export const isWorkspace = (text: string): boolean => WORKSPACE.test(text);

/** A date that exists and can have a log: the odd day or later. */
export function isLogDay(text: string): boolean {
  if (!DAY.test(text) || text < ODD_DAY) return false;
  const ms = Date.parse(startOfDay(text));
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text); // 02-30 comes back as another day
}

export const isSegmentNumber = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= MAX_NUMBER;

export function workspacePrefix(workspace: string): string {
  if (!isWorkspace(workspace)) throw new Error(`no workspace gid: ${JSON.stringify(workspace)}`);
  return `${EVENTS_PREFIX}workspace=${workspace}/`;
}

export function dayPrefix(workspace: string, day: string): string {
  if (!isLogDay(day)) throw new Error(`no day of a log: ${JSON.stringify(day)}`);
  return `${workspacePrefix(workspace)}dt=${day}/`;
}

/** Six digits, so that key order is number order. */
export function segmentKey(workspace: string, day: string, number: number): string {
  if (!isSegmentNumber(number)) throw new Error(`no segment number: ${number}`);
  return `${dayPrefix(workspace, day)}${String(number).padStart(6, "0")}.ndjson.gz`;
}

/** The exact inverse: null for every text that `segmentKey` cannot give. */
export function parseSegmentKey(key: string): SegmentPlace | null {
  const match = KEY.exec(key);
  if (match === null) return null;
  const place = { workspace: match[1]!, day: match[2]!, number: Number(match[3]) };
  return isLogDay(place.day) && isSegmentNumber(place.number) ? place : null;
}
