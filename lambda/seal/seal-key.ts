/** Where seals, their time stamps and public keys are. */
import { isCount, isGid } from "../event/parse.ts";
import { isSealNumber } from "./text.ts";

export const SEALS_PREFIX = "seals/";
export const STAMPS_PREFIX = "stamps/";
export const KEYS_PREFIX = "keys/";

const SEAL_KEY = /^seals\/workspace=([^/]+)\/(\d{6})\.txt$/;
const STAMP_KEY = /^stamps\/workspace=([^/]+)\/(\d{6})\.([1-9]\d{0,2})\.tsr$/;
const MAX_STAMPS_EACH = 999;
const KEY_ID = /^[0-9a-f]{8}$/;

export interface SealPlace {
  readonly workspace: string;
  readonly number: number;
}

export function sealsPrefix(workspace: string): string {
  if (!isGid(workspace)) throw new Error(`not a workspace gid: ${JSON.stringify(workspace)}`);
  return `${SEALS_PREFIX}workspace=${workspace}/`;
}

/** Six digits, so that key order is number order. */
export function sealKey(workspace: string, number: number): string {
  if (!isSealNumber(number)) throw new Error(`not a seal's number: ${number}`);
  return `${sealsPrefix(workspace)}${sixDigits(number)}.txt`;
}

/** The exact inverse: null for every text that `sealKey` cannot give. */
export function parseSealKey(key: string): SealPlace | null {
  const match = SEAL_KEY.exec(key);
  if (match === null) return null;
  const place = { workspace: match[1]!, number: Number(match[2]) };
  return isGid(place.workspace) && isSealNumber(place.number) ? place : null;
}

/** A time stamp of a seal; there may be several. */
export interface StampPlace extends SealPlace {
  /** 1 for the first stamp of that seal. */
  readonly stamp: number;
}

export function stampsPrefix(workspace: string): string {
  if (!isGid(workspace)) throw new Error(`not a workspace gid: ${JSON.stringify(workspace)}`);
  return `${STAMPS_PREFIX}workspace=${workspace}/`;
}

export function stampKey({ workspace, number, stamp }: StampPlace): string {
  if (!isSealNumber(number)) throw new Error(`not a seal's number: ${number}`);
  if (!isCount(stamp, 1, MAX_STAMPS_EACH)) throw new Error(`not a stamp's number: ${stamp}`);
  return `${stampsPrefix(workspace)}${sixDigits(number)}.${stamp}.tsr`;
}

/** The exact inverse: null for every text that `stampKey` cannot give. */
export function parseStampKey(key: string): StampPlace | null {
  const match = STAMP_KEY.exec(key);
  if (match === null) return null;
  const place = { workspace: match[1]!, number: Number(match[2]), stamp: Number(match[3]) };
  return isGid(place.workspace) && isSealNumber(place.number) ? place : null;
}

/** Of the public key beside the archive: a convenience, never a reason to trust it. */
export function publicKeyKey(keyId: string): string {
  if (!KEY_ID.test(keyId)) throw new Error(`not a key id: ${JSON.stringify(keyId)}`);
  return `${KEYS_PREFIX}${keyId}.txt`;
}

const sixDigits = (number: number): string => String(number).padStart(6, "0");
