import { isCount, isGid } from "../event/parse.ts";

/** Where a time stamp of a seal lies: the answer of an authority, as it came. */
export interface StampPlace {
  readonly workspace: string;
  /** Number of the seal that is stamped. */
  readonly seal: number;
  /** Which authority answered: its place in the settings, 1 for the first. */
  readonly authority: number;
}

export const STAMPS_PREFIX = "stamps/";

const KEY = /^stamps\/workspace=([^/]+)\/(\d{6})\.([1-9]\d?)\.tsr$/;
const MAX_SEAL = 999_999;
export const MAX_AUTHORITY = 99;

export function stampsPrefix(workspace: string): string {
  if (!isGid(workspace)) throw new Error(`not a workspace gid: ${JSON.stringify(workspace)}`);
  return `${STAMPS_PREFIX}workspace=${workspace}/`;
}

/** Six digits, so that key order is the order of the seals. */
export function stampKey({ workspace, seal, authority }: StampPlace): string {
  if (!isCount(seal, 1, MAX_SEAL)) throw new Error(`not a seal's number: ${seal}`);
  if (!isCount(authority, 1, MAX_AUTHORITY)) throw new Error(`not an authority's number: ${authority}`);
  return `${stampsPrefix(workspace)}${String(seal).padStart(6, "0")}.${authority}.tsr`;
}

/** The exact inverse: null for every text that `stampKey` cannot give. */
export function parseStampKey(key: string): StampPlace | null {
  const match = KEY.exec(key);
  if (match === null) return null;
  const place = { workspace: match[1]!, seal: Number(match[2]), authority: Number(match[3]) };
  return isGid(place.workspace) && isCount(place.seal, 1, MAX_SEAL) ? place : null;
}
