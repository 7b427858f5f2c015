import { isCount, isGid, isLogDay } from "../event/parse.ts";

export const EVENTS_PREFIX = "events/";

const KEY = /^events\/workspace=([^/]+)\/dt=([^/]+)\/(\d{6})\.ndjson\.gz$/;
const MAX_NUMBER = 999_999;

/** The place of a segment: a function of its events and of how many segments the day log had. */
export interface SegmentPlace {
  readonly workspace: string;
  readonly day: string;
  /** 1 for the first of the day log. */
  readonly number: number;
}

export const isSegmentNumber = (value: unknown): value is number => isCount(value, 1, MAX_NUMBER);

export function workspacePrefix(workspace: string): string {
  if (!isGid(workspace)) throw new Error(`not a workspace gid: ${JSON.stringify(workspace)}`);
  return `${EVENTS_PREFIX}workspace=${workspace}/`;
}

export function dayPrefix(workspace: string, day: string): string {
  if (!isLogDay(day)) throw new Error(`not a log day: ${JSON.stringify(day)}`);
  return `${workspacePrefix(workspace)}dt=${day}/`;
}

/** Six digits, so that key order is number order. */
export function segmentKey(workspace: string, day: string, number: number): string {
  if (!isSegmentNumber(number)) throw new Error(`not a segment number: ${number}`);
  return `${dayPrefix(workspace, day)}${String(number).padStart(6, "0")}.ndjson.gz`;
}

/** The exact inverse: null for every text that `segmentKey` cannot give. */
export function parseSegmentKey(key: string): SegmentPlace | null {
  const match = KEY.exec(key);
  if (match === null) return null;
  const place = { workspace: match[1]!, day: match[2]!, number: Number(match[3]) };
  return isGid(place.workspace) && isLogDay(place.day) && isSegmentNumber(place.number) ? place : null;
}
